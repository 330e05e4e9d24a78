"""Violations at their fields: each at the field it points to, or at the nearest one that is drawn around it."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.html import format_html

from studio.review.arguments.fields import ArgumentField
from studio.review.arguments.json_text import parts_of, pointer_to
from studio.review.arguments.schemas import Schema, SchemaReader
from studio.web.visible_text import show

Detail = dict[str, str]
_UNIONS = ("listed in the 'anyOf' keyword", "listed in the 'oneOf' keyword")


def explain(root: ArgumentField, details: list[Detail], *, arguments: Any, schema: Schema) -> list[Detail]:
    """The details, "fits no alternative" replaced by what breaks the alternative that is drawn."""
    reader = SchemaReader(schema)
    drawn = {field.pointer: field for field in _all(root)}
    told: list[Detail] = []
    pending = list(details)
    while pending and len(told) < 500:
        detail = pending.pop(0)
        field = drawn.get(detail["pointer"])
        is_union = field is not None and field.branch is not None and detail["message"].endswith(_UNIONS)
        found = _within(reader, field, arguments) if is_union and field is not None else []
        if field is not None and found:
            field.branch = None
            pending = found + pending
        else:
            told.append(detail)
    return told


def place(root: ArgumentField, *, details: list[Detail]) -> list[Detail]:
    """Hang each violation on its field; returns those that belong to none, the whole's own among them."""
    drawn = {field.pointer: field for field in _all(root)}
    rest: list[Detail] = []
    for detail in details:
        parts = parts_of(detail["pointer"])
        inner: list[str] = []
        while parts and pointer_to(parts) not in drawn:
            inner.insert(0, parts.pop())
        field = drawn.get(pointer_to(parts)) if parts else None
        if field is None:
            rest.append(detail)
            continue
        message = show(detail["message"])
        field.errors.append(format_html("{}: {}", show("/".join(inner)), message) if inner else message)
    return rest


def _within(reader: SchemaReader, field: ArgumentField, arguments: Any) -> list[Detail]:
    value = arguments
    for part in field.path:
        value = value[part]
    return [
        {"pointer": field.pointer + violation.pointer, "message": violation.message}
        for violation in reader.violations(value, field.branch)
    ]


def _all(field: ArgumentField) -> Iterator[ArgumentField]:
    yield field
    for member in field.members:
        yield from _all(member)


def choices_in(value: object) -> Mapping[str, int]:
    """The alternatives a browser says were chosen; whatever else it says is left out."""
    if not isinstance(value, dict):
        return {}
    return {
        str(name): number for name, number in value.items() if isinstance(number, int) and not isinstance(number, bool)
    }
