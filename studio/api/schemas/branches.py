"""Branches: a conversation gone on from one of its places by an agent."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field, model_validator

from generation.conversation import from_json, to_document
from studio.api.schemas.fields import Body, Index, Plain, Reference, Version
from studio.domain.branches import MAX_INSTRUCTION
from studio.models import Branch


class BranchIn(Body):
    """Where to go on from: behind the call ``call_id``, or from the user message of ``turn`` (from 0)."""

    version: Version
    call_id: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    turn: Index | None = None
    endpoint: Reference
    instruction: Annotated[Plain, Field(max_length=MAX_INSTRUCTION)] = ""

    @model_validator(mode="after")
    def _names_one_place(self) -> Self:
        if (self.call_id is None) == (self.turn is None):
            raise ValueError("give either call_id or turn")
        return self


class BranchShown(BaseModel):
    """A branch as far as it is. Nothing changes in the conversation until it is kept."""

    id: str
    version: int = Field(description="The version of the conversation it branches off from.")
    call_id: str | None
    turn: int
    endpoint: str | None
    instruction: str
    status: str = Field(description="pending, running, done, failed, cancelled, kept or discarded.")
    document: dict[str, Any] = Field(description="The whole conversation of the branch as far as it is.")
    error: str
    tokens_in: int
    tokens_out: int
    cost: float
    created_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, row: Branch) -> Self:
        """The branch as it now stands."""
        return cls(
            id=row.pid,
            version=row.version,
            call_id=row.call_id or None,
            turn=row.turn,
            endpoint=row.endpoint.name if row.endpoint else None,
            instruction=row.instruction,
            status=row.status,
            document=to_document(from_json(row.state)),
            error=row.error,
            tokens_in=row.tokens_in,
            tokens_out=row.tokens_out,
            cost=row.cost,
            created_at=row.created_at,
            finished_at=row.finished_at,
        )
