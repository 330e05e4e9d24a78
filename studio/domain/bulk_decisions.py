"""Decisions in bulk: those of ``studio.domain.reviews`` about a hundred conversations at a time, in few statements, and taken back.

The caller has locked the conversations and left out those that something stands in the way of
(``studio.domain.bulk_kinds.obstacles_to``); of what remains, each comes out as the single decision would leave it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Max
from django.utils import timezone

from studio.domain.reviews import columns_after, outcome_of, show_what_stands
from studio.domain.rounds import is_drawn, standing_among
from studio.domain.search import index_again_all
from studio.models import BulkAction, BulkEntry, Conversation, Review, User
from studio.models.fields import plain_text

Decision = Review.Decision
Kind = BulkAction.Kind
Outcome = BulkEntry.Outcome
Status = Conversation.Status

LABELS = dict(Status.choices)


@dataclass(kw_only=True)
class Done:
    """What became of one conversation. ``note`` says why, when it was left out or kept."""

    outcome: str
    note: str = ""
    before: dict[str, Any] = field(default_factory=dict)
    status_after: str = ""
    review: Review | None = None


def decide(action: BulkAction, rows: Sequence[Conversation], *, by: User) -> dict[int, Done]:
    """Approve, reject or send to review; what became of each, by its primary key."""
    if action.kind == Kind.REOPEN:
        return _reopen(rows)
    if action.kind == Kind.APPROVE:
        return _decide(rows, Decision.APPROVED, by=by, reason="")
    return _decide(rows, Decision.REJECTED, by=by, reason=action.reason)


def take_back(entries: Sequence[BulkEntry], *, by: User) -> dict[int, Done]:
    """Put back what was decided before these entries, where nobody did anything since; their reviews are loaded."""
    notes = _obstacles_to_taking_back(entries, by=by)
    free = [entry for entry in entries if entry.conversation_id not in notes]
    _take_back([entry for entry in free if entry.review is not None])
    _decide_as_before([entry for entry in free if entry.review is None])
    kept = {pk: Done(outcome=Outcome.KEPT, note=note) for pk, note in notes.items()}
    return kept | {entry.conversation_id: Done(outcome=Outcome.UNDONE) for entry in free}


def _decide(rows: Sequence[Conversation], decision: Decision, *, by: User, reason: str) -> dict[int, Done]:
    now = timezone.now()
    stands = standing_among(rows)
    outcomes = {row.pk: outcome_of(row, decision, stands[row.pk], by=by) for row in rows}
    made = Review.objects.bulk_create(
        Review(
            conversation=row,
            reviewer=by,
            decision=decision,
            previous_status=row.status,
            version=row.version,
            reason=plain_text(reason, 500),
            stands=True,
            at=now,
        )
        for row in rows
    )
    ended = []
    for review in made:
        for other in outcomes[review.conversation_id].ended:
            other.stands, other.ended_by = False, review
            ended.append(other)
    Review.objects.bulk_update(ended, ["stands", "ended_by"])
    _update_alike(
        {
            pk: columns_after(decision, by=by, at=now, status=outcome.status, is_blind=outcome.is_blind)
            for pk, outcome in outcomes.items()
        }
    )
    if reason:
        index_again_all(outcomes.keys())
    return {
        review.conversation_id: Done(
            outcome=Outcome.CHANGED, status_after=outcomes[review.conversation_id].status, review=review
        )
        for review in made
    }


def _reopen(rows: Sequence[Conversation]) -> dict[int, Done]:
    """Decided conversations wait for review anew, and need their approvals anew; what was decided is kept for undoing."""
    stands = standing_among(rows)
    stood = {row.pk: [review.pk for review in stands[row.pk]] for row in rows}
    Review.objects.filter(pk__in=[pk for pks in stood.values() for pk in pks]).update(stands=False)
    Conversation.objects.filter(pk__in=[row.pk for row in rows]).update(
        status=Status.NEEDS_REVIEW, decided_by=None, decided_at=None, updated_at=timezone.now()
    )
    _show_where_blind(rows)
    done = {}
    for row in rows:
        decided_at = row.decided_at.isoformat() if row.decided_at else None
        before = {"decided_by": row.decided_by_id, "decided_at": decided_at, "stood": stood[row.pk]}
        done[row.pk] = Done(outcome=Outcome.CHANGED, before=before, status_after=Status.NEEDS_REVIEW)
    return done


def _obstacles_to_taking_back(entries: Sequence[BulkEntry], *, by: User) -> dict[int, str]:
    pks = [entry.conversation_id for entry in entries]
    since = dict(
        Review.objects.filter(conversation__in=pks, undone_at=None)
        .exclude(decision=Decision.SKIPPED)
        .order_by()
        .values_list("conversation")
        .annotate(last=Max("pk"))
    )
    stands = standing_among([entry.conversation for entry in entries])
    notes = {}
    for entry in entries:
        row, review = entry.conversation, entry.review
        if row.is_claimed and row.claimed_by_id != by.pk:
            note = f"{row.claimed_by} is reviewing it."
        elif row.version != entry.version:
            note = "It was edited since."
        elif row.status != entry.status_after:
            note = f"It was decided on since: {LABELS[row.status].lower()}."
        elif review is None:
            note = "It was decided on since." if row.is_blind or stands[row.pk] else ""
        elif review.undone_at is not None:
            note = "It was taken back already."
        elif since.get(row.pk) != review.pk:
            note = "Somebody decided on that conversation since; it can't be undone."
        else:
            # Without a decision in between: sent to review anew, withheld again, approved under another policy.
            note = "" if review.stands else "A lead moved that conversation on since; it can't be undone."
        if note:
            notes[row.pk] = plain_text(note, 300)
    return notes


def _take_back(entries: Sequence[BulkEntry]) -> None:
    reviews = [entry.review for entry in entries if entry.review is not None]
    Review.objects.filter(pk__in=[review.pk for review in reviews]).update(undone_at=timezone.now(), stands=False)
    Review.objects.filter(ended_by__in=reviews).update(stands=True, ended_by=None)
    stands = standing_among([entry.conversation for entry in entries])
    columns: dict[int, dict[str, Any]] = {}
    for entry in entries:
        was_decided = entry.status in Decision.final()
        decided = next((review for review in stands[entry.conversation_id] if review.decision == entry.status), None)
        by, at = (decided.reviewer_id, decided.at) if was_decided and decided else (None, None)
        columns[entry.conversation_id] = {"status": entry.status, "decided_by": by, "decided_at": at}
    _update_alike(columns)
    show_what_stands(columns.keys())


def _decide_as_before(entries: Sequence[BulkEntry]) -> None:
    Review.objects.filter(pk__in=[pk for entry in entries for pk in entry.before["stood"]]).update(stands=True)
    # Whoever decided then may have been deleted since.
    people = {entry.before["decided_by"] for entry in entries}
    there = set(User.objects.filter(pk__in=people).values_list("pk", flat=True))
    now = timezone.now()
    _update_alike(
        {
            entry.conversation_id: {
                "status": entry.status,
                "decided_by": entry.before["decided_by"] if entry.before["decided_by"] in there else None,
                "decided_at": entry.before["decided_at"],
                "updated_at": now,
            }
            for entry in entries
        }
    )
    _show_where_blind([entry.conversation for entry in entries])


def _show_where_blind(rows: Iterable[Conversation]) -> None:
    """A review that begins anew may be blind, one that does not after all may be blind no more."""
    if drawn := [row.pk for row in rows if is_drawn(row)]:
        show_what_stands(drawn)


def _update_alike(columns: Mapping[int, dict[str, Any]]) -> None:
    """Set columns of conversations, by primary key, in one statement for all of which the same is to be said."""
    alike: dict[str, list[int]] = defaultdict(list)
    for pk, values in columns.items():
        alike[repr(values)].append(pk)
    for pks in alike.values():
        Conversation.objects.filter(pk__in=pks).update(**columns[pks[0]])
