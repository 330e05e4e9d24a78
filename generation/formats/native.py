"""``native``: everything about a conversation, so that importing it again gives the very same one.

No option changes what it writes: it is a backup and a hand-over, not a training file. So it refuses nothing for being unfinished
or oddly named, as formats for training do. People's threads of comments are no part of it: they are talk among those who review.
"""

from typing import Any

from pydantic import ValidationError

from generation.conversation import Conversation
from generation.formats.chat_reading import Unreadable
from generation.formats.exportable import Exportable
from generation.formats.lines import from_line
from generation.formats.options import ExportOptions
from generation.formats.preparing import refuse_unholdable
from generation.formats.preset import Preset, RoundTripFailed, compare

FORMAT = "tracewright"
FORMAT_VERSION = 1


class NativePreset(Preset):
    name = "native"
    description = "Tracewright's own form: everything, for backup and for another studio"
    carries_verdicts = True

    def needs_envelope(self, options: ExportOptions) -> bool:
        del options
        return True

    def write(self, exportable: Exportable, options: ExportOptions) -> dict[str, Any]:
        del options
        for pair in exportable.conversation.pairs():
            refuse_unholdable(pair.call, f"call {pair.number + 1}")
        return {"format": FORMAT, "format_version": FORMAT_VERSION, **exportable.to_document()}

    def read(self, record: dict[str, Any], *, think_tags: bool = True) -> Conversation:
        del think_tags  # thoughts have a place of their own here
        return self.read_exportable(record).conversation

    def read_exportable(self, record: dict[str, Any]) -> Exportable:
        """The conversation with its envelope. Raises Unreadable, also for what a newer version wrote."""
        if record.get("format") != FORMAT:
            raise Unreadable(f"not a record of {FORMAT}")
        if record.get("format_version") != FORMAT_VERSION:
            raise Unreadable(f"format_version is {record.get('format_version')!r}; this version reads {FORMAT_VERSION}")
        members = {key: value for key, value in record.items() if key not in ("format", "format_version")}
        try:
            return Exportable.model_validate(members)
        except ValidationError as error:
            raise Unreadable(f"not a record of {FORMAT}: {error}") from error

    def verify(self, line: bytes, *, exportable: Exportable, options: ExportOptions) -> None:
        del options  # none of them changes what is written
        try:
            read = self.read_exportable(from_line(line))
            compare(exportable.to_document(), read.to_document())
        except (ValueError, Unreadable, RecursionError) as error:
            raise RoundTripFailed(f"native: the written line can't be read back: {error}") from error
