"""Faults at work: which calls of a session they befall, what the tool answers then, and how a plan of them is drawn.

Everything is derived from the plan and the calls that were answered, in their order. So a replay from the start, a resumed
attempt and a sandbox that was rebuilt in between meet the same faults at the same calls.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from generation.conversation import Outcome, canonical_json
from generation.faults import Fault, FaultKind
from generation.plan import Pattern, Rng, Scenario
from generation.sandbox.client import VFS, is_read
from generation.sandbox.execution import Execution
from generation.sandbox.json_values import json_equal
from generation.sandbox.templates import fill_text
from generation.tools import ToolDefinition

GENUINE = "tool-error"
"""The tag of scenarios whose tools fail for real, so that none has to be made up."""

ANYWHERE = (FaultKind.RATE_LIMITED, FaultKind.TIMEOUT, FaultKind.PERMISSION_DENIED)
"""Faults that any call of any tool can meet."""

TIMEOUT_S = 30
"""How long a timed-out tool says it was waited for; nobody waits."""

ERROR_TYPES = {
    FaultKind.NOT_FOUND: "NotFound",
    FaultKind.PERMISSION_DENIED: "PermissionDenied",
    FaultKind.RATE_LIMITED: "RateLimited",
    FaultKind.TIMEOUT: "Timeout",
}


class FaultPlan(BaseModel):
    """The faults of one conversation. Of several errors that are due at one call the first is answered, and all count it;
    SLOW and STALE_READ count calls that ran."""

    model_config = ConfigDict(extra="forbid")

    faults: list[Fault] = Field(default_factory=list)


def fault_plan_of(scenario: Scenario, *, tools: Sequence[ToolDefinition], seed: int | None) -> FaultPlan:
    """The scenario's own faults; for ``error_recovery`` without any, and without the tag ``tool-error``, drawn from the seed.

    Without a seed none are drawn.
    """
    if scenario.faults or scenario.pattern is not Pattern.ERROR_RECOVERY or GENUINE in scenario.tags or seed is None:
        return FaultPlan(faults=scenario.faults)
    return draw_fault_plan(Rng(seed), tools)


def draw_fault_plan(rng: Rng, tools: Sequence[ToolDefinition]) -> FaultPlan:
    """One fault that the first or second call meets whatever it is; sometimes a second one for a certain tool.

    STALE_READ is only ever the second, and of a reading tool beside one that writes: nothing in its answer says that something went
    wrong, and it is never due unless somebody reads again what was changed.
    """
    draw = rng.at("faults")
    first = Fault(kind=draw.choice(ANYWHERE), at=draw.choice((1, 1, 2)), times=draw.choice((1, 1, 2)))
    faults = [first]
    if tools and draw.random() < 0.5:
        chosen = draw.choice(list(tools))
        faults.append(_draw_for(chosen, draw, may_be_stale=is_read(chosen) and not all(map(is_read, tools))))
    return FaultPlan(faults=faults)


def _draw_for(tool: ToolDefinition, draw: Random, *, may_be_stale: bool) -> Fault:
    kinds = [*ANYWHERE, FaultKind.SLOW]
    if any(schema.get("type") == "string" for schema in _properties(tool).values()):
        kinds.append(FaultKind.NOT_FOUND)
    if may_be_stale:
        kinds.append(FaultKind.STALE_READ)
    kind = draw.choice(kinds)
    if kind is FaultKind.STALE_READ:
        return Fault(kind=kind, tool=tool.name)
    if kind is FaultKind.SLOW:
        return Fault(kind=kind, tool=tool.name, at=draw.randint(1, 3), delay_ms=draw.randrange(4_000, 20_000))
    return Fault(kind=kind, tool=tool.name, at=draw.randint(2, 3))


def _properties(tool: ToolDefinition) -> dict[str, dict[str, Any]]:
    properties = tool.parameters.get("properties")
    found = properties if isinstance(properties, dict) else {}
    return {name: schema for name, schema in found.items() if isinstance(schema, dict)}


class FaultInjector:
    """One session's faults under way. A call counts once it is answered, so a call lost to the infrastructure meets the
    same faults when it is made again.

    ``longest_pause`` bounds the time (seconds) a slow call is really waited for; ``pause`` is the seam for tests.
    """

    def __init__(
        self, plan: FaultPlan, *, longest_pause: float = 0.0, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._plan = plan
        self._longest_pause = longest_pause
        self._pause = pause
        self.reset()

    def reset(self) -> None:
        """Begin anew, as for a replay from the start."""
        self._counts = [0] * len(self._plan.faults)
        self._reads: dict[str, list[str]] = {}

    def execute(self, tool: ToolDefinition, arguments: Mapping[str, Any], run: Callable[[], Execution]) -> Execution:
        """The tool's answer: that of ``run``, or a fault's. A fault that is an error keeps ``run`` from being called."""
        fitting = [number for number, fault in enumerate(self._plan.faults) if _fits(fault, tool, arguments)]
        errors = [number for number in fitting if self._plan.faults[number].is_error]
        due = next((number for number in errors if self._is_due(number)), None)
        if due is not None:
            execution = _refusal(self._plan.faults[due], tool, arguments)
        else:
            altering = [number for number in fitting if number not in errors]
            execution = self._altered(run(), tool, arguments, altering)
        # only now: a call whose run raised was not answered
        for number in errors:
            self._counts[number] += 1
        return execution

    def _altered(
        self, execution: Execution, tool: ToolDefinition, arguments: Mapping[str, Any], altering: Sequence[int]
    ) -> Execution:
        """What the real answer becomes under the faults that let the call run."""
        older = self._older_answer(execution, tool, arguments)
        for number in altering:
            fault = self._plan.faults[number]
            if fault.kind is FaultKind.SLOW:
                execution = self._slowed(execution, fault) if self._is_due(number) else execution
            elif older is None:
                continue
            elif self._is_due(number):
                execution = replace(execution, text=older, is_injected=True)
            self._counts[number] += 1
        return execution

    def _older_answer(self, execution: Execution, tool: ToolDefinition, arguments: Mapping[str, Any]) -> str | None:
        """What this very read answered before it changed; None when it did not, or is no read."""
        if not is_read(tool) or execution.outcome is not Outcome.OK:
            return None
        known = self._reads.setdefault(canonical_json([tool.name, arguments]), [])
        has_changed = bool(known) and known[-1] != execution.text
        if not known or has_changed:
            known.append(execution.text)
        return known[-2] if has_changed else None

    def _is_due(self, number: int) -> bool:
        fault = self._plan.faults[number]
        return fault.at <= self._counts[number] + 1 < fault.at + fault.times

    def _slowed(self, execution: Execution, fault: Fault) -> Execution:
        if self._longest_pause > 0:
            self._pause(min(self._longest_pause, fault.delay_ms / 1000))
        return replace(execution, duration_ms=execution.duration_ms + fault.delay_ms)


def _fits(fault: Fault, tool: ToolDefinition, arguments: Mapping[str, Any]) -> bool:
    if fault.tool not in ("", tool.name):
        return False
    if fault.kind is FaultKind.NOT_FOUND and not _subject(tool, arguments):
        return False
    return all(name in arguments and json_equal(arguments[name], value) for name, value in fault.match.items())


def _subject(tool: ToolDefinition, arguments: Mapping[str, Any]) -> str:
    """What the call is about: its first required text argument, else its first one."""
    required = tool.parameters.get("required")
    names = [*(required if isinstance(required, list) else ()), *_properties(tool), *arguments]
    texts = (arguments[name] for name in names if isinstance(name, str) and name in arguments)
    return next((text for text in texts if isinstance(text, str) and text), "")


def _refusal(fault: Fault, tool: ToolDefinition, arguments: Mapping[str, Any]) -> Execution:
    error_type = ERROR_TYPES[fault.kind]
    if fault.kind is FaultKind.NOT_FOUND and tool.component == VFS:
        error_type = "FileNotFound"
    text = fill_text(fault.message, arguments) or _usual_text(fault.kind, tool, _subject(tool, arguments))
    return Execution(
        text=f"Error ({error_type}): {text}",
        outcome=Outcome.TOOL_ERROR,
        error_type=error_type,
        duration_ms=TIMEOUT_S * 1000 if fault.kind is FaultKind.TIMEOUT else 0.0,
        is_injected=True,
    )


def _usual_text(kind: FaultKind, tool: ToolDefinition, subject: str) -> str:
    is_file = tool.component == VFS
    match kind:
        case FaultKind.NOT_FOUND:
            return f"File not found: {subject}" if is_file else f"Not found: {subject}"
        case FaultKind.PERMISSION_DENIED if is_file and subject:
            return f"Permission denied: {subject} is locked by another process"
        case FaultKind.PERMISSION_DENIED:
            return f"Permission denied: the access token for {tool.name} has expired and is being renewed"
        case FaultKind.RATE_LIMITED:
            return f"Too many requests to {tool.name}. Try again in 2 seconds."
        case _:
            return f"{tool.name} did not answer within {TIMEOUT_S} seconds. It was cancelled and nothing was changed."
