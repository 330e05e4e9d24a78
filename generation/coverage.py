"""Quotas: what mix of conversations a run shall hold, and which scenario, pattern, persona and language each of them gets.

Pure and seeded: the same quotas, scenarios, count and seed give the same plan. Refuses a mix that no scenario can serve.
"""

import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from generation.errors import InvalidInput
from generation.plan import Pattern, Rng, Scenario

T = TypeVar("T")
FOCUS = "The request must be one that needs the tool `{tool}`."


class Quotas(BaseModel):
    """Shares by value, as weights: ``{parallel: 1, sequential: 3}`` asks for a quarter and three quarters.

    Patterns and topics choose among scenarios; a scenario without a pattern serves any. Languages and personas are given
    to scenarios that have none of their own. ``tools``: for each name, at least so many conversations whose request needs it.
    """

    model_config = ConfigDict(extra="forbid")

    patterns: dict[Pattern, float] = Field(default_factory=dict)
    topics: dict[str, float] = Field(default_factory=dict)
    languages: dict[str, float] = Field(default_factory=dict)
    personas: dict[str, float] = Field(default_factory=dict)
    tools: dict[str, int] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _weights_are_usable(self) -> Self:
        for name in ("patterns", "topics", "languages", "personas", "tools"):
            weights = getattr(self, name)
            if any(weight < 0 or not math.isfinite(weight) for weight in weights.values()):
                raise ValueError(f"{name}: a quota is 0 or more")
            if weights and not any(weights.values()):
                raise ValueError(f"{name}: at least one quota must be above 0")
        return self


class Assigned(BaseModel):
    """One planned conversation: which of the scenarios (by position), the scenario as it shall be, and a tool in focus."""

    position: int
    scenario: Scenario
    focus: str = ""


def assign(
    scenarios: Sequence[Scenario], *, count: int, quotas: Quotas, rng: Rng, tools: Sequence[str] = (), start: int = 0
) -> list[Assigned]:
    """``count`` conversations that meet the quotas as nearly as whole numbers can. ``start`` turns the scenarios, for topping up.

    Without quotas the scenarios are taken in turn. Raises InvalidInput when a pattern or topic has no scenario, or a tool is unknown.
    """
    unknown = sorted(set(quotas.tools) - set(tools))
    if unknown:
        raise InvalidInput(f"quotas.tools names tools the registry lacks: {', '.join(unknown)}")
    if sum(quotas.tools.values()) > count:
        raise InvalidInput(
            f"quotas.tools asks for {sum(quotas.tools.values())} conversations, but only {count} are made"
        )
    chosen = _choose(scenarios, count=count, quotas=quotas, rng=rng, start=start)
    languages = _spread(quotas.languages, count, rng, "language")
    personas = _spread(quotas.personas, count, rng, "persona")
    focus = _shuffled([tool for tool, wanted in quotas.tools.items() for _ in range(wanted)], count, rng, "tool")
    planned = []
    for number, (position, pattern) in enumerate(chosen):
        scenario = scenarios[position]
        changes: dict[str, Any] = {
            "pattern": pattern or scenario.pattern,
            "language": scenario.language or languages[number] or "",
            "persona": scenario.persona or personas[number] or "",
        }
        planned.append(
            Assigned(position=position, scenario=scenario.model_copy(update=changes), focus=focus[number] or "")
        )
    return planned


def apportion(weights: Mapping[T, float], count: int) -> dict[T, int]:
    """Whole numbers in the ratio of the weights that sum to ``count`` (largest remainder; the earlier one wins a tie)."""
    total = sum(weights.values())
    exact = {value: count * weight / total for value, weight in weights.items()}
    shares = {value: math.floor(share) for value, share in exact.items()}
    by_remainder = sorted(weights, key=lambda value: shares[value] - exact[value])
    for value in by_remainder[: count - sum(shares.values())]:
        shares[value] += 1
    return shares


def _choose(
    scenarios: Sequence[Scenario], *, count: int, quotas: Quotas, rng: Rng, start: int
) -> list[tuple[int, Pattern | None]]:
    patterns = _spread(quotas.patterns, count, rng, "pattern")
    topics = _spread(quotas.topics, count, rng, "topic")
    pools: dict[tuple[Pattern | None, str | None], list[tuple[int, int, int]]] = {}
    used: Counter[int] = Counter()
    chosen = []
    for number, (pattern, topic) in enumerate(zip(patterns, topics, strict=True)):
        if (pattern, topic) not in pools:
            fitting = _pool(scenarios, pattern, topic, start)
            pools[pattern, topic] = [(0, place - len(fitting), position) for place, position in enumerate(fitting)]
        position = _take_least_used(pools[pattern, topic], used, last=number)
        chosen.append((position, pattern))
    return chosen


def _take_least_used(pool: list[tuple[int, int, int]], used: Counter[int], *, last: int) -> int:
    """The scenario that all quotas together used least, so that one that fits several is not worn out by one of them;
    among equals the one this pool took longest ago. ``pool`` is a heap of (uses when put there, when taken, position)."""
    while used[pool[0][2]] > pool[0][0]:
        _, taken, position = pool[0]
        heapq.heapreplace(pool, (used[position], taken, position))
    position = pool[0][2]
    used[position] += 1
    heapq.heapreplace(pool, (used[position], last, position))
    return position


def _pool(scenarios: Sequence[Scenario], pattern: Pattern | None, topic: str | None, start: int) -> list[int]:
    fitting: dict[bool, list[int]] = defaultdict(list)
    for offset in range(len(scenarios)):
        position = (start + offset) % len(scenarios)
        scenario = scenarios[position]
        if topic is not None and scenario.topic != topic:
            continue
        if pattern is None or scenario.pattern in (None, pattern):
            fitting[pattern is None or scenario.pattern is pattern].append(position)
    pool = fitting[True] or fitting[False]
    if not pool:
        asked = " and ".join(
            part for part in (pattern and f"the pattern {pattern.value}", topic and f"the topic {topic!r}") if part
        )
        raise InvalidInput(f"No scenario has {asked or 'anything'}: add some, or change the quotas")
    return pool


def _spread(weights: Mapping[T, float], count: int, rng: Rng, what: str) -> list[T | None]:
    if not weights:
        return [None] * count
    return _shuffled(
        [value for value, share in apportion(weights, count).items() for _ in range(share)], count, rng, what
    )


def _shuffled(values: list[T], count: int, rng: Rng, what: str) -> list[T | None]:
    padded: list[T | None] = [*values, *[None] * (count - len(values))]
    rng.at("quota", what).shuffle(padded)
    return padded
