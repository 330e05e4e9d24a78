"""Bulk actions in the browser: the bar below the list, and what its buttons ask for.

A button's value is the action with its parameter, ``assign:mara``, so that one press is one request and no script is needed.
"""

from dataclasses import dataclass

from django.http import QueryDict

from studio.domain.bulk import LIMIT
from studio.domain.errors import Refused
from studio.domain.filters import Filters
from studio.domain.visibility import conversations_for
from studio.models import BulkAction, Conversation, Dataset, Tag, User
from studio.models.conversations import ConversationQuerySet
from studio.models.fields import plain_text

OFFERED = 9
"""Buttons in a panel: as many as there are digits to press."""
Kind = BulkAction.Kind


@dataclass(frozen=True)
class Bar:
    """What the bar offers. ``query`` is that of the list it stands below, without a place; ``reasons`` are those of the datasets in it."""

    query: str
    limit: int
    tags: list[str]
    people: list[User]
    reasons: list[str]


def bar_of(user: User, *, filters: Filters) -> Bar:
    """The bar for ``user`` below the list that these filters give."""
    datasets = Dataset.objects.all()
    if filters.dataset:
        datasets = datasets.filter(slug=filters.dataset) | datasets.filter(pid=filters.dataset)
    reasons = [str(reason) for dataset in datasets.only("reject_reasons") for reason in dataset.reject_reasons]
    tags = Tag.objects.filter(dataset__in=datasets).order_by("name").values_list("name", flat=True)
    others = User.objects.filter(is_active=True).exclude(pk=user.pk).order_by("username")
    return Bar(
        query=filters.query,
        limit=LIMIT,
        tags=list(dict.fromkeys(tags)),
        people=[user, *others] if user.is_lead else [user],
        reasons=list(dict.fromkeys(reasons))[:OFFERED],
    )


def meant_by(data: QueryDict, *, user: User) -> tuple[ConversationQuerySet, str]:
    """The conversations that a sent bar means, and that in words."""
    rows = conversations_for(user)
    if "everything" not in data:
        # Those that were selected on other pages of the list come as one field: of fields a form has a bounded number.
        pids = dict.fromkeys([*data.getlist("id"), *data.get("elsewhere", "").split()])
        return rows.filter(pid__in=list(pids)[: LIMIT + 1]), "Selected one by one"
    filters = Filters.read(data.get("query", ""))
    words = ", ".join(f"{name} {_said(value)}" for name, value in filters.given.items())
    return filters.narrow(rows, by=user), f"All with {words}" if words else "All conversations"


def asked_of(data: QueryDict) -> dict[str, object]:
    """What the pressed button asks for, as ``prepare_bulk`` takes it. Raises Refused for a person who is not here."""
    kind, _, parameter = data.get("do", "").partition(":")
    if not kind:
        raise Refused("Choose what to do with the selected conversations: press one of the buttons below them.")
    asked: dict[str, object] = {"kind": kind}
    if kind == Kind.ASSIGN:
        asked["assignee"] = _person(parameter)
    elif kind in (Kind.TAG, Kind.UNTAG):
        asked["tag"] = parameter
    elif kind == Kind.REJECT:
        asked["reason"] = parameter or data.get("reason", "")
    return asked


def _person(name: str) -> User:
    found = User.objects.filter(username=plain_text(name), is_active=True).first()
    if found is None:
        raise Refused("That person is not here any more. Reload the page and choose another.")
    return found


def _said(value: object) -> str:
    if isinstance(value, list):
        return " or ".join(_said(item) for item in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).replace("_", " ")


def named(action: BulkAction, outcome: str, note: str, *, at_most: int = 50) -> list[Conversation]:
    """Conversations of an action with this outcome for this reason."""
    entries = action.entries.filter(outcome=outcome, note=note).select_related("conversation").order_by("pk")
    return [entry.conversation for entry in entries.only("conversation__pid", "conversation__excerpt")[:at_most]]
