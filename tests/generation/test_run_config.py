"""One file configures a run; what is wrong in it is named."""

import pytest

from generation.errors import InvalidInput
from generation.plan import Pattern
from generation.run_config import RunConfig, read_run_config


def test_sections_and_flat_keys_are_read() -> None:
    read = read_run_config({"max_turns": 3, "quotas": {"patterns": {"parallel": 1}}, "budget": {"tokens": 10}})
    assert (read.config.max_turns, read.quotas.patterns, read.budget.tokens) == (3, {Pattern.PARALLEL: 1.0}, 10)


@pytest.mark.parametrize("empty", [None, {}])
def test_nothing_is_the_default(empty: object) -> None:
    assert read_run_config(empty) == RunConfig()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"max_turn": 3}, "max_turn is unknown; known are mode"),
        ({"seed": 5, "max_per_query": 3}, "seed is not set here: .*--seed.*; max_per_query .* max_calls_per_turn"),
        ({"sampled_distractors": 2}, "option of each export, distractors"),
        ({"quotas": {"pattern": {}}}, "quotas: pattern is unknown; known are patterns"),
        ({"budget": {"tokens": 0}}, "budget: tokens"),
        (["max_turns"], "mapping"),
    ],
)
def test_what_is_wrong_is_named(values: object, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        read_run_config(values)
