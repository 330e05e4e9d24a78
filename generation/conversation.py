"""Conversation, Turn, Step, Call: the one shape that engine, database, API and exports share.

A conversation is a system prompt, tools and turns. A turn is a user message, steps and an answer.
A step is one thought with the calls it decided. **A call owns its result**, so a result can't drift
to another call; the messages a model sees and the messages an export writes are both derived from
this value (``generation.formats.messages``), so they can't differ.

The same value, not yet finished, is the state of an attempt: a turn without an answer, a step whose
last calls have no result yet. That is what makes an attempt resumable.

Text may hold NUL and lone surrogates, because models emit them: dump with ``to_json`` (ASCII), never
with ``model_dump_json``.
"""

import hashlib
import json
from collections.abc import Iterator
from enum import StrEnum
from typing import Any, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from generation.errors import InvalidInput
from generation.tools import ToolDefinition

SCHEMA_VERSION = 1


class Outcome(StrEnum):
    """What a tool said of a call. Infrastructure failures are no outcome: they never become a result."""

    OK = "ok"
    TOOL_ERROR = "tool_error"


class Provenance(StrEnum):
    """Where a call's result comes from."""

    EXECUTED = "executed"  # the tool ran, for arguments the model chose
    EDITED = "edited"  # the tool ran, for arguments a person changed
    HAND_WRITTEN = "hand-written"  # a person wrote the result
    INJECTED = "injected"  # a fault plan answered in the tool's place; the tool did not run, or its answer was replaced
    IMPORTED = "imported"  # it came with an imported file; nobody here saw it run


class Ending(StrEnum):
    """Why a turn's steps ended and its answer was asked for."""

    FINAL = "final"  # the model declared itself ready to answer
    STEP_LIMIT = "step_limit"  # max_agent_steps
    CALL_LIMIT = "call_limit"  # max_calls_per_turn or max_calls


class Shape(BaseModel):
    """What all parts of a conversation have in common: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", use_enum_values=False)


class Call(Shape):
    """One tool call and, once it ran, its result.

    ``id`` is 9 characters [A-Za-z0-9]. ``result`` is text exactly as the tool gave it, the empty
    text included; ``None`` means not executed yet (an attempt under way, a call a person just
    added). ``outcome`` stands exactly when ``result`` does. ``duration_ms`` is wall time in ms.
    """

    id: str
    tool: str
    arguments: dict[str, Any]
    reason: str = ""
    result: str | None = None
    outcome: Outcome | None = None
    error_type: str | None = None
    duration_ms: float | None = None
    provenance: Provenance = Provenance.EXECUTED

    @model_validator(mode="after")
    def _result_and_outcome_stand_together(self) -> Self:
        if (self.result is None) != (self.outcome is None):
            raise ValueError("a call has a result and an outcome, or neither")
        if self.outcome is not Outcome.TOOL_ERROR and self.error_type is not None:
            raise ValueError("only a tool error has an error_type")
        return self

    @property
    def is_answered(self) -> bool:
        return self.result is not None


class Step(Shape):
    """One thought and the calls it decided. A step without calls is the final one of its turn:
    it keeps the thought, and no export writes it as a call message."""

    thought: str = ""
    text: str = ""
    calls: list[Call] = Field(default_factory=list)


class Turn(Shape):
    """A user message, the steps taken for it, and the answer (``None`` while the turn is under way)."""

    user: str
    steps: list[Step] = Field(default_factory=list)
    answer: str | None = None
    ending: Ending | None = None

    @property
    def calls(self) -> list[Call]:
        return [call for step in self.steps for call in step.calls]


class Note(Shape):
    """Something the engine met while generating and did not drop in silence (a repeated call, say).

    ``code`` is a stable word, ``call_id`` the call it speaks of when there is one.
    """

    code: str
    detail: str
    turn: int | None = None
    step: int | None = None
    call_id: str | None = None


class PairRef(NamedTuple):
    """A call with where it stands: positions count from 0; ``number`` counts calls over the whole conversation."""

    number: int
    turn: int
    step: int
    position: int
    call: Call


class Conversation(Shape):
    """A whole tool-calling conversation, finished or under way.

    ``overview`` is a multi-turn scenario's hidden goal and ``planned_turns`` the number drawn for it;
    both steer generation and are never exported as messages. ``model`` names who wrote the assistant's
    words ("demo" for the offline toy). ``metadata`` is for what imports bring along.
    """

    schema_version: int = SCHEMA_VERSION
    system_prompt: str = ""
    tools: list[ToolDefinition] = Field(default_factory=list)
    turns: list[Turn] = Field(default_factory=list)
    mode: str = "single_turn"
    pattern: str | None = None
    persona: str = ""
    language: str = ""
    topic: str = ""
    overview: str = ""
    planned_turns: int | None = None
    model: str = ""
    seed: int | None = None
    notes: list[Note] = Field(default_factory=list)
    metadata: dict[str, Any] = Field(default_factory=dict)

    @property
    def calls(self) -> list[Call]:
        return [pair.call for pair in self.pairs()]

    def pairs(self) -> Iterator[PairRef]:
        """Every call in the order it was made, with its place."""
        number = 0
        for turn_number, turn in enumerate(self.turns):
            for step_number, step in enumerate(turn.steps):
                for position, call in enumerate(step.calls):
                    yield PairRef(number, turn_number, step_number, position, call)
                    number += 1

    def pair(self, call_id: str) -> PairRef:
        """The pair of this call id. Raises KeyError when there is none."""
        for pair in self.pairs():
            if pair.call.id == call_id:
                return pair
        raise KeyError(call_id)

    def tool(self, name: str) -> ToolDefinition | None:
        return next((tool for tool in self.tools if tool.name == name), None)

    @property
    def is_complete(self) -> bool:
        """Every call has its result and every turn its answer."""
        return (
            bool(self.turns)
            and all(turn.answer is not None for turn in self.turns)
            and all(call.is_answered for call in self.calls)
        )


def to_document(conversation: Conversation) -> dict[str, Any]:
    """The conversation as JSON data, keys in the order of the shape; enums are texts of their own class."""
    # Not mode="json": that refuses lone surrogates in the keys of arguments.
    return conversation.model_dump(mode="python")


def to_json(conversation: Conversation) -> str:
    """Canonical text: ASCII, keys in order, no spaces. The same value gives the same bytes."""
    return canonical_json(to_document(conversation))


def from_document(document: object) -> Conversation:
    """Read what ``to_document`` wrote. Raises InvalidInput with the places that are wrong."""
    try:
        return Conversation.model_validate(document)
    except ValueError as error:
        raise InvalidInput(f"This is not a conversation document: {error}") from error


def from_json(text: str) -> Conversation:
    return from_document(json.loads(text))


def canonical_json(value: object) -> str:
    """JSON as it is stored: ASCII-escaped (NUL and lone surrogates survive), order kept, compact."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"), allow_nan=False)


def digest(value: object) -> str:
    """SHA-256 (hex) of a JSON value, independent of the order of its keys."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"), sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()
