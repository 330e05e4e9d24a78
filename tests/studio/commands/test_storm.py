"""The fault storm and killed workers at a small size; the benchmarks run the same at full size."""

import pytest

from generation.sandbox.replies import strange_reply
from tests.load.kills import survive
from tests.load.storm import INFRASTRUCTURE, SPENT, Weathered, weather
from tests.standins.spin_server import FAULTS

COUNT = 40
CALLS_OF_ONE = 5
"""The stand-in's single-turn conversation over files: a message, two calls, the final step and an answer."""


@pytest.fixture(scope="module")
def storm() -> Weathered:
    return weather(COUNT, is_stormy=True)


def test_every_conversation_is_made_in_a_storm_of_faults(storm: Weathered) -> None:
    assert storm.faults_met > COUNT, "there was no storm"
    assert storm.summary["generated"] == COUNT
    assert storm.made == COUNT


def test_no_word_of_a_failing_service_becomes_data(storm: Weathered) -> None:
    assert storm.words == []


@pytest.mark.parametrize("kind", ["500", "502", "html", "not_json", "other_shape", "list", "404", "400_html"])
def test_the_words_looked_for_are_those_such_a_failure_would_leave(kind: str) -> None:
    status, _, body = FAULTS[kind]
    assert INFRASTRUCTURE.search(str(strange_reply(status, body.encode())))


def test_no_sandbox_session_is_left_behind(storm: Weathered) -> None:
    assert storm.sessions_left == 0
    assert storm.noted_left == 0


def test_the_storm_costs_few_calls_more_than_calm(storm: Weathered) -> None:
    scatter = 1.15  # of so few calls; the benchmark has five times as many
    assert storm.requests <= scatter * SPENT * CALLS_OF_ONE * COUNT


def test_a_kill_costs_at_most_the_call_in_flight_of_each_slot() -> None:
    killed = survive(count=24, kills=2)
    assert killed.generated == killed.conversations == killed.items_with_one == 24
    assert killed.attempts_spent == 0
    assert max(killed.lost) <= 8
    assert killed.unwritten == sum(killed.lost), "a call that was answered is in the ledger, or was lost to a kill"
    assert killed.sessions_left == 0
