"""Keyset pagination: a page begins behind a row, not at a number, so the thousandth costs what the first does.

A cursor is the sort values of a row, opaque to the reader. One that can't be read begins at the front.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import QueryDict

from studio.domain.orders import behind, in_order, turned, values_of

SIZE = 50
COUNTED = 10_000
"""Up to so many rows are counted exactly; beyond, "more than" is all a reader needs."""

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, kw_only=True)
class Page(Generic[Row]):
    """One page of rows. ``next`` and ``previous`` are cursors for ``after=`` and ``before=``, "" at either end."""

    rows: list[Row]
    next: str
    previous: str


def page_of(rows: QuerySet[Row], *, order: Sequence[str], query: QueryDict, size: int = SIZE) -> Page[Row]:
    """The page that ``after`` or ``before`` in the query asks for.

    ``order`` names columns as ``studio.domain.orders`` does. One query.
    """
    backwards = "before" in query and "after" not in query
    direction = turned(order) if backwards else list(order)
    cursor = _values(query.get("before" if backwards else "after", ""), len(order))
    found = _behind(in_order(rows, direction), direction, cursor, size + 1)
    if found is None:
        backwards, direction, cursor = False, list(order), None
        found = list(in_order(rows, direction)[: size + 1])
    more, shown = len(found) > size, found[:size]
    if backwards:
        shown.reverse()
        has_next, has_previous = cursor is not None, more
    else:
        has_next, has_previous = more, cursor is not None
    return Page(
        rows=shown,
        next=_cursor(shown[-1], order) if shown and has_next else "",
        previous=_cursor(shown[0], order) if shown and has_previous else "",
    )


def count_up_to(rows: QuerySet[Row], *, limit: int = COUNTED) -> str:
    """How many rows there are, as words: exact up to ``limit``, then "more than"."""
    count = rows.order_by()[: limit + 1].count()
    return f"more than {limit:,}" if count > limit else f"{count:,}"


def _behind(rows: QuerySet[Row], order: Sequence[str], cursor: list[Any] | None, limit: int) -> list[Row] | None:
    """The rows behind the cursor, or None when its values fit no column."""
    try:
        return list((rows if cursor is None else rows.filter(behind(order, cursor)))[:limit])
    except (ValidationError, ValueError, TypeError, OverflowError):
        return None


def _cursor(row: Model, order: Sequence[str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(values_of(row, order), default=str).encode()).decode().rstrip("=")


def _values(cursor: str, count: int) -> list[Any] | None:
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return None
    is_fit = isinstance(values, list) and len(values) == count and all(isinstance(v, str | int | None) for v in values)
    return values if is_fit else None
