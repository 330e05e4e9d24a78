"""Replays and restores as the API shows and takes them."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field

from generation.conversation import Outcome
from studio.api.schemas.fields import Body, Reason, Version
from studio.models import Rerun


class Restore(Body):
    version: Version
    reason: Reason = ""


class ReplayedCall(BaseModel):
    call_id: str
    replay: str = Field(
        description="identical (but for members its tool calls volatile), differs, or fails: it did not before."
    )
    text: str = Field(description="What came back; empty when it is what stands in the conversation to the letter.")
    outcome: Outcome
    error_type: str | None
    duration_ms: float | None


class ReplayShown(BaseModel):
    """Every call of a conversation run again from a clean sandbox. Nothing in the conversation changes."""

    id: str
    version: int = Field(description="The version of the conversation it ran for.")
    status: str = Field(description="pending, running, done or failed.")
    results: list[ReplayedCall]
    error: str
    created_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, row: Rerun) -> Self:
        """The replay as far as it is."""
        names = ReplayedCall.model_fields
        return cls(
            id=row.pid,
            version=row.version,
            status=row.status,
            results=[ReplayedCall(**{name: result[name] for name in names}) for result in row.results],
            error=row.error,
            created_at=row.created_at,
            finished_at=row.finished_at,
        )
