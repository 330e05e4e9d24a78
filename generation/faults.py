"""Fault: a misbehaviour of a tool that a scenario asks for, as data; ``generation.sandbox.faults`` gives the meaning.

A fault is the *tool's* answer, something the agent has to deal with, and never a failure of our infrastructure. It is due
at certain calls, counted from 1 among the calls it fits, and then it is over: the same call again is answered for real.

    {"kind": "rate_limited", "tool": "search_issues", "at": 2}      the second search is refused, the third works
    {"kind": "permission_denied", "match": {"file_path": "a.txt"}, "times": 2}
"""

from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class FaultKind(StrEnum):
    """What goes wrong. The call itself runs for STALE_READ and SLOW only; all others answer in its place."""

    NOT_FOUND = "not_found"
    PERMISSION_DENIED = "permission_denied"
    RATE_LIMITED = "rate_limited"
    TIMEOUT = "timeout"
    STALE_READ = "stale_read"
    SLOW = "slow"


class Fault(BaseModel):
    """``kind`` befalls the calls numbered ``at`` to ``at + times - 1`` of those it fits.

    It fits a call of ``tool`` (any, when empty) whose arguments hold ``match`` (JSON equality). Besides, NOT_FOUND fits only
    calls that name something (a text argument), and STALE_READ only a read whose answer changed since the same read was last
    made; it gets the older answer. ``message`` replaces the usual text (``{{argument}}`` is filled in); only errors
    have one. ``delay_ms`` is what SLOW adds to the call's duration, in ms.
    """

    model_config = ConfigDict(extra="forbid")

    kind: FaultKind
    tool: str = ""
    match: dict[str, Any] = Field(default_factory=dict)
    at: int = Field(default=1, ge=1, le=100)
    times: int = Field(default=1, ge=1, le=5)
    message: str = ""
    delay_ms: float = Field(default=8000, gt=0, le=60_000)

    @model_validator(mode="after")
    def _has_only_what_counts(self) -> Self:
        if self.message and not self.is_error:
            raise ValueError(f"a {self.kind.value} fault has no message: the tool's own answer is given")
        if "delay_ms" in self.model_fields_set and self.kind is not FaultKind.SLOW:
            raise ValueError(f"a {self.kind.value} fault has no delay_ms: only slow has")
        return self

    @property
    def is_error(self) -> bool:
        """Whether the tool answers with an error instead of running."""
        return self.kind not in (FaultKind.STALE_READ, FaultKind.SLOW)
