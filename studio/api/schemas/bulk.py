"""One thing done to many conversations."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, model_validator

from studio.api.schemas.fields import Body, Plain, Reason
from studio.domain.bulk import LIMIT, reasons_of
from studio.domain.filters import Filters
from studio.models import BulkAction, BulkEntry


class BulkOrder(Body):
    """What is to be done, and to which: ``ids``, or all that pass ``filters``."""

    kind: Literal["tag", "untag", "assign", "unassign", "reopen", "reject", "approve"] = Field(
        description="`reopen` sends decided ones back to review. Deciding, and assigning to others, is for leads."
    )
    ids: Annotated[list[Annotated[str, Field(max_length=12)]], Field(max_length=LIMIT)] | None = None
    filters: Filters | None = Field(
        default=None, description="As in the list of conversations; `{}` means all of them."
    )
    assignee: Plain = Field(default="", max_length=150, description="For assign: a user name, or `me`.")
    tag: Plain = Field(default="", max_length=80, description="For tag and untag: its name.")
    reason: Reason = Field(default="", description="For reject.")

    @model_validator(mode="after")
    def _says_which(self) -> Self:
        if (self.ids is None) == (self.filters is None):
            raise ValueError("give ids or filters")
        return self


class BulkReason(BaseModel):
    """Why so many were left out, or kept as they are when it was undone."""

    reason: str
    count: int


class BulkShown(BaseModel):
    id: str
    kind: str
    status: str = Field(description="prepared (nothing was changed yet), running, done, stopped, undoing or undone.")
    assignee: str | None
    tag: str
    reason: str
    scope: str = Field(description="Which conversations were meant, in words.")
    total: int
    changed: int
    left_out: int
    undone: int
    kept: int = Field(description="Changed since by somebody, so that undoing left them as they are.")
    requested_by: str | None
    created_at: datetime
    finished_at: datetime | None
    undone_by: str | None
    undone_at: datetime | None

    @classmethod
    def of(cls, row: BulkAction) -> Self:
        """The action for a list; its people are loaded."""
        same = [name for name in BulkShown.model_fields if name not in ("id", "assignee", "requested_by", "undone_by")]
        return cls(
            id=row.pid,
            assignee=row.assignee.username if row.assignee else None,
            requested_by=str(row.requested_by) if row.requested_by else None,
            undone_by=str(row.undone_by) if row.undone_by else None,
            **{name: getattr(row, name) for name in same},
        )


class BulkDetail(BulkShown):
    why_left_out: list[BulkReason]
    why_kept: list[BulkReason]

    @classmethod
    def of(cls, row: BulkAction) -> Self:
        """The action with what became of its conversations."""
        shown = BulkShown.of(row).model_dump()
        return cls(
            **shown,
            why_left_out=_reasons(row, BulkEntry.Outcome.LEFT_OUT),
            why_kept=_reasons(row, BulkEntry.Outcome.KEPT),
        )


def _reasons(row: BulkAction, outcome: str) -> list[BulkReason]:
    return [BulkReason(reason=note, count=count) for note, count in reasons_of(row, outcome)]


class BulkEntryShown(BaseModel):
    conversation: str
    version: int = Field(description="That stood when it was selected.")
    outcome: str = Field(description="changed, left_out, undone, kept, or empty while it waits.")
    note: str

    @classmethod
    def of(cls, row: BulkEntry) -> Self:
        """The entry; its conversation is loaded."""
        return cls(conversation=row.conversation.pid, version=row.version, outcome=row.outcome, note=row.note)
