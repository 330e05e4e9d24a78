"""The differences of one pair: what a replay gave against what is recorded, and what it became since the first version."""

from collections.abc import Collection
from dataclasses import dataclass

from generation.conversation import Call
from generation.conversation import Conversation as Content
from generation.text_differences import Effort
from studio.review.difference_rows import Block
from studio.review.differences import MAX_COMPARISONS
from studio.review.history import Fact, show_call
from studio.review.replays import Replayed


@dataclass(frozen=True)
class First:
    """The first version of a conversation: how it came to be ("generated", "imported"), and its content."""

    how: str
    content: Content


@dataclass(frozen=True)
class Since:
    """What a pair became since the first version; ``is_new``: that has no such pair."""

    how: str
    is_new: bool
    facts: Collection[Fact] = ()
    blocks: Collection[Block] = ()

    @property
    def is_same(self) -> bool:
        return not (self.is_new or self.facts or self.blocks)


@dataclass(frozen=True)
class PairDifferences:
    """``replay`` is None when the pair was not replayed as it stands; ``has_rerun``: a rerun's differences stand above these;
    ``is_asked``: by somebody, who is told what there is none of."""

    replay: Replayed | None
    since: Since
    has_rerun: bool
    is_asked: bool


def show_since(call: Call, first: First) -> Since:
    """The call against the one of its id in the first version."""
    was = next((other for other in first.content.calls if other.id == call.id), None)
    if was is None:
        return Since(first.how, is_new=True)
    facts, blocks = show_call(was, call, Effort(left=MAX_COMPARISONS))
    return Since(first.how, is_new=False, facts=facts, blocks=blocks)
