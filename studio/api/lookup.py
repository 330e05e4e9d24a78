"""Finding rows: by the opaque id of a URL, and by the names people use for datasets, registries and endpoints elsewhere.

A text that can be neither never reaches the database.
"""

import re
from typing import TypeVar

from django.db.models import Model, Q, QuerySet
from django.http import Http404

from studio.api.errors import place
from studio.domain.errors import Refused

Row = TypeVar("Row", bound=Model)
_PID = re.compile(r"[0-9a-z]{12}")
_NAME = re.compile(r"[-a-zA-Z0-9_]{1,80}")


def by_id(rows: QuerySet[Row], pid: str, *, what: str) -> Row:
    """The row of this id. Raises Http404."""
    found = rows.filter(pid=pid).first() if _PID.fullmatch(pid) else None
    if found is None:
        raise Http404(f"There is no {what} with this id.")
    return found


def by_name(rows: QuerySet[Row], given: str, *, column: str = "slug") -> Row | None:
    """The row of this id, or else of this slug or name; None when there is none."""
    if not _NAME.fullmatch(given):
        return None
    found = {str(getattr(row, "pid", "")): row for row in rows.filter(Q(pid=given) | Q(**{column: given}))}
    return found.get(given) or next(iter(found.values()), None)


def asked_for(rows: QuerySet[Row], given: str, *, what: str, column: str = "slug") -> Row:
    """The row that a query parameter names. Raises Http404."""
    found = by_name(rows, given, column=column)
    if found is None:
        raise Http404(f"There is no {what} {given!r}.")
    return found


def referred_to(rows: QuerySet[Row], given: str, *, what: str, column: str = "slug") -> Row:
    """The row that a body names in its member ``what``. Raises Refused that points there."""
    found = by_name(rows, given, column=column)
    if found is None:
        message = f"There is no {what} {given!r}."
        raise Refused(message, details=[place(f"/{what}", message)])
    return found
