"""The tools as prompts show them, within bounds: one JSON object a line, in registry order.

A registry whose full schemas would fill the prompt is shown in less detail, the same for all its tools: first without the
words inside schemas below the arguments themselves, then without any, then with nested values by their type alone, at last
by name and the beginning of the description (some 800 tools fit so; of more every one is still named). What is hidden here still holds when a call is checked; the repair of a step that broke it
shows the schemas of the tools called in full.
"""

import functools
import json
from collections.abc import Callable, Sequence
from typing import Any

from generation.prompts import section
from generation.tools import ToolDefinition

MAX_CHARACTERS = 120_000
"""About 30,000 tokens of a prompt that every question of a run pays for, if mostly from the cache."""
MAX_DESCRIPTION_CHARACTERS = 200
MAX_REPAIR_CHARACTERS = 12_000

Schema = dict[str, Any]
_WORDS = ("description", "title", "examples", "$comment", "deprecated")


class SameTools:
    """A list of tools as a key of the cache: equal only to itself. Conversations share their list from state to state."""

    def __init__(self, tools: Sequence[ToolDefinition]) -> None:
        self.tools = tools

    def __hash__(self) -> int:
        return id(self.tools)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SameTools) and other.tools is self.tools


def tools_block(tools: Sequence[ToolDefinition]) -> str:
    """The ``<tools>`` section of these tools; "" when there are none. Don't change the tools afterwards."""
    return _tools_block(SameTools(tools))


@functools.lru_cache(maxsize=128)
def _tools_block(same: SameTools) -> str:
    text = ""
    for show in (_in_full, _with_its_arguments_described, _without_words, _with_flat_arguments, _by_name):
        text = "\n".join(json.dumps(show(tool), ensure_ascii=False) for tool in same.tools)
        if len(text) <= MAX_CHARACTERS:
            break
    return section("tools", text)


def full_schemas(names: Sequence[str], tools: Sequence[ToolDefinition]) -> str:
    """The tools of these names in full, for the repair of a step; "" when the prompt shows them so already."""
    called = [tool for tool in tools if tool.name in set(names)]
    lines = [json.dumps(_in_full(tool), ensure_ascii=False) for tool in called]
    hidden = [line for line in lines if line not in tools_block(tools)]
    text = "\n".join(hidden)
    return section("schemas", text) if len(text) <= MAX_REPAIR_CHARACTERS else ""


def _in_full(tool: ToolDefinition) -> Schema:
    return _shown(tool, tool.description, tool.parameters)


def _with_its_arguments_described(tool: ToolDefinition) -> Schema:
    arguments = _each_property(tool.parameters, lambda part: _wordless(part) | _word(part, "description"))
    return _shown(tool, tool.description, _wordless(tool.parameters) | arguments)


def _without_words(tool: ToolDefinition) -> Schema:
    return _shown(tool, _shortened(tool.description), _wordless(tool.parameters))


def _with_flat_arguments(tool: ToolDefinition) -> Schema:
    arguments = _each_property(tool.parameters, _flat)
    flat = {key: tool.parameters[key] for key in ("type", "required") if key in tool.parameters}
    return _shown(tool, _shortened(tool.description), flat | arguments)


def _by_name(tool: ToolDefinition) -> Schema:
    return {"name": tool.name, "description": tool.description[:60], "parameters": {"type": "object"}}


def _shown(tool: ToolDefinition, description: str, parameters: Schema) -> Schema:
    shown: Schema = {"name": tool.name, "description": description, "parameters": parameters}
    return shown | ({"annotations": tool.annotations} if tool.annotations else {})


def _each_property(schema: Schema, change: Callable[[Schema], Schema]) -> Schema:
    parts = schema.get("properties")
    if not isinstance(parts, dict):
        return {}
    return {"properties": {name: change(part) if isinstance(part, dict) else part for name, part in parts.items()}}


def _wordless(value: Any, *, names: bool = False) -> Any:
    """The schema without its words; ``names``: the keys are names of properties, not words of JSON Schema."""
    if isinstance(value, list):
        return [_wordless(part) for part in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _wordless(part, names=not names and key in ("properties", "$defs", "definitions", "patternProperties"))
        for key, part in value.items()
        if names or key not in _WORDS
    }


def _flat(schema: Schema) -> Schema:
    flat = {key: part for key, part in schema.items() if key in ("type", "enum", "const", "format")}
    if len(json.dumps(flat)) > MAX_DESCRIPTION_CHARACTERS:
        flat.pop("enum", None)
    return flat


def _word(schema: Schema, key: str) -> Schema:
    text = schema.get(key)
    return {key: _shortened(text)} if isinstance(text, str) else {}


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_DESCRIPTION_CHARACTERS else text[:MAX_DESCRIPTION_CHARACTERS] + "…"
