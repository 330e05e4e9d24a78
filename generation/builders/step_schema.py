"""The JSON Schema in which a step is asked for, and the reading of the arguments that come back.

The schema is a union over the tools, each with its own arguments schema, so that calls are valid by
construction wherever the endpoint enforces schemas. How it is said strictly on the wire (every property
required, optional ones nullable) and how the nulls that this invites are taken out again is
``generation.llm.schema``. **Bounds**: a tool whose schema can't be said strictly takes its arguments as JSON
text, so that one such tool doesn't cost the others their types; a registry beyond MAX_TOOLS tools,
MAX_PROPERTIES properties, MAX_ENUM_VALUES enum values or MAX_CHARACTERS of schema takes them so for every
tool, because providers refuse larger schemas and every request pays for them.
"""

import functools
import json
from collections.abc import Iterator, Sequence
from typing import Any

from generation.builders.shown_tools import SameTools
from generation.llm.schema import wire_schema
from generation.tools import ToolDefinition

Schema = dict[str, Any]

MAX_TOOLS = 64
MAX_PROPERTIES = 500
MAX_ENUM_VALUES = 400
MAX_CHARACTERS = 40_000

AS_TEXT: Schema = {
    "type": "string",
    "description": "The arguments as the JSON text of an object that fits the function's schema.",
}
DEFINITIONS = ("$defs", "definitions")


def step_schema(tools: Sequence[ToolDefinition]) -> Schema:
    """The JSON Schema of one step over these tools, in their order. Don't change the value: it is shared."""
    return _of_list(SameTools(tools))


@functools.lru_cache(maxsize=128)
def _of_list(same: SameTools) -> Schema:
    # found by the list itself first: writing down hundreds of schemas for every step would cost more than all else
    return _step_schema(tuple((tool.name, json.dumps(tool.parameters)) for tool in same.tools))


@functools.lru_cache(maxsize=64)
def _step_schema(tools: tuple[tuple[str, str], ...]) -> Schema:
    names = [name for name, _ in tools]
    if len(names) <= MAX_TOOLS:
        definitions: dict[str, Schema] = {}
        calls = [_call_schema([name], _arguments(name, json.loads(text), definitions)) for name, text in tools]
        schema = _of_calls(calls) | ({"$defs": definitions} if definitions else {})
        if _is_within_bounds(schema):
            return schema
    return _of_calls([_call_schema(names, AS_TEXT)])


def read_arguments(written: object) -> dict[str, Any]:
    """The arguments as an object, whether they came as one or as the JSON text of one.

    Raises ValueError, worded for the model, when they are no JSON object of finite numbers.
    """
    arguments = _parsed(written) if isinstance(written, str) else written
    if not isinstance(arguments, dict):
        raise ValueError(f"the arguments must be a JSON object, not {_kind_of(arguments)}")
    try:
        # NaN and infinities pass Python's JSON reader but are no JSON: they could neither be stored nor sent.
        json.dumps(arguments, allow_nan=False)
    except RecursionError as error:
        raise ValueError("the arguments are nested too deeply") from error
    except ValueError as error:
        raise ValueError("the arguments hold a number that is not finite, which JSON can't say") from error
    return arguments


def _arguments(name: str, parameters: Schema, definitions: dict[str, Schema]) -> Schema:
    """The tool's arguments schema with its definitions moved into ``definitions``, or the text form."""
    if not parameters.get("properties"):
        parameters = parameters | {"properties": {}} | ({} if "additionalProperties" in parameters else {"additionalProperties": False})  # fmt: skip
    references = [part["$ref"] for part in _objects(parameters) if isinstance(part.get("$ref"), str)]
    can_be_moved = all(reference.startswith(("#/$defs/", "#/definitions/")) for reference in references)
    if not can_be_moved or not wire_schema(parameters).strict:
        return AS_TEXT
    moved: Schema = _moved(parameters, name)
    for word in DEFINITIONS:
        definitions.update({f"{name}.{key}": part for key, part in moved.pop(word, {}).items()})
    return moved


def _moved(value: Any, name: str) -> Any:
    """The schema with its local references pointing to where ``_arguments`` moves the definitions."""
    if isinstance(value, list):
        return [_moved(part, name) for part in value]
    if not isinstance(value, dict):
        return value
    moved = {key: _moved(part, name) for key, part in value.items()}
    if isinstance(moved.get("$ref"), str):
        moved["$ref"] = "#/$defs/" + name + "." + moved["$ref"].split("/", 2)[2]
    return moved


def _of_calls(calls: list[Schema]) -> Schema:
    return _closed(
        {
            "thought": {"type": "string"},
            "tool_calls": {"type": "array", "items": calls[0] if len(calls) == 1 else {"anyOf": calls}},
            "is_final": {"type": "boolean"},
        }
    )


def _call_schema(names: list[str], arguments: Schema) -> Schema:
    name: Schema = {"type": "string"}
    if len(names) <= MAX_ENUM_VALUES:
        name["enum"] = names
    return _closed({"function_name": name, "arguments": arguments, "reasoning": {"type": "string"}})


def _closed(properties: dict[str, Schema]) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _is_within_bounds(schema: Schema) -> bool:
    parts = list(_objects(schema))
    return (
        sum(len(part["properties"]) for part in parts if isinstance(part.get("properties"), dict)) <= MAX_PROPERTIES
        and sum(len(part["enum"]) for part in parts if isinstance(part.get("enum"), list)) <= MAX_ENUM_VALUES
        and len(json.dumps(schema)) <= MAX_CHARACTERS
    )


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for part in inner:
        yield from _objects(part)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("the arguments are nested too deeply") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"the arguments are no JSON: {error}") from error


def _kind_of(value: object) -> str:
    names = {list: "an array", str: "a string", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
