"""Decisions: each is about one version, and counts in the conversation's round (``studio.domain.rounds``) while it stands."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from studio.domain.claims import CLAIM as CLAIM
from studio.domain.claims import claim as claim
from studio.domain.claims import claim_next as claim_next
from studio.domain.claims import claim_saved as claim_saved
from studio.domain.claims import release as release
from studio.domain.claims import release_old_claims as release_old_claims
from studio.domain.claims import require_free as require_free
from studio.domain.claims import require_version as require_version
from studio.domain.claims import take_over as take_over
from studio.domain.comments import recount
from studio.domain.errors import NotPossible, Refused
from studio.domain.findings import open_findings, waivers_that_hold
from studio.domain.history import restore_revision
from studio.domain.rounds import Round, approvals_needed, approvers, begins_blind, round_of, standing
from studio.domain.search import index_again, index_again_all
from studio.domain.statements import (
    branch_statuses,
    insert_one,
    lock_conversation,
    reviews_that_stand,
    update_columns,
)
from studio.domain.taggings import settle_taggings
from studio.domain.verdicts import keep_verdict, settle_verdicts
from studio.models import Branch, Conversation, Pair, PairVerdict, Review, Revision, Tagging, Thread, User
from studio.models.fields import plain_text

Decision = Review.Decision
Status = Conversation.Status

BRANCHES = {
    Branch.Status.PENDING: "A branch of it is being made: wait for it, or stop it.",
    Branch.Status.RUNNING: "A branch of it is being made: wait for it, or stop it.",
    Branch.Status.DONE: "A branch of it waits: keep the branch, or keep the original.",
}
"""What an undecided branch keeps from being approved, in words. One that failed changes nothing, so it keeps nothing."""


def obstacles(conversation: Conversation, *, branches: Iterable[str] | None = None) -> list[str]:
    """What keeps the conversation from being approved by anybody, one sentence each; [] when nothing does. ``branches``: how its
    open ones stand, when that was read already."""
    stands = open_findings(conversation.findings, waived=waivers_that_hold(conversation).keys())
    found = [finding["message"] for finding in stands]
    if conversation.stale_count:
        parts = "1 stale part" if conversation.stale_count == 1 else f"{conversation.stale_count} stale parts"
        found.append(f"{parts} must be run again, rewritten or confirmed.")
    if branches is None:
        branches = branch_statuses(conversation.pk)
    return found + [BRANCHES[Branch.Status(status)] for status in branches if status in BRANCHES]


def hindrance(conversation: Conversation, *, by: User, seen: Round) -> str:
    """Why it is not for ``by`` to approve what stands, in a sentence that says what to do; empty when it is. ``seen`` is the
    round as they see it."""
    mine = seen.mine
    if mine is not None and conversation.is_blind and mine.decision in Decision.final():
        return "You have decided on it. Somebody else reviews it now without seeing that; undo takes yours back."
    if mine is not None and mine.decision == Decision.APPROVED and conversation.status in Status.waiting():
        return f"You approved it: {seen.given} of {seen.needed} approvals. Somebody else gives the next one."
    if not conversation.dataset.author_may_approve and _edited(conversation, by):
        return (
            "You edited it, and in this dataset somebody else approves what one edited: skip it, to leave it to them."
        )
    return ""


def approve(conversation: Conversation, *, version: int, by: User) -> Review:
    """Give one approval of this version. Raises NotPossible with what stands in the way, StaleVersion, ClaimHeld."""
    return _decide(conversation, Decision.APPROVED, version=version, by=by)


def reject(conversation: Conversation, *, version: int, by: User, reason: str) -> Review:
    """Reject this version. Raises Refused without a reason, StaleVersion, ClaimHeld."""
    if not reason.strip():
        raise Refused(
            "Say why it is rejected.", details=[{"pointer": "/reason", "message": "Choose or write a reason."}]
        )
    return _decide(conversation, Decision.REJECTED, version=version, by=by, reason=reason)


def ask_second_opinion(conversation: Conversation, *, version: int, by: User, reason: str = "") -> Review:
    """Pass the conversation on to somebody else's judgement; the second time, a lead's."""
    return _decide(conversation, Decision.SECOND_OPINION, version=version, by=by, reason=reason)


@transaction.atomic
def skip(conversation: Conversation, *, by: User) -> Review:
    """Leave it for later: it goes back to the queue, and comes round to ``by`` last."""
    release(conversation, by=by)
    return Review.objects.create(
        conversation=conversation,
        reviewer=by,
        decision=Decision.SKIPPED,
        previous_status=conversation.status,
        version=conversation.version,
    )


@transaction.atomic
def undo(by: User) -> Review | None:
    """Take back the last decision of ``by`` unless somebody acted on that conversation since; None when there is none.

    Decisions made in bulk are no part of this: they are undone as a whole.
    """
    last = last_decision(by)
    if last is None:
        return None
    last = take_back(last, by=by)
    claimed = {"claimed_by": by, "claim_until": timezone.now() + CLAIM}
    Conversation.objects.filter(pk=last.conversation_id).update(**claimed)
    return last


def last_decision(by: User) -> Review | None:
    """What undoing would take back."""
    return by.reviews.filter(undone_at=None, bulk_entry=None).first()


@transaction.atomic
def take_back(review: Review, *, by: User) -> Review:
    """Take this decision back, and return it as it then is. Raises NotPossible when somebody acted on the conversation since.

    Status, approvals and what is blind are as before; a version that the decision restored gives way to the one it replaced.
    """
    current = locked(review.conversation_id)
    last = Review.objects.get(pk=review.pk)
    last.conversation = current
    if last.undone_at is not None:
        raise NotPossible("It was taken back already.")
    since = Review.objects.filter(conversation=current, pk__gt=last.pk, undone_at=None)
    if since.exclude(decision=Decision.SKIPPED).exists():
        raise NotPossible("Somebody decided on that conversation since; it can't be undone.")
    if current.version != last.version:
        raise NotPossible("That conversation was edited since; it can't be undone.")
    # Without a decision in between: sent to review anew, withheld again, approved under another policy. A skip put nothing there.
    has_held = current.status == last.previous_status if last.decision == Decision.SKIPPED else last.stands
    if not has_held:
        raise NotPossible("A lead moved that conversation on since; it can't be undone.")
    require_free(current, by=by)
    _take_back(last, current, by=by)
    return last


def _take_back(last: Review, current: Conversation, *, by: User) -> None:
    is_blind = current.is_blind
    if last.decision in Decision.final():
        is_blind = last.counterpart_id is not None and not last.is_adjudication
    if last.restored_over is not None:
        restore_revision(current, version=current.version, revision=last.restored_over, by=by, reason="Taken back")
    last.undone_at, last.stands = timezone.now(), False
    last.save(update_fields=["undone_at", "stands"])
    last.ended.update(stands=True, ended_by=None)
    was_decided = last.previous_status in Decision.final()
    decided = next((review for review in standing(current) if review.decision == last.previous_status), None)
    Conversation.objects.filter(pk=current.pk).update(
        status=last.previous_status,
        is_blind=is_blind,
        decided_by=decided.reviewer if decided and was_decided else None,
        decided_at=decided.at if decided and was_decided else None,
    )
    show_what_stands([current.pk])


def show_what_stands(pks: Collection[int]) -> None:
    """Bring up to date what others see and find of conversations whose decisions changed: more or less of each may be blind now.

    For up to some hundred, in a transaction; nobody decides on them before that ends.
    """
    # In their order, as all who lock several do: else two could wait for each other.
    rows = Conversation.objects.select_for_update(of=("self",)).light().select_related("dataset")
    current = list(rows.filter(pk__in=pks).order_by("pk"))
    marked = set(PairVerdict.objects.filter(conversation__in=pks).values_list("conversation", flat=True))
    tagged = set(Tagging.objects.filter(conversation__in=pks).values_list("conversation", flat=True))
    discussed = set(Thread.objects.filter(conversation__in=pks).values_list("conversation", flat=True))
    for row in current:
        if row.pk in marked:
            settle_verdicts(row)
        if row.pk in tagged:
            settle_taggings(row)
        if row.pk in discussed:
            recount(row)
    index_again_all(pks)


def set_verdict(
    conversation: Conversation,
    *,
    call_id: str,
    verdict: str,
    by: User,
    comment: str | None = None,
    tag: str | None = None,
) -> Pair:
    """Mark a pair ok, wrong or unseen, in one's own name; a comment is kept unless a new one is given, and so is the tag of
    the same verdict. Raises Refused for a tag that the dataset doesn't have, or on a pair that isn't marked."""
    require_free(conversation, by=by)
    if verdict not in Pair.Verdict.values:
        raise Refused(f"{verdict!r} is no verdict: use ok, wrong or nothing.")
    if tag and tag not in conversation.dataset.pair_tags:
        known = ", ".join(map(str, conversation.dataset.pair_tags)) or "none"
        raise Refused(
            f"This dataset has no tag {tag!r} for pairs: known are {known}.",
            details=[{"pointer": "/tag", "message": "Choose one of the dataset's tags."}],
        )
    if tag and not verdict:
        raise Refused(
            "Mark the pair ok or wrong before you tag it.", details=[{"pointer": "/tag", "message": "No mark."}]
        )
    if not conversation.pairs.filter(call_id=call_id).exists():
        raise NotPossible("That call is not in the conversation any more. Reload the page.")
    with transaction.atomic():
        keep_verdict(conversation, call_id=call_id, by=by, verdict=verdict, tag=tag, comment=comment)
        if comment is not None:
            index_again(conversation)
    return Pair.objects.get(conversation=conversation, call_id=call_id)


@dataclass(kw_only=True)
class Outcome:
    """What a decision makes of the conversation and of the earlier ones."""

    status: str
    is_blind: bool = False
    counterpart: Review | None = None
    ended: list[Review] = field(default_factory=list)


@transaction.atomic
def _decide(conversation: Conversation, decision: Decision, *, version: int, by: User, reason: str = "") -> Review:
    current = locked(conversation.pk)
    require_free(current, by=by)
    require_version(current, version=version)
    stands = reviews_that_stand(current.pk)
    _require_possible(current, decision, stands, by=by)
    outcome = outcome_of(current, decision, stands, by=by)
    review = Review(
        conversation=current,
        reviewer=by,
        decision=decision,
        previous_status=current.status,
        version=version,
        reason=plain_text(reason.strip(), 500),
        stands=True,
        counterpart=outcome.counterpart,
    )
    insert_one(review)
    record(review, status=outcome.status, is_blind=outcome.is_blind, ended=outcome.ended)
    return review


def record(review: Review, *, status: str, is_blind: bool, ended: list[Review]) -> None:
    """Bring the conversation to where the decision brings it: its status, whose decisions count on, and which marks stand."""
    current, now = review.conversation, timezone.now()
    if ended:
        Review.objects.filter(pk__in=[other.pk for other in ended]).update(stands=False, ended_by=review)
    is_settling = current.is_blind or is_blind or review.is_adjudication
    columns = columns_after(Decision(review.decision), by=review.reviewer, at=now, status=status, is_blind=is_blind)
    for name, value in columns.items():
        setattr(current, name, value)
    update_columns(current, columns)
    if is_settling:
        settle_verdicts(current)
        settle_taggings(current)
        recount(current)
    if is_settling or review.reason:
        index_again(current)


def columns_after(decision: Decision, *, by: User | None, at: datetime, status: str, is_blind: bool) -> dict[str, Any]:
    """The columns of a conversation that a decision brought to this status."""
    # Of one approval among several, and of a disagreement, nobody has decided yet.
    is_decided = status == decision
    return {
        "status": Status(status),
        "is_blind": is_blind,
        "decided_by": by if is_decided else None,
        "decided_at": at if is_decided else None,
        "claimed_by": None,
        "claim_until": None,
        "updated_at": at,
    }


def locked(pk: int) -> Conversation:
    """The conversation as it stands; until the transaction ends nobody else decides on it or saves it."""
    return lock_conversation(pk)


def _require_possible(current: Conversation, decision: Decision, stands: list[Review], *, by: User) -> None:
    if current.status == Status.ADJUDICATION:
        raise NotPossible("People disagree about it: a lead settles that under Adjudication.")
    if current.status == decision and decision in Decision.final():
        raise NotPossible(f"It is {decision.label.lower()} already.")
    mine = [review for review in stands if review.reviewer_id == by.pk and review.decision in Decision.final()]
    if (decision == Decision.APPROVED or (mine and current.is_blind)) and (
        sentence := hindrance(current, by=by, seen=round_of(current, by=by, stands=stands))
    ):
        raise NotPossible(sentence, details=[sentence])
    if decision == Decision.APPROVED and (problems := obstacles(current)):
        raise NotPossible("It can't be approved yet: " + " ".join(problems), details=problems)


def outcome_of(current: Conversation, decision: Decision, stands: list[Review], *, by: User) -> Outcome:
    """One's own earlier decision ends; a question ends when somebody answers it; a contradiction is for a lead, who has the
    last word, to settle. Two that are blind are compared when both are there."""
    others = [review for review in stands if review.reviewer_id != by.pk]
    ended = [review for review in stands if review.reviewer_id == by.pk]
    asked = [review for review in others if review.decision == Decision.SECOND_OPINION]
    if decision == Decision.SECOND_OPINION:
        passed_on = Status.ADJUDICATION if asked else Status.SECOND_OPINION
        return Outcome(status=passed_on, is_blind=current.is_blind and not asked, ended=ended)
    ended += asked
    decided = [review for review in others if review.decision in Decision.final()]
    if current.is_blind:
        first = decided[0]
        agrees = first.decision == decision and (decision == Decision.REJECTED or _is_unchanged(current, first))
        status = _tally(current, decision, decided, by=by) if agrees else Status.ADJUDICATION
        return Outcome(status=status, counterpart=first, ended=ended)
    if begins_blind(current, stands):
        return Outcome(status=Status.NEEDS_REVIEW, is_blind=True, ended=ended)
    against = [review for review in decided if review.decision != decision]
    if against and not by.is_lead:
        return Outcome(status=Status.ADJUDICATION, ended=ended)
    agreeing = [review for review in decided if review.decision == decision]
    return Outcome(status=_tally(current, decision, agreeing, by=by), ended=ended + against)


def _tally(current: Conversation, decision: Decision, agreeing: list[Review], *, by: User) -> str:
    if decision == Decision.REJECTED:
        return Status.REJECTED
    given = len(approvers(agreeing) | {by.pk})
    return Status.APPROVED if given >= approvals_needed(current) else Status.NEEDS_REVIEW


def _is_unchanged(current: Conversation, review: Review) -> bool:
    return current.revisions.filter(version=review.version, document=current.document).exists()


def _edited(conversation: Conversation, by: User) -> bool:
    return Revision.objects.filter(conversation=conversation, author=by, version__gt=1).exists()
