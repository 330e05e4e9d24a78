"""JSON lines: one value to the bytes of one line, and back.

UTF-8, unescaped, ``\\n`` at the end. Escaped all the same: what JSON must (NUL and the other control characters),
lone surrogates, which UTF-8 can't hold, and U+0085, U+2028, U+2029, at which ``str.splitlines`` would cut. So a
line stays one line in any reader.
"""

import json
import re
from typing import Any

_UNSAFE = re.compile("[\x85\u2028\u2029\ud800-\udfff]")


def to_line(record: object) -> bytes:
    """The record as one line. Raises ValueError for what JSON can't hold (NaN, infinities, depth without end)."""
    try:
        text = json.dumps(record, ensure_ascii=False, allow_nan=False)
    except RecursionError as error:
        raise ValueError("the record is nested too deep") from error
    return (_UNSAFE.sub(_escape, text) + "\n").encode("utf-8")


def from_line(line: bytes) -> dict[str, Any]:
    """The object that stands in a line. Raises ValueError when it is none, or is more than one line."""
    if not line.endswith(b"\n") or len(line.decode("utf-8").splitlines()) != 1:
        raise ValueError("not exactly one line")
    record = json.loads(line)
    if not isinstance(record, dict):
        raise ValueError("the line holds no JSON object")
    return record


def _escape(match: re.Match[str]) -> str:
    # Such a character can only stand inside a JSON string, where \\uXXXX means the same.
    return f"\\u{ord(match.group()):04x}"
