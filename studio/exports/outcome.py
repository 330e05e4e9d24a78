"""What an export would be, before it is made: how many go out, why others don't, and how the first line reads."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from generation.formats.export import ExportReport, Refusal, export_lines
from generation.formats.preset import RoundTripFailed
from studio.domain.exports import ANY, exportables, selection, status_counts
from studio.exports.forms import ExportForm
from studio.models import Conversation, User

TRIED = 100
"""So many are written for the preview; the rest is written, and checked, as it is downloaded."""
PREVIEWED = 6000

Status = Conversation.Status


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """``chosen`` have the status asked for; ``left`` are the others by status. ``first`` is the first line, indented (clipped when
    ``is_clipped``), ``problem`` why none could be written, ``refusals`` those among the first ``tried`` that don't fit."""

    chosen: int
    left: list[tuple[str, int]]
    tried: int
    refusals: list[Refusal]
    first: str
    is_clipped: bool
    problem: str


def outcome_of(form: ExportForm, *, user: User) -> Outcome:
    """What a valid form would give."""
    status = form.cleaned_data["status"]
    dataset, filters = form.cleaned_data["dataset"], form.filters
    counts = status_counts(selection(dataset, status=ANY, filters=filters, by=user))
    if not user.is_lead:
        counts.pop(Status.WITHHELD, None)
    chosen = sum(counts.values()) if status == ANY else counts.get(status, 0)
    left = (
        [] if status == ANY else [(name, counts[name]) for name in Status.values if counts.get(name) and name != status]
    )
    report, first, problem = _try(form, user=user)
    text = json.dumps(json.loads(first), indent=2) if first else ""
    return Outcome(
        chosen=chosen,
        left=left,
        tried=report.seen,
        refusals=report.refusals,
        first=text[:PREVIEWED],
        is_clipped=len(text) > PREVIEWED,
        problem=problem,
    )


def lines_of(form: ExportForm, *, user: User, report: ExportReport, limit: int | None = None) -> Iterator[bytes]:
    """The lines of the export, one at a time; ``limit`` conversations at most."""
    values = form.cleaned_data
    preset = form.preset_chosen
    rows = exportables(
        selection(values["dataset"], status=values["status"], filters=form.filters, by=user),
        part=form.part_chosen,
        share=values["share"] / 100,
        whole=preset.needs_envelope(values["options"]),
    )
    return export_lines(islice(rows, limit), preset=preset, options=values["options"], report=report)


def _try(form: ExportForm, *, user: User) -> tuple[ExportReport, bytes, str]:
    report, first = ExportReport(), b""
    try:
        for line in lines_of(form, user=user, report=report, limit=TRIED):
            first = first or line
    except RoundTripFailed as failure:
        return report, first, str(failure)
    return report, first, ""
