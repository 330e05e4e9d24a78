"""Tools in and out: any of four forms, told apart by content, to ToolDefinitions and back.

Forms: MCP ``tools/list``, OpenAI functions (wrapped or bare), DeepFabric's own, and our registry document; a list or
``{"tools": […]}`` of them, JSON or YAML. One bad tool is reported and the rest load. The schema is carried
over whole; what a form says beyond it is kept as an annotation and written back in that form.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from pydantic import BaseModel, Field, ValidationError

from generation.errors import InvalidInput
from generation.fixtures import Fixture
from generation.formats.deepfabric_tools import read_deepfabric_tool, write_deepfabric_tool
from generation.formats.documents import check_depth, parse_document, read_text
from generation.formats.function_tools import read_function, write_function
from generation.formats.mcp_tools import read_fixtures, read_mcp_tool, write_mcp_tool
from generation.plan import explain
from generation.schema_bounds import require_bounded
from generation.tools import ToolDefinition

MAX_TOOLS = 2000
MAX_FIXTURES = 20_000


class ToolForm(StrEnum):
    MCP = "mcp"
    OPENAI = "openai"
    DEEPFABRIC = "deepfabric"
    TRACEWRIGHT = "tracewright"


class RefusedTool(NamedTuple):
    """A tool, fixture or table that was left out. ``position`` counts from 1 in its list; ``name`` as far as it had one."""

    position: int
    name: str
    reason: str


class ToolsRead(BaseModel):
    """What an import brought. ``form`` is that of its first tool. ``name``, ``description``, ``fixtures`` and ``tables``
    come with a registry document, as does ``push_mock`` when it says so; MCP's ``mockResponse`` and ``mockFixtures`` are fixtures, too."""

    form: ToolForm
    tools: list[ToolDefinition] = Field(default_factory=list)
    fixtures: list[Fixture] = Field(default_factory=list)
    tables: dict[str, dict[str, Any]] = Field(default_factory=dict)
    refused: list[RefusedTool] = Field(default_factory=list)
    name: str = ""
    description: str = ""
    push_mock: bool | None = None


def read_tools(content: str | bytes, *, component: str = "mock", name: str = "The file") -> ToolsRead:
    """The tools in a text, those that can't be taken with their reasons.

    ``component`` runs the tools that name none. Raises InvalidInput when the text holds no tools at all, or too many.
    """
    document = parse_document(read_text(content, name=name), name=name)
    return tools_of(document, component=component, name=name)


def tools_of(document: object, *, component: str = "mock", name: str = "The document") -> ToolsRead:
    """As ``read_tools``, from data that is parsed already (a service's answer)."""
    try:
        check_depth(document)
    except ValueError as error:
        raise InvalidInput(f"{name} is {error}") from error
    values = _tool_values(document, name)
    read = ToolsRead(form=_form_of(values[0]) if not _is_registry(document) else ToolForm.TRACEWRIGHT)
    for position, value in enumerate(values, 1):
        try:
            _take_tool(read, value, component)
        except ValueError as error:
            read.refused.append(
                RefusedTool(position, _name_of(value), _reason(error, list(ToolDefinition.model_fields)))
            )
    if isinstance(document, dict):
        _take_registry(read, document)
    return read


def write_tools(tools: Sequence[ToolDefinition], *, form: ToolForm) -> dict[str, Any] | list[dict[str, Any]]:
    """The tools in a form, as JSON data: a list of functions for OpenAI, else ``{"tools": […]}``."""
    written = [_WRITERS[form](tool) for tool in tools]
    return written if form is ToolForm.OPENAI else {"tools": written}


def _write_own(tool: ToolDefinition) -> dict[str, Any]:
    return tool.model_dump(mode="json")


_WRITERS: dict[ToolForm, Callable[[ToolDefinition], dict[str, Any]]] = {
    ToolForm.MCP: write_mcp_tool,
    ToolForm.OPENAI: write_function,
    ToolForm.DEEPFABRIC: write_deepfabric_tool,
    ToolForm.TRACEWRIGHT: _write_own,
}


def _tool_values(document: object, name: str) -> list[Any]:
    if isinstance(document, dict) and "tools" not in document and _name_of(document):
        document = [document]  # a single tool
    values = document.get("tools") if isinstance(document, dict) else document
    # What MCP servers answer comes wrapped once more when it was saved with its envelope.
    if values is None and isinstance(document, dict) and isinstance(document.get("result"), dict):
        values = document["result"].get("tools")
    if not isinstance(values, list):
        raise InvalidInput(f'{name} holds no tools: write a list of tools, or {{"tools": […]}}')
    if not values:
        raise InvalidInput(f"{name} holds an empty list of tools")
    if len(values) > MAX_TOOLS:
        raise InvalidInput(f"{name} holds {len(values)} tools; at most {MAX_TOOLS} are read at once")
    return values


def _is_registry(document: object) -> bool:
    return isinstance(document, dict) and ("fixtures" in document or "tables" in document)


def _form_of(value: object) -> ToolForm:
    if not isinstance(value, dict) or "inputSchema" in value:
        return ToolForm.MCP
    if "function" in value or value.get("type") == "function":
        return ToolForm.OPENAI
    parameters = value.get("parameters")
    if isinstance(parameters, list) or "json_schema" in value or "returns" in value:
        return ToolForm.DEEPFABRIC
    if "component" in value or "annotations" in value or "volatile" in value:
        return ToolForm.TRACEWRIGHT if "parameters" in value else ToolForm.MCP
    return ToolForm.OPENAI if "parameters" in value else ToolForm.MCP


def _read_own(value: dict[str, Any], *, component: str) -> ToolDefinition:
    return ToolDefinition.model_validate({"component": component} | value)


_READERS: dict[ToolForm, Callable[..., ToolDefinition]] = {
    ToolForm.MCP: read_mcp_tool,
    ToolForm.OPENAI: read_function,
    ToolForm.DEEPFABRIC: read_deepfabric_tool,
    ToolForm.TRACEWRIGHT: _read_own,
}


def _take_tool(read: ToolsRead, value: object, component: str) -> None:
    if not isinstance(value, dict):
        raise ValueError("a tool is an object with at least a name")
    form = ToolForm.TRACEWRIGHT if read.form is ToolForm.TRACEWRIGHT else _form_of(value)
    tool = _READERS[form](value, component=component)
    require_bounded(tool.parameters)
    if any(other.name == tool.name for other in read.tools):
        raise ValueError("a tool of this name stands further up")
    fixtures = read_fixtures(value) if form is ToolForm.MCP else []
    read.tools.append(tool)
    read.fixtures.extend(fixtures)


def _take_registry(read: ToolsRead, document: dict[str, Any]) -> None:
    name, description = document.get("name"), document.get("description")
    read.name = name if isinstance(name, str) else ""
    read.description = description if isinstance(description, str) else ""
    read.push_mock = bool(document["push_mock"]) if "push_mock" in document else None
    if document.get("mcp"):
        # It decides which program is started or which address is asked.
        read.refused.append(RefusedTool(1, "mcp", "the server of a registry is set by an admin, not by an import"))
    known = {tool.name for tool in read.tools}
    fixtures = document.get("fixtures") or []
    if not isinstance(fixtures, list) or len(fixtures) > MAX_FIXTURES:
        raise InvalidInput(f"fixtures must be a list of at most {MAX_FIXTURES}")
    for position, value in enumerate(fixtures, 1):
        try:
            fixture = Fixture.model_validate(value)
            if fixture.tool not in known:
                raise ValueError("it answers for a tool that did not load")
            read.fixtures.append(fixture)
        except ValueError as error:
            tool = value.get("tool") if isinstance(value, dict) else ""
            read.refused.append(RefusedTool(position, f"fixture of {tool}", _reason(error, list(Fixture.model_fields))))
    tables = document.get("tables") or {}
    if not isinstance(tables, dict):
        raise InvalidInput("tables must be an object {table: {key: record}}")
    for position, (table, records) in enumerate(tables.items(), 1):
        if isinstance(records, dict):
            read.tables[table] = records
        else:
            read.refused.append(RefusedTool(position, f"table {table}", "a table is an object {key: record}"))


def _name_of(value: object) -> str:
    if not isinstance(value, dict):
        return ""
    function = value.get("function")
    name = function.get("name") if isinstance(function, dict) else value.get("name")
    return name if isinstance(name, str) else ""


def _reason(error: ValueError, known: list[str]) -> str:
    return explain(error, known=known) if isinstance(error, ValidationError) else str(error)
