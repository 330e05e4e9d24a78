"""ToolDefinition and ToolRegistry: what a model may call, and the check of what it called.

Owns the lossless inner form: a name, a description and the full JSON Schema of the arguments, exactly
as it came in. Reading and writing other people's forms is ``generation.formats.tool_forms``.
"""

import functools
import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple, Self

import jsonschema_rs
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from generation.fixtures import Fixture
from generation.mcp_servers import McpServer
from generation.schema_bounds import MAX_APPLICATIONS, SchemaBounds, bounds_of

MAX_CHECKED = 5_000_000
"""So often a schema may apply to a value to find out at all whether it fits, without saying where it does not."""
BACKTRACKING = jsonschema_rs.FancyRegexOptions(backtrack_limit=100_000)
"""Steps back of one pattern in one text: some milliseconds. What takes more does not fit."""
NAME_PATTERN = re.compile(r"[A-Za-z0-9_-]{1,64}")


class ToolDefinition(BaseModel):
    """One tool. ``parameters`` is a JSON Schema of an object; ``component`` says which component of the
    sandbox runs it (``vfs``, ``mock`` or one of the user's own); ``annotations`` are MCP's hints;
    ``volatile`` names members of its results that differ from run to run (times, ids)."""

    model_config = ConfigDict(extra="forbid")

    name: str
    description: str = ""
    parameters: dict[str, Any] = Field(default_factory=lambda: {"type": "object", "properties": {}})
    component: str = "mock"
    annotations: dict[str, Any] = Field(default_factory=dict)
    volatile: list[str] = Field(default_factory=list)

    @field_validator("name")
    @classmethod
    def _name_is_callable(cls, name: str) -> str:
        if not NAME_PATTERN.fullmatch(name):
            raise ValueError(f"{name!r} is no tool name: use 1 to 64 of A-Z, a-z, 0-9, '_' and '-'")
        return name

    @field_validator("parameters")
    @classmethod
    def _parameters_are_a_schema(cls, schema: dict[str, Any]) -> dict[str, Any]:
        if schema.get("type", "object") != "object":
            raise ValueError("parameters must be a JSON Schema of type object")
        try:
            _validator(
                json.dumps(schema)
            )  # each document of a conversation holds its tools: a known schema is not compiled again
        except (ValueError, TypeError, RecursionError) as error:
            raise ValueError(f"parameters are no valid JSON Schema: {error}") from error
        return schema

    @property
    def only_reads(self) -> bool:
        """Whether the tool says of itself (MCP ``readOnlyHint``) that it changes nothing."""
        return self.annotations.get("readOnlyHint") is True


class Violation(NamedTuple):
    """One way in which arguments break their schema. ``path`` leads to the value (keys and indexes),
    ``pointer`` is the same as a JSON Pointer; ``message`` is one sentence for people and models."""

    path: tuple[str | int, ...]
    message: str

    @property
    def pointer(self) -> str:
        return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in self.path)


def _refuse_to_fetch(uri: str) -> Any:
    raise ValueError(f"the schema points to {uri}: schemas are never fetched, put it under $defs")


def compile_schema(schema: dict[str, Any]) -> Any:
    """A validator of this JSON Schema, formats included. Raises ValueError when it is none."""
    try:
        return jsonschema_rs.validator_for(
            schema, validate_formats=True, retriever=_refuse_to_fetch, pattern_options=BACKTRACKING
        )
    except jsonschema_rs.ReferencingError as error:
        raise ValueError(str(error)) from error
    except ValueError as error:
        raise ValueError(getattr(error, "message", str(error))) from error


@functools.lru_cache(maxsize=4096)
def _validator(schema_text: str) -> tuple[Any, SchemaBounds]:
    return compile_schema(json.loads(schema_text)), bounds_of(schema_text)


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_encodable(item) for item in value]
    if isinstance(value, dict):
        return {_encodable(key): _encodable(item) for key, item in value.items()}
    return value


def violations(arguments: object, tool: ToolDefinition) -> list[Violation]:
    """Every way in which ``arguments`` break the tool's JSON Schema, formats included; [] when they fit.

    An empty text, null, 0 and false are values: only the schema decides about them. A missing
    property is reported at the property's own path.
    """
    return schema_violations(arguments, tool.parameters)


def schema_violations(value: object, schema: dict[str, Any]) -> list[Violation]:
    """Every way in which ``value`` breaks any JSON Schema, as ``violations`` tells them. Raises ValueError when it is none."""
    validator, bounds = _validator(json.dumps(schema))
    applications = bounds.applications(value)
    if applications > MAX_CHECKED:
        return [Violation((), "The schema applies to this in too many ways to be checked: simplify the tool's schema")]
    if applications > MAX_APPLICATIONS:
        fits = _ask(validator.is_valid, value)
        return [] if fits else [Violation((), "This does not fit the schema, which has too many ways to say where")]
    found = []
    for error in _ask(lambda checked: list(validator.iter_errors(checked)), value):
        path = tuple(error.instance_path)
        if error.kind.name == "required":
            path = (*path, error.kind.property)
        found.append(Violation(path, _words(error)))
    return found


def fits(value: object, schema: dict[str, Any]) -> bool:
    """Whether ``value`` fits any JSON Schema; False when that takes too much to find out. Raises ValueError when it is none."""
    validator, bounds = _validator(json.dumps(schema))
    return bounds.applications(value) <= MAX_CHECKED and bool(_ask(validator.is_valid, value))


def _ask(question: Callable[[object], Any], value: object) -> Any:
    try:
        return question(value)
    except UnicodeEncodeError:
        # The validator takes no lone surrogates, and models emit them: one stands-in character for each is as long.
        return question(_encodable(value))


def _words(error: Any) -> str:
    # the bound on stepping back was met: the engine's own words are about itself
    is_too_much = error.message.startswith("Error executing regex")
    return "This is too much to check against its pattern" if is_too_much else str(error.message)


class ToolRegistry(BaseModel):
    """A named set of tools with the fixtures and initial tables their mock sandbox starts from.

    ``tables``: ``{table: {key: record}}``, copied into each session. ``push_mock``: where a real Spin service is used, it
    gets the mock tools with their fixtures, for all who use it (``generation.sandbox.pushing``). ``mcp``: the server in which
    the tools of the component ``mcp`` run.
    """

    model_config = ConfigDict(extra="forbid")

    name: str
    description: str = ""
    tools: list[ToolDefinition] = Field(default_factory=list)
    fixtures: list[Fixture] = Field(default_factory=list)
    tables: dict[str, dict[str, Any]] = Field(default_factory=dict)
    push_mock: bool = False
    mcp: McpServer | None = None

    @model_validator(mode="after")
    def _names_are_unique_and_known(self) -> Self:
        names = [tool.name for tool in self.tools]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"tool names stand twice: {', '.join(twice)}")
        unknown = sorted({fixture.tool for fixture in self.fixtures} - set(names))
        if unknown:
            raise ValueError(f"fixtures name tools the registry lacks: {', '.join(unknown)}")
        return self

    def tool(self, name: str) -> ToolDefinition | None:
        return next((tool for tool in self.tools if tool.name == name), None)
