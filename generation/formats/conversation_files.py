"""Conversations out of a file of JSON lines: this studio's own form, or what others train on, told by what stands in the line.

Read one line at a time, whatever the size of the file. A line that can't be read is named with its number and the reason; the others
are kept. What a conversation lacks (tools, thoughts, an answer) stays missing: the checks say so.
"""

from collections.abc import Iterator
from itertools import count
from typing import Any, BinaryIO, NamedTuple

from generation.errors import InvalidInput
from generation.formats.chat_reading import Unreadable
from generation.formats.deepfabric import DeepFabricPreset
from generation.formats.documents import parse_json
from generation.formats.exportable import Exportable
from generation.formats.native import FORMAT, NativePreset
from generation.formats.openai import read_chat_record
from generation.formats.sharegpt_reading import read_sharegpt_record

MAX_LINE = 32 * 2**20
"""Bytes of one conversation."""
MAX_LINES = 100_000
FORMS = "openai, trl, sharegpt, hermes, deepfabric, native"
_DEEPFABRIC = {"metadata", "reasoning", "tool_context", "agent_context"}


class ReadLine(NamedTuple):
    """What stands in a line, counted from 1: a conversation, or ``reason``, why it can't be read."""

    number: int
    exportable: Exportable | None
    reason: str = ""


def read_conversations(file: BinaryIO, *, name: str) -> Iterator[ReadLine]:
    """The conversations of a file, as they are asked for. Raises InvalidInput for a file of too many lines."""
    for number in count(1):
        line = file.readline(MAX_LINE + 1)
        if not line:
            return
        if number > MAX_LINES:
            raise InvalidInput(f"{name} holds more than {MAX_LINES:,} lines: divide it.")
        if len(line) > MAX_LINE:
            while line and not line.endswith(b"\n"):
                line = file.readline(MAX_LINE)
            yield ReadLine(number, None, f"it is longer than {MAX_LINE // 2**20} MiB")
        elif line.strip():
            yield _read(number, line)


def _read(number: int, line: bytes) -> ReadLine:
    try:
        record = parse_json(line.decode("utf-8-sig" if number == 1 else "utf-8"))
    except UnicodeDecodeError as error:
        return ReadLine(number, None, f"it is no UTF-8 text (byte {error.start})")
    except ValueError as error:
        return ReadLine(number, None, f"it is no JSON: {error}")
    try:
        return ReadLine(number, _exportable(record))
    except (ValueError, InvalidInput) as error:
        return ReadLine(number, None, str(error))


def _exportable(record: Any) -> Exportable:
    if not isinstance(record, dict):
        raise Unreadable("it is no JSON object")
    if record.get("format") == FORMAT:
        return NativePreset().read_exportable(record)
    if "conversations" in record:
        return Exportable(conversation=read_sharegpt_record(record))
    if "messages" not in record:
        raise Unreadable(f"it is none of the forms that are read ({FORMS})")
    if _DEEPFABRIC & record.keys():
        return Exportable(conversation=DeepFabricPreset().read(record))
    return Exportable(conversation=read_chat_record(record, think_tags=True))
