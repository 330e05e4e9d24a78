"""Two texts laid beside each other by lines, and changed lines by words; in bounded time whatever the texts are.

Comparing is quadratic in the worst case, so each page of differences has an ``Effort``: what goes beyond it is told as replaced,
which is true, if coarse, and the effort says that it was cut.
"""

import re
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import NamedTuple

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
AT_ONCE = 250_000
"""Comparisons of one item with another that a single alignment may take."""
LINE = 600
"""Characters of a line that are compared word by word, and shown; of a longer one what surrounds its change."""
_AROUND = 80
_LINE_COSTS = 500
"""Comparisons that looking at a changed line takes at least."""


@dataclass
class Effort:
    """How many comparisons are left. ``is_cut``: something was too long to be compared closely."""

    left: int = 2_000_000
    is_cut: bool = False

    def allows(self, comparisons: int) -> bool:
        """Spend so many, if one may; else note the cut."""
        if comparisons > min(self.left, AT_ONCE):
            self.is_cut = True
            return False
        self.left -= comparisons
        return True


class Span(NamedTuple):
    """What stands in ``old[old_from:old_to]`` and ``new[new_from:new_to]``: the same, or one instead of the other."""

    is_same: bool
    old_from: int
    old_to: int
    new_from: int
    new_to: int


class Piece(NamedTuple):
    text: str
    is_changed: bool


@dataclass(frozen=True)
class Line:
    """A line of each side in pieces; ``None`` where one has no such line."""

    old: tuple[Piece, ...] | None
    new: tuple[Piece, ...] | None
    is_same: bool


def align(old: Sequence[Hashable], new: Sequence[Hashable], *, effort: Effort) -> list[Span]:
    """The spans of both sequences in order; together they cover both."""
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    spans = [Span(True, 0, start, 0, start)] if start else []
    left, right = old[start : len(old) - end], new[start : len(new) - end]
    if left and right and effort.allows(len(left) * len(right)):
        for tag, old_from, old_to, new_from, new_to in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
            spans.append(Span(tag == "equal", *(start + at for at in (old_from, old_to, new_from, new_to))))
    elif left or right:
        spans.append(Span(False, start, start + len(left), start, start + len(right)))
    if end:
        spans.append(Span(True, len(old) - end, len(old), len(new) - end, len(new)))
    return spans


def compare_lines(old: str, new: str, *, effort: Effort) -> Iterator[Line]:
    """Every line of both texts, aligned, one at a time: of huge texts nobody takes all. Line ends that differ are a change."""
    left, right = old.split("\n"), new.split("\n")
    for span in align(left, right, effort=effort):
        olds, news = left[span.old_from : span.old_to], right[span.new_from : span.new_to]
        for one, other in zip_longest(olds, news):
            yield _line(one, other, effort=effort)


def compare_words(old: str, new: str, *, effort: Effort) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Two lines in pieces, those that only one of them has marked. Long lines are cut to what surrounds the change."""
    if max(len(old), len(new)) > LINE:
        old, new = _around_change(old, new)
    left, right = _TOKEN.findall(old), _TOKEN.findall(new)
    olds, news = [], []
    for span in align(left, right, effort=effort):
        olds.append(Piece("".join(left[span.old_from : span.old_to]), not span.is_same))
        news.append(Piece("".join(right[span.new_from : span.new_to]), not span.is_same))
    return tuple(piece for piece in olds if piece.text), tuple(piece for piece in news if piece.text)


def shorten(line: str) -> str:
    """A line as it is shown: its beginning when it is very long, and how much is left out."""
    return line if len(line) <= LINE else f"{line[:LINE]} … ({len(line) - LINE} more characters)"


def _line(old: str | None, new: str | None, *, effort: Effort) -> Line:
    if old is not None and new is not None:
        if old == new:
            same = (Piece(shorten(old), False),)
            return Line(same, same, is_same=True)
        if effort.allows(_LINE_COSTS):
            olds, news = compare_words(old, new, effort=effort)
            return Line(olds, news, is_same=False)
    return Line(_whole(old), _whole(new), is_same=False)


def _whole(line: str | None) -> tuple[Piece, ...] | None:
    return None if line is None else (Piece(shorten(line), True),)


def _around_change(old: str, new: str) -> tuple[str, str]:
    """Both lines from a little before their first difference to a little behind their last one."""
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    start, end = max(start - _AROUND, 0), max(end - _AROUND, 0)
    return tuple(  # type: ignore[return-value]  # two in, two out
        f"{'… ' if start else ''}{shorten(line[start : len(line) - end])}{' …' if end else ''}" for line in (old, new)
    )


def _common(one: Sequence[Hashable], other: Sequence[Hashable]) -> int:
    """How many items both begin with; by halving, because slices compare much faster than items."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
