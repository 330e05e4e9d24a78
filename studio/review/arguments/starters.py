"""What a value begins with when people say that it is given: the least that is a value of its kind.

Nothing is made up for them: of an object only its required constants are set, a default is never inserted.
"""

import math
from typing import Any

from studio.review.arguments.branches import MAX_BRANCHES
from studio.review.arguments.schemas import Reading, Schema, SchemaReader, type_of

_DEEPEST = 6


def start(reader: SchemaReader, *schemas: Schema, kind: str = "", keep: object = None, depth: int = 0) -> Any:
    """The first value of a schema, or of its type ``kind``; of ``keep`` it takes over what has a place in it."""
    reading = settle(reader, reader.read(*schemas))
    words = reading.words
    kind = kind or _first(reading.types)
    if "const" in words:
        return words["const"]
    if isinstance(words.get("enum"), list) and words["enum"]:
        fitting = [value for value in words["enum"] if type_of(value) == kind] or words["enum"]
        return fitting[0]
    if kind == "object":
        return _object(reader, reading, keep=keep, depth=depth)
    if kind == "array":
        return keep if isinstance(keep, list) else []
    if kind == "string":
        return _text(keep)
    if kind == "number":
        return _number(reading, keep=keep)
    return keep if kind == "boolean" and isinstance(keep, bool) else {"boolean": False}.get(kind)


def settle(reader: SchemaReader, reading: Reading) -> Reading:
    """The reading with the first alternative of each union, null passed over."""
    for _ in range(_DEEPEST):
        if not reading.unions:
            break
        union = reading.unions[0][:MAX_BRANCHES]
        branch = next((one for one in union if reader.read(one).words.get("type") != "null"), union[0])
        rest = [{"anyOf": other} for other in reading.unions[1:]]
        reading = reader.read(branch, reading.words, *rest)
    return reading


def _first(types: list[str]) -> str:
    return next((name for name in types if name != "null"), "null")


def _object(reader: SchemaReader, reading: Reading, *, keep: object, depth: int) -> dict[str, Any]:
    properties = reading.properties
    begun = {key: value for key, value in keep.items() if key in properties} if isinstance(keep, dict) else {}
    for key in reading.required:
        words = reader.read(properties.get(key, {})).words if depth < _DEEPEST else {}
        if "const" in words:
            begun[key] = words["const"]
    return begun


def _text(keep: object) -> str:
    if isinstance(keep, str):
        return keep
    return str(keep) if isinstance(keep, int | float) and not isinstance(keep, bool) else ""


def _number(reading: Reading, *, keep: object) -> float | int:
    if type_of(keep) == "number":
        return keep  # type: ignore[return-value]  # type_of says so
    if isinstance(keep, str):
        for read in (int, float):
            try:
                value = read(keep)
            except ValueError:
                continue
            if math.isfinite(value):
                return value
    least = reading.words.get("minimum")
    return least if isinstance(least, int | float) and least > 0 else 0
