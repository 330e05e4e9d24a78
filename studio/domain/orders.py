"""The orders of conversations, in lists and in the queue, and where a row stands in one.

An order names columns and ends with a unique one, "-" descending; what it names is never null but for ``scenario_id``, where
null comes last. Positions are compared by value, so a page or a queue goes on from a row that is no longer there.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import F, Model, Q, QuerySet
from django.utils import timezone

from studio.models import Conversation, User
from studio.models.conversations import ConversationQuerySet
from studio.models.fields import new_pid

NULLABLE = "scenario_id"

Rows = TypeVar("Rows", bound=QuerySet[Any, Any])


@dataclass(frozen=True)
class Order:
    """``is_round``: everybody begins somewhere else in it each day, and goes on from its end at its beginning."""

    words: str
    columns: tuple[str, ...]
    is_round: bool = False


NEWEST, OLDEST, RANDOM = "newest", "oldest", "random"

ORDERS = {
    NEWEST: Order("Newest first", ("-pk",)),
    OLDEST: Order("Oldest first", ("pk",)),
    "changed": Order("Recently changed", ("-updated_at", "-pk")),
    "worst": Order("Worst checks first", ("-blocking_count", "-warning_count", "-pk")),
    "stale": Order("Most stale first", ("-stale_count", "-pk")),
    "pairs": Order("Most pairs first", ("-pair_count", "-pk")),
    "tokens": Order("Most tokens first", ("-token_count", "-pk")),
    "scenario": Order("By scenario", (NULLABLE, "pk")),
    # Ids are random, and stay.
    RANDOM: Order("Random", ("pid",), is_round=True),
}
LISTED = tuple(name for name, order in ORDERS.items() if not order.is_round)
QUEUED = (OLDEST, "worst", RANDOM, "scenario")
"""What the queue is offered by; it takes every order."""


def in_order(rows: Rows, columns: Sequence[str]) -> Rows:
    """The rows sorted by these columns."""
    return rows.order_by(*map(_sorting, columns))


def behind(columns: Sequence[str], values: Sequence[Any]) -> Q:
    """What comes behind the row with these values of the columns."""
    condition, equal = Q(), Q()
    for name, value in zip(columns, values, strict=True):
        condition |= equal & _beyond(name, value)
        equal &= Q(**{name.removeprefix("-"): value})
    first = columns[0].removeprefix("-")
    if len(columns) > 1 and first != NULLABLE:
        # Said once more, so that an index is entered at the place and not read from its beginning.
        condition &= Q(**{f"{first}__{'lte' if columns[0].startswith('-') else 'gte'}": values[0]})
    return condition


def turned(columns: Sequence[str]) -> list[str]:
    """The same order from its end."""
    return [name[1:] if name.startswith("-") else f"-{name}" for name in columns]


def values_of(row: Model, columns: Sequence[str]) -> list[Any]:
    """Where the row stands."""
    return [getattr(row, name.removeprefix("-")) for name in columns]


def from_there(
    rows: ConversationQuerySet, *, order: Order, left: Conversation | None, by: User
) -> list[ConversationQuerySet]:
    """All of ``rows`` in their order, in one or two parts: what is behind the one just left comes first, then the rest."""
    found = in_order(rows, order.columns)
    if left is None and not order.is_round:
        return [found]
    place = behind(order.columns, values_of(left, order.columns) if left else [_start(by)])
    return [found.filter(place), found.exclude(place)]


def neighbours_of(row: Conversation, *, rows: ConversationQuerySet, order: Order) -> tuple[str | None, str | None]:
    """Public ids of the one before and the one behind ``row``, None at either end."""
    back, forth = (_next(row, rows, columns, order) for columns in (turned(order.columns), order.columns))
    return back, forth


def _next(row: Conversation, rows: ConversationQuerySet, columns: Sequence[str], order: Order) -> str | None:
    others = in_order(rows.exclude(pk=row.pk), columns).values_list("pid", flat=True)
    found = others.filter(behind(columns, values_of(row, columns))).first()
    return others.first() if found is None and order.is_round else found


def _start(by: User) -> str:
    return new_pid(random.Random(f"{by.pk} {timezone.localdate()}"))


def _sorting(name: str) -> Any:
    if name.removeprefix("-") != NULLABLE:
        return name
    column = F(NULLABLE)
    return column.desc(nulls_first=True) if name.startswith("-") else column.asc(nulls_last=True)


def _beyond(name: str, value: Any) -> Q:
    column, is_descending = name.removeprefix("-"), name.startswith("-")
    if value is None:
        return Q(**{f"{column}__isnull": False}) if is_descending else Q(pk__in=[])
    beyond = Q(**{f"{column}__{'lt' if is_descending else 'gt'}": value})
    return beyond | Q(**{f"{column}__isnull": True}) if column == NULLABLE and not is_descending else beyond
