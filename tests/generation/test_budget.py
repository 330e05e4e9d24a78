"""When a run must stop, and what it will likely take."""

import pytest

from generation.budget import Budget, Experience, Spent, estimate, exhausted
from generation.plan import Config, Mode, Scenario
from generation.tools import ToolDefinition

TOOLS = [ToolDefinition(name="read", description="Reads.")]


@pytest.mark.parametrize(
    ("budget", "spent", "words"),
    [
        (Budget(tokens=100), {"tokens": 100}, "100 tokens"),
        (Budget(cost=1.5), {"cost": 1.6}, "budget of 1.5"),
        (Budget(seconds=60), {"seconds": 61}, "time of 60 s"),
        (Budget(acceptance=0.5, acceptance_after=10), {"ended": 10, "passed": 4}, "Only 40 % of 10"),
    ],
)
def test_a_used_up_budget_says_which(budget: Budget, spent: dict[str, float], words: str) -> None:
    values = {"requested": 20, "passed": 3, "ended": 5, **spent}
    assert words in exhausted(budget, Spent.model_validate(values))


@pytest.mark.parametrize(
    ("budget", "spent"),
    [
        (Budget(tokens=100), {"tokens": 99}),
        (Budget(acceptance=0.5, acceptance_after=10), {"ended": 9, "passed": 0}),
        (Budget(acceptance=0.4, acceptance_after=10), {"ended": 10, "passed": 4}),
        (Budget(tokens=100), {"tokens": 500, "passed": 20, "ended": 20}),
    ],
)
def test_below_it_or_with_all_made_it_may_go_on(budget: Budget, spent: dict[str, float]) -> None:
    assert exhausted(budget, Spent.model_validate({"requested": 20, "passed": 3, "ended": 5, **spent})) == ""


def test_estimates_grow_with_turns_and_price_what_they_count() -> None:
    single = estimate([Scenario(prompt="x")], config=Config(), tools=TOOLS, price_in=1, price_out=2)
    several = estimate([Scenario(prompt="x", mode=Mode.MULTI_TURN, turns=4)], config=Config(), tools=TOOLS)
    assert several.llm_calls > 3 * single.llm_calls
    assert single.cost == pytest.approx((single.tokens_in + 2 * single.tokens_out) / 1e6, abs=1e-4)


def test_a_mode_without_tools_takes_one_call() -> None:
    assert estimate([Scenario(prompt="x", mode=Mode.BASIC)], config=Config(), tools=TOOLS).llm_calls == 1


def test_experience_is_believed_before_the_rule_of_thumb() -> None:
    known = Experience(conversations=40, llm_calls=5, tokens_in=1000, tokens_out=100)
    found = estimate([Scenario(prompt="x")] * 10, config=Config(), tools=TOOLS, experience=known)
    assert (found.llm_calls, found.tokens_in, found.tokens_out) == (50, 10_000, 1000)
    assert "40 earlier" in found.basis
