"""Preset: one file format, its writer and its own reader, and the comparison of the two.

A line is only handed out after it was parsed from its bytes, read, and found to hold what the format is able to carry.
"""

from abc import ABC, abstractmethod
from typing import Any

from generation.conversation import Conversation, canonical_json, to_document
from generation.errors import EngineError, InvalidInput
from generation.formats.exportable import Exportable
from generation.formats.lines import from_line, to_line
from generation.formats.options import ExportOptions, Thoughts
from generation.formats.preparing import carried_by_messages, prepare, refuse_unfit


class RoundTripFailed(EngineError):
    """A line does not hold what was written to it: a defect of the preset, so the whole export fails."""


class Preset(ABC):
    """A file format. ``name`` is what people type, ``description`` one line for choosing it. ``carries_verdicts``: it can
    say what was marked wrong."""

    name: str
    description: str
    carries_verdicts = False

    def require_options(self, options: ExportOptions) -> None:
        """Raises InvalidInput for options that this format can't follow."""
        if options.weights and not self.carries_verdicts:
            raise InvalidInput(f"The format {self.name} has no weights: leave them out, or export to openai.")

    def needs_envelope(self, options: ExportOptions) -> bool:
        """Whether what it writes takes verdicts and history, which are read only when they are needed."""
        return options.weights

    @abstractmethod
    def write(self, exportable: Exportable, options: ExportOptions) -> dict[str, Any]:
        """The record of this conversation. Raises Refused when it is unfinished or does not fit the format."""

    @abstractmethod
    def read(self, record: dict[str, Any], *, think_tags: bool = True) -> Conversation:
        """The conversation in a record, as far as the format carries it. Raises Unreadable. ``think_tags``: such tags
        at the head of a content are thoughts, not words."""

    @abstractmethod
    def verify(self, line: bytes, *, exportable: Exportable, options: ExportOptions) -> None:
        """Raises RoundTripFailed unless the line's bytes, read back, give what the format can carry."""

    def line(self, exportable: Exportable, options: ExportOptions) -> bytes:
        """The verified line of this conversation. Raises Refused or RoundTripFailed."""
        try:
            line = to_line(self.write(exportable, options))
        except ValueError as error:
            raise RoundTripFailed(f"{self.name}: the record is no JSON: {error}") from error
        self.verify(line, exportable=exportable, options=options)
        return line


class ChatPreset(Preset):
    """A format whose record is made of chat messages: the options are applied to the conversation first."""

    def write(self, exportable: Exportable, options: ExportOptions) -> dict[str, Any]:
        refuse_unfit(exportable.conversation, options=options)
        return self._record(prepare(exportable, options=options), options)

    def verify(self, line: bytes, *, exportable: Exportable, options: ExportOptions) -> None:
        try:
            read = self.read(from_line(line), think_tags=options.thoughts is Thoughts.THINK_TAGS)
            carried = self._carried(prepare(exportable, options=options), options)
            compare(to_document(carried), to_document(read))
        except (ValueError, InvalidInput, RecursionError) as error:
            raise RoundTripFailed(f"{self.name}: the written line can't be read back: {error}") from error

    @abstractmethod
    def _record(self, prepared: Conversation, options: ExportOptions) -> dict[str, Any]:
        """The record of a fit conversation to which the options were applied."""

    def _carried(self, prepared: Conversation, options: ExportOptions) -> Conversation:
        """What of a prepared conversation the format holds."""
        del options  # messages and tools hold the same whatever was asked for: it is applied already
        return carried_by_messages(prepared)


def compare(written: object, read: object) -> None:
    """Raises RoundTripFailed that names the first place where two JSON values differ.

    They are compared as stored text: 1 and 1.0 differ, the order of keys counts, and the two halves of a
    surrogate pair equal their character.
    """
    if canonical_json(written) != canonical_json(read):
        raise RoundTripFailed(f"the line reads back differently at {_difference(written, read)}")


def _difference(written: object, read: object, place: str = "") -> str:
    if isinstance(written, dict) and isinstance(read, dict) and list(written) == list(read):
        pairs = [(f"{place}.{key}", written[key], read[key]) for key in written]
    elif isinstance(written, list) and isinstance(read, list) and len(written) == len(read):
        pairs = [
            (f"{place}[{index}]", one, other) for index, (one, other) in enumerate(zip(written, read, strict=True))
        ]
    else:
        return place.lstrip(".") or "its root"
    for inner, one, other in pairs:
        if canonical_json(one) != canonical_json(other):
            return _difference(one, other, inner)
    return place.lstrip(".") or "its root"
