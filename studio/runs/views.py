"""Pages of runs: load, one domain call, render."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from generation.errors import InvalidInput
from studio.domain.estimates import estimate_run
from studio.domain.run_lists import runs_with_counts
from studio.domain.runs import cancel_run, create_run, pause_run, resume_run
from studio.domain.topic_costs import topic_costs
from studio.models import Registry, Run
from studio.runs.account import account_of
from studio.runs.forms import RunForm
from studio.tasks import dispatch_run
from studio.web.decorators import leads_only, user_of
from studio.web.pagination import page_of


def run_list(request: HttpRequest) -> HttpResponse:
    """Every run, newest first."""
    page = page_of(runs_with_counts(), order=["-pk"], query=request.GET)
    return render(request, "run_list.html", {"page": page, "topic_costs": topic_costs()})


@leads_only("start a run")
def run_new(request: HttpRequest) -> HttpResponse:
    """The form of a new run, what it will likely take, and the run it makes. Scenarios that don't fit are accepted first."""
    first = Registry.objects.values_list("slug", flat=True).first()
    form = RunForm(request.POST or None, initial={"dataset": request.GET.get("dataset"), "registry": first})
    if request.method != "POST" or not form.is_valid():
        return render(request, "run_new.html", {"form": form}, status=422 if form.is_bound else 200)
    asked, fit = form.cleaned_data["config"], form.fit
    wanted = {name: form.cleaned_data[name] for name in ("endpoint", "count", "mode")}
    if "estimate" in request.POST or request.POST.get("accept", "") != fit.warning:
        likely = estimate_run(fit.scenarios, registry=fit.registry, config=asked.config, **wanted)
        asked_for = len(fit.scenarios) if wanted["count"] is None else wanted["count"]
        context = {"form": form, "fit": fit, "estimate": likely, "asked_for": asked_for}
        return render(request, "run_new.html", context)
    try:
        run = create_run(
            form.cleaned_data["dataset"],
            registry=fit.registry,
            scenarios=fit.scenarios,
            config=asked.config,
            quotas=asked.quotas,
            budget=asked.budget,
            by=user_of(request),
            **wanted,
            **{name: form.cleaned_data[name] for name in ("concurrency", "judge", "seed")},
        )
    except InvalidInput as error:
        form.add_error(None, str(error))
        return render(request, "run_new.html", {"form": form}, status=422)
    dispatch_run(run.pk)
    messages.success(request, f"The run is under way: {run.requested} conversations.")
    return redirect("run_detail", run.pid)


def run_detail(request: HttpRequest, pid: str) -> HttpResponse:
    """One run as it stands; only its moving part for a poll."""
    return _answer(request, pid, whole=request.headers.get("HX-Target") != "progress")


@require_POST
@leads_only("pause a run")
def run_pause(request: HttpRequest, pid: str) -> HttpResponse:
    """Hold it."""
    return _change(request, pid, pause_run)


@require_POST
@leads_only("resume a run")
def run_resume(request: HttpRequest, pid: str) -> HttpResponse:
    """Let it go on."""
    response = _change(request, pid, resume_run)
    dispatch_run(get_object_or_404(Run, pid=pid).pk)
    return response


@require_POST
@leads_only("cancel a run")
def run_cancel(request: HttpRequest, pid: str) -> HttpResponse:
    """End it for good."""
    return _change(request, pid, cancel_run)


def _change(request: HttpRequest, pid: str, verb: Callable[[Run], None]) -> HttpResponse:
    verb(get_object_or_404(Run, pid=pid))
    if request.headers.get("HX-Request") == "true":
        return _answer(request, pid, whole=False)
    return redirect("run_detail", pid)


def _answer(request: HttpRequest, pid: str, *, whole: bool) -> HttpResponse:
    run = get_object_or_404(runs_with_counts(), pid=pid)
    context = {"run": run, **account_of(run, user=user_of(request))}
    if not whole:
        return render(request, "run_detail.html#progress", context)
    return render(request, "run_detail.html", {**context, "topic_costs": topic_costs(dataset=run.dataset)})
