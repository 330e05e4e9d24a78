"""Quotas become whole conversations."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.coverage import Quotas, apportion, assign
from generation.errors import InvalidInput
from generation.plan import Pattern, Rng, Scenario

PLAIN = [Scenario(prompt=f"Scenario {number}", topic="a" if number % 2 else "b") for number in range(6)]
PARALLEL = Scenario(prompt="At once", pattern=Pattern.PARALLEL, topic="c")


def test_without_quotas_scenarios_are_taken_in_turn_from_the_start() -> None:
    planned = assign(PLAIN, count=8, quotas=Quotas(), rng=Rng(1), start=2)
    assert [one.position for one in planned] == [2, 3, 4, 5, 0, 1, 2, 3]
    assert [one.scenario for one in planned] == [PLAIN[one.position] for one in planned]


def test_patterns_are_met_and_scenarios_made_for_one_come_first() -> None:
    quotas = Quotas(patterns={Pattern.PARALLEL: 1, Pattern.SEQUENTIAL: 3})
    planned = assign([*PLAIN, PARALLEL], count=20, quotas=quotas, rng=Rng(1))
    assert Counter(one.scenario.pattern for one in planned) == {Pattern.PARALLEL: 5, Pattern.SEQUENTIAL: 15}
    assert {one.position for one in planned if one.scenario.pattern is Pattern.PARALLEL} == {6}
    assert all(one.position != 6 for one in planned if one.scenario.pattern is Pattern.SEQUENTIAL)


def test_a_pattern_or_topic_without_a_scenario_is_refused_by_name() -> None:
    with pytest.raises(InvalidInput, match="the pattern clarify"):
        assign([PARALLEL], count=3, quotas=Quotas(patterns={Pattern.CLARIFY: 1}), rng=Rng(1))
    with pytest.raises(InvalidInput, match="the topic 'z'"):
        assign(PLAIN, count=3, quotas=Quotas(topics={"z": 1}), rng=Rng(1))


def test_many_scenarios_are_used_evenly_also_by_quotas_that_share_them() -> None:
    scenarios = [Scenario(prompt=f"Scenario {number}", topic="ab"[number % 2]) for number in range(3000)]
    planned = assign(scenarios, count=6000, quotas=Quotas(topics={"a": 1, "b": 1}), rng=Rng(1))
    assert set(Counter(one.position for one in planned).values()) == {2}
    shared = assign(
        scenarios[:7], count=70, quotas=Quotas(patterns={Pattern.SINGLE: 1, Pattern.PARALLEL: 3}), rng=Rng(1)
    )
    assert set(Counter(one.position for one in shared).values()) == {10}


def test_languages_and_personas_go_to_scenarios_that_have_none() -> None:
    scenarios = [Scenario(prompt="x", language="de", persona="a smith"), Scenario(prompt="y")]
    quotas = Quotas(languages={"en": 1, "fr": 1}, personas={"a baker": 1})
    planned = assign(scenarios, count=8, quotas=quotas, rng=Rng(4))
    own = [one.scenario for one in planned if one.position == 0]
    given_to = [one.scenario for one in planned if one.position == 1]
    assert {(scenario.language, scenario.persona) for scenario in own} == {("de", "a smith")}
    assert {scenario.persona for scenario in given_to} == {"a baker"}
    assert {scenario.language for scenario in given_to} <= {"en", "fr"}


def test_each_tool_gets_its_conversations() -> None:
    planned = assign(PLAIN, count=10, quotas=Quotas(tools={"read": 2, "write": 3}), rng=Rng(1), tools=["read", "write"])
    assert Counter(one.focus for one in planned) == {"read": 2, "write": 3, "": 5}
    with pytest.raises(InvalidInput, match="lacks: nope"):
        assign(PLAIN, count=10, quotas=Quotas(tools={"nope": 2}), rng=Rng(1), tools=["read"])
    with pytest.raises(InvalidInput, match="only 1 are made"):
        assign(PLAIN, count=1, quotas=Quotas(tools={"read": 2}), rng=Rng(1), tools=["read"])


@pytest.mark.parametrize("weights", [{"en": -1.0}, {"en": 0.0}, {"en": float("nan")}])
def test_unusable_weights_are_refused(weights: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="languages"):
        Quotas(languages=weights)


@given(
    st.dictionaries(st.text(max_size=3), st.floats(0.01, 100), min_size=1, max_size=6),
    st.integers(min_value=0, max_value=500),
)
def test_apportioning_sums_up_and_stays_within_one_of_the_exact_share(weights: dict[str, float], count: int) -> None:
    shares = apportion(weights, count)
    total = sum(weights.values())
    assert sum(shares.values()) == count
    assert all(abs(shares[value] - count * weight / total) < 1 for value, weight in weights.items())


def test_the_same_seed_plans_the_same() -> None:
    quotas = Quotas(patterns={Pattern.SINGLE: 1, Pattern.SEQUENTIAL: 1}, languages={"en": 2, "de": 1})
    assert assign(PLAIN, count=30, quotas=quotas, rng=Rng(9)) == assign(PLAIN, count=30, quotas=quotas, rng=Rng(9))
    assert assign(PLAIN, count=30, quotas=quotas, rng=Rng(9)) != assign(PLAIN, count=30, quotas=quotas, rng=Rng(10))
