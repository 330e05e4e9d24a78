"""Which scenarios are wanted: a brief each, in the shares of mode, pattern, persona and language that were asked for.

Shares are met as exactly as whole numbers allow, and spread over the topics; the same mix and seed give the same briefs.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from generation.errors import InvalidInput
from generation.plan import CALLLESS, Mode, Pattern, Rng

Choice = TypeVar("Choice")

MAX_SCENARIOS = 100_000


@dataclass(frozen=True, kw_only=True)
class ScenarioMix:
    """Weights by mode and pattern (0 or more; they need not add up to anything), and personas and languages in equal
    shares. Without patterns or personas the model has a free hand. ``turns_at_most`` bounds multi-turn scenarios (2 to 10)."""

    modes: Mapping[Mode, float] = field(default_factory=lambda: {Mode.SINGLE_TURN: 1.0})
    patterns: Mapping[Pattern, float] = field(default_factory=dict)
    personas: Sequence[str] = ()
    languages: Sequence[str] = ()
    turns_at_most: int = 4


@dataclass(frozen=True, kw_only=True)
class Brief:
    """One scenario that is wanted. ``number`` counts from 1; ``path`` leads from the root to the topic."""

    number: int
    path: tuple[str, ...]
    mode: Mode
    pattern: Pattern | None = None
    persona: str = ""
    language: str = ""
    turns_at_most: int = 4

    @property
    def needs_tools(self) -> bool:
        return self.mode.calls_tools and self.pattern not in CALLLESS

    @property
    def topic(self) -> str:
        return " > ".join(self.path)


def briefs_of(
    paths: Sequence[Sequence[str]], *, count: int, mix: ScenarioMix | None = None, seed: int = 0
) -> list[Brief]:
    """``count`` briefs over the paths: fewer than there are paths take some of them evenly, more take each again in turn.

    Raises InvalidInput for a mix or a count that can't be met.
    """
    mix = mix or ScenarioMix()
    if not paths:
        raise InvalidInput("there is no topic to write scenarios for")
    if not 1 <= count <= MAX_SCENARIOS:
        raise InvalidInput(f"{count} scenarios can't be written at once: ask for 1 to {MAX_SCENARIOS:,}")
    if not 2 <= mix.turns_at_most <= 10:
        raise InvalidInput(f"at most {mix.turns_at_most} turns: choose 2 to 10")
    rng = Rng(seed)
    modes = _dealt(mix.modes, count, rng.at("modes"), what="modes")
    patterns: list[Pattern | None] = [*_dealt(mix.patterns, count, rng.at("patterns"), what="patterns")] if mix.patterns else [None] * count  # fmt: skip
    personas = _dealt(dict.fromkeys(mix.personas or [""], 1.0), count, rng.at("personas"), what="personas")
    languages = _dealt(dict.fromkeys(mix.languages or [""], 1.0), count, rng.at("languages"), what="languages")
    return [
        Brief(
            number=number + 1,
            path=tuple(paths[number * len(paths) // count if count < len(paths) else number % len(paths)]),
            mode=modes[number],
            pattern=patterns[number],
            persona=personas[number],
            language=languages[number],
            turns_at_most=mix.turns_at_most,
        )
        for number in range(count)
    ]


def _dealt(weights: Mapping[Choice, float], count: int, rng: random.Random, *, what: str) -> list[Choice]:
    """``count`` choices in the shares of their weights (largest remainders), shuffled."""
    total = sum(weights.values())
    if total <= 0 or min(weights.values()) < 0:
        raise InvalidInput(f"the shares of {what} must be 0 or more, and one of them more than 0")
    shares = {choice: count * weight / total for choice, weight in weights.items()}
    counts = {choice: int(share) for choice, share in shares.items()}
    by_remainder = sorted(shares, key=lambda choice: counts[choice] - shares[choice])
    for choice in by_remainder[: count - sum(counts.values())]:
        counts[choice] += 1
    dealt = [choice for choice, number in counts.items() for _ in range(number)]
    rng.shuffle(dealt)
    return dealt
