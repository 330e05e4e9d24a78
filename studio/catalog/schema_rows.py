"""A JSON Schema as rows to read: one per argument, nested ones below their parent. Shows what it knows, hides nothing:
the schema itself stands below the table."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, islice
from typing import Any

MAX_DEPTH = 8
MAX_ROWS = 300
MAX_VISITS = 3000
"""Parts of a schema that are looked at: unfolded, a short one can have more of them than there are atoms."""
MAX_CHOICES = 100
MAX_VARIANTS = 10
TYPE_DEPTH = 2

LIMITS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "above {}",
    "exclusiveMaximum": "below {}",
    "multipleOf": "a multiple of {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "pattern": "matches {}",
    "format": "as {}",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "uniqueItems": "no item twice",
    "default": "default {}",
    "const": "always {}",
}


@dataclass(frozen=True, kw_only=True)
class SchemaRow:
    """``path`` like ``items[].sku``; ``type`` and ``limits`` in words."""

    path: str
    type: str
    is_required: bool
    description: str
    choices: list[str]
    limits: list[str]


def schema_rows(schema: dict[str, Any]) -> list[SchemaRow]:
    """The arguments of a schema of type object, in their order. References are followed within the schema.

    A schema that refers to itself unfolds without end: MAX_ROWS are shown.
    """
    return list(islice(_members(schema, schema, "", 0, count()), MAX_ROWS))


def _members(
    node: dict[str, Any], root: dict[str, Any], prefix: str, depth: int, visits: Iterator[int]
) -> Iterator[SchemaRow]:
    required = node.get("required", [])
    for name, part in node.get("properties", {}).items():
        inner = _followed(part, root)
        path = f"{prefix}{name}"
        yield SchemaRow(
            path=path,
            type=_type(inner, root),
            is_required=name in required,
            description=str(inner.get("description", "")),
            choices=_choices(inner.get("enum", [])),
            limits=[words.format(_value(inner[key])) for key, words in LIMITS.items() if key in inner],
        )
        if depth < MAX_DEPTH:
            yield from _below(inner, root, path, depth + 1, visits)


def _below(
    node: dict[str, Any], root: dict[str, Any], path: str, depth: int, visits: Iterator[int]
) -> Iterator[SchemaRow]:
    for variant in (node, *_variants(node, root)):
        if next(visits) >= MAX_VISITS:
            return
        yield from _members(variant, root, f"{path}.", depth, visits)
        items = variant.get("items")
        if isinstance(items, dict) and depth < MAX_DEPTH:
            yield from _below(_followed(items, root), root, f"{path}[]", depth + 1, visits)


def _choices(options: list[Any]) -> list[str]:
    shown = [_value(option) for option in options[:MAX_CHOICES]]
    return [*shown, f"… and {len(options) - MAX_CHOICES} more"] if len(options) > MAX_CHOICES else shown


def _type(node: dict[str, Any], root: dict[str, Any], depth: int = 0) -> str:
    kind = node.get("type")
    if depth > TYPE_DEPTH:
        return "…"
    if isinstance(kind, list):
        return " or ".join(str(name) for name in kind)
    if kind == "array" and isinstance(node.get("items"), dict):
        return f"array of {_type(_followed(node['items'], root), root, depth + 1)}"
    if kind is not None:
        return str(kind)
    found = _variants(node, root)
    variants = dict.fromkeys(_type(variant, root, depth + 1) for variant in found[:MAX_VARIANTS])
    return " or ".join([*variants, "…"] if len(found) > MAX_VARIANTS else variants) or "any"


def _variants(node: dict[str, Any], root: dict[str, Any]) -> list[dict[str, Any]]:
    return [_followed(part, root) for key in ("anyOf", "oneOf", "allOf") for part in node.get(key, [])]


def _followed(node: Any, root: dict[str, Any], hops: int = 8) -> dict[str, Any]:
    """The node, or what its reference points to; a boolean schema and a reference that leads nowhere are the empty schema."""
    if not isinstance(node, dict):
        return {}
    reference = node.get("$ref")
    if not isinstance(reference, str) or hops == 0:
        return node
    found: Any = root
    for part in reference.removeprefix("#").strip("/").split("/"):
        found = found.get(part.replace("~1", "/").replace("~0", "~"), {}) if isinstance(found, dict) and part else found
    rest = {key: value for key, value in node.items() if key != "$ref"}
    return {**_followed(found, root, hops - 1), **rest}


def _value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
