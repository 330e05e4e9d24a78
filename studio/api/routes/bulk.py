"""``/api/bulk-actions``: one thing done to many conversations; prepared, started, stopped, undone as a whole."""

from typing import Annotated, Literal

from django.http import HttpRequest
from ninja import Query, Router
from ninja.responses import Status

from studio.api.authentication import person
from studio.api.errors import place
from studio.api.lookup import by_id
from studio.api.paging import Page, Paging, page_of
from studio.api.responses import answers
from studio.api.schemas.bulk import BulkDetail, BulkEntryShown, BulkOrder, BulkShown
from studio.domain import bulk
from studio.domain.errors import Refused
from studio.domain.visibility import conversations_for
from studio.models import BulkAction, User
from studio.models.conversations import ConversationQuerySet
from studio.tasks import begin_bulk

router = Router(tags=["bulk actions"])


@router.get("", response=answers(Page[BulkShown]))
def list_bulk_actions(request: HttpRequest, paging: Query[Paging]) -> Page[BulkShown]:
    """Bulk actions, the newest first: all of them for leads, one's own for others."""
    return page_of(bulk.bulk_actions_for(person(request)), paging=paging, show=BulkShown.of)


@router.post("", response=answers(BulkDetail, status=201))
def prepare_bulk_action(request: HttpRequest, body: BulkOrder) -> Status[BulkDetail]:
    """Freeze which conversations are meant, and say how many would change and why others are left out. Nothing is changed before
    it is started."""
    by = person(request)
    action = bulk.prepare_bulk(
        _meant(body, by=by),
        kind=body.kind,
        by=by,
        assignee=_assignee(body, by=by),
        tag=body.tag,
        reason=body.reason,
        scope="By the API",
        query=body.filters.query if body.filters else "",
    )
    return Status(201, BulkDetail.of(bulk.bulk_action(action.pk)))


@router.get("/{id}", response=answers(BulkDetail))
def get_bulk_action(request: HttpRequest, id: str) -> BulkDetail:
    """One bulk action: how far it is, and why conversations were left out."""
    return BulkDetail.of(_action(request, id))


@router.get("/{id}/entries", response=answers(Page[BulkEntryShown]))
def list_bulk_entries(
    request: HttpRequest,
    id: str,
    paging: Query[Paging],
    outcome: Annotated[Literal["", "changed", "left_out", "undone", "kept"], Query()] = "",
) -> Page[BulkEntryShown]:
    """What became of each of its conversations."""
    entries = _action(request, id).entries.select_related("conversation").defer("conversation__document")
    entries = entries.filter(outcome=outcome) if outcome else entries
    return page_of(entries, paging=paging, show=BulkEntryShown.of, order=["pk"])


@router.post("/{id}/start", response=answers(BulkDetail, conflicts=True))
def start_bulk_action(request: HttpRequest, id: str) -> BulkDetail:
    """Let it begin. A small one is done when this answers; a large one is `running`."""
    return _begun(bulk.start_bulk(_action(request, id), by=person(request)))


@router.post("/{id}/stop", response=answers(BulkDetail, conflicts=True))
def stop_bulk_action(request: HttpRequest, id: str) -> BulkDetail:
    """Let it go no further: what is done stays done, and can be undone as a whole."""
    bulk.stop_bulk(_action(request, id), by=person(request))
    return BulkDetail.of(_action(request, id))


@router.post("/{id}/undo", response=answers(BulkDetail, conflicts=True))
def undo_bulk_action(request: HttpRequest, id: str) -> BulkDetail:
    """Put everything back that nobody changed since; what was is `kept`, with the reason."""
    return _begun(bulk.undo_bulk(_action(request, id), by=person(request)))


@router.delete("/{id}", response=answers(None, status=204, conflicts=True))
def discard_bulk_action(request: HttpRequest, id: str) -> Status[None]:
    """Forget one that was not started."""
    bulk.discard_bulk(_action(request, id), by=person(request))
    return Status(204, None)


def _begun(action: BulkAction) -> BulkDetail:
    begin_bulk(action)
    return BulkDetail.of(bulk.bulk_action(action.pk))


def _action(request: HttpRequest, pid: str) -> BulkAction:
    return by_id(bulk.bulk_actions_for(person(request)), pid, what="bulk action")


def _meant(body: BulkOrder, *, by: User) -> ConversationQuerySet:
    rows = conversations_for(by)
    if body.filters is not None:
        return body.filters.narrow(rows, by=by)
    given = body.ids or []
    pids = [pid for pid in given if pid.isascii() and pid.isalnum()]
    known = {
        pid
        for at in range(0, len(pids), 500)
        for pid in rows.filter(pid__in=pids[at : at + 500]).values_list("pid", flat=True)
    }
    unknown = [
        place(f"/ids/{at}", "There is no conversation with this id.")
        for at, pid in enumerate(given)
        if pid not in known
    ]
    if unknown:
        raise Refused("Some of these conversations are not there.", details=unknown)
    return rows.filter(pid__in=known)


def _assignee(body: BulkOrder, *, by: User) -> User | None:
    if not body.assignee:
        return None
    if body.assignee == "me":
        return by
    found = User.objects.filter(username=body.assignee).first()
    if found is None:
        message = f"There is no user {body.assignee!r}."
        raise Refused(message, details=[place("/assignee", message)])
    return found
