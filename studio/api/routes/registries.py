"""``/api/registries``: the tool catalogs. Everybody reads, admins edit, leads import."""

from django.http import HttpRequest
from ninja import Query, Router
from ninja.responses import Status

from generation.errors import InvalidInput
from generation.formats.tool_forms import read_tools
from studio.api.authentication import admins, leads
from studio.api.errors import Unusable, place
from studio.api.lookup import by_id
from studio.api.paging import Page, Paging, page_of
from studio.api.responses import answers
from studio.api.schemas.registries import (
    RegistryCreate,
    RegistryDetail,
    RegistryPatch,
    RegistrySummary,
    ToolsImported,
)
from studio.domain import registries as edits
from studio.domain.catalog import put_tools
from studio.domain.errors import Refused
from studio.models import Registry

router = Router(tags=["registries"])

_FILE = {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}, "required": ["file"]}
_IMPORT_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"anyOf": [{"type": "object"}, {"type": "array", "items": {}}]}},
            "multipart/form-data": {"schema": _FILE},
        },
    }
}


@router.get("", response=answers(Page[RegistrySummary]))
def list_registries(request: HttpRequest, paging: Query[Paging]) -> Page[RegistrySummary]:
    """All registries, the oldest first."""
    return page_of(RegistrySummary.rows(), paging=paging, show=RegistrySummary.of, order=["pk"])


@router.post("", response=answers(RegistryDetail, status=201, conflicts=True), auth=admins(to="edit registries"))
def create_registry(request: HttpRequest, body: RegistryCreate) -> Status[RegistryDetail]:
    """A new, empty registry; 409 when its slug is taken."""
    registry = edits.create_registry(body.slug, name=body.name, description=body.description, tables=body.tables)
    return Status(201, _show(registry))


@router.get("/{id}", response=answers(RegistryDetail))
def get_registry(request: HttpRequest, id: str) -> RegistryDetail:
    """One registry with its tables."""
    return RegistryDetail.of(by_id(RegistrySummary.rows(), id, what="registry"))


@router.patch("/{id}", response=answers(RegistryDetail), auth=admins(to="edit registries"))
def change_registry(request: HttpRequest, id: str, body: RegistryPatch) -> RegistryDetail:
    """Change name, description or all tables."""
    return _show(edits.change_registry(_registry(id), **body.changes()))


@router.delete("/{id}", response=answers(None, status=204, conflicts=True), auth=admins(to="edit registries"))
def delete_registry(request: HttpRequest, id: str) -> Status[None]:
    """Delete it with its tools; 409 when runs were made with it."""
    edits.delete_registry(_registry(id))
    return Status(204, None)


@router.post("/{id}/import", response=answers(ToolsImported), auth=leads(to="import tools"), openapi_extra=_IMPORT_BODY)
def import_tools(request: HttpRequest, id: str, component: str = "mock") -> ToolsImported:
    """Add or replace tools from MCP `tools/list` JSON, OpenAI functions, DeepFabric's form or a registry document.

    The body is that JSON, or a multipart upload as `file`, which may be YAML. The form is found out from the content;
    `component` runs the tools that name none. A tool that can't be taken is refused with its reason and the others load.
    """
    registry = _registry(id)
    read = read_tools(_content(request), component=component, name="The body")
    if not read.tools:
        details = [place(f"/{one.position - 1}", one.reason) for one in read.refused]
        raise Refused("None of these tools can be used.", details=details)
    done = put_tools(registry, tools=read.tools, fixtures=read.fixtures, tables=read.tables, push_mock=read.push_mock)
    return ToolsImported.of(read, done)


def _content(request: HttpRequest) -> bytes:
    if request.content_type != "multipart/form-data":
        if not request.body:
            raise InvalidInput("The body is empty: send a list of tools.")
        return request.body
    upload = request.FILES.get("file")
    if upload is None or isinstance(upload, list):
        raise Unusable("Upload the tools as the part named file.")
    return bytes(upload.read())


def _registry(pid: str) -> Registry:
    return by_id(Registry.objects.all(), pid, what="registry")


def _show(registry: Registry) -> RegistryDetail:
    return RegistryDetail.of(RegistrySummary.rows().get(pk=registry.pk))
