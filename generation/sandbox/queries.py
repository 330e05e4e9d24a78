"""Which records a list action finds, in which order, and what it shows of them. Pure."""

from collections.abc import Mapping
from typing import Any

from generation.fixtures import Action
from generation.sandbox.json_values import ABSENT, json_equal, look_up
from generation.sandbox.replies import text_of
from generation.sandbox.templates import fill


def select(
    records: Mapping[str, dict[str, Any]], action: Action, *, arguments: Mapping[str, Any]
) -> tuple[list[dict[str, Any]], int]:
    """The records a list action shows, and how many it found before ``limit``.

    A condition whose argument is absent is no condition; neither is a null bound, text, order or limit.
    Raises ValueError, worded for the caller of the tool, for a limit that is no count.
    """
    where = fill(action.where, arguments)
    at_least, at_most = fill(action.at_least, arguments), fill(action.at_most, arguments)
    text, order = _option(action.text, arguments), _option(action.sort, arguments)
    found = [
        record
        for record in records.values()
        if fits(record, where)
        and all(_is_ordered(bound, look_up(record, field)) for field, bound in at_least.items() if bound is not None)
        and all(_is_ordered(look_up(record, field), bound) for field, bound in at_most.items() if bound is not None)
        and _has_text(record, action.search, text_of(text or ""))
    ]
    if order is not None:
        found = _sorted(found, text_of(order))
    shown = found[: _limit(action, arguments)]
    if action.fields:
        shown = [{field: record[field] for field in action.fields if field in record} for record in shown]
    return shown, len(found)


def fits(record: Mapping[str, Any], where: Mapping[str, Any]) -> bool:
    """Whether the record has all these values. A missing field is null; an array field has what it contains,
    and every item of an array that is asked for."""
    return all(_has(look_up(record, field), wanted) for field, wanted in where.items())


def _has(value: object, wanted: object) -> bool:
    if value is ABSENT:
        return wanted is None
    if not isinstance(value, list):
        return json_equal(value, wanted)
    items = wanted if isinstance(wanted, list) else [wanted]
    return all(any(json_equal(one, item) for one in value) for item in items)


def _has_text(record: Mapping[str, Any], fields: list[str], text: str) -> bool:
    if not fields or not text:
        return True
    values = (look_up(record, field) for field in fields)
    return any(text.casefold() in text_of(value).casefold() for value in values if value not in (ABSENT, None))


def _is_ordered(low: object, high: object) -> bool:
    # numbers with numbers and texts (ISO dates among them) with texts; nothing else has an order
    if isinstance(low, str) and isinstance(high, str):
        return low <= high
    return _is_number(low) and _is_number(high) and low <= high  # type: ignore[operator]  # both are numbers here


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _sorted(records: list[dict[str, Any]], order: str) -> list[dict[str, Any]]:
    """By a field, ``-field`` descending; stable, and records without the field stand last either way."""
    field = order.removeprefix("-")
    having = [record for record in records if look_up(record, field) not in (ABSENT, None)]
    lacking = [record for record in records if look_up(record, field) in (ABSENT, None)]
    return sorted(having, key=lambda record: _rank(look_up(record, field)), reverse=order.startswith("-")) + lacking


def _rank(value: object) -> tuple[int, Any]:
    if _is_number(value):
        return 0, value
    return (1, value) if isinstance(value, str) else (2, text_of(value))


def _limit(action: Action, arguments: Mapping[str, Any]) -> int | None:
    value = _option(action.limit, arguments)
    if value is None:
        return None
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    if not isinstance(value, int | float) or isinstance(value, bool) or value != int(value) or value < 0:
        raise ValueError(f"limit must be a whole number of 0 or more, not {text_of(value)}")
    return int(value)


def _option(template: object, arguments: Mapping[str, Any]) -> Any:
    """The filled value, ``None`` when it is absent or null."""
    value = fill(template, arguments)
    return None if value is ABSENT else value
