"""``/api/views``: filters and sorts under names. Everybody has their own and sees what leads share."""

from django.db import transaction
from django.http import HttpRequest
from ninja import Query, Router
from ninja.responses import Status

from studio.api.authentication import person
from studio.api.lookup import by_id
from studio.api.paging import Page, Paging, page_of
from studio.api.responses import answers
from studio.api.schemas.saved_views import SavedViewCreate, SavedViewPatch, SavedViewShown
from studio.domain import saved_views
from studio.models import SavedView

router = Router(tags=["views"])


@router.get("", response=answers(Page[SavedViewShown]))
def list_views(request: HttpRequest, paging: Query[Paging]) -> Page[SavedViewShown]:
    """One's own views and the shared ones, the oldest first."""
    return page_of(saved_views.views_for(person(request)), paging=paging, show=SavedViewShown.of, order=["pk"])


@router.post("", response=answers(SavedViewShown, status=201))
def save_view(request: HttpRequest, body: SavedViewCreate) -> Status[SavedViewShown]:
    """Keep filters and a sort under a name. What is no filter in the query is left out."""
    view = saved_views.save_view(body.name, query=body.query, is_shared=body.is_shared, by=person(request))
    return Status(201, _show(request, view.pid))


@router.patch("/{id}", response=answers(SavedViewShown))
def change_view(request: HttpRequest, id: str, body: SavedViewPatch) -> SavedViewShown:
    """Rename or share a view, or open the list's page with it."""
    by, changes = person(request), body.changes()
    with transaction.atomic():
        view = _load(request, id)
        if "name" in changes:
            saved_views.rename_view(view, name=changes["name"], by=by)
        if "is_shared" in changes:
            saved_views.share_view(view, is_shared=changes["is_shared"], by=by)
        if "is_default" in changes:
            saved_views.set_default_view(view if changes["is_default"] else None, by=by)
    return _show(request, id)


@router.delete("/{id}", response=answers(None, status=204))
def delete_view(request: HttpRequest, id: str) -> Status[None]:
    """Take a view away, for everybody who sees it."""
    saved_views.delete_view(_load(request, id), by=person(request))
    return Status(204, None)


def _load(request: HttpRequest, pid: str) -> SavedView:
    return by_id(saved_views.views_for(person(request)), pid, what="view")


def _show(request: HttpRequest, pid: str) -> SavedViewShown:
    return SavedViewShown.of(_load(request, pid))
