"""The JSON Schema that goes over the wire, and the way back.

OpenAI's strict mode knows a part of JSON Schema: every object is closed and every property required. An optional
property therefore goes out as nullable, and a null that only stands for "left out" is taken away again (``restore``).
A schema with free-form objects can't be said strictly; it goes out as it is, not strict. Either way the caller's own
validation has the last word.
"""

import functools
import json
from typing import Any, NamedTuple

from pydantic import BaseModel

# What strict mode takes beside the keywords handled below. Everything else (default, minLength, title, …) is left
# out: leaving out a limit only makes the grammar wider than the schema.
_KEPT = ("type", "enum", "const", "description", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
         "multipleOf", "minItems", "maxItems")  # fmt: skip
_FORMATS = ("date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid")
# Applicators whose meaning would be lost, not widened, by leaving them out.
_INEXPRESSIBLE = (
    "patternProperties",
    "if",
    "not",
    "prefixItems",
    "dependentSchemas",
    "$dynamicRef",
    "unevaluatedProperties",
)
_NULL = {"type": "null"}


class WireSchema(NamedTuple):
    """What is sent: the schema, whether it is said strictly, and its text as a key for what is remembered about it."""

    schema: dict[str, Any]
    strict: bool
    key: str


class _Inexpressible(Exception):
    """Strict mode has no word for this."""


@functools.lru_cache(maxsize=256)
def reply_schema(reply: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema of a reply's model. Don't change the value: it is shared."""
    return reply.model_json_schema()


def wire_schema(schema: dict[str, Any]) -> WireSchema:
    """``schema`` as strict mode wants it, or itself where strict mode can't say it."""
    return _wire_schema(json.dumps(schema))


@functools.lru_cache(maxsize=256)
def _wire_schema(text: str) -> WireSchema:
    schema = json.loads(text)
    try:
        return WireSchema(_strict_root(schema), True, text)
    except _Inexpressible:
        return WireSchema(schema, False, text)


def _strict_root(schema: dict[str, Any]) -> dict[str, Any]:
    if "anyOf" in schema or "oneOf" in schema or "$ref" in schema:
        raise _Inexpressible
    strict = _strict(schema)
    if strict.get("type") != "object":
        raise _Inexpressible
    for word in ("$defs", "definitions"):
        if word in schema:
            strict[word] = {name: _strict(part) for name, part in schema[word].items()}
    return strict


def _strict(schema: Any) -> dict[str, Any]:
    if not isinstance(schema, dict) or any(word in schema for word in _INEXPRESSIBLE):
        raise _Inexpressible
    if "$ref" in schema:
        return {"$ref": schema["$ref"]}
    if "allOf" in schema:
        return _strict(_merged(schema))
    strict = {word: schema[word] for word in _KEPT if word in schema}
    if schema.get("format") in _FORMATS:
        strict["format"] = schema["format"]
    branches = schema.get("anyOf", schema.get("oneOf"))
    if branches is not None:
        return strict | {"anyOf": [_strict(branch) for branch in branches]}
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if "object" in kinds or "properties" in schema:
        strict |= {"type": schema.get("type", "object")} | _closed_object(schema)
    if "array" in kinds:
        strict["items"] = _strict(schema.get("items"))
    if not kinds and not strict.keys() & {"enum", "const", "type"}:
        raise _Inexpressible
    return strict


def _merged(schema: dict[str, Any]) -> dict[str, Any]:
    # One part beside annotations is the form that generators write for "this type, with a description".
    if len(schema["allOf"]) != 1:
        raise _Inexpressible
    rest = {word: value for word, value in schema.items() if word != "allOf"}
    return {**schema["allOf"][0], **rest}


def _closed_object(schema: dict[str, Any]) -> dict[str, Any]:
    properties = schema.get("properties", {})
    if not properties and schema.get("additionalProperties") is not False:
        raise _Inexpressible
    if schema.get("additionalProperties", False) not in (False, True):
        raise _Inexpressible
    if schema.get("additionalProperties") is True:
        raise _Inexpressible
    required = schema.get("required", [])
    closed = {}
    for name, part in properties.items():
        strict = _strict(part)
        closed[name] = strict if name in required or _takes_null(part, {}) else {"anyOf": [strict, _NULL]}
    return {"properties": closed, "required": list(closed), "additionalProperties": False}


def restore(value: Any, schema: dict[str, Any]) -> Any:
    """``value`` without the nulls that stand for optional properties left out; ``schema`` is the one before ``wire_schema``."""
    return _restore(value, schema, schema)


def _restore(value: Any, schema: Any, root: dict[str, Any]) -> Any:
    schema = _resolved(schema, root)
    if isinstance(value, list):
        items = schema.get("items", {})
        return [_restore(item, items, root) for item in value]
    if not isinstance(value, dict):
        return value
    if "properties" not in schema:
        branches = schema.get("anyOf", schema.get("oneOf", []))
        fitting = next((branch for branch in branches if _is_branch_of(value, branch, root)), None)
        return value if fitting is None else _restore(value, fitting, root)
    kept = {}
    for name, member in value.items():
        part = schema["properties"].get(name)
        if (
            member is None
            and part is not None
            and name not in schema.get("required", [])
            and not _takes_null(part, root)
        ):
            continue
        kept[name] = member if part is None else _restore(member, part, root)
    return kept


def _is_branch_of(value: dict[str, Any], branch: Any, root: dict[str, Any]) -> bool:
    # A strict reply names every property of its branch, so the names (and constants) tell the branches apart.
    branch = _resolved(branch, root)
    properties = branch.get("properties", {})
    if not set(value) <= set(properties) or not set(branch.get("required", [])) <= set(value):
        return False
    for name, part in properties.items():
        allowed = [part["const"]] if "const" in part else part.get("enum")
        if allowed is not None and name in value and value[name] is not None and value[name] not in allowed:
            return False
    return True


def _resolved(schema: Any, root: dict[str, Any]) -> dict[str, Any]:
    # A reference to itself ends here instead of going round for ever.
    for _ in range(32):
        part: dict[str, Any] = schema if isinstance(schema, dict) else {}
        if len(part.get("allOf", [])) == 1:
            part = _merged(part)
        if "$ref" not in part:
            return part
        schema = _pointed_at(part["$ref"], root)
    return {}


def _pointed_at(pointer: str, root: dict[str, Any]) -> Any:
    part: Any = root
    for word in pointer.removeprefix("#").split("/")[1:]:
        part = part.get(word.replace("~1", "/").replace("~0", "~")) if isinstance(part, dict) else None
    return part


def _takes_null(schema: Any, root: dict[str, Any], asked: set[int] | None = None) -> bool:
    """``asked``: parts that were asked already, so that references that meet again end."""
    if not isinstance(schema, dict):
        return True
    asked = set() if asked is None else asked
    if id(schema) in asked:
        return False
    asked.add(id(schema))
    if root:
        schema = _resolved(schema, root)
    kinds = schema.get("type")
    if kinds == "null" or (isinstance(kinds, list) and "null" in kinds):
        return True
    if "const" in schema or "enum" in schema:
        return None in [schema.get("const", 0), *schema.get("enum", [])]
    branches = schema.get("anyOf", schema.get("oneOf", []))
    return any(_takes_null(branch, root, asked) for branch in branches) or (
        kinds is None and not branches and "$ref" not in schema
    )
