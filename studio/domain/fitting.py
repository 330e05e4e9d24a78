"""Which scenarios a registry can serve, known before anything is spent."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from generation.errors import InvalidInput
from generation.plan import TOOLLESS, Config, Mode
from studio.models import Registry, Scenario

NAMED = 5
"""How many missing tools a sentence names."""


@dataclass(frozen=True, kw_only=True)
class Fit:
    """``scenarios``: those that fit, in their order, at least one. ``missing``: each tool that others name and the registry
    lacks, with how many name it. ``registry`` is None when no conversation calls tools, whatever was chosen."""

    registry: Registry | None
    scenarios: list[Scenario]
    unfit: int
    missing: dict[str, int]

    @property
    def warning(self) -> str:
        """What is left out, and why, as a sentence; "" when all fit."""
        if not self.unfit or self.registry is None:
            return ""
        all_of_them = self.unfit + len(self.scenarios)
        return (
            f"{self.unfit} of {all_of_them} scenarios name tools that registry {self.registry.slug!r} lacks: "
            f"{_named(self.missing)}. They are left out; {len(self.scenarios)} fit."
        )


def fit_of(scenarios: Sequence[Scenario], *, registry: Registry | None, config: Config, mode: Mode | None) -> Fit:
    """Which of them can be generated from with these tools. ``mode`` overrules theirs, ``config`` stands where they say none.

    Raises InvalidInput when there are none, none fits, or some call tools and there is no registry.
    """
    if not scenarios:
        raise InvalidInput("There are no scenarios to generate from: import some into the dataset first.")
    calling = [scenario for scenario in scenarios if Mode(mode or scenario.mode or config.mode).calls_tools]
    if not calling:
        return Fit(registry=None, scenarios=list(scenarios), unfit=0, missing={})
    if registry is None:
        raise InvalidInput(
            f"{len(calling)} of {len(scenarios)} conversations are of a mode that calls tools: choose a registry, or one of "
            f"the modes {', '.join(sorted(TOOLLESS))} for all of them."
        )
    known = set(registry.tools.values_list("name", flat=True))
    lacking = {scenario.pk: lacks for scenario in calling if (lacks := _named_by(scenario.document) - known)}
    missing = dict(Counter(name for lacks in lacking.values() for name in sorted(lacks)).most_common())
    fitting = [scenario for scenario in scenarios if scenario.pk not in lacking]
    if not fitting:
        raise InvalidInput(
            f"None of the {len(scenarios)} scenarios fits registry {registry.slug!r}: they name tools that it lacks, "
            f"{_named(missing)}. Choose the registry they were written for, or a dataset with scenarios for this one."
        )
    return Fit(registry=registry, scenarios=fitting, unfit=len(lacking), missing=missing)


def _named_by(document: dict[str, Any]) -> set[str]:
    """The tools that a scenario names: those it needs, and those whose faults it plans."""
    return {*document.get("tools", ()), *filter(None, (fault.get("tool") for fault in document.get("faults", ())))}


def _named(missing: dict[str, int]) -> str:
    shown = [f"{name} ({count})" for name, count in list(missing.items())[:NAMED]]
    further = len(missing) - NAMED
    return ", ".join([*shown, *([f"{further} more"] if further > 0 else [])])
