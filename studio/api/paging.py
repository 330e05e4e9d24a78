"""Pages of lists: by keyset, so that the thousandth costs what the first does and rows that come or go shift nothing."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from pydantic import BaseModel, Field

from studio.api.errors import place
from studio.domain.errors import Refused
from studio.domain.orders import behind, in_order, values_of

MAX_LIMIT = 200

Shown = TypeVar("Shown")
Row = TypeVar("Row", bound=Model)


class Page(BaseModel, Generic[Shown]):
    items: list[Shown]
    next: str | None = Field(default=None, description="The `cursor` of the next page; null at the end.")


class Paging(BaseModel):
    """Which page."""

    cursor: str = Field(default="", max_length=300, description="`next` of the page before; empty for the first.")
    limit: int = Field(default=50, ge=1, le=MAX_LIMIT)


def page_of(
    rows: QuerySet[Row], *, paging: Paging, show: Callable[[Row], Shown], order: Sequence[str] = ("-pk",)
) -> Page[Shown]:
    """The page of ``rows`` that ``paging`` asks for, in one query.

    ``order`` names columns as ``studio.domain.orders`` does. Raises Refused for a cursor that is not of this order.
    """
    if paging.cursor:
        rows = rows.filter(behind(order, _read(paging.cursor, order)))
    try:
        found = list(in_order(rows, order)[: paging.limit + 1])
    except (ValidationError, ValueError, TypeError, OverflowError) as error:
        raise _foreign() from error
    shown = found[: paging.limit]
    more = len(found) > paging.limit
    return Page(items=[show(row) for row in shown], next=_write(order, shown[-1]) if more else None)


def _write(order: Sequence[str], row: Model) -> str:
    text = json.dumps([*order, *values_of(row, order)], default=str)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(cursor: str, order: Sequence[str]) -> list[Any]:
    """The values of a cursor that was written for this order; anything else is refused before it reaches the database."""
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        parts = None
    if not isinstance(parts, list) or parts[: len(order)] != list(order) or len(parts) != 2 * len(order):
        raise _foreign()
    values = parts[len(order) :]
    if not all(_is_value(value) for value in values) or type(values[-1]) is not int:
        raise _foreign()
    return values


def _is_value(value: object) -> bool:
    return (
        value is None
        or (type(value) is int and 0 <= value < 2**63)
        or (type(value) is str and len(value) < 40 and "\0" not in value)
    )


def _foreign() -> Refused:
    message = "This cursor is not one of this list: begin again without it."
    return Refused(message, details=[place("/cursor", message, within="query")])
