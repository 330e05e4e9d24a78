"""The dashboard: loads what a person needs to decide what to do next."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from studio.dashboard.overview import datasets_with_counts, mentions_of, recently_decided, running_runs, work_for
from studio.models import Dataset, Registry
from studio.web.decorators import user_of


def dashboard(request: HttpRequest) -> HttpResponse:
    """What waits for this person, what runs, and what was decided lately; only the runs for a poll."""
    runs = running_runs()
    if request.headers.get("HX-Target") == "running":
        return render(request, "dashboard.html#running", {"runs": runs})
    user = user_of(request)
    datasets = datasets_with_counts(user)
    context = {
        "work": work_for(user),
        "runs": runs,
        "datasets": datasets,
        "reviews": recently_decided(user),
        "mentions": mentions_of(user),
        "has_datasets": bool(datasets) or Dataset.objects.exists(),
        "has_registries": Registry.objects.exists(),
    }
    return render(request, "dashboard.html", context)
