"""What each kind of bulk action asks of a conversation, does to it, and puts back: for a handful of rows at a time, locked by the caller.

``obstacles_to`` is asked before anything happens and once more when it does; it knows every rule of review that could refuse one
of these decisions, which ``studio.domain.bulk_decisions`` then makes.
"""

from collections import defaultdict
from collections.abc import Sequence

from studio.domain import bulk_decisions
from studio.domain.bulk_decisions import LABELS, Done
from studio.domain.reviews import BRANCHES
from studio.domain.rounds import is_drawn
from studio.domain.taggings import overrule
from studio.models import Branch, BulkAction, BulkEntry, Conversation, Review, Tag, User
from studio.models.fields import plain_text

Kind = BulkAction.Kind
Outcome = BulkEntry.Outcome
Status = Conversation.Status
_Tagged = Conversation.tags.through


def obstacles_to(action: BulkAction, rows: Sequence[Conversation], *, by: User) -> dict[int, str]:
    """Why each of these is left out, one sentence by primary key; those that are not in it can be changed."""
    found: dict[int, str] = {}
    special = _obstacles_beyond_the_row(action, [row.pk for row in rows], by=by)
    for row in rows:
        holder = row.claimed_by if row.is_claimed and row.claimed_by_id != by.pk else None
        note = f"{holder} is reviewing it." if holder else _obstacle(action, row, by=by) or special.get(row.pk, "")
        if note:
            found[row.pk] = plain_text(note, 300)
    return found


def apply(action: BulkAction, entries: Sequence[BulkEntry], *, by: User) -> dict[int, Done]:
    """Do it to the conversations of these entries; what became of each, by its primary key."""
    rows = [entry.conversation for entry in entries]
    notes = obstacles_to(action, rows, by=by)
    if action.kind in Kind.decisions():
        notes = _changes_since(entries) | notes
    done = {pk: Done(outcome=Outcome.LEFT_OUT, note=note) for pk, note in notes.items()}
    free = [row for row in rows if row.pk not in notes]
    if action.kind in Kind.decisions():
        return done | bulk_decisions.decide(action, free, by=by)
    if action.kind in (Kind.ASSIGN, Kind.UNASSIGN):
        return done | _assign(free, to=action.assignee if action.kind == Kind.ASSIGN else None)
    return done | _tag(free, name=action.tag, is_set=action.kind == Kind.TAG)


def revert(action: BulkAction, entries: Sequence[BulkEntry], *, by: User) -> dict[int, Done]:
    """Put back what was before these entries; what became of each, by the conversation's key. What changed since is kept."""
    if action.kind in Kind.decisions():
        return bulk_decisions.take_back(entries, by=by)
    if action.kind in (Kind.ASSIGN, Kind.UNASSIGN):
        return _revert_assignment(action, entries)
    return _revert_tag(action, entries)


def _changes_since(entries: Sequence[BulkEntry]) -> dict[int, str]:
    """A decision is about what was selected: what others made of it since is not taken from them."""
    notes = {}
    for entry in entries:
        if entry.conversation.version != entry.version:
            notes[entry.conversation_id] = "It was edited after it was selected."
        elif entry.conversation.status != entry.status:
            words = LABELS[entry.conversation.status].lower()
            notes[entry.conversation_id] = f"It was decided on after it was selected: {words}."
    return notes


def _obstacle(action: BulkAction, row: Conversation, *, by: User) -> str:
    """What the row itself says against it."""
    match action.kind:
        case Kind.ASSIGN | Kind.UNASSIGN:
            return _obstacle_to_assigning(action, row, by=by)
        case Kind.TAG | Kind.UNTAG:
            return _obstacle_to_tagging(row, by=by)
        case Kind.APPROVE:
            return _obstacle_to_approving(row) or _obstacle_to_deciding(row)
        case Kind.REJECT:
            return "It is rejected already." if row.status == Status.REJECTED else _obstacle_to_deciding(row)
        case Kind.REOPEN if row.status not in (Status.APPROVED, Status.REJECTED):
            return f"It is not decided: {LABELS[row.status].lower()}."
    return ""


def _obstacle_to_assigning(action: BulkAction, row: Conversation, *, by: User) -> str:
    if row.assigned_to_id not in (None, by.pk) and not by.is_lead:
        return f"It is assigned to {row.assigned_to}."
    if action.kind == Kind.UNASSIGN:
        return "" if row.assigned_to_id else "It is assigned to nobody."
    if row.status not in Status.waiting():
        return f"It waits for no review: {LABELS[row.status].lower()}."
    if action.assignee is not None and row.assigned_to_id == action.assignee.pk:
        return f"It is assigned to {action.assignee} already."
    return ""


def _obstacle_to_tagging(row: Conversation, *, by: User) -> str:
    """What is tagged in bulk is so for everybody to see at once; a lead may, until the first of two blind decisions is there."""
    if row.is_blind or (row.status in Status.waiting() and is_drawn(row) and not by.is_lead):
        return "It is reviewed twice, blind: tag it on its own page."
    return ""


def _obstacle_to_approving(row: Conversation) -> str:
    if row.status not in Status.waiting():
        return f"It waits for no review: {LABELS[row.status].lower()}."
    if row.blocking_count or row.warning_count:
        return "The checks found something in it."
    return "It has stale parts." if row.stale_count else ""


def _obstacle_to_deciding(row: Conversation) -> str:
    if row.status == Status.ADJUDICATION:
        return "It waits for adjudication."
    if row.is_blind or (row.status in Status.waiting() and is_drawn(row)):
        return "It is reviewed twice, blind, one by one."
    return ""


def _obstacles_beyond_the_row(action: BulkAction, pks: list[int], *, by: User) -> dict[int, str]:
    """The same, where other rows have to be asked; in few queries for all of them."""
    rows = Conversation.objects.filter(pk__in=pks)
    if action.kind == Kind.APPROVE:
        own = rows.exclude(pk__in=rows.approvable(by=by).values("pk")).values_list("pk", flat=True)
        given = by.reviews.filter(conversation__in=pks, stands=True, decision=Review.Decision.APPROVED)
        branches = Branch.objects.filter(conversation__in=pks, status__in=list(BRANCHES))
        return (
            dict.fromkeys(branches.values_list("conversation", flat=True), "A branch of it is not decided on.")
            | dict.fromkeys(given.values_list("conversation", flat=True), "You approved it; somebody else is next.")
            | dict.fromkeys(own, "You edited it, and in its dataset somebody else approves then.")
        )
    if action.kind not in (Kind.TAG, Kind.UNTAG):
        return {}
    tagged = set(rows.filter(tags__name=action.tag).values_list("pk", flat=True))
    if action.kind == Kind.UNTAG:
        return {pk: f"It has no tag “{action.tag}”." for pk in pks if pk not in tagged}
    known = Tag.objects.filter(name=action.tag).values("dataset")
    lacking = rows.exclude(dataset__in=known).select_related("dataset").only("pk", "dataset__name")
    notes = {row.pk: f"Its dataset “{row.dataset}” has no tag “{action.tag}”." for row in lacking}
    return notes | dict.fromkeys(tagged, f"It has the tag “{action.tag}” already.")


def _assign(rows: Sequence[Conversation], *, to: User | None) -> dict[int, Done]:
    Conversation.objects.filter(pk__in=[row.pk for row in rows]).update(assigned_to=to)
    return {row.pk: Done(outcome=Outcome.CHANGED, before={"assigned_to": row.assigned_to_id}) for row in rows}


def _revert_assignment(action: BulkAction, entries: Sequence[BulkEntry]) -> dict[int, Done]:
    given = action.assignee.pk if action.kind == Kind.ASSIGN and action.assignee else None
    done, back = {}, defaultdict(list)
    there = set(
        User.objects.filter(pk__in={entry.before["assigned_to"] for entry in entries}).values_list("pk", flat=True)
    )
    for entry in entries:
        row, before = entry.conversation, entry.before["assigned_to"]
        if row.assigned_to_id != given:
            note = plain_text(f"It was assigned to {row.assigned_to or 'nobody'} since.", 300)
            done[row.pk] = Done(outcome=Outcome.KEPT, note=note)
        else:
            done[row.pk] = Done(outcome=Outcome.UNDONE)
            back[before if before in there else None].append(row.pk)
    for before, pks in back.items():
        Conversation.objects.filter(pk__in=pks).update(assigned_to=before)
    return done


def _tag(rows: Sequence[Conversation], *, name: str, is_set: bool) -> dict[int, Done]:
    pks = [row.pk for row in rows]
    tags = {tag.dataset_id: tag for tag in Tag.objects.filter(name=name, dataset__in={row.dataset_id for row in rows})}
    if is_set:
        _Tagged.objects.bulk_create(
            (_Tagged(conversation_id=row.pk, tag_id=tags[row.dataset_id].pk) for row in rows), ignore_conflicts=True
        )
    else:
        _Tagged.objects.filter(conversation__in=pks, tag__name=name).delete()
    overrule(rows, tags=tags.values(), is_set=is_set)
    return {pk: Done(outcome=Outcome.CHANGED) for pk in pks}


def _revert_tag(action: BulkAction, entries: Sequence[BulkEntry]) -> dict[int, Done]:
    rows = [entry.conversation for entry in entries]
    was_set = action.kind == Kind.TAG
    tagged = set(
        _Tagged.objects.filter(conversation__in=rows, tag__name=action.tag).values_list("conversation", flat=True)
    )
    datasets = set(Tag.objects.filter(name=action.tag).values_list("dataset", flat=True))
    kept = {}
    for row in rows:
        if row.dataset_id not in datasets:
            kept[row.pk] = f"The tag “{action.tag}” was deleted since."
        elif (row.pk in tagged) != was_set:
            kept[row.pk] = f"The tag “{action.tag}” was {'taken off' if was_set else 'set'} since."
    _tag([row for row in rows if row.pk not in kept], name=action.tag, is_set=not was_set)
    undone = {row.pk: Done(outcome=Outcome.UNDONE) for row in rows if row.pk not in kept}
    return undone | {pk: Done(outcome=Outcome.KEPT, note=note) for pk, note in kept.items()}
