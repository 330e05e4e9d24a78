"""Literals of a text: what it names exactly. Numbers, ids, paths, addresses, dates, times and quoted strings.

Refuses to judge them: whether something supports a literal is ``generation.checks.evidence``. Ordinary words, names and
ordinals are no literals: too many ways of saying them right exist.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    QUOTED = "quoted"
    URL = "url"
    EMAIL = "email"
    DATE = "date"
    TIME = "time"
    PATH = "path"
    ID = "id"
    NUMBER = "number"


class Literal(NamedTuple):
    """``text`` stands at ``[start, end)`` of the text it was read from, quotation marks left out."""

    kind: Kind
    text: str
    start: int
    end: int


MAX_NUMBER_CHARACTERS = 40

_DATE = r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?|\d{1,2}\.\d{1,2}\.\d{4}|\d{1,2}/\d{1,2}/\d{4}"
_TIME = r"\d{1,2}:\d\d(?::\d\d)?(?:\s?[ap]\.?m\b)?"
_EMAIL = r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
_URL = r"https?://[^\s<>\"'`]*[^\s<>\"'`.,;:!?)\]]"
_EXTENSION = r"\.(?:[a-z]{2,5}|mp[34]|[a-z]z2?|7z|[chr])"
# A lone slash ("and/or", "km/h") makes no path: it begins at a root or ends in an extension.
_PATH = rf"(?:~|\.{{1,2}})?/(?:[\w.@-]+/)*[\w@-]+(?:\.[\w-]+)*|(?:(?:[\w.@-]+/)+[\w@-]|[\w@-]{{2}})[\w@-]*(?:\.[\w-]+)*{_EXTENSION}(?![\w.]\w|/\w)"
_UUID = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
_ID = rf"{_UUID}|\#\d+|(?=[\w-]*\d)[^\W\d_]\w*(?:-\w+)*|(?=\w*[a-f])(?=\w*\d)[0-9a-f]{{8,}}"
_NUMBER = r"\d{1,3}(?:[\u0020\u00a0\u202f'\u2019]\d{3})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,]\d+)*"

_QUOTED = r"""“[^“”\n]{2,300}”|„[^„“”\n]{2,300}[“”]|«[^«»\n]{2,300}»|`[^`\n]{2,300}`|"[^"\n]{2,300}"|(?<!\w)'[^'\s][^'\n]{0,80}[^'\s]'(?!\w)"""
_LITERAL = re.compile(
    rf"(?P<quoted>{_QUOTED})|(?P<url>{_URL})|(?<![\w.+-])(?P<email>{_EMAIL})|(?<![\w./-])(?P<date>{_DATE})(?!\d)"
    rf"|(?<![\w:])(?P<time>{_TIME})(?!\d)|(?<![\w./@-])(?P<path>{_PATH})(?!\w)|(?<![\w-])(?P<id>{_ID})(?!\w|\.\d)"
    rf"|(?<![\w.,])(?P<number>{_NUMBER})(?!\d|(?:st|nd|rd|th)\b)"
)
_WHOLE = {
    Kind.URL: re.compile(r"https?://\S+"),
    Kind.EMAIL: re.compile(_EMAIL),
    Kind.DATE: re.compile(_DATE),
    Kind.TIME: re.compile(_TIME),
    Kind.PATH: re.compile(
        rf"(?:~|\.{{1,2}})?/[^\n<>*?|]+|(?:[^/\n<>*?|]+/)+|(?:[^/\n<>*?|]+/)*[^/\n<>*?|()]{{2,}}{_EXTENSION}"
    ),
    Kind.NUMBER: re.compile(_NUMBER),
    Kind.ID: re.compile(rf"{_ID}|[^\W\d_]+(?:[-_]\w+)+"),
}
MIN_ID_CHARACTERS = 4


def literals(text: str) -> Iterator[Literal]:
    """Every literal of ``text``, in the order they stand."""
    for match in _LITERAL.finditer(text):
        kind = Kind(match.lastgroup or "")
        start, end = match.span(kind.value)
        if kind is Kind.QUOTED:
            start, end = start + 1, end - 1
        found = text[start:end]
        if kind is Kind.ID and not _is_id(found):
            continue
        if kind is Kind.NUMBER and len(found) > MAX_NUMBER_CHARACTERS:
            continue
        yield Literal(kind, found, start, end)


def _is_id(text: str) -> bool:
    # the pattern may stop before the digit it looked for ("PDF" of "PDF-1.7")
    return text.startswith("#") or (len(text) >= MIN_ID_CHARACTERS and any(mark.isdigit() for mark in text))


def whole_literal(text: str) -> Literal | None:
    """The literal that ``text`` is as a whole; None for words, free text and patterns."""
    for kind, pattern in _WHOLE.items():
        if pattern.fullmatch(text):
            if kind is Kind.ID and len(text) < MIN_ID_CHARACTERS:
                return None
            return Literal(kind, text, 0, len(text))
    return None


def readings(number: str) -> frozenset[float]:
    """The values a written number can have: "1,234" is a thousand and some in one country, a little over one in another."""
    digits = re.sub(r"[\u0020\u00a0\u202f'\u2019]", "", number)
    marks = [mark for mark in digits if mark in ".,"]
    texts = {digits.replace(",", ""), digits.replace(".", "").replace(",", ".")}
    if len(set(marks)) == 1 and len(marks) > 1:
        texts = {digits.replace(marks[0], "")}
    elif len(set(marks)) == 2:
        grouping = marks[0]
        texts = {digits.replace(grouping, "").replace(",", ".")}
    values = set()
    for text in texts:
        if text.count(".") <= 1 and len(text) <= MAX_NUMBER_CHARACTERS:
            values.add(float(text))
    return frozenset(values)


def decimals(number: str) -> int:
    """How many digits stand behind the last mark: what the writer may have rounded to."""
    tail = re.search(r"[.,](\d+)$", number)
    return len(tail[1]) if tail else 0
