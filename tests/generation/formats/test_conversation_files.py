"""Files of conversations that come in: each form is told by its content, a line that can't be read by its number."""

import io
import json
from typing import Any

import pytest

from generation.conversation import Conversation, to_document
from generation.errors import InvalidInput
from generation.formats import conversation_files
from generation.formats.conversation_files import ReadLine, read_conversations
from generation.formats.exportable import Exportable
from generation.formats.options import ExportOptions
from generation.formats.presets import PRESETS
from tests.standins.conversations import CASES, MULTI_TURN

PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}}
WEATHER = {"name": "weather", "description": "Weather now.", "parameters": PARAMETERS}
SHAREGPT = {
    "system": "Be brief.",
    "conversations": [
        {"from": "human", "value": "Is it raining?"},
        {"from": "function_call", "value": '{"name": "weather", "arguments": {"city": "Rome"}}'},
        {"from": "observation", "value": "Error (Offline): no line\u2028"},
        {"from": "gpt", "value": "I can't say."},
    ],
    "tools": json.dumps([WEATHER]),
}
HERMES = {
    "conversations": [
        {"from": "system", "value": f"Be brief. <tools>\n{json.dumps([WEATHER])}\n</tools>"},
        {"from": "human", "value": "Is it raining?"},
        {
            "from": "gpt",
            "value": '<think>\nI look.\n</think>\n\nOne moment.\n<tool_call>\n{"name": "weather", "arguments": {"city": "Rome"}}\n'
            '</tool_call>\n<tool_call>\n{"name": "weather", "arguments": {"city": "Ostia"}}\n</tool_call>',
        },
        {
            "from": "tool",
            "value": "<tool_response>\nrain\n</tool_response>\n<tool_response>\nsun\n</tool_response>",
        },
        {"from": "gpt", "value": "In Rome."},
    ]
}


def read(*records: Any) -> list[ReadLine]:
    lines = [record if isinstance(record, bytes) else json.dumps(record).encode() for record in records]
    return list(read_conversations(io.BytesIO(b"\n".join(lines)), name="file"))


def one(record: Any) -> Conversation:
    (line,) = read(record)
    assert line.exportable is not None, line.reason
    return line.exportable.conversation


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("name", CASES)
def test_what_is_exported_comes_in_as_its_own_reader_reads_it(preset: str, name: str) -> None:
    line = PRESETS[preset].line(Exportable(conversation=CASES[name], id="c1"), ExportOptions())
    assert to_document(one(line)) == to_document(PRESETS[preset].read(json.loads(line)))


def test_native_comes_in_whole() -> None:
    line = PRESETS["native"].line(Exportable(conversation=MULTI_TURN, id="c1", version=3), ExportOptions())
    (found,) = read(line)
    assert found.exportable is not None
    assert (found.exportable.id, found.exportable.version) == ("c1", 3)
    assert to_document(found.exportable.conversation) == to_document(MULTI_TURN)


def test_sharegpt() -> None:
    found = one(SHAREGPT)
    assert (found.system_prompt, [tool.name for tool in found.tools]) == ("Be brief.", ["weather"])
    assert found.tools[0].parameters == PARAMETERS
    (turn,) = found.turns
    (call,) = found.calls
    assert (turn.user, turn.answer) == ("Is it raining?", "I can't say.")
    assert (call.tool, call.arguments, call.result) == ("weather", {"city": "Rome"}, "Error (Offline): no line\u2028")
    assert call.error_type == "Offline"


def test_hermes() -> None:
    found = one(HERMES)
    assert [tool.name for tool in found.tools] == ["weather"]
    step = found.turns[0].steps[0]
    assert (step.thought, step.text) == ("I look.", "One moment.")
    assert [(call.arguments["city"], call.result) for call in step.calls] == [("Rome", "rain"), ("Ostia", "sun")]
    assert found.turns[0].answer == "In Rome."


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{nope", "no JSON"),
        (b"\xff\xfe", "no UTF-8 text"),
        (b"[1]", "no JSON object"),
        (b'{"a": 1}', "none of the forms"),
        (b'{"messages": []}', "empty"),
        (b'{"messages": [{"role": "tool", "content": "x"}]}', "message 1"),
        (b'{"conversations": [{"from": "robot", "value": "x"}]}', "message 1: from 'robot'"),
        (b'{"conversations": [{"from": "human"}]}', "message 1 has no value"),
        (b'{"conversations": [{"from": "human", "value": "x"}, {"from": "function_call", "value": "{"}]}', "message 2"),
        (b'{"conversations": 5}', "no list"),
        (b'{"format": "tracewright", "format_version": 9}', "format_version is 9"),
        (b"[" * 5000, "nested"),
        (b'{"messages": NaN}', "NaN"),
    ],
)
def test_a_line_that_can_not_be_read_is_named_and_the_others_are_kept(line: bytes, reason: str) -> None:
    first, refused, last = read(SHAREGPT, line, HERMES)
    assert first.exportable
    assert last.exportable
    assert (refused.number, refused.exportable) == (2, None)
    assert reason in refused.reason


def test_empty_lines_count_and_a_byte_order_mark_does_not_matter() -> None:
    found = read(b"\xef\xbb\xbf" + json.dumps(SHAREGPT).encode(), b"  ", HERMES)
    assert [(line.number, bool(line.exportable)) for line in found] == [(1, True), (3, True)]


def test_neither_lines_nor_files_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation_files, "MAX_LINE", 5000)
    long, after = read(b'{"messages": "' + b"x" * 20_000 + b'"}', HERMES)
    assert (long.number, long.exportable) == (1, None)
    assert "longer than" in long.reason
    assert after.exportable
    monkeypatch.setattr(conversation_files, "MAX_LINES", 2)
    with pytest.raises(InvalidInput, match="more than 2 lines"):
        read(HERMES, HERMES, HERMES)
