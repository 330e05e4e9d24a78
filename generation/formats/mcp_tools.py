"""Tools as the Model Context Protocol lists them, and as the mock component of Spin loads them.

``inputSchema`` is the schema itself, so nothing is translated. Members that a ToolDefinition has no place for (title,
outputSchema, icons) are kept under the annotation ``mcp``; our own stand in ``_meta``, where MCP lets them.
"""

from typing import Any

from generation.fixtures import Fixture
from generation.formats.function_tools import present
from generation.tools import ToolDefinition

EXTRA = "mcp"
_COMPONENT = "tracewright/component"
_VOLATILE = "tracewright/volatile"
_OWN = ("name", "description", "inputSchema", "annotations", "mockResponse", "mockFixtures", "_meta")


def read_mcp_tool(value: dict[str, Any], *, component: str = "mock") -> ToolDefinition:
    """The tool. Raises ValueError (pydantic's) with what is wrong."""
    meta = dict(value.get("_meta") or {})
    named_component = meta.pop(_COMPONENT, component)
    volatile = meta.pop(_VOLATILE, None)
    extra = {key: member for key, member in value.items() if key not in _OWN}
    if meta:
        extra["_meta"] = meta
    annotations = value.get("annotations") or {}
    if not isinstance(annotations, dict):
        raise ValueError("annotations is no object")
    return ToolDefinition.model_validate(
        present(
            name=value.get("name"),
            description=value.get("description"),
            parameters=value.get("inputSchema"),
            component=named_component,
            annotations=annotations | {EXTRA: extra} if extra else annotations,
            volatile=volatile,
        )
    )


def write_mcp_tool(tool: ToolDefinition) -> dict[str, Any]:
    """The tool as ``tools/list`` shows it."""
    annotations = dict(tool.annotations)
    extra = dict(annotations.pop(EXTRA, {}))
    meta = extra.pop("_meta", {})
    if tool.component != "mock":
        meta = meta | {_COMPONENT: tool.component}
    if tool.volatile:
        meta = meta | {_VOLATILE: tool.volatile}
    written = {"name": tool.name, "description": tool.description, "inputSchema": tool.parameters}
    if annotations:
        written["annotations"] = annotations
    if meta:
        written["_meta"] = meta
    return written | extra


def read_fixtures(value: dict[str, Any]) -> list[Fixture]:
    """The tool's ``mockResponse`` and ``mockFixtures`` (``[{match, response}]``). The response comes first, so that it beats a
    fixture that matches everything. Raises ValueError."""
    fixtures = []
    if "mockResponse" in value:
        fixtures.append(Fixture(tool=value["name"], response=value["mockResponse"]))
    entries = value.get("mockFixtures") or []
    if not isinstance(entries, list):
        raise ValueError("mockFixtures is no list of {match, response}")
    for entry in entries:
        if not isinstance(entry, dict) or "response" not in entry:
            raise ValueError("mockFixtures holds something else than {match, response}")
        fixtures.append(Fixture(tool=value["name"], match=entry.get("match") or {}, response=entry["response"]))
    return fixtures
