"""Saved views: filters and a sort under a name, one's own or shared by a lead, one of them as what the list opens with."""

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from studio.domain.errors import NotAllowed, Refused
from studio.domain.filters import Filters, list_query, read_fields
from studio.domain.orders import LISTED, NEWEST
from studio.domain.team import require_lead
from studio.models import SavedView, User
from studio.models.fields import plain_text

NAME = 60
MOST = 30
"""Views of one person: they stand in one row above the list."""


def views_for(user: User) -> QuerySet[SavedView]:
    """One's own and the shared ones, in the order they were made; ``is_default`` on the one that the list opens with."""
    default = SavedView.default_of.through.objects.filter(savedview=OuterRef("pk"), user=user)
    seen = SavedView.objects.filter(Q(owner=user) | Q(is_shared=True))
    return seen.select_related("owner").annotate(is_default=Exists(default)).order_by("is_shared", "pk")


def default_view_of(user: User) -> SavedView | None:
    """What the list opens with for ``user``; None: all conversations."""
    return user.default_views.filter(Q(owner=user) | Q(is_shared=True)).first()


def may_change(view: SavedView, *, by: User) -> bool:
    """Its owner may; a shared one every lead may tidy, because its owner may have left."""
    return view.owner_id == by.pk or (view.is_shared and by.is_lead)


def save_view(name: str, *, query: str, by: User, is_shared: bool = False) -> SavedView:
    """Keep ``query`` under a name. Under one that ``by`` has already, it takes that view's place."""
    name = _name(name)
    if is_shared:
        require_lead(by, to="share a view")
    view = SavedView.objects.filter(owner=by, name=name).first()
    if view is None:
        if by.saved_views.count() >= MOST:
            raise Refused(f"You have {MOST} views already: delete one first.", details=_at_name("Too many views."))
        view = SavedView(owner=by, name=name)
    view.query, view.is_shared = _clean(query), is_shared
    view.save()
    return view


def rename_view(view: SavedView, *, name: str, by: User) -> None:
    """Give it another name. Raises Refused when another one of its owner has it."""
    _require_own(view, by=by)
    try:
        with transaction.atomic():
            SavedView.objects.filter(pk=view.pk).update(name=_name(name))
    except IntegrityError as error:
        raise Refused(f"There is a view {name.strip()!r} already.", details=_at_name("Choose another name.")) from error


def share_view(view: SavedView, *, is_shared: bool, by: User) -> None:
    """Show it to everybody, or to its owner alone again."""
    require_lead(by, to="share a view")
    _require_own(view, by=by)
    SavedView.objects.filter(pk=view.pk).update(is_shared=is_shared)
    if not is_shared:
        view.default_of.remove(*view.default_of.exclude(pk=view.owner_id))


def delete_view(view: SavedView, *, by: User) -> None:
    """Take it away, for everybody who sees it."""
    _require_own(view, by=by)
    view.delete()


@transaction.atomic
def set_default_view(view: SavedView | None, *, by: User) -> None:
    """What the list opens with for ``by``; None: all conversations."""
    if view is not None and view.owner_id != by.pk and not view.is_shared:
        raise NotAllowed("This view is somebody else's.")
    by.default_views.set([] if view is None else [view])


def _clean(query: str) -> str:
    """Nothing but filters and a sort, as the list writes them: no place, and nothing that it would leave aside."""
    given = read_fields(query)
    sort = given.get("sort", [""])[-1]
    return list_query(Filters.read(given), sort if sort in LISTED and sort != NEWEST else "")


def _require_own(view: SavedView, *, by: User) -> None:
    if not may_change(view, by=by):
        raise NotAllowed("Only its owner changes a view; a shared one, leads too.")


def _name(given: str) -> str:
    name = plain_text(given).strip()
    if not name:
        raise Refused("Give the view a name.", details=_at_name("Write a name."))
    if len(name) > NAME:
        raise Refused(f"A view's name has at most {NAME} characters.", details=_at_name("Write a shorter name."))
    return name


def _at_name(message: str) -> list[dict[str, str]]:
    return [{"pointer": "/name", "message": message}]
