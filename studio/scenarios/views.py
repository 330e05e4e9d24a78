"""The list of scenarios by dataset, and one of them with the state its world begins in."""

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from studio.domain.visibility import conversations_for
from studio.models import Dataset, Scenario
from studio.web.decorators import user_of
from studio.web.pagination import count_up_to, page_of

SHOWN = 20


def scenario_list(request: HttpRequest) -> HttpResponse:
    """Scenarios of one dataset or all, found by their words."""
    slug, words = request.GET.get("dataset", ""), request.GET.get("q", "").strip()
    rows = Scenario.objects.select_related("dataset").defer("document")
    if slug:
        rows = rows.filter(dataset__slug=slug)
    if words:
        rows = rows.filter(Q(prompt__icontains=words) | Q(topic__icontains=words))
    page = page_of(rows.annotate(conversation_count=Count("conversations")), order=["pk"], query=request.GET)
    context = {
        "page": page,
        "count": count_up_to(rows),
        "datasets": list(Dataset.objects.all()),
        "dataset_slug": slug,
        "words": words,
    }
    is_table = request.headers.get("HX-Target") == "results"
    return render(request, "scenario_list.html#results" if is_table else "scenario_list.html", context)


def scenario_detail(request: HttpRequest, pid: str) -> HttpResponse:
    """One scenario and what was made from it."""
    scenario = get_object_or_404(Scenario.objects.select_related("dataset"), pid=pid)
    made = conversations_for(user_of(request)).filter(scenario=scenario).light().select_related("claimed_by")
    context = {"scenario": scenario, "document": scenario.document, "conversations": list(made[:SHOWN])}
    return render(request, "scenario_detail.html", context)
