"""Decisions, claims, waivers and confirmations."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, model_validator

from studio.api.schemas.fields import MAX_INTEGER, Body, Index, Reason, Version
from studio.models import Review


class Approval(Body):
    version: Version


class Rejection(Body):
    version: Version
    reason: Reason = Field(min_length=1)


class SecondOpinion(Body):
    version: Version
    reason: Reason = ""


class ClaimRequest(Body):
    take_over: bool = Field(default=False, strict=True, description="Take it from who holds it; for leads.")


class StaleConfirmation(Body):
    """Says that stale results and answers still hold, and why. ``everything`` means all but results of changed calls."""

    version: Version
    reason: Reason = Field(min_length=1)
    call_ids: Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=1000)] = []
    turns: Annotated[list[Index], Field(max_length=1000)] = []
    everything: bool = Field(default=False, strict=True)

    @model_validator(mode="after")
    def _says_what(self) -> Self:
        if not (self.call_ids or self.turns or self.everything):
            raise ValueError("give call_ids, turns or everything")
        return self


class ReviewShown(BaseModel):
    """One decision about one version."""

    id: int = Field(description="What an adjudication chooses it by.")
    by: str | None
    decision: str = Field(description="approved, rejected, second_opinion or skipped.")
    version: int
    reason: str
    at: datetime
    stands: bool = Field(description="Whether it counts now: an edit voids it, a later decision may end it.")
    is_adjudication: bool = Field(description="Whether a lead settled a disagreement with it.")

    @classmethod
    def of(cls, row: Review) -> Self:
        """The decision; its reviewer is loaded."""
        by = str(row.reviewer) if row.reviewer else None
        names = ("decision", "version", "reason", "at", "stands", "is_adjudication")
        return cls(id=row.pk, by=by, **{name: getattr(row, name) for name in names})


class Adjudication(Body):
    """One of the decisions that stand against each other, or your own about what stands."""

    version: Version
    reason: Reason = Field(min_length=1)
    review: Annotated[int, Field(strict=True, ge=1, le=MAX_INTEGER)] | None = Field(
        default=None, description="The decision that wins; its version is restored where another stands."
    )
    decision: Literal["approved", "rejected"] | None = None

    @model_validator(mode="after")
    def _says_one(self) -> Self:
        if (self.review is None) == (self.decision is None):
            raise ValueError("give review or decision")
        return self


class WaiverIn(Body):
    version: Version
    finding: Annotated[str, Field(min_length=1, max_length=64, description="The `id` of a blocking finding.")]
    reason: Reason = Field(min_length=1)
