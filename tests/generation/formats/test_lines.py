"""A line of JSON stays one line in any reader."""

import json

import pytest

from generation.formats.lines import from_line, to_line


def test_text_stays_readable_and_ends_with_a_newline() -> None:
    assert to_line({"a": "grüße 日本"}) == '{"a": "grüße 日本"}\n'.encode()


@pytest.mark.parametrize(
    "character", ["\x00", "\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\ud800"]
)
def test_no_character_breaks_a_line(character: str) -> None:
    value = {f"key{character}": f"a{character}b"}
    line = to_line(value)
    assert len(line.decode("utf-8").splitlines()) == 1
    assert json.loads(line) == value


def test_what_json_cant_hold_is_refused() -> None:
    nested: list[object] = []
    for _ in range(100_000):
        nested = [nested]
    for value in (float("nan"), float("inf"), nested):
        with pytest.raises(ValueError, match=r"JSON|nested"):
            to_line({"a": value})


@pytest.mark.parametrize("line", [b'{"a": 1}', b'{"a": 1}\n{"b": 2}\n', b"[1]\n", b"\xff\n", b"{\n"])
def test_only_one_object_on_one_line_is_read(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"line|object|decode|Expecting"):
        from_line(line)
