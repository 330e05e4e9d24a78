"""Export as a stream: conversations in, verified lines out, one at a time, with a report that fills meanwhile.

A conversation that can't be written (unfinished, or unfit for the format) is left out and reported. A line that does
not read back as what was written is a defect and fails the whole export.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from generation.formats.exportable import Exportable
from generation.formats.options import ExportOptions
from generation.formats.preparing import Refused
from generation.formats.preset import Preset, RoundTripFailed

MAX_REFUSALS = 1000


class Refusal(NamedTuple):
    """A conversation that was left out. ``number`` counts what came in from 1."""

    number: int
    id: str
    reason: str


@dataclass(kw_only=True)
class ExportReport:
    """What became of the conversations. ``refusals`` holds the first 1000, ``refused`` counts
    all, ``size`` is in bytes."""

    written: int = 0
    refused: int = 0
    size: int = 0
    turns: int = 0
    calls: int = 0
    refusals: list[Refusal] = field(default_factory=list)

    @property
    def seen(self) -> int:
        return self.written + self.refused

    def count_written(self, exportable: Exportable, line: bytes) -> None:
        self.written += 1
        self.size += len(line)
        self.turns += len(exportable.conversation.turns)
        self.calls += len(exportable.conversation.calls)

    def count_refused(self, exportable: Exportable, reason: str) -> None:
        self.refused += 1
        if len(self.refusals) < MAX_REFUSALS:
            self.refusals.append(Refusal(self.seen, exportable.id, reason))


def export_lines(
    exportables: Iterable[Exportable], *, preset: Preset, options: ExportOptions, report: ExportReport
) -> Iterator[bytes]:
    """Each conversation's line, as it is asked for; nothing is held but the line at hand.

    ``report`` is complete when the iterator is exhausted. Raises RoundTripFailed that names the conversation.
    """
    for exportable in exportables:
        try:
            line = preset.line(exportable, options)
        except Refused as refusal:
            report.count_refused(exportable, str(refusal))
            continue
        except RoundTripFailed as failure:
            raise RoundTripFailed(f"Conversation {exportable.id or report.seen + 1}: {failure}") from failure
        report.count_written(exportable, line)
        yield line
