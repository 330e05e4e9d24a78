"""Tools in DeepFabric's own form: ``parameters: [{name, type, description, required, default}]``.

Six types stand for a JSON Schema there, so a schema that says more is written beside them as ``json_schema``, which
DeepFabric passes over and our reader takes. ``returns`` and ``category`` are kept under the annotation ``deepfabric``.
"""

import ast
import json
from collections.abc import Callable
from typing import Any

from generation.conversation import canonical_json
from generation.formats.function_tools import present
from generation.tools import ToolDefinition

EXTRA = "deepfabric"
_SCHEMA = "json_schema"
_OWN = ("name", "description", "parameters", "component", "annotations", "volatile", _SCHEMA)
_TO_JSON_SCHEMA = {
    "str": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "list": "array",
    "dict": "object",
}
_FROM_JSON_SCHEMA = {json_type: type_ for type_, json_type in _TO_JSON_SCHEMA.items()}


def read_deepfabric_tool(value: dict[str, Any], *, component: str = "mock") -> ToolDefinition:
    """The tool. Raises ValueError with what is wrong."""
    schema = value.get(_SCHEMA) or _schema(value.get("parameters") or [])
    extra = {key: member for key, member in value.items() if key not in _OWN and member not in (None, "")}
    if extra.get("category") == "general":
        del extra["category"]
    annotations = value.get("annotations") or {}
    if not isinstance(annotations, dict):
        raise ValueError("annotations is no object")
    return ToolDefinition.model_validate(
        present(
            name=value.get("name"),
            description=value.get("description"),
            parameters=schema,
            component=value.get("component") or component,
            annotations=annotations | {EXTRA: extra} if extra else annotations,
            volatile=value.get("volatile"),
        )
    )


def write_deepfabric_tool(tool: ToolDefinition) -> dict[str, Any]:
    """The tool, readable by DeepFabric, and by us without loss."""
    annotations = dict(tool.annotations)
    extra = annotations.pop(EXTRA, {})
    parameters = _parameters(tool.parameters)
    written: dict[str, Any] = {
        "name": tool.name,
        "description": tool.description,
        "parameters": parameters,
        "returns": "",
        "category": "general",
        "component": tool.component,
    } | extra
    if not _says_all(parameters, tool.parameters):
        written[_SCHEMA] = tool.parameters
    return written | {
        key: member for key, member in (("annotations", annotations), ("volatile", tool.volatile)) if member
    }


def _says_all(parameters: list[dict[str, Any]], schema: dict[str, Any]) -> bool:
    try:
        return canonical_json(_schema(parameters)) == canonical_json(schema)
    except ValueError:
        return False


def _schema(parameters: object) -> dict[str, Any]:
    if not isinstance(parameters, list):
        raise ValueError("parameters is no list")
    properties: dict[str, Any] = {}
    required = []
    for number, parameter in enumerate(parameters, 1):
        if not isinstance(parameter, dict) or not isinstance(parameter.get("name"), str):
            raise ValueError(f"parameter {number} has no name")
        name = parameter["name"]
        if name in properties:
            raise ValueError(f"parameter {name} stands twice")
        properties[name] = _property(parameter)
        if parameter.get("required", True):
            required.append(name)
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    if required:
        schema["required"] = required
    return schema


def _property(parameter: dict[str, Any]) -> dict[str, Any]:
    type_ = parameter.get("type", "str")
    if type_ not in _TO_JSON_SCHEMA:
        raise ValueError(f"parameter {parameter['name']} is of type {type_!r}: known are {', '.join(_TO_JSON_SCHEMA)}")
    schema: dict[str, Any] = {"type": _TO_JSON_SCHEMA[type_]}
    if parameter.get("description"):
        schema["description"] = parameter["description"]
    default = parameter.get("default")
    # An absent default is also written as "" and, for what is no text, as "None".
    if default in (None, "") or (type_ != "str" and str(default).lower() in ("none", "null")):
        return schema
    schema["default"] = _default(parameter["name"], type_, default)
    return schema


def _default(name: str, type_: str, default: object) -> object:
    """The value of a default that DeepFabric stores as text; the text of a list may be JSON or Python."""
    if not isinstance(default, str) or type_ == "str":
        return default
    try:
        value = _PARSERS[type_](default)
        canonical_json(value)  # refuses NaN, and what only Python has
    except (ValueError, TypeError, KeyError, SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError(f"parameter {name} has the default {default!r}, which is no {type_}") from error
    return value


def _truth(text: str) -> bool:
    return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[text.lower()]


def _json_or_python(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return ast.literal_eval(text)


_PARSERS: dict[str, Callable[[str], object]] = {
    "int": int,
    "float": float,
    "bool": _truth,
    "list": _json_or_python,
    "dict": _json_or_python,
}


def _parameters(schema: dict[str, Any]) -> list[dict[str, Any]]:
    required = schema.get("required", [])
    return [_parameter(name, inner, name in required) for name, inner in schema.get("properties", {}).items()]


def _parameter(name: str, schema: object, required: bool) -> dict[str, Any]:
    members = schema if isinstance(schema, dict) else {}
    type_ = members.get("type", "string")
    if isinstance(type_, list):  # a union: the first that is no null is what DeepFabric can say of it
        type_ = next((one for one in type_ if one != "null"), "string")
    parameter: dict[str, Any] = {
        "name": name,
        "type": _FROM_JSON_SCHEMA.get(type_, "str"),
        "description": members.get("description", ""),
        "required": required,
    }
    default = members.get("default")
    if default is not None:
        parameter["default"] = default if isinstance(default, str) else json.dumps(default)
    return parameter
