"""Literals of a request: what it names exactly (quotes, paths, ids, dates, times, addresses, numbers, names)."""

import functools
import re
from typing import NamedTuple

from generation.llm.demo.words import QUOTED, STOP_WORDS


class Literal(NamedTuple):
    """One literal: its kind, its text without quotes, and where it stands in the text it was read from."""

    kind: str
    text: str
    start: int
    end: int


_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_DAYS = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"

_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("quoted", QUOTED),
    ("url", re.compile(r"https?://[^\s,;]+[^\s,;.!?)]")),
    ("email", re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
    ("datetime", re.compile(r"\b\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2})?")),
    ("path", re.compile(r"(?<![\w/])(?:\.{0,2}/)?(?:[\w.-]+/)*[\w-]+(?:\.[\w-]+)*\.[A-Za-z][A-Za-z0-9]{0,5}\b(?!\()")),
    ("path", re.compile(r"(?<![\w/])(?:[a-z0-9_.-]+/)+(?![\w])")),
    ("date", re.compile(r"\b\d{4}-\d{2}-\d{2}\b")),
    ("date", re.compile(rf"\b(?:{_DAYS}|[Tt]oday|[Tt]omorrow|[Tt]onight|[Yy]esterday)\b")),
    ("month_day", re.compile(rf"\b(?:\d{{1,2}} (?:{_MONTHS})|(?:{_MONTHS}) \d{{1,2}})\b")),
    ("time", re.compile(r"\b\d{1,2}:\d{2}\b|\b\d{1,2} ?(?:am|pm)\b")),
    ("id", re.compile(r"\b[A-Z][A-Z0-9]*-\d+\b|(?<!\w)#\d+\b|\b[a-z]{1,12}[-_]\d+\b|\b[A-Z]{1,4}\d{1,6}\b")),
    ("code", re.compile(r"(?<![\w/-])(?!OK\b|CSV\b|TSV\b|JSON\b|PDF\b|TV\b|EUR\b|USD\b)[A-Z]{2,10}(?![\w/-])")),
    ("slug", re.compile(r"(?<![\w/-])[a-z]+(?:-[a-z]+)+(?![\w/-])|\b[a-z]+(?:_[a-z]+)+\b")),
    ("number", re.compile(r"(?<![\w.-])-?\d+(?:[.,]\d+)*(?![\w-]|:\d)")),
    ("name", re.compile(r"(?<![\w'\u2019])[A-ZÀ-Þ][\w-]*[a-zà-ÿ][\w-]*(?: (?:[A-ZÀ-Þ][\w-]*[a-zà-ÿ]\w*|de|van|von|of the|of(?= [A-Z])))*(?<! of)(?<! de)")),
)  # fmt: skip

_NO_NAMES = frozenset(
    [
        "i",
        "please",
        "then",
        "also",
        "finally",
        "could",
        "can",
        "would",
        "what",
        "which",
        "who",
        "how",
        "when",
        "where",
        "tell",
        "let",
        "write",
        "read",
        "find",
        "search",
        "show",
        "list",
        "create",
        "add",
        "update",
        "set",
        "change",
        "move",
        "delete",
        "remove",
        "send",
        "check",
        "look",
        "give",
        "make",
        "sure",
        "before",
        "after",
        "if",
        "now",
        "next",
        "once",
        "first",
        "last",
        "my",
        "our",
        "thanks",
        "thank",
        "hi",
        "hello",
    ]
) | frozenset(word for word in STOP_WORDS)


@functools.lru_cache(maxsize=4096)
def literals(text: str) -> tuple[Literal, ...]:
    """Every literal in the order it stands. Earlier patterns win where they overlap; quotes win over all."""
    found: list[Literal] = []
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            start, end = match.span()
            if any(start < other.end and other.start < end for other in found):
                continue
            if kind == "name" and not _is_name(text, match):
                continue
            content = (
                next((group for group in match.groups() if group), match.group()) if kind == "quoted" else match.group()
            )
            found.append(Literal(kind, content, start, end))
    return tuple(sorted(found, key=lambda literal: literal.start))


def _is_name(text: str, match: re.Match[str]) -> bool:
    first = match.group().split()[0].lower()
    if first in _NO_NAMES:
        return False
    before = text[: match.start()].rstrip()
    opens = not before or before[-1] in ".!?:"
    # the first word of a sentence is capital anyway: a name only when a verb or a comma follows like a subject
    return not opens or " " in match.group() or bool(re.match(r"(?:'s|\u2019s)\b", text[match.end() :]))


_MASKED = ("quoted", "url", "email", "path", "id")


@functools.lru_cache(maxsize=4096)
def masked(text: str) -> str:
    """The text without quotes, addresses, paths and ids, whose parts are no words of the request."""
    for literal in reversed(literals(text)):
        if literal.kind in _MASKED:
            text = f"{text[: literal.start]} {text[literal.end :]}"
    return text


def number(text: str) -> int | float:
    """A number literal's value; a comma groups thousands."""
    plain = text.replace(",", "")
    return float(plain) if "." in plain else int(plain)


def before(text: str, literal: Literal) -> str:
    """The word right before a literal, lower case, articles skipped; "" at the start."""
    earlier = re.findall(r"[\w'\u2019-]+", text[: literal.start].lower())
    while earlier and earlier[-1] in ("the", "a", "an", "file", "folder", "my", "our"):
        earlier.pop()
    return earlier[-1] if earlier else ""
