"""The round of a conversation: which decisions stand, how many approvals of how many it has, and what is blind.

A dataset's policy says how many different people approve one content, and what share of its conversations two people review
blind. A conversation is drawn by a hash of its id, so another share never changes an earlier choice. While the second of two
blind reviews is open, nobody but their author sees what was decided or marked, nor who did.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from studio.models import Conversation, Review, Revision, User

Decision = Review.Decision


@dataclass(frozen=True)
class Round:
    """``given`` approvals of ``needed``. ``mine`` is the decision of who asks that stands; ``is_hidden``: names and marks of
    others are not theirs to see now; ``is_double``: two people review it blind."""

    given: int
    needed: int
    is_double: bool
    is_hidden: bool
    mine: Review | None


def standing(conversation: Conversation) -> list[Review]:
    """The decisions that count now, the latest first."""
    return list(conversation.reviews.select_related("reviewer").filter(stands=True))


def standing_among(conversations: Collection[Conversation]) -> defaultdict[int, list[Review]]:
    """The same for many, by primary key, without the reviewers."""
    stands: defaultdict[int, list[Review]] = defaultdict(list)
    for review in Review.objects.filter(conversation__in=conversations, stands=True) if conversations else ():
        stands[review.conversation_id].append(review)
    return stands


def round_of(conversation: Conversation, *, by: User, stands: list[Review] | None = None) -> Round:
    """The round as ``by`` may know it: of a blind one no more than what they did themselves. ``stands``: what ``standing`` gave."""
    stands = standing(conversation) if stands is None else stands
    is_hidden = _is_hidden(conversation, stands)
    mine = next((review for review in stands if review.reviewer_id == by.pk), None)
    seen = stands if not is_hidden else [mine] if mine else []
    return Round(
        given=len(approvers(seen)),
        needed=approvals_needed(conversation),
        is_double=conversation.is_blind or is_drawn(conversation),
        is_hidden=is_hidden,
        mine=mine,
    )


def approvers(reviews: Iterable[Review]) -> set[int | None]:
    """The different people who approved."""
    return {review.reviewer_id for review in reviews if review.decision == Decision.APPROVED}


def approvals_needed(conversation: Conversation) -> int:
    """How many different people have to approve what stands."""
    two = 2 if conversation.is_blind or is_drawn(conversation) else 1
    return max(conversation.dataset.approvals_needed, two)


def is_drawn(conversation: Conversation) -> bool:
    """Whether the dataset's share of double reviews holds this conversation; the same for ever, and for every higher share."""
    return draw_of(conversation) < conversation.dataset.double_review_share


def draw_of(conversation: Conversation) -> int:
    """What it drew, once and for all: 0 to 99; a share of double reviews holds those below it."""
    digest = hashlib.sha256(str(conversation.pid).encode()).digest()
    return int.from_bytes(digest[:8], "big") % 100


def begins_blind(conversation: Conversation, stands: Iterable[Review]) -> bool:
    """Whether the next decision is the first of two blind ones: nobody has shown theirs yet."""
    is_waiting = conversation.status in Conversation.Status.waiting()
    return is_waiting and is_drawn(conversation) and not any(review.decision in Decision.final() for review in stands)


def is_hidden(conversation: Conversation) -> bool:
    """Whether people see of others neither names nor marks there: it is reviewed blind, and not by both yet."""
    return bool(hidden_among([conversation]))


def hidden_among(conversations: Collection[Conversation]) -> set[int]:
    """The primary keys of those that are hidden, as ``is_hidden`` says; their datasets are loaded. One query at most."""
    # Most are not drawn, and need no query.
    stands = standing_among([row for row in conversations if not row.is_blind and is_drawn(row)])
    return {row.pk for row in conversations if _is_hidden(row, stands[row.pk])}


def _is_hidden(conversation: Conversation, stands: list[Review]) -> bool:
    return conversation.is_blind or begins_blind(conversation, stands)


def hide_authors(revisions: Iterable[Revision], *, by: User) -> None:
    """Take the names of others off revisions that are shown while it is blind."""
    for revision in revisions:
        if revision.author_id != by.pk:
            revision.author = None


def void(conversation: Conversation, *, by: User | None) -> dict[str, Any]:
    """Void the decisions that an edit by ``by`` takes the ground from; returns the columns of the conversation that change.

    What waits for adjudication keeps its decisions: each is about its own version. In a blind review only one's own is void;
    the second reviewer's edit is a disagreement, not a reset.
    """
    if conversation.status == Conversation.Status.ADJUDICATION:
        return {}
    voided = conversation.reviews.filter(stands=True, decision__in=Decision.final())
    if conversation.is_blind:
        voided = voided.filter(reviewer=by)
    changed = voided.update(stands=False)
    return {"is_blind": False} if conversation.is_blind and changed else {}
