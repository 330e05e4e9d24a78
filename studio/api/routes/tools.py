"""``/api/registries/{id}/tools``: a registry's tools, by name."""

from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest
from ninja import Router
from ninja.responses import Status

from generation.tools import NAME_PATTERN, ToolDefinition
from studio.api.authentication import admins
from studio.api.errors import place
from studio.api.lookup import by_id
from studio.api.paging import Page
from studio.api.responses import answers
from studio.domain import registries as edits
from studio.domain.catalog import put_tools, registry_value
from studio.domain.errors import Refused
from studio.models import Registry, Tool

router = Router(tags=["tools"])

_PUT: dict[int, Any] = {201: ToolDefinition, **answers(ToolDefinition)}


@router.get("/{id}/tools", response=answers(Page[ToolDefinition]))
def list_tools(request: HttpRequest, id: str) -> Page[ToolDefinition]:
    """All tools of the registry in their order, on one page."""
    return Page(items=registry_value(_registry(id)).tools)


@router.get("/{id}/tools/{name}", response=answers(ToolDefinition))
def get_tool(request: HttpRequest, id: str, name: str) -> ToolDefinition:
    """One tool."""
    return _definition(find_tool(_registry(id), name))


@router.put("/{id}/tools/{name}", response=_PUT, auth=admins(to="edit registries"))
def put_tool(request: HttpRequest, id: str, name: str, body: ToolDefinition) -> Status[ToolDefinition]:
    """Make (201) or replace (200) the tool of this name. Its fixtures stay."""
    registry = _registry(id)
    if body.name != name:
        message = f"The address says {name!r}: write the same name here."
        raise Refused(message, details=[place("/name", message)])
    added = put_tools(registry, tools=[body]).added
    return Status(HTTPStatus.CREATED if added else HTTPStatus.OK, _definition(find_tool(registry, name)))


@router.delete("/{id}/tools/{name}", response=answers(None, status=204), auth=admins(to="edit registries"))
def delete_tool(request: HttpRequest, id: str, name: str) -> Status[None]:
    """Delete the tool with its fixtures. Runs and conversations made with it keep it."""
    edits.delete_tool(find_tool(_registry(id), name))
    return Status(204, None)


def find_tool(registry: Registry, name: str) -> Tool:
    """The tool of this name. Raises Http404."""
    found = (
        registry.tools.select_related("registry").filter(name=name).first() if NAME_PATTERN.fullmatch(name) else None
    )
    if found is None:
        raise Http404("There is no tool of this name in the registry.")
    return found


def _registry(pid: str) -> Registry:
    return by_id(Registry.objects.all(), pid, what="registry")


def _definition(tool: Tool) -> ToolDefinition:
    return ToolDefinition(**{name: getattr(tool, name) for name in ToolDefinition.model_fields})
