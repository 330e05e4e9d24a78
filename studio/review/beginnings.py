"""The beginning of a long JSON text as JSON of its own, without reading the rest: what is open there is closed.

Refuses what has no member that early, and what is no JSON as far as it was read; whoever asks shows the text instead.
"""

import re
from typing import NamedTuple

MARK = "…"
"""Behind a text that is cut in the middle."""
_TOKEN = re.compile(r'\s*(?:([{\[])|([}\]])|([,:])|("(?:[^"\\]|\\u[0-9a-fA-F]{4}|\\["\\/bfnrt])*)("?)|[^\s{}\[\],:"]+)')
_HALF = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}$")
_ESCAPE = 5
"""So many characters of an escape may stand at the end without its last one."""
_CLOSING = {"{": "}", "[": "]"}


class Beginning(NamedTuple):
    """``text`` is what the first ``end`` characters give; ``depth`` containers, one in the other, go on behind it."""

    text: str
    end: int
    depth: int


def begin_json(text: str, end: int) -> Beginning | None:
    """The members that stand whole in the first ``end`` characters, and a text among them that goes on, as far as it stands there."""
    opened: list[str] = []
    at, before = 0, ""
    whole: tuple[int, list[str]] | None = None
    while at < end and (token := _TOKEN.match(text, at, end)):
        opening, closing, sign, string, quote = token.groups()
        at = token.end()
        if opening:
            opened.append(opening)
        elif closing and (not opened or closing != _CLOSING[opened.pop()]):
            return None
        elif sign == ",":
            whole = at - 1, [*opened]
        elif string and not quote:
            if end - at > _ESCAPE:
                return None
            if before == ":" or (before in ("[", ",") and opened[-1:] == ["["]):
                cut = _HALF.sub("", text[:at])
                return _closed(f'{cut}{MARK}"', opened, len(cut))
            break
        before = opening or sign or ""
    return _closed(text[: whole[0]], whole[1], whole[0]) if whole else None


def _closed(text: str, opened: list[str], end: int) -> Beginning:
    closing = "".join(_CLOSING[each] for each in reversed(opened))
    return Beginning(text + closing, end, len(opened))
