"""Claims: who reviews a conversation now. A claim is one conditional update with a lease."""

from django.db import connection
from django.utils import timezone

from studio.domain.conversations import last_author
from studio.domain.errors import ClaimHeld, NotPossible, StaleVersion
from studio.domain.orders import OLDEST, ORDERS, Order, from_there
from studio.domain.search import FEW
from studio.domain.statements import claim_first, glance_at_queue
from studio.domain.team import require_lead
from studio.models import Conversation, Review, User
from studio.models.conversations import CLAIM as CLAIM
from studio.models.conversations import ConversationQuerySet, RowCondition

Decision = Review.Decision


def claim_next(
    by: User, *, among: ConversationQuerySet | None = None, order: Order = ORDERS[OLDEST], after: int | None = None
) -> Conversation | None:
    """Claim the next waiting conversation for ``by``, or None when there is none. Two people never get the same one.

    What is assigned to ``by`` comes first. ``among`` narrows the queue. ``after`` is the primary key of the one just left:
    those behind it in the ``order`` come first. What ``by`` skipped comes round last in any order. What ``by`` decided on
    already, asked a second opinion of, or may not approve does not come.
    """
    queue = (among if among is not None else Conversation.objects.all()).claimable(by=by).approvable(by=by)
    has_own, are_many = glance_at_queue(by.pk, few=FEW)
    if not are_many:  # else the first in order is soon found
        queue = queue.filter(RowCondition(_found_by_status(), *Conversation.Status.waiting()))
    skipped = "SELECT conversation_id FROM studio_review WHERE reviewer_id = %s AND decision = %s AND undone_at IS NULL"
    fresh = queue.filter(RowCondition(f"{{row}}.id NOT IN ({skipped})", by.pk, Decision.SKIPPED.value))
    left = None if after is None else Conversation.objects.light().filter(pk=after).first()
    for candidates in ([fresh.filter(assigned_to=by)] if has_own else []) + [fresh, queue]:
        for part in from_there(candidates, order=order, left=left, by=by):
            claimed = claim_first(part, by=by.pk, until=timezone.now() + CLAIM)
            if claimed is not None:
                return claimed
    return None


def _found_by_status() -> str:
    """That it waits, again; those that do are read first, and their rows found by their keys."""
    waiting = "SELECT w.id FROM studio_conversation w WHERE w.status IN (%s, %s)"
    # PostgreSQL would join the two, and may go through all that is decided.
    return (
        f"{{row}}.id = ANY (ARRAY ({waiting}))" if connection.vendor == "postgresql" else f"{{row}}.id IN ({waiting})"
    )


def claim(conversation: Conversation, *, by: User) -> bool:
    """Claim or renew this one. False when somebody else holds it, it is decided, or ``by`` had their say on it already."""
    free = Conversation.objects.claimable(by=by).filter(pk=conversation.pk)
    until = timezone.now() + CLAIM
    if not free.update(claimed_by=by, claim_until=until):
        return False
    conversation.claimed_by, conversation.claim_until = by, until
    return True


def claim_saved(conversation: Conversation, *, by: User) -> None:
    """Claim what ``by`` saved, when it is to be had; where they held it, the save renewed their claim."""
    if not (conversation.is_claimed and conversation.claimed_by_id == by.pk):
        claim(conversation, by=by)


def require_claim(conversation: Conversation, *, by: User) -> None:
    """Claim or renew this one. Raises ClaimHeld, and NotPossible with the reason why it is not for ``by``."""
    if claim(conversation, by=by):
        return
    current = Conversation.objects.select_related("claimed_by", "assigned_to").get(pk=conversation.pk)
    require_free(current, by=by)
    if current.status not in Conversation.Status.waiting():
        raise NotPossible("Only a conversation that waits for a decision can be claimed.")
    if current.reviews.filter(reviewer=by, stands=True).exists():
        raise NotPossible("You have had your say on it: somebody else decides now. Undo takes yours back.")
    raise NotPossible(f"It is assigned to {current.assigned_to}.")


def take_over(conversation: Conversation, *, by: User) -> None:
    """Give a lead the claim that somebody else holds."""
    require_lead(by, to="take over a claim")
    Conversation.objects.filter(pk=conversation.pk).update(claimed_by=by, claim_until=timezone.now() + CLAIM)


def release(conversation: Conversation, *, by: User) -> None:
    """Let go of one's own claim; somebody else's stays."""
    Conversation.objects.filter(pk=conversation.pk, claimed_by=by).update(claimed_by=None, claim_until=None)


def release_old_claims() -> int:
    """Clear claims whose lease ran out long ago (they hold nobody up; this only tidies)."""
    return Conversation.objects.filter(claim_until__lt=timezone.now() - CLAIM).update(claimed_by=None, claim_until=None)


def require_free(conversation: Conversation, *, by: User) -> None:
    """Raises ClaimHeld when somebody else holds a live claim."""
    if conversation.is_claimed and conversation.claimed_by_id != by.pk:
        raise ClaimHeld(str(conversation.claimed_by))


def require_version(conversation: Conversation, *, version: int) -> None:
    """Raises StaleVersion unless the conversation, as it was read, stands at this version."""
    if conversation.version != version:
        raise StaleVersion(current=conversation.version, by=last_author(conversation))
