"""Tools as OpenAI functions, wrapped (``{"type": "function", "function": {…}}``) or bare.

Members of a function that a ToolDefinition has no place for (``strict``) are kept under the annotation ``openai``.
"""

import json
from typing import Any

from generation.errors import InvalidInput
from generation.formats.chat_reading import Unreadable
from generation.tools import ToolDefinition

EXTRA = "openai"
_OWN = ("name", "description", "parameters")


def function_tool(tool: ToolDefinition) -> dict[str, Any]:
    """The wrapped function form as training files carry it: name, description and schema, nothing else."""
    return {
        "type": "function",
        "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters},
    }


def write_function(tool: ToolDefinition) -> dict[str, Any]:
    """The wrapped function form with everything it has words for."""
    wrapped = function_tool(tool)
    wrapped["function"] |= tool.annotations.get(EXTRA, {})
    return wrapped


def read_function(value: dict[str, Any], *, component: str = "mock") -> ToolDefinition:
    """The tool in a wrapped or bare function. Raises ValueError (pydantic's) with what is wrong."""
    function = value.get("function", value)
    if not isinstance(function, dict):
        raise ValueError("function is no object")
    extra = {key: member for key, member in function.items() if key not in _OWN and key != "type"}
    return ToolDefinition.model_validate(
        present(
            name=function.get("name"),
            description=function.get("description"),
            parameters=function.get("parameters"),
            component=component,
            annotations={EXTRA: extra} if extra else None,
        )
    )


def present(**members: Any) -> dict[str, Any]:
    """The members that are not null, so that a null stands for the default."""
    return {key: member for key, member in members.items() if member is not None}


def read_function_tools(value: object) -> list[ToolDefinition]:
    """The tools of a training record: a list, its JSON text, or nothing. Raises Unreadable."""
    try:
        tools = json.loads(value) if isinstance(value, str) and value else value
        if not tools:
            return []
        if not isinstance(tools, list) or not all(isinstance(tool, dict) for tool in tools):
            raise Unreadable("tools is no list of functions")
        return [read_function(tool) for tool in tools]
    except InvalidInput:
        raise
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"tools can't be read: {error}") from error
