"""Two results beside each other: what a tool gave now against what is recorded."""

from collections.abc import Collection
from dataclasses import dataclass

from generation.text_differences import Effort
from studio.review.difference_rows import Block, block_of, result_rows

MAX_CHARACTERS = 40_000
"""Longer results are compared by their beginnings."""
MAX_COMPARISONS = 300_000
"""A page may hold dozens of these."""


@dataclass(frozen=True)
class Difference:
    """``is_cut``: not all of both results was compared closely."""

    block: Block
    is_cut: bool


def compare(old: str, new: str, *, volatile: Collection[str] = frozenset()) -> Difference:
    """Both results by their members when they are JSON, else line by line. What differs in a volatile member is shown as ignored."""
    effort = Effort(left=MAX_COMPARISONS)
    is_long = max(len(old), len(new)) > MAX_CHARACTERS
    rows = result_rows(old[:MAX_CHARACTERS], new[:MAX_CHARACTERS], effort, volatile=volatile)
    block = block_of("", rows)
    return Difference(block, is_cut=is_long or effort.is_cut or block.is_cut)
