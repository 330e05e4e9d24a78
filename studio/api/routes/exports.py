"""``/api/exports/stream``: conversations as training lines while they are read. Memory stays flat however many there are."""

from collections.abc import Iterator
from typing import Annotated, Literal

import structlog
from django.http import HttpRequest, StreamingHttpResponse
from ninja import Query, Router
from pydantic import BaseModel, Field

from generation.formats.export import ExportReport, export_lines
from generation.formats.lines import to_line
from generation.formats.options import ExportOptions
from generation.formats.presets import PRESETS, preset_named
from generation.formats.splits import Split
from studio.api.authentication import person
from studio.api.errors import Error
from studio.api.lookup import asked_for
from studio.api.responses import STANDARD
from studio.api.schemas.conversations import Status
from studio.domain.exports import exportables, read_filter, selection
from studio.domain.team import require_lead
from studio.models import Dataset

log = structlog.get_logger(__name__)
router = Router(tags=["exports"])

LINES = "application/jsonl"
_STREAM = {
    "responses": {200: {"description": "One JSON object a line.", "content": {LINES: {"schema": {"type": "string"}}}}}
}


class StreamQuery(BaseModel):
    dataset: str = Field(description="An id or slug.")
    format: Annotated[str, Field(json_schema_extra={"enum": list(PRESETS)})]
    status: Status | Literal["any"] = Field(default="approved", description="Anything but approved is for leads.")
    filter: str = Field(
        default="",
        max_length=8000,
        description="Only those that pass: the other filters of the list of conversations, as a query like `tool=read_file&tag=gold`.",
    )
    share: float = Field(default=0, ge=0, lt=1, description="With part: the share of scenarios for validation.")
    part: Split | None = Field(default=None, description="Only this side of the split by scenario.")
    report: bool = Field(default=False, description="End with one line that counts what was written and left out.")


@router.get("/stream", response={200: None, **dict.fromkeys(STANDARD, Error)}, openapi_extra=_STREAM)
def stream_export(
    request: HttpRequest, query: Query[StreamQuery], options: Query[ExportOptions]
) -> StreamingHttpResponse:
    """A dataset's conversations as JSON lines, the oldest first: what `manage.py export --output -` writes.

    Every line is read back and compared before it is sent; a conversation that does not fit the format is left out. **A
    failure midway ends the connection without the last chunk** (HTTP/1.1), so that a client that checks transfers sees it:
    curl exits with 18, requests and httpx raise. With `report=true` the last line is
    `{"export": {"written": …, "refused": …, "refusals": [{"id", "reason"}, …]}}`, whatever stands between client and studio:
    a stream without it is not whole. `refusals` names the first 1000.
    """
    preset = preset_named(query.format)
    preset.require_options(options)
    if query.status != "approved":
        require_lead(person(request), to="export what is not approved")
    dataset = asked_for(Dataset.objects.all(), query.dataset, what="dataset")
    rows = selection(dataset, status=query.status, filters=read_filter(query.filter), by=person(request))
    report = ExportReport()
    whole = preset.needs_envelope(options)
    source = exportables(rows, part=query.part, share=query.share, seed=options.seed, whole=whole)
    lines = export_lines(source, preset=preset, options=options, report=report)
    response = StreamingHttpResponse(_sent(lines, report, query), content_type=LINES)
    response["Content-Disposition"] = f'attachment; filename="{dataset.slug}.{preset.name}.jsonl"'
    # A proxy that gathers the answer would hide where it broke off.
    response["X-Accel-Buffering"] = "no"
    return response


def _sent(lines: Iterator[bytes], report: ExportReport, query: StreamQuery) -> Iterator[bytes]:
    try:
        yield from lines
    except Exception:
        log.exception("export_broke", dataset=query.dataset, format=query.format, written=report.written)
        raise
    if query.report:
        refusals = [{"id": refusal.id, "reason": refusal.reason} for refusal in report.refusals]
        yield to_line({"export": {"written": report.written, "refused": report.refused, "refusals": refusals}})
