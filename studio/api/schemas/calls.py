"""Changes of one call, and calls run again."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, model_validator

from generation.conversation import Outcome
from studio.api.schemas.fields import Body, JsonObject, Merge, Plain, Reason, Version
from studio.models import Rerun

Verdict = Literal["ok", "wrong", ""]
ErrorType = Annotated[Plain, Field(min_length=1, max_length=80)]


class CallPatch(Body):
    """What is left out stays as it is. New arguments or another tool make the result stale until it was run again; a new
    ``result`` is marked hand-written, with ``outcome`` and ``error_type`` beside it."""

    version: Version
    merge: Merge = False
    arguments: JsonObject | None = None
    tool: str | None = Field(default=None, min_length=1, max_length=64)
    result: str | None = None
    outcome: Outcome = Outcome.OK
    error_type: ErrorType | None = None
    verdict: Verdict | None = Field(default=None, description="ok, wrong, or empty: unseen.")
    tag: Annotated[Plain, Field(max_length=80)] | None = Field(
        default=None, description="What is wrong, out of the dataset's `pair_tags`."
    )
    comment: Annotated[str, Field(max_length=5000)] | None = None
    reason: Reason = ""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.error_type is not None and self.outcome is not Outcome.TOOL_ERROR:
            raise ValueError("only an outcome tool_error has an error_type")
        if self.result is None and {"outcome", "error_type"} & self.model_fields_set:
            raise ValueError("outcome and error_type come with a result")
        if not self.changes_call and self.result is None and not self.says_something:
            raise ValueError("give arguments, tool, result, verdict, tag or comment")
        return self

    @property
    def says_something(self) -> bool:
        return any(value is not None for value in (self.verdict, self.tag, self.comment))

    @property
    def changes_call(self) -> bool:
        return self.arguments is not None or self.tool is not None


class RerunResult(BaseModel):
    call_id: str
    text: str
    outcome: Outcome
    error_type: str | None
    duration_ms: float | None
    is_identical: bool = Field(description="Whether it equals the result that stands in the conversation.")


class RerunShown(BaseModel):
    """A call run again, with those behind it. Nothing changes in the conversation until it is accepted."""

    id: str
    call_id: str
    version: int = Field(description="The version of the conversation it ran for.")
    status: str = Field(description="pending, running, done, failed, accepted or discarded.")
    results: list[RerunResult]
    drift: list[RerunResult] = Field(description="Earlier calls whose result differs from the recorded one.")
    error: str
    created_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, row: Rerun) -> Self:
        """The rerun as far as it is."""
        return cls(
            id=row.pid,
            call_id=row.call_id,
            version=row.version,
            status=row.status,
            results=row.results,
            drift=row.drift,
            error=row.error,
            created_at=row.created_at,
            finished_at=row.finished_at,
        )
