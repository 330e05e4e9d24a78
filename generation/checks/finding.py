"""Finding: what a check found, and the shape of a check."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from generation.conversation import Conversation


class Severity(StrEnum):
    """A blocking finding keeps a conversation from annotators and from approval; a warning draws the eye."""

    BLOCKING = "blocking"
    WARNING = "warning"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """``code`` is stable and explained in ``EXPLANATIONS``; ``message`` says what it is here. ``turn`` counts from 0."""

    code: str
    severity: Severity
    message: str
    call_id: str | None = None
    turn: int | None = None


class Spot(NamedTuple):
    """What a check says of one place, before its code and severity are put to it."""

    message: str
    call_id: str | None = None
    turn: int | None = None


class Check(NamedTuple):
    """One thing that is looked for. ``explanation`` is one sentence for annotators; ``find`` is pure."""

    code: str
    severity: Severity
    explanation: str
    find: Callable[[Conversation], Iterable[Spot]]
