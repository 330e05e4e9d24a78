"""Working an item end to end, and what each failure of the engine leads to."""

from collections.abc import Callable, Iterator

import pytest
from django.db import OperationalError
from django.test import override_settings
from django.utils import timezone

from generation.budget import Budget
from generation.conversation import Conversation as Content
from generation.conversation import to_json
from generation.errors import (
    AttemptFailed,
    EngineError,
    InvalidInput,
    InvalidScenario,
    LLMMalformed,
    LLMRejected,
    LLMUnavailable,
    SandboxUnavailable,
    SeedingFailed,
)
from generation.fixtures import Fixture
from generation.llm.client import LedgerLine
from generation.plan import Config, Scenario
from generation.tools import ToolDefinition, ToolRegistry
from studio import building
from studio.domain import runs
from studio.domain.replays import EVERY_CALL
from studio.heartbeat import stopping
from studio.models import Conversation, Endpoint, Item, LedgerEntry, Run
from studio.rerunning import work_rerun
from studio.wiring import new_session
from tests.standins import faults
from tests.standins.openai_server import OpenAIServer
from tests.standins.spin_server import SpinServer
from tests.standins.studio_rows import file_walk, make_run

pytestmark = pytest.mark.django_db

Status = Item.Status


@pytest.fixture(autouse=True)
def _nothing_stops() -> Iterator[None]:
    stopping.clear()
    yield
    stopping.clear()


@pytest.fixture
def run() -> Run:
    return make_run(config=Config(attempts=2))


def attempt(monkeypatch: pytest.MonkeyPatch, act: Callable[..., Content]) -> None:
    """Let ``act(report=…, llm=…, session=…)`` stand for the engine's attempt."""
    monkeypatch.setattr(building, "run_attempt", lambda _, **given: act(**given))


def fail_with(error: BaseException) -> Callable[..., Content]:
    def act(*, report, **_: object) -> Content:
        report(file_walk(topic="so far"))
        raise error

    return act


def work(run: Run) -> Item:
    item = run.items.get(number=0)
    Item.objects.filter(pk=item.pk).update(not_before=timezone.now())
    assert building.work_item(item.pk) == run.pk
    item.refresh_from_db()
    run.refresh_from_db()
    return item


def test_the_demo_model_and_the_embedded_sandbox_make_a_whole_conversation(run: Run) -> None:
    item = work(run)
    assert (item.status, item.state, item.token) == (Status.DONE, "", "")
    assert run.status == Run.Status.FINISHED
    made = Conversation.objects.get()
    assert made.item == item
    assert made.content.is_complete
    assert made.pair_count >= 1
    assert made.revisions.get().summary == "Generated"
    lines = list(LedgerEntry.objects.filter(item=item).values_list("purpose", "outcome", "model"))
    assert ("step", "ok", "demo") in lines


def test_the_same_seed_makes_the_same_conversation() -> None:
    texts = []
    for _ in range(2):
        run = make_run(seed=11, prompt="Copy a.txt to z.txt.")
        work(run)
        content = run.conversations.get().content
        for call in content.calls:
            call.duration_ms = None
        texts.append(content)
    assert texts[0] == texts[1]


def test_an_item_that_is_not_due_is_left_alone(run: Run) -> None:
    runs.pause_run(run)
    assert building.work_item(run.items.get().pk) is None
    assert building.work_item(0) is None


@pytest.mark.parametrize(
    ("error", "status", "attempts", "keeps_state"),
    [
        (AttemptFailed("no call was made", code="no_calls"), Status.PENDING, 1, False),
        (SeedingFailed("seed file refused"), Status.PENDING, 1, False),
        (LLMMalformed("no JSON"), Status.PENDING, 1, False),
        (EngineError("something else"), Status.PENDING, 1, False),
        (LLMUnavailable("429 for minutes"), Status.INTERRUPTED, 0, True),
        (SandboxUnavailable("connection refused"), Status.INTERRUPTED, 0, True),
        (OperationalError("database is locked"), Status.INTERRUPTED, 0, True),
        (LLMRejected("401: wrong key"), Status.INTERRUPTED, 0, True),
        (InvalidInput("endpoint names no model"), Status.INTERRUPTED, 0, True),
        (ZeroDivisionError("a defect"), Status.PENDING, 1, False),
        (AssertionError("another"), Status.PENDING, 1, False),
    ],
)
def test_each_failure_leads_to_its_own_end(error, status, attempts, keeps_state, run: Run, monkeypatch) -> None:
    attempt(monkeypatch, fail_with(error))
    item = work(run)
    assert (item.status, item.attempts, bool(item.state)) == (status, attempts, keeps_state)
    assert (item.token, item.lease_until) == ("", None)
    stops_the_run = isinstance(error, LLMRejected | InvalidInput)
    assert run.status == (Run.Status.STOPPED if stops_the_run else Run.Status.RUNNING)
    assert str(error) in (run.stop_reason if stops_the_run else item.error)


def test_after_its_last_attempt_an_item_has_failed_with_the_reason(run: Run, monkeypatch) -> None:
    attempt(monkeypatch, fail_with(ZeroDivisionError("a defect")))
    work(run)
    item = work(run)
    assert (item.status, item.attempts) == (Status.FAILED, 2)
    assert item.error == "Internal error: ZeroDivisionError: a defect"


def test_a_conversation_that_can_not_be_stored_fails_the_attempt_instead_of_being_tried_for_ever(
    run, monkeypatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise TypeError("no such column")

    attempt(monkeypatch, lambda **_: file_walk())
    monkeypatch.setattr("studio.domain.items.add_conversation", refuse)
    item = work(run)
    assert (item.status, item.attempts, item.token) == (Status.PENDING, 1, "")
    assert "no such column" in item.error


def test_an_interrupted_item_is_taken_up_where_it_stood(run: Run, monkeypatch) -> None:
    attempt(monkeypatch, fail_with(SandboxUnavailable("away")))
    work(run)
    seen = []

    def go_on(*, continue_from, **_: object) -> Content:
        seen.append(continue_from)
        return file_walk(topic="whole")

    attempt(monkeypatch, go_on)
    item = work(run)
    assert seen == [file_walk(topic="so far")]
    assert (item.status, item.error) == (Status.DONE, "")
    assert Conversation.objects.get().content.topic == "whole"


@pytest.mark.parametrize("end", [runs.pause_run, runs.cancel_run])
def test_a_run_that_ends_while_its_item_is_built_stops_the_worker_at_its_next_report(end, run, monkeypatch) -> None:
    reports = []

    def act(*, report, llm, **_: object) -> Content:
        report(file_walk(topic="before"))
        llm._ledger(LedgerLine(purpose="step", model="demo", cost=0.25))
        end(run)
        reports.append("ended")
        report(file_walk(topic="after"))
        reports.append("went on")
        return file_walk()

    attempt(monkeypatch, act)
    item = work(run)
    assert reports == ["ended"]
    assert '"topic":"before"' in item.state
    assert not Conversation.objects.exists()
    assert LedgerEntry.objects.get().cost == 0.25  # paid for all the same


def test_a_process_that_shall_end_puts_its_item_back_with_its_state(run: Run, monkeypatch) -> None:
    def act(*, report, **_: object) -> Content:
        stopping.set()
        report(file_walk(topic="kept"))
        raise AssertionError("the report should have ended the attempt")

    attempt(monkeypatch, act)
    item = work(run)
    assert (item.status, item.attempts, item.interruptions) == (Status.INTERRUPTED, 0, 0)
    assert '"topic":"kept"' in item.state


def test_what_a_failed_attempt_cost_is_written_down(run: Run, monkeypatch) -> None:
    def act(*, llm, **_: object) -> Content:
        llm._ledger(LedgerLine(purpose="step", model="demo", outcome="malformed", cost=1.5, reply="oh \x00 no"))
        raise AttemptFailed("unusable", code="replies")

    attempt(monkeypatch, act)
    work(run)
    entry = LedgerEntry.objects.get()
    assert (entry.cost, entry.outcome, entry.reply) == (1.5, "malformed", "oh \x00 no")


def endpoint_of(server: OpenAIServer) -> Endpoint:
    return Endpoint.objects.create(name="standin", base_url=server.base_url, model="standin", api_key="k" * 20)


def test_a_real_server_with_faults_still_makes_the_conversation() -> None:
    with OpenAIServer(faults=[faults.status(500), faults.PROSE, None, faults.throttled("0")]) as server:
        run = make_run(endpoint=endpoint_of(server))
        item = work(run)
    assert item.status == Status.DONE, item.error
    outcomes = set(LedgerEntry.objects.values_list("outcome", flat=True))
    assert {"ok", "malformed"} <= outcomes


def test_a_server_that_refuses_the_key_stops_the_run_in_its_own_words_without_the_key() -> None:
    refusal = faults.status(401, message=f"Incorrect API key provided: {'k' * 20}", error="invalid_api_key")
    with OpenAIServer(faults=[refusal] * 3) as server:
        run = make_run(endpoint=endpoint_of(server), count=3)
        item = work(run)
    assert run.status == Run.Status.STOPPED
    assert "Incorrect API key" in run.stop_reason
    assert "k" * 20 not in run.stop_reason
    assert (item.status, item.attempts) == (Status.INTERRUPTED, 0)


def test_an_endpoint_without_a_model_stops_the_run_with_what_to_do() -> None:
    run = make_run(endpoint=Endpoint.objects.create(name="bare", base_url="http://127.0.0.1:9/v1"))
    work(run)
    assert run.status == Run.Status.STOPPED
    assert "names no model" in run.stop_reason


def work_all(run: Run) -> list[Item]:
    for item in run.items.all():
        building.work_item(item.pk)
    run.refresh_from_db()
    return list(run.items.order_by("number"))


def spoil_mode(item: Item) -> None:
    item.plan["scenario"]["mode"] = "of a later version"


def spoil_state(item: Item) -> None:
    item.state = '{"turns": "none"}'


def lose_the_tool_of_a_call(item: Item) -> None:
    state = file_walk()
    call = state.turns[0].steps[1].calls[0]
    call.result = call.outcome = None
    state.tools = [tool for tool in state.tools if tool.name != call.tool]
    item.state = to_json(state)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (spoil_mode, "This scenario can't be used: mode: "),
        (spoil_state, "Where this conversation stood can't be read"),
        (lose_the_tool_of_a_call, "names the tool 'write_file', which the conversation lacks"),
    ],
)
def test_what_is_wrong_with_one_scenario_fails_its_item_alone(spoil, sentence: str) -> None:
    run = make_run(count=3, config=Config(attempts=3), budget=Budget(attempts=1))
    spoiled = run.items.get(number=1)
    spoil(spoiled)
    spoiled.save()
    first, second, third = work_all(run)
    assert (first.status, second.status, third.status) == (Status.DONE, Status.FAILED, Status.DONE)
    assert sentence in second.error
    assert second.attempts == 1, "another attempt would end the same way"
    assert second.failed_attempts.get().code == "invalid_scenario"
    assert run.status == Run.Status.FINISHED
    assert not LedgerEntry.objects.filter(item=second).exists()


def test_tables_that_a_service_can_not_take_fail_the_scenario_that_brings_them() -> None:
    weather = ToolDefinition(name="weather", component="mock")
    rain = Fixture(tool="weather", match={"city": "Kyiv"}, response="rain")
    registry = ToolRegistry(name="sky", tools=[weather], fixtures=[rain], push_mock=True)
    with SpinServer() as spin, override_settings(SPIN_ENDPOINT=spin.url):
        new_session(registry, Scenario(prompt="Is it dry?"))
        with pytest.raises(InvalidScenario, match="brings seed_tables"):
            new_session(registry, Scenario(prompt="Is it dry?", seed_tables={"t": {"1": {"a": 1}}}))


def test_a_configuration_that_can_not_be_read_stops_the_run(run: Run) -> None:
    Run.objects.update(config={"mode": "of a later version"})
    item = work(run)
    assert run.status == Run.Status.STOPPED
    assert "The run's configuration can't be used: mode: " in run.stop_reason
    assert (item.status, item.attempts) == (Status.INTERRUPTED, 0)


def test_a_run_may_ask_for_a_replay_of_what_it_made() -> None:
    item = work(make_run(config=Config(replay=True)))
    conversation = Conversation.objects.get(item=item)
    replay = conversation.reruns.get()
    assert (replay.call_id, replay.version, replay.requested_by) == (EVERY_CALL, 1, None)
    work_rerun(replay.pk)
    conversation.refresh_from_db()
    assert (conversation.replay_version, conversation.replay_differs, conversation.replay_fails) == (1, 0, 0)
    assert {pair.replay for pair in conversation.pairs.all()} == {"identical"}


def test_nothing_is_replayed_unasked(run: Run) -> None:
    assert not Conversation.objects.get(item=work(run)).reruns.exists()
