"""JSON Schemas made to make endless work, each of a page at most; what is imported must not hold them, what is stored must be shown."""

import sys
from collections.abc import Callable
from typing import Any

Schema = dict[str, Any]
STEPS = 40
"""So often each of them doubles: 2^40 is out of reach for whatever follows every way."""


def _chain(step: Callable[[Schema], Schema], *, first: Schema | None = None) -> Schema:
    """``step`` makes of a reference to one definition the next; the argument x is the last of them."""
    definitions: dict[str, Schema] = {"a0": first or {"type": "string"}}
    for number in range(1, STEPS + 1):
        definitions[f"a{number}"] = step({"$ref": f"#/$defs/a{number - 1}"})
    return {"type": "object", "properties": {"x": {"$ref": f"#/$defs/a{STEPS}"}}, "$defs": definitions}


def _member(inner: Schema) -> Schema:
    return {"type": "object", "properties": {"x": inner}}


TREE: Schema = {
    "type": "object",
    "properties": {"x": {"$ref": "#/$defs/t"}},
    "$defs": {"t": {"anyOf": [{"type": "array", "items": {"$ref": "#/$defs/t"}} for _ in range(3)]}},
}
"""Like many that are honest: a value within itself, in one of several forms. It is taken; its work is the value's depth."""

HOSTILE: dict[str, tuple[Schema, str]] = {
    **{
        f"{word} doubles": (
            _chain(lambda one, word=word: {word: [one, one]}),
            "applies to one value over a billion times",
        )
        for word in ("allOf", "anyOf", "oneOf")
    },
    "not doubles": (_chain(lambda one: {"not": {"allOf": [one, {"not": one}]}}), "applies to one value over a billion"),
    "if doubles": (_chain(lambda one: {"if": one, "then": one, "else": one}), "applies to one value over a billion"),
    "members double": (_chain(lambda one: {"anyOf": [_member(one), _member(one)]}), "over a billion parts"),
    "items double": (
        _chain(lambda one: {"anyOf": [{"type": "array", "items": one}, {"type": "array", "items": one}]}),
        "over a billion parts",
    ),
    "itself": ({"type": "object", "allOf": [{"$ref": "#"}]}, "refers to itself"),
    "each other": (
        {
            "type": "object",
            "properties": {"x": {"$ref": "#/$defs/a0"}},
            "$defs": {
                f"a{one}": {"anyOf": [{"$ref": f"#/$defs/a{other}"} for other in range(12) if other != one]}
                for one in range(12)
            },
        },
        "refers to itself",
    ),
    "anchors double": (
        {
            "type": "object",
            "properties": {"x": {"$ref": f"#n{STEPS}"}},
            "$defs": {
                f"a{number}": {
                    "$anchor": f"n{number}",
                    "anyOf": [{"$ref": f"#n{number - 1}"}] * 2 if number else [True],
                }
                for number in range(STEPS + 1)
            },
        },
        "applies to one value over a billion times",
    ),
    "long": ({"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(8000)}}, "members and items"),
}


def nested(depth: int, *, leaf: object = 5, member: str = "") -> Any:
    """A value so deep: lists, or objects with this one member."""
    value: Any = leaf
    for _ in range(depth):
        value = {member: value} if member else [value]
    return value


class TooMuchWork(AssertionError):
    """More was called than was allowed."""


class Calls:
    """Counts the calls made within it, Python's and those of C alike, and breaks off beyond ``limit``: work, not time."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.count = 0

    def __enter__(self) -> "Calls":
        sys.setprofile(self._note)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _note(self, _frame: object, event: str, _argument: object) -> None:
        if event in ("call", "c_call"):
            self.count += 1
            if self.count > self.limit:
                sys.setprofile(None)
                raise TooMuchWork(f"more than {self.limit:,} calls")
