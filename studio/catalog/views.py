"""Pages of registries and tools."""

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from studio.catalog.forms import VolatileForm
from studio.catalog.schema_rows import schema_rows
from studio.models import Registry, Tool
from studio.web.decorators import user_of
from studio.web.pagination import page_of


def registry_list(request: HttpRequest) -> HttpResponse:
    """Every registry with how much is in it."""
    rows = Registry.objects.annotate(
        tool_count=Count("tools", distinct=True), fixture_count=Count("tools__fixtures", distinct=True)
    )
    page = page_of(rows.defer("tables"), order=["name", "pk"], query=request.GET)
    return render(request, "registry_list.html", {"page": page})


def registry_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """A registry's tools and the tables its mock sessions start from."""
    registry = get_object_or_404(Registry, slug=slug)
    tools = list(registry.tools.annotate(fixture_count=Count("fixtures")).order_by("position", "name"))
    return render(request, "registry_detail.html", {"registry": registry, "tools": tools})


def tool_detail(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """One tool: its arguments, what its mock answers, where it runs."""
    tool = _tool(slug, name)
    return _show_tool(request, tool, VolatileForm.of(tool))


@require_POST
def set_volatile(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """Name the members of its results that replays ignore; what can't be one stands at the field. For admins."""
    tool = _tool(slug, name)
    form = VolatileForm(request.POST)
    if not form.save(tool, by=user_of(request)):
        return _show_tool(request, tool, form, status=422)
    messages.success(request, "Saved. Replays and reruns from now on go by it.")
    return redirect("tool_detail", slug=slug, name=name)


def _tool(slug: str, name: str) -> Tool:
    tools = Tool.objects.select_related("registry").prefetch_related("fixtures")
    return get_object_or_404(tools, registry__slug=slug, name=name)


def _show_tool(request: HttpRequest, tool: Tool, form: VolatileForm, *, status: int = 200) -> HttpResponse:
    context = {
        "tool": tool,
        "registry": tool.registry,
        "rows": schema_rows(tool.parameters),
        "fixtures": list(tool.fixtures.all()),
        "form": form,
    }
    return render(request, "tool_detail.html", context, status=status)
