"""Registries: fill them, read them as the engine's value, freeze them as tool sets."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.utils.text import slugify

from generation.conversation import canonical_json, digest
from generation.errors import InvalidInput
from generation.fixtures import Fixture as FixtureValue
from generation.mcp_servers import McpServer
from generation.sandbox.client import MCP
from generation.sandbox.pushing import require_pushable
from generation.schema_bounds import require_bounded
from generation.tools import ToolDefinition, ToolRegistry
from studio.models import Fixture, Registry, Tool, ToolSet
from studio.models.fields import plain_text

MAX_SLUG = 80
KNOWN_TOOLSETS = 64
"""How many tool sets a process keeps read: they never change, and each conversation needs its own twice."""

_known_toolsets: dict[str, ToolRegistry] = {}


@dataclass(frozen=True)
class Imported:
    """How many tools were new, changed and already there as they are."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0


def ensure_registry(slug: str, *, name: str = "", description: str = "") -> Registry:
    """The registry of this slug, made when there is none."""
    clean = slugify(slug)
    if not clean or len(clean) > MAX_SLUG:
        raise InvalidInput(f"{slug[:80]!r} is no registry name: use up to {MAX_SLUG} letters, digits and dashes.")
    defaults = {"name": plain_text(name or slug, 120), "description": plain_text(description)}
    return Registry.objects.get_or_create(slug=clean, defaults=defaults)[0]


@transaction.atomic
def put_tools(
    registry: Registry,
    *,
    tools: Iterable[ToolDefinition],
    fixtures: Iterable[FixtureValue] = (),
    tables: dict[str, dict[str, object]] | None = None,
    push_mock: bool | None = None,
    mcp: McpServer | None = None,
) -> Imported:
    """Add or replace tools by name; fixtures replace those of the tools they speak of. The same again changes nothing.

    ``push_mock`` and ``mcp`` stay as they are when they are None. Raises InvalidInput for a second MCP server.
    """
    # Two imports at once come one after the other.
    current = Registry.objects.select_for_update().get(pk=registry.pk)
    registry.tables, registry.mcp, registry.push_mock = current.tables, current.mcp, current.push_mock
    if push_mock is not None:
        registry.push_mock = push_mock
    if mcp is not None:
        _put_server(registry, mcp)
    counts = {"added": 0, "changed": 0, "unchanged": 0}
    known = {tool.name: tool for tool in registry.tools.all()}
    for position, definition in enumerate(map(_storable, tools), start=len(known)):
        row = known.get(definition.name)
        if row is None:
            known[definition.name] = Tool.objects.create(
                registry=registry, position=position, **definition.model_dump()
            )
            counts["added"] += 1
        elif _text(_definition(row)) != _text(definition):
            for field, value in definition.model_dump().items():
                setattr(row, field, value)
            row.save()
            counts["changed"] += 1
        else:
            counts["unchanged"] += 1
    _put_fixtures(known, fixtures)
    if tables:
        registry.tables = {**registry.tables, **tables}
    registry.save()
    return Imported(**counts)


def _put_server(registry: Registry, server: McpServer) -> None:
    known = registry.mcp_server()
    if known is not None and (known.url, known.command, known.args) != (server.url, server.command, server.args):
        raise InvalidInput(
            f"Registry {registry.slug!r} runs its tools in the MCP server {known}: use another registry for {server}."
        )
    # what an admin set beside the address (headers, time limits) is kept
    registry.mcp = registry.mcp if known else server.model_dump(exclude_defaults=True)


def _storable(definition: ToolDefinition) -> ToolDefinition:
    """The definition with a description that every database column takes."""
    if len(definition.component) > 64:
        raise InvalidInput(f"The component of {definition.name} has a name of more than 64 characters.")
    try:
        require_bounded(definition.parameters)
    except ValueError as error:
        raise InvalidInput(f"The tool {definition.name} is not taken: {error}.") from error
    clean = {"description": plain_text(definition.description), "component": plain_text(definition.component)}
    return definition.model_copy(update=clean)


def _put_fixtures(tools: dict[str, Tool], fixtures: Iterable[FixtureValue]) -> None:
    by_tool: dict[str, list[FixtureValue]] = {}
    for fixture in fixtures:
        by_tool.setdefault(fixture.tool, []).append(fixture)
    if unknown := sorted(set(by_tool) - set(tools)):
        raise InvalidInput(f"Fixtures name tools the registry lacks: {', '.join(unknown)}.")
    for name, wanted in by_tool.items():
        tool = tools[name]
        tool.fixtures.all().delete()
        Fixture.objects.bulk_create(
            Fixture(
                tool=tool,
                position=position,
                document=fixture.model_dump(exclude={"tool"}, exclude_defaults=True),
            )
            for position, fixture in enumerate(wanted)
        )


def _text(definition: ToolDefinition) -> str:
    """To compare by: Python holds 1, 1.0 and true for equal, and objects whose keys stand in another order."""
    return canonical_json(definition.model_dump())


def _definition(tool: Tool) -> ToolDefinition:
    return ToolDefinition(
        name=tool.name,
        description=tool.description,
        parameters=tool.parameters,
        component=tool.component,
        annotations=tool.annotations,
        volatile=tool.volatile,
    )


def registry_value(registry: Registry) -> ToolRegistry:
    """The registry as the engine's value, tools in their order."""
    tools = list(registry.tools.prefetch_related("fixtures").order_by("position", "name"))
    return ToolRegistry(
        name=registry.slug,
        description=registry.description,
        tools=[_definition(tool) for tool in tools],
        fixtures=[
            FixtureValue(tool=tool.name, **fixture.document) for tool in tools for fixture in tool.fixtures.all()
        ],
        tables=registry.tables,
        push_mock=registry.push_mock,
        mcp=registry.mcp_server(),
    )


def freeze(registry: Registry | None) -> ToolSet:
    """The registry as it is now, stored once by digest; for None a tool set without tools.

    Raises InvalidInput when it has no tools, tools of an MCP server and no server, or mock tools that can't be pushed though
    it says so: whatever would stop every conversation is said before the first.
    """
    if registry is None:
        return _kept(ToolRegistry(name=""))
    value = registry_value(registry)
    if not value.tools:
        raise InvalidInput(f"Registry {registry.slug!r} has no tools: import some with import_tools or in the admin.")
    if value.push_mock:
        require_pushable(value.tools, fixtures=value.fixtures, tables=value.tables)
    if value.mcp is None and (homeless := [tool.name for tool in value.tools if tool.component == MCP]):
        raise InvalidInput(
            f"Registry {registry.slug!r} names no MCP server for {', '.join(homeless[:5])}: set its mcp."
        )
    return _kept(value)


def _kept(value: ToolRegistry) -> ToolSet:
    document = value.model_dump()  # not mode="json", which refuses lone surrogates in keys
    return ToolSet.objects.get_or_create(digest=digest(document), defaults={"document": document})[0]


def toolset_value(toolset: ToolSet) -> ToolRegistry:
    """A frozen tool set as the engine's value. Don't change it: it is shared by all conversations with these tools."""
    known = _known_toolsets.get(toolset.digest)
    if known is None:
        known = ToolRegistry.model_validate(toolset.document)
        if len(_known_toolsets) >= KNOWN_TOOLSETS:
            _known_toolsets.clear()
        _known_toolsets[toolset.digest] = known
    return known
