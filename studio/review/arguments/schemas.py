"""A JSON Schema read for drawing: references followed, ``allOf`` merged, the types it takes named.

Reading is a help for people, not a check: what can't be merged exactly is drawn by the first that says it, and the validator
decides. Hostile schemas end: a reference is followed once, and so many parts are merged and no more.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from generation.conversation import canonical_json
from generation.tools import Violation, schema_violations
from studio.review.arguments.json_text import parts_of

Schema = Any
"""A JSON object, true or false."""
Words = dict[str, Any]
HERE = "urn:arguments"
"""The name under which parts of a schema find the whole that their references mean."""
TYPES = ("string", "number", "boolean", "object", "array", "null")
MAX_PARTS = 100
_VALUES = ("const", "enum", "default", "examples")
_OLD = ("draft-03", "draft-04", "draft-06", "draft-07")
_IMPLIED = {
    "object": ("properties", "patternProperties", "additionalProperties", "required", "propertyNames", "minProperties"),
    "array": ("items", "prefixItems", "contains", "minItems", "maxItems", "uniqueItems"),
    "string": ("minLength", "maxLength", "pattern", "format"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}


@dataclass
class Reading:
    """What a schema says in one piece: ``words`` without references and ``allOf``, and each ``anyOf``/``oneOf`` apart."""

    words: Words = field(default_factory=dict)
    unions: list[list[Schema]] = field(default_factory=list)
    is_partial: bool = False
    """Whether it says more than was read."""

    @property
    def types(self) -> list[str]:
        """The types to draw, in the schema's order; all of them when it names none and implies none."""
        declared = self.words.get("type")
        if isinstance(declared, str | list):
            names = [declared] if isinstance(declared, str) else declared
            known = dict.fromkeys("number" if name == "integer" else name for name in names)
            return [name for name in known if name in TYPES]
        implied = [name for name, words in _IMPLIED.items() if any(word in self.words for word in words)]
        return implied or list(TYPES)

    @property
    def is_whole(self) -> bool:
        """Whether a number has to be whole."""
        declared = self.words.get("type")
        return declared == "integer" or (isinstance(declared, list) and "number" not in declared)

    @property
    def required(self) -> list[str]:
        return [key for key in _list(self.words.get("required")) if isinstance(key, str)]

    @property
    def properties(self) -> dict[str, Schema]:
        return _dict(self.words.get("properties"))


class SchemaReader:
    """Reads the parts of one schema."""

    def __init__(self, schema: Schema) -> None:
        self.root = _absolute(schema)
        self._dialect = str(_dict(schema).get("$schema", ""))
        self._is_old = any(name in self._dialect for name in _OLD)

    def read(self, *schemas: Schema) -> Reading:
        """The schemas as one that holds all of them."""
        reading, pending, seen = Reading(), list(schemas), set()
        for _ in range(MAX_PARTS):
            if not pending:
                return reading
            part = pending.pop(0)
            if part is False:
                reading.words.setdefault("not", {})
            if not isinstance(part, dict):
                continue
            ref = part.get("$ref")
            if isinstance(ref, str):
                if ref not in seen:
                    seen.add(ref)
                    pending.insert(0, self._at(ref))
                if self._is_old:
                    continue
            pending.extend(_list(part.get("allOf")))
            _merge(reading, part)
        reading.is_partial = True
        return reading

    def violations(self, value: object, schema: Schema) -> list[Violation]:
        """How ``value`` breaks a part of the schema; [] too when that can't be said."""
        if not isinstance(schema, dict):
            return [] if schema is not False else [Violation((), "Nothing is allowed here.")]
        whole: Words = dict(schema)
        if HERE in json.dumps(schema):
            shelf = "definitions" if self._is_old else "$defs"
            whole[shelf] = {**_dict(whole.get(shelf)), HERE: {**_dict(self.root), "$id": HERE}}
            whole.pop("$id", None)
            if self._is_old and "$ref" in whole:
                whole = {"allOf": [{"$ref": whole.pop("$ref")}], shelf: whole[shelf]}
        if self._dialect:
            whole["$schema"] = self._dialect
        try:
            return schema_violations(value, whole)
        except ValueError:
            return []

    def _at(self, ref: str) -> Schema:
        if not ref.startswith(f"{HERE}#"):
            return {}
        part: Any = self.root
        for name in parts_of(unquote(ref.partition("#")[2])):
            if isinstance(part, list) and name.isdecimal() and int(name) < len(part):
                part = part[int(name)]
            elif isinstance(part, dict) and name in part:
                part = part[name]
            else:
                return {}
        return part


def type_of(value: object) -> str:
    """The type of a JSON value as ``Reading.types`` names it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def _absolute(schema: Schema) -> Schema:
    """The schema with each reference into itself under the name ``HERE``, so that its parts can be used alone."""
    if isinstance(schema, list):
        return [_absolute(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    out: Words = {}
    for word, said in schema.items():
        if word in _VALUES:
            out[word] = said
        elif word in ("$ref", "$dynamicRef") and isinstance(said, str):
            out["$ref"] = f"{HERE}{said}" if said.startswith("#") else said
        else:
            out[word] = _absolute(said)
    return out


def _merge(reading: Reading, part: Mapping[str, Any]) -> None:
    words = reading.words
    for union in ("oneOf", "anyOf"):
        if _list(part.get(union)):
            reading.unions.append(part[union])
    for word, said in part.items():
        if word in ("allOf", "oneOf", "anyOf", "$ref", "$defs", "definitions", "$id", "$schema"):
            continue
        if word not in words:
            words[word] = said
        elif merge := _MERGES.get(word):
            words[word] = merge(words[word], said)


def _both(one: Schema, other: Schema) -> Schema:
    if one == other or other is True or one is False:
        return one
    return other if one is True or other is False else {"allOf": [one, other]}


def _both_by_key(one: Any, other: Any) -> dict[str, Schema]:
    first, second = _dict(one), _dict(other)
    return {**first, **{key: _both(first[key], said) if key in first else said for key, said in second.items()}}


def _common(one: Any, other: Any) -> list[Any]:
    taken = {canonical_json(value) for value in _list(other)}
    return [value for value in _list(one) if canonical_json(value) in taken]


def _common_types(one: Any, other: Any) -> list[str]:
    first, second = ([said] if isinstance(said, str) else _list(said) for said in (one, other))
    narrow = [name for name in first if name in second or (name == "integer" and "number" in second)]
    return narrow + [name for name in second if name == "integer" and "number" in first and name not in narrow]


def _tightest(pick: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    def choose(one: Any, other: Any) -> Any:
        return pick(one, other) if type_of(one) == type_of(other) == "number" else one

    return choose


_MERGES: dict[str, Callable[[Any, Any], Any]] = {
    "properties": _both_by_key,
    "patternProperties": _both_by_key,
    "additionalProperties": _both,
    "propertyNames": _both,
    "items": _both,
    "required": lambda one, other: list(dict.fromkeys([*_list(one), *_list(other)])),
    "enum": _common,
    "type": _common_types,
    "readOnly": lambda one, other: one or other,
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"), _tightest(max)),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), _tightest(min)),
}


def _dict(said: Any) -> dict[str, Any]:
    return said if isinstance(said, dict) else {}


def _list(said: Any) -> list[Any]:
    return said if isinstance(said, list) else []
