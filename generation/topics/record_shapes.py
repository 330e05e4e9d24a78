"""What the records of a table look like, as a JSON Schema, and how their keys follow from them.

A model that adds a record keeps to what the registry's tools already rely on: the same fields, of the same types; texts
that only ever take a few values take one of these; and the key that the tools will look for.
"""

import itertools
from collections.abc import Iterable, Mapping
from typing import Any

Schema = dict[str, Any]
Table = Mapping[str, Any]

MAX_CHOICES = 12
MIN_RECORDS_FOR_CHOICES = 6
SEPARATORS = (" ", "-", "/", ":", "_", ".", "#", "")


def record_schema(table: Table) -> Schema | None:
    """The schema of a table's records; None when it has none, or some that are no objects."""
    records = list(table.values())
    if not records or not all(isinstance(record, dict) and record for record in records):
        return None
    return _object_schema(records)


def key_of(record: Mapping[str, Any], table: Table) -> str | None:
    """The key a new record must have: one field's value, or two joined as in the table; None when it does not show."""
    known = [(key, other) for key, other in table.items() if isinstance(other, dict)]
    fields = list(known[0][1]) if known else []
    for field in fields:
        if all(str(other.get(field)) == key for key, other in known):
            return str(record.get(field))
    for one, other_field, separator in itertools.product(fields, fields, SEPARATORS):
        if all(f"{other.get(one)}{separator}{other.get(other_field)}" == key for key, other in known):
            return f"{record.get(one)}{separator}{record.get(other_field)}"
    return None


def _object_schema(records: list[dict[str, Any]]) -> Schema:
    names = list(dict.fromkeys(name for record in records for name in record))
    return {
        "type": "object",
        "properties": {name: _schema([record[name] for record in records if name in record]) for name in names},
        "required": [name for name in names if all(name in record for record in records)],
        "additionalProperties": False,
    }


def _schema(values: list[Any]) -> Schema:
    kinds = list(dict.fromkeys(_kind(value) for value in values))
    if "integer" in kinds and "number" in kinds:
        kinds.remove("integer")
    branches = [_of_kind(kind, [value for value in values if _is_of(value, kind)]) for kind in kinds]
    return branches[0] if len(branches) == 1 else {"anyOf": branches}


def _of_kind(kind: str, values: list[Any]) -> Schema:
    if kind == "object":
        return _object_schema(values)
    if kind == "array":
        items = [item for value in values for item in value]
        # Lists that were always empty say nothing about what may stand in them.
        return {"type": "array", "items": _schema(items)} if items else {"type": "array", "items": {"type": "string"}, "maxItems": 0}  # fmt: skip
    choices = _choices(values) if kind == "string" else []
    return {"type": kind, "enum": choices} if choices else {"type": kind}


def _choices(values: Iterable[str]) -> list[str]:
    """The values of a text that takes only a few of them, over and over; [] for one that is free."""
    given = list(values)
    distinct = list(dict.fromkeys(given))
    is_choice = len(given) >= MIN_RECORDS_FOR_CHOICES and len(distinct) <= min(MAX_CHOICES, len(given) // 2)
    return distinct if is_choice else []


def _kind(value: object) -> str:
    kinds: dict[type, str] = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}  # fmt: skip
    return kinds.get(type(value), "null")


def _is_of(value: object, kind: str) -> bool:
    return _kind(value) == kind or (kind == "number" and _kind(value) == "integer")
