"""The page of exports, and the download."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from generation.formats.export import ExportReport
from studio.exports.forms import ExportForm
from studio.exports.outcome import lines_of, outcome_of
from studio.models import Dataset
from studio.web.decorators import user_of


@require_safe
def export_form(request: HttpRequest) -> HttpResponse:
    """What can be chosen, and what the choice would give."""
    user = user_of(request)
    form = ExportForm(request.GET, user=user)
    is_valid = form.is_valid()
    context = {
        "form": form,
        "outcome": outcome_of(form, user=user) if is_valid else None,
        "query": urlencode(dict(form.data.items())),
        "has_datasets": Dataset.objects.exists(),
    }
    is_fragment = request.headers.get("HX-Target") == "export"
    template = "export_form.html#export" if is_fragment else "export_form.html"
    return render(request, template, context, status=200 if is_valid or not context["has_datasets"] else 422)


@require_safe
def export_download(request: HttpRequest) -> HttpResponseBase:
    """The lines as a file, one at a time. A line that would not read back breaks the download off: half a file is no export."""
    user = user_of(request)
    form = ExportForm(request.GET, user=user)
    if not form.is_valid():
        return render(request, "export_form.html", {"form": form, "has_datasets": True}, status=422)
    values = form.cleaned_data
    part = form.part_chosen or "all"
    name = f"{values['dataset'].slug}-{values['preset']}-{part}-{timezone.now():%Y%m%d-%H%M}.jsonl"
    lines = lines_of(form, user=user, report=ExportReport())
    return StreamingHttpResponse(
        lines,
        content_type="application/jsonl",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )
