"""A dataset's policy changed, and what waits under it brought up to it: what has its approvals now waits for nobody, and of what is
newly reviewed blind, or is so no more, marks and words are hidden or shown.

A few are done at once. Many are a settlement: a row that says how far it is, worked in batches, each one short transaction;
whoever works it may die at any time.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from studio.domain import datasets
from studio.domain.reviews import BRANCHES, obstacles, show_what_stands
from studio.domain.rounds import approvals_needed, approvers, draw_of, standing_among
from studio.models import (
    Branch,
    Comment,
    Conversation,
    Dataset,
    PairVerdict,
    Review,
    Revision,
    Settlement,
    Tagging,
    User,
)
from studio.models.conversations import ConversationQuerySet

Status = Conversation.Status

AT_ONCE = 100
"""Up to so many waiting conversations are settled while the person waits; more are a worker's."""
BATCH = 200
MESSAGE_LOST_AFTER = timedelta(seconds=15)


def change_policy(dataset: Dataset, *, by: User | None = None, **values: Any) -> Dataset:
    """Change columns of a dataset, and settle what waits in it, or leave that to a worker when it is much: the caller sends it
    (``settlement_of``).

    Those who approved a conversation are not given it again, so one that has as many approvals as are needed from now on is
    approved; what was approved stays so. Whoever gave the first of two blind reviews waits for the other all the same. Where
    nobody has decided yet, another share of double reviews decides anew what is blind.
    """
    with transaction.atomic():
        before = Dataset.objects.select_for_update().get(pk=dataset.pk)
        was = (before.approvals_needed, before.double_review_share)
        changed = datasets.change_dataset(dataset, **values)
        if was == (changed.approvals_needed, changed.double_review_share):
            return changed
        settlement = _begin(changed, shares=(was[1], changed.double_review_share), by=by)
    if settlement.total <= AT_ONCE:
        while work_settlement(settlement.pk):
            pass
    return changed


def settlement_of(dataset: Dataset) -> Settlement | None:
    """The one that is under way; None when everything that waits is settled."""
    return Settlement.objects.filter(dataset=dataset, finished_at=None).first()


def work_settlement(pk: int) -> bool:
    """Settle the next conversations; False when there are none left, or somebody else is at it. One transaction."""
    with transaction.atomic():
        underway = Settlement.objects.filter(pk=pk, finished_at=None).select_related("dataset")
        settlement = underway.select_for_update(skip_locked=True, of=("self",)).first()
        if settlement is None:
            return False
        rows = list(_waiting(settlement.dataset).filter(pk__gt=settlement.last).only("pid").order_by("pk")[:BATCH])
        redrawn = [row.pk for row in rows if settlement.share_from <= draw_of(row) < settlement.share_to]
        approved = Review.objects.filter(
            conversation__in=rows, stands=True, decision=Review.Decision.APPROVED
        ).values_list("conversation", flat=True)
        _settle({*_with_words(redrawn)}, {*approved})
        settlement.done += len(rows)
        settlement.last = rows[-1].pk if rows else settlement.last
        settlement.touched_at = timezone.now()
        settlement.finished_at = None if len(rows) == BATCH else settlement.touched_at
        settlement.save(update_fields=["done", "last", "touched_at", "finished_at"])
        return settlement.finished_at is None


def take_settlements_for_dispatch() -> list[int]:
    """Those that nobody has worked on for a while: their message was lost, or their worker died. Marks them as sent."""
    now = timezone.now()
    silent = Settlement.objects.filter(finished_at=None, touched_at__lt=now - MESSAGE_LOST_AFTER)
    chosen = list(silent.values_list("pk", flat=True))
    Settlement.objects.filter(pk__in=chosen).update(touched_at=now)
    return chosen


def _begin(dataset: Dataset, *, shares: tuple[int, int], by: User | None) -> Settlement:
    """A settlement from the first conversation on. One that is under way begins anew, and covers both changes."""
    settlement = settlement_of(dataset) or Settlement(dataset=dataset, share_from=min(shares), share_to=max(shares))
    settlement.share_from = min(settlement.share_from, *shares)
    settlement.share_to = max(settlement.share_to, *shares)
    settlement.total, settlement.done, settlement.last = _waiting(dataset).count(), 0, 0
    settlement.requested_by, settlement.touched_at = by, timezone.now()
    settlement.save()
    return settlement


def _waiting(dataset: Dataset) -> ConversationQuerySet:
    return Conversation.objects.filter(dataset=dataset, status__in=Status.waiting())


def _with_words(pks: Collection[int]) -> set[int]:
    """Those of which somebody said something that a blind review hides."""
    if not pks:
        return set()
    return {
        *PairVerdict.objects.filter(conversation__in=pks).values_list("conversation", flat=True),
        *Tagging.objects.filter(conversation__in=pks).values_list("conversation", flat=True),
        *Comment.objects.filter(thread__conversation__in=pks).values_list("thread__conversation", flat=True),
        *Review.objects.filter(conversation__in=pks).exclude(reason="").values_list("conversation", flat=True),
        *Revision.objects.filter(conversation__in=pks).exclude(reason="").values_list("conversation", flat=True),
    }


def _settle(hidden_or_shown: set[int], approved: set[int]) -> None:
    pks = hidden_or_shown | approved
    # In their order, as all who lock several do: else two could wait for each other.
    locked = Conversation.objects.select_for_update(of=("self",)).select_related("dataset").defer("document")
    rows = list(locked.filter(pk__in=pks, status__in=Status.waiting()).order_by("pk"))
    if hidden_or_shown:
        show_what_stands(hidden_or_shown)
    _approve([row for row in rows if row.pk in approved and not row.is_blind and not row.is_claimed])


def _approve(rows: Collection[Conversation]) -> None:
    stands = standing_among(rows)
    branches: dict[int, list[str]] = defaultdict(list)
    open_ones = Branch.objects.filter(conversation__in=rows, status__in=list(BRANCHES))
    for pk, status in open_ones.values_list("conversation", "status"):
        branches[pk].append(status)
    settled = []
    for row in rows:
        approvals = [review for review in stands[row.pk] if review.decision == Review.Decision.APPROVED]
        has_enough = len(approvers(approvals)) >= approvals_needed(row)
        if has_enough and not obstacles(row, branches=branches[row.pk]):
            row.status = Status.APPROVED
            row.decided_by_id, row.decided_at = approvals[0].reviewer_id, approvals[0].at
            settled.append(row)
    Conversation.objects.bulk_update(settled, ["status", "decided_by", "decided_at"])
