"""Adjudication: where two people disagree, a lead chooses one of their decisions, with the version it was about, or takes
one of their own about what stands."""

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from studio.domain.claims import CLAIM, require_version
from studio.domain.errors import ClaimHeld, NotPossible, Refused
from studio.domain.history import restore_revision
from studio.domain.reviews import locked, obstacles, record
from studio.domain.rounds import standing
from studio.domain.team import require_lead
from studio.domain.visibility import conversations_for
from studio.models import Conversation, Review, User
from studio.models.conversations import ConversationQuerySet
from studio.models.fields import plain_text

Decision = Review.Decision
Status = Conversation.Status


def to_adjudicate(by: User) -> ConversationQuerySet:
    """What waits for a lead to settle it, the longest waiting first. Raises NotAllowed."""
    require_lead(by, to="settle disagreements")
    return conversations_for(by).filter(status=Status.ADJUDICATION).order_by("updated_at", "pk")


def claim_dispute(conversation: Conversation, *, by: User) -> bool:
    """Claim or renew one to settle, and let go of others that ``by`` had come to. False when somebody else holds it, or it is settled."""
    require_lead(by, to="settle a disagreement")
    disputes = Conversation.objects.filter(status=Status.ADJUDICATION)
    disputes.filter(claimed_by=by).exclude(pk=conversation.pk).update(claimed_by=None, claim_until=None)
    free = Q(claimed_by=None) | Q(claim_until__lt=timezone.now()) | Q(claimed_by=by)
    mine = disputes.filter(free, pk=conversation.pk)
    return bool(mine.update(claimed_by=by, claim_until=timezone.now() + CLAIM))


def take_dispute(conversation: Conversation, *, by: User) -> None:
    """Give ``by`` the claim that another lead holds. Raises NotAllowed, and NotPossible when it is settled."""
    require_lead(by, to="settle a disagreement")
    waiting = Conversation.objects.filter(pk=conversation.pk, status=Status.ADJUDICATION)
    if not waiting.update(claimed_by=by, claim_until=timezone.now() + CLAIM):
        raise NotPossible(_settled(Conversation.objects.get(pk=conversation.pk)))


def next_dispute(by: User, *, after: Conversation | None = None) -> Conversation | None:
    """The one that has waited longest and that nobody else is at; those behind ``after`` come first."""
    held = Q(claim_until__gte=timezone.now()) & ~Q(claimed_by=by)
    rows = to_adjudicate(by).exclude(held & Q(claimed_by__isnull=False)).light()
    if after is None:
        return rows.first()
    rows = rows.exclude(pk=after.pk)
    return rows.filter(updated_at__gte=after.updated_at).first() or rows.first()


def sides(conversation: Conversation) -> list[Review]:
    """The decisions to choose from, the earliest first: those that stand against each other, and questions without an answer."""
    return sorted(standing(conversation), key=lambda review: review.pk)


@transaction.atomic
def adjudicate(
    conversation: Conversation,
    *,
    version: int,
    by: User,
    reason: str,
    choice: int | None = None,
    decision: str = "",
) -> Review:
    """Settle a disagreement for good: by ``choice``, the key of one of its decisions, or by ``decision`` about what stands.

    A choice about another content than what stands restores that, as a new version. Raises NotAllowed, Refused without a
    reason, StaleVersion, ClaimHeld, and NotPossible when it is settled or what stands in the way of an approval.
    """
    require_lead(by, to="settle a disagreement")
    if not reason.strip():
        raise Refused("Say why you decide so.", details=[{"pointer": "/reason", "message": "Write a reason."}])
    current = locked(conversation.pk)
    if current.status != Status.ADJUDICATION:
        raise NotPossible(_settled(current))
    if current.is_claimed and current.claimed_by_id != by.pk:
        raise ClaimHeld(str(current.claimed_by), doing="adjudicating")
    require_version(current, version=version)
    stands = standing(current)
    chosen = _chosen(stands, choice)
    kind = Decision(chosen.decision) if chosen else _own(decision)
    restored = _restore(current, chosen, by=by, reason=reason) if chosen else current
    if kind == Decision.APPROVED and (problems := obstacles(restored)):
        raise NotPossible("It can't be approved yet: " + " ".join(problems), details=problems)
    review = Review.objects.create(
        conversation=restored,
        reviewer=by,
        decision=kind,
        previous_status=Status.ADJUDICATION,
        version=restored.version,
        reason=plain_text(reason.strip(), 500),
        stands=True,
        is_adjudication=True,
        chosen=chosen,
        restored_over=current.version if restored.version != current.version else None,
        at=timezone.now(),
    )
    record(review, status=kind, is_blind=False, ended=stands)
    return review


def _settled(conversation: Conversation) -> str:
    """Who settled it, how and why, as far as anybody did."""
    status = conversation.get_status_display().lower()
    last = conversation.reviews.filter(undone_at=None, is_adjudication=True).select_related("reviewer").first()
    if last is None or not last.stands:
        return f"It is settled already: {status}."
    return f"It is settled already: {status}, by {last.reviewer or 'somebody who left'}, because “{last.reason}”"


def _chosen(stands: list[Review], choice: int | None) -> Review | None:
    if choice is None:
        return None
    chosen = next((review for review in stands if review.pk == choice), None)
    if chosen is None or chosen.decision not in Decision.final():
        raise NotPossible("That is no decision one can choose any more. Reload the page.")
    return chosen


def _own(decision: str) -> Decision:
    if decision not in Decision.final():
        message = "Choose one of the decisions, or approve or reject what stands."
        raise Refused(message, details=[{"pointer": "/decision", "message": message}])
    return Decision(decision)


def _restore(current: Conversation, chosen: Review, *, by: User, reason: str) -> Conversation:
    if current.revisions.filter(version=chosen.version, document=current.document).exists():
        return current
    restore_revision(current, version=current.version, revision=chosen.version, by=by, reason=reason)
    return locked(current.pk)
