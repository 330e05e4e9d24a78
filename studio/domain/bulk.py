"""Bulk actions: prepare one, start it, work it in batches, stop it, undo it as a whole.

Preparing freezes which conversations are meant and says of each whether it can be changed; nothing happens yet. A batch is one
short transaction that writes the conversations, their entries and the counts together: whoever works it may die at any time, and
between two batches everybody else gets their turn. ``studio.domain.bulk_kinds`` says what each kind does.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from studio.domain.bulk_decisions import Done
from studio.domain.bulk_kinds import apply, obstacles_to, revert
from studio.domain.errors import NotAllowed, NotPossible, Refused
from studio.models import BulkAction, BulkEntry, Conversation, User
from studio.models.conversations import ConversationQuerySet
from studio.models.fields import plain_text
from studio.models.runs import CHUNK

LIMIT = 10_000
"""Conversations in one bulk action."""
AT_ONCE = 40
"""Up to so many are done while the person waits; more are a worker's."""
MESSAGE_LOST_AFTER = timedelta(seconds=15)
KEPT_UNSTARTED = timedelta(days=1)

BATCH = 100
"""Conversations that are done in one transaction: some tenths of a second, for which SQLite lets nobody else write."""
_ANYBODY = [BulkAction.Kind.TAG, BulkAction.Kind.UNTAG, BulkAction.Kind.ASSIGN, BulkAction.Kind.UNASSIGN]
_LOOKED_AT = [
    "pid", "version", "status", "is_blind", "blocking_count", "warning_count", "stale_count", "claim_until", "decided_at",
    "claimed_by__username", "assigned_to__username", "decided_by", "dataset__name", "dataset__approvals_needed",
    "dataset__double_review_share",
]  # fmt: skip

Status = BulkAction.Status
Outcome = BulkEntry.Outcome
Kind = BulkAction.Kind


def prepare_bulk(
    rows: ConversationQuerySet,
    *,
    kind: str,
    by: User,
    assignee: User | None = None,
    tag: str = "",
    reason: str = "",
    scope: str = "",
    query: str = "",
) -> BulkAction:
    """Freeze what is to be done to ``rows``, and find out which of them are left out and why. ``scope`` says which were meant,
    ``query`` is that of the list they were selected in.

    Raises NotAllowed, and Refused for none or too many rows and for what the kind lacks (a tag, an assignee, a reason).
    """
    action = BulkAction(
        kind=kind,
        assignee=assignee if kind == Kind.ASSIGN else None,
        tag=plain_text(tag.strip(), 80) if kind in (Kind.TAG, Kind.UNTAG) else "",
        reason=plain_text(reason.strip(), 500) if kind in Kind.decisions() else "",
        scope=plain_text(scope, 200),
        query=plain_text(query),
        requested_by=by,
    )
    _require_meaning(action, by=by)
    pks = list(rows.order_by("pk").values_list("pk", flat=True).distinct()[: LIMIT + 1])
    if not pks:
        raise Refused("Select conversations first.", details=[{"pointer": "/ids", "message": "Nothing is selected."}])
    if len(pks) > LIMIT:
        message = f"More than {LIMIT:,} conversations are selected: narrow the filters and do them in parts."
        raise Refused(message, details=[{"pointer": "/filters", "message": message}])
    entries = [entry for at in range(0, len(pks), CHUNK) for entry in _look_at(action, pks[at : at + CHUNK], by=by)]
    action.total = len(entries)
    action.left_out = sum(entry.outcome == Outcome.LEFT_OUT for entry in entries)
    with transaction.atomic():
        action.save()
        BulkEntry.objects.bulk_create(entries, batch_size=CHUNK)
    return action


def start_bulk(action: BulkAction, *, by: User) -> BulkAction:
    """Let it begin; the caller works or sends it. Raises NotPossible when it began already or changes nothing, and what
    ``prepare_bulk`` raises when ``by`` may not do it any more."""
    _require_own(action, by=by)
    _require_meaning(action, by=by)
    if action.total == action.left_out:
        raise NotPossible("It would change nothing: every conversation is left out.")
    return _turn(action, [Status.PREPARED], Status.RUNNING, "This was started already.")


def discard_bulk(action: BulkAction, *, by: User) -> None:
    """Forget one that has not begun. Raises NotPossible when it has."""
    _require_own(action, by=by)
    if not BulkAction.objects.filter(pk=action.pk, status=Status.PREPARED).delete()[0]:
        raise NotPossible("This was started already: undo it instead.")


def stop_bulk(action: BulkAction, *, by: User) -> BulkAction:
    """Let it go no further: what is done stays done, and can be undone as a whole; what waits is left as it is. Raises
    NotAllowed, and NotPossible when it is over already."""
    if action.requested_by_id != by.pk and not by.is_lead:
        raise NotAllowed("Only a lead may stop what somebody else does in bulk.")
    words = "It does not run any more, so there is nothing to stop. Reload the page to see how it stands."
    return _turn(action, [Status.RUNNING], Status.STOPPED, words, finished_at=timezone.now())


def undo_bulk(action: BulkAction, *, by: User) -> BulkAction:
    """Let it be undone as a whole; the caller works or sends it. Raises NotAllowed, and NotPossible while it runs."""
    if action.requested_by_id != by.pk and not by.is_lead:
        raise NotAllowed("Only a lead may undo what somebody else did in bulk.")
    if not action.changed:
        raise NotPossible("It changed nothing, so there is nothing to undo.")
    words = "It can only be undone when it is done or stopped, and once. Reload the page to see how it stands."
    return _turn(action, Status.undoable(), Status.UNDOING, words, undone_by=by, undone_at=timezone.now())


def bulk_actions_for(user: User) -> QuerySet[BulkAction]:
    """The bulk actions ``user`` may know of: leads all, others their own."""
    rows = BulkAction.objects.select_related("requested_by", "assignee", "undone_by")
    return rows if user.is_lead else rows.filter(requested_by=user)


def reasons_of(action: BulkAction, outcome: str) -> list[tuple[str, int]]:
    """Why entries have this outcome, and how many each, the most frequent first."""
    notes = action.entries.filter(outcome=outcome).order_by().values_list("note").annotate(count=Count("pk"))
    return sorted(notes, key=lambda pair: (-pair[1], pair[0]))


def work_batch(action_pk: int) -> bool:
    """Do, or undo, the next conversations of a bulk action; False when there are none left, or somebody else is at it.

    One transaction; what is done is never done again.
    """
    with transaction.atomic():
        underway = BulkAction.objects.filter(pk=action_pk, status__in=Status.underway())
        action = underway.select_for_update(skip_locked=True).first()
        if action is None:
            return False
        is_undo = action.status == Status.UNDOING
        entries = list(
            action.entries.filter(outcome=Outcome.CHANGED if is_undo else Outcome.PENDING)
            .select_related("review")
            .order_by("pk")[:BATCH]
        )
        if entries:
            _work(action, entries, is_undo=is_undo)
        if len(entries) < BATCH:
            _finish(action, Status.UNDONE if is_undo else Status.DONE)
        return len(entries) == BATCH


def work_at_once(action: BulkAction) -> None:
    """Work a small one to its end."""
    while work_batch(action.pk):
        pass


def take_bulk_for_dispatch() -> list[int]:
    """Bulk actions that nobody has worked on for a while: their message was lost, or their worker died. Marks them as sent."""
    now = timezone.now()
    silent = Q(touched_at=None) | Q(touched_at__lt=now - MESSAGE_LOST_AFTER)
    chosen = list(BulkAction.objects.filter(silent, status__in=Status.underway()).values_list("pk", flat=True))
    BulkAction.objects.filter(pk__in=chosen).update(touched_at=now)
    return chosen


def drop_unstarted() -> int:
    """Delete what was prepared long ago and never started; returns how many."""
    old = BulkAction.objects.filter(status=Status.PREPARED, created_at__lt=timezone.now() - KEPT_UNSTARTED)
    return old.delete()[1].get("studio.BulkAction", 0)


def _require_meaning(action: BulkAction, *, by: User) -> None:
    words = dict(Kind.choices)
    if action.kind not in words:
        raise Refused(f"There is no bulk action {action.kind[:40]!r}: known are {', '.join(Kind.values)}.")
    if action.kind not in _ANYBODY and not by.is_lead:
        raise NotAllowed(f"Only a lead may do this to many conversations: {words[action.kind].lower()}.")
    if action.kind == Kind.ASSIGN:
        if action.assignee is None or not action.assignee.is_active:
            raise _lacks("/assignee", "Choose whom they are assigned to.")
        if action.assignee.pk != by.pk and not by.is_lead:
            raise NotAllowed("Only a lead may assign to somebody else. Assign them to yourself.")
    if action.kind in (Kind.TAG, Kind.UNTAG) and not action.tag:
        raise _lacks("/tag", "Choose a tag.")
    if action.kind == Kind.REJECT and not action.reason:
        raise _lacks("/reason", "Say why they are rejected: choose or write a reason.")


def _lacks(pointer: str, message: str) -> Refused:
    return Refused(message, details=[{"pointer": pointer, "message": message}])


def _require_own(action: BulkAction, *, by: User) -> None:
    if action.requested_by_id != by.pk:
        raise NotAllowed("Somebody else prepared this: only they may start or drop it.")


def _turn(action: BulkAction, before: Sequence[str], after: str, otherwise: str, **columns: Any) -> BulkAction:
    """The one conditional update of each step: two people never take the same."""
    waiting = BulkAction.objects.filter(pk=action.pk, status__in=before)
    if not waiting.update(status=after, touched_at=timezone.now(), **columns):
        raise NotPossible(otherwise)
    return bulk_action(action.pk)


def bulk_action(pk: int) -> BulkAction:
    """The row as it stands, with its people."""
    return BulkAction.objects.select_related("requested_by", "assignee", "undone_by").get(pk=pk)


def _rows(pks: Sequence[int]) -> ConversationQuerySet:
    related = ("claimed_by", "assigned_to", "dataset")
    return Conversation.objects.filter(pk__in=pks).select_related(*related).only(*_LOOKED_AT).order_by("pk")


def _look_at(action: BulkAction, pks: Sequence[int], *, by: User) -> Iterable[BulkEntry]:
    rows = list(_rows(pks))
    notes = obstacles_to(action, rows, by=by)
    for row in rows:
        note = notes.get(row.pk, "")
        outcome = Outcome.LEFT_OUT if note else Outcome.PENDING
        yield BulkEntry(
            action=action, conversation=row, version=row.version, status=row.status, outcome=outcome, note=note
        )


def _work(action: BulkAction, entries: Sequence[BulkEntry], *, is_undo: bool) -> None:
    by = action.undone_by if is_undo else action.requested_by
    pks = [entry.conversation_id for entry in entries]
    # Locked first and read then: of a row whose lock was waited for, PostgreSQL joins what it named before, so who claimed it meanwhile
    # would be missing.
    list(Conversation.objects.filter(pk__in=pks).order_by("pk").select_for_update().values_list("pk"))
    rows = {row.pk: row for row in _rows(pks)}
    # What was deleted this very moment is gone with its entry.
    entries = [entry for entry in entries if entry.conversation_id in rows]
    if by is None:
        left = Done(
            outcome=Outcome.KEPT if is_undo else Outcome.LEFT_OUT, note="Who asked for it is not here any more."
        )
        done = dict.fromkeys(rows, left)
    else:
        for entry in entries:
            entry.conversation = rows[entry.conversation_id]
        done = revert(action, entries, by=by) if is_undo else apply(action, entries, by=by)
    _write_down(entries, done)
    _count(action, [done[entry.conversation_id].outcome for entry in entries])


def _write_down(entries: Sequence[BulkEntry], done: dict[int, Done]) -> None:
    """One statement for all entries of which the same is to be said, and one for the reviews."""
    alike: dict[str, list[int]] = defaultdict(list)
    values: dict[str, dict[str, Any]] = {}
    reviewed = []
    for entry in entries:
        what = done[entry.conversation_id]
        columns: dict[str, Any] = {"outcome": what.outcome, "note": what.note}
        if what.outcome == Outcome.CHANGED:
            columns |= {"before": what.before, "status_after": what.status_after}
        alike[repr(columns)].append(entry.pk)
        values[repr(columns)] = columns
        if what.review is not None:
            entry.review = what.review
            reviewed.append(entry)
    for key, pks in alike.items():
        BulkEntry.objects.filter(pk__in=pks).update(**values[key])
    BulkEntry.objects.bulk_update(reviewed, ["review"])


def _count(action: BulkAction, outcomes: Sequence[str]) -> None:
    counts = {name: outcomes.count(name) for name in ("changed", "left_out", "undone", "kept")}
    columns = {name: F(name) + count for name, count in counts.items() if count}
    BulkAction.objects.filter(pk=action.pk).update(touched_at=timezone.now(), **columns)


def _finish(action: BulkAction, status: str) -> None:
    BulkAction.objects.filter(pk=action.pk).update(status=status, finished_at=timezone.now())
