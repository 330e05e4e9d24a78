"""``/api/registries/{id}/fixtures``: what mock tools answer. Those of one tool are one ordered list, replaced as a whole."""

from typing import Annotated

from django.http import HttpRequest
from ninja import Body, Query, Router
from ninja.responses import Status
from pydantic import Field

from generation.fixtures import Fixture
from studio.api.authentication import admins
from studio.api.lookup import by_id
from studio.api.paging import Page
from studio.api.responses import answers
from studio.api.routes.tools import find_tool
from studio.domain import registries as edits
from studio.domain.catalog import registry_value
from studio.models import Registry

router = Router(tags=["fixtures"])

Fixtures = Annotated[list[Fixture], Field(max_length=5000)]


@router.get("/{id}/fixtures", response=answers(Page[Fixture]))
def list_fixtures(request: HttpRequest, id: str, tool: Annotated[str, Query()] = "") -> Page[Fixture]:
    """The fixtures of the registry, or of one `tool`, in their order, on one page."""
    registry = _registry(id)
    if tool:
        find_tool(registry, tool)
    found = registry_value(registry).fixtures
    return Page(items=[fixture for fixture in found if not tool or fixture.tool == tool])


@router.put("/{id}/fixtures/{tool}", response=answers(Page[Fixture]), auth=admins(to="edit registries"))
def put_fixtures(request: HttpRequest, id: str, tool: str, body: Annotated[Fixtures, Body()]) -> Page[Fixture]:
    """Make these the fixtures of the tool. Earlier ones win among equals."""
    registry = _registry(id)
    edits.replace_fixtures(find_tool(registry, tool), fixtures=body)
    return Page(items=[fixture for fixture in registry_value(registry).fixtures if fixture.tool == tool])


@router.delete("/{id}/fixtures/{tool}", response=answers(None, status=204), auth=admins(to="edit registries"))
def delete_fixtures(request: HttpRequest, id: str, tool: str) -> Status[None]:
    """Take all fixtures of the tool away."""
    edits.replace_fixtures(find_tool(_registry(id), tool), fixtures=[])
    return Status(204, None)


def _registry(pid: str) -> Registry:
    return by_id(Registry.objects.all(), pid, what="registry")
