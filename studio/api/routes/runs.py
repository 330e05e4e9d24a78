"""``/api/runs``: leads make and steer them, everybody sees how far they are."""

from collections.abc import Callable, Sequence
from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router
from ninja.responses import Status

from studio.api.authentication import leads, person
from studio.api.errors import place
from studio.api.lookup import asked_for, by_id, referred_to
from studio.api.paging import Page, Paging, page_of
from studio.api.responses import answers
from studio.api.schemas.runs import RunCreate, RunDetail, RunEstimate, RunSummary
from studio.domain import runs as verbs
from studio.domain.errors import Refused
from studio.domain.estimates import estimate_run
from studio.domain.fitting import fit_of
from studio.domain.run_progress import progress_of
from studio.models import Dataset, Endpoint, Registry, Run, Scenario
from studio.tasks import dispatch_run
from studio.wiring import endpoint_settings

router = Router(tags=["runs"])


@router.get("", response=answers(Page[RunSummary]))
def list_runs(request: HttpRequest, paging: Query[Paging], dataset: Annotated[str, Query()] = "") -> Page[RunSummary]:
    """Runs, the newest first; of one `dataset` (id or slug) if given."""
    rows = RunSummary.rows()
    if dataset:
        rows = rows.filter(dataset=asked_for(Dataset.objects.all(), dataset, what="dataset"))
    return page_of(rows, paging=paging, show=RunSummary.of)


@router.post("", response=answers(RunDetail, status=201), auth=leads(to="start a run"))
def create_run(request: HttpRequest, body: RunCreate) -> Status[RunDetail]:
    """Ask for conversations. The plan is frozen now; work begins at once where a worker runs."""
    dataset = referred_to(Dataset.objects.all(), body.dataset, what="dataset")
    registry = _registry(body)
    endpoint = referred_to(Endpoint.objects.all(), body.endpoint, what="endpoint", column="name")
    endpoint_settings(endpoint)
    judge = referred_to(Endpoint.objects.all(), body.judge, what="endpoint", column="name") if body.judge else None
    run = verbs.create_run(
        dataset,
        registry=registry,
        endpoint=endpoint,
        scenarios=_scenarios(dataset, body.scenarios),
        config=body.config,
        count=body.count,
        mode=body.mode,
        seed=body.seed,
        concurrency=body.concurrency,
        quotas=body.quotas,
        budget=body.budget,
        judge=judge,
        by=person(request),
    )
    dispatch_run(run.pk)
    return Status(201, _show(run))


@router.post("/estimate", response=answers(RunEstimate), auth=leads(to="start a run"))
def estimate(request: HttpRequest, body: RunCreate) -> RunEstimate:
    """What such a run will likely take, and which scenarios it would leave out. Nothing is made."""
    dataset = referred_to(Dataset.objects.all(), body.dataset, what="dataset")
    scenarios = _scenarios(dataset, body.scenarios)
    if not scenarios:
        raise Refused("The dataset has no scenarios.", details=[place("/dataset", "It has no scenarios.")])
    fit = fit_of(scenarios, registry=_registry(body), config=body.config, mode=body.mode)
    likely = estimate_run(
        fit.scenarios,
        registry=fit.registry,
        endpoint=referred_to(Endpoint.objects.all(), body.endpoint, what="endpoint", column="name"),
        config=body.config,
        count=body.count,
        mode=body.mode,
    )
    return RunEstimate(**likely.model_dump(), warning=fit.warning, unfit=fit.unfit, missing_tools=fit.missing)


@router.get("/{id}", response=answers(RunDetail))
def get_run(request: HttpRequest, id: str) -> RunDetail:
    """One run with its configuration and its progress."""
    return _show(_run(id))


@router.post("/{id}/pause", response=answers(RunDetail, conflicts=True), auth=leads(to="pause a run"))
def pause_run(request: HttpRequest, id: str) -> RunDetail:
    """Hold it: nothing new is begun, what is being built is put back with its state."""
    return _changed(id, verbs.pause_run)


@router.post("/{id}/resume", response=answers(RunDetail, conflicts=True), auth=leads(to="resume a run"))
def resume_run(request: HttpRequest, id: str) -> RunDetail:
    """Let a paused or stopped run go on."""
    run = _run(id)
    verbs.resume_run(run)
    dispatch_run(run.pk)
    return _show(run)


@router.post("/{id}/cancel", response=answers(RunDetail, conflicts=True), auth=leads(to="cancel a run"))
def cancel_run(request: HttpRequest, id: str) -> RunDetail:
    """End it for good; what is done stays."""
    return _changed(id, verbs.cancel_run)


def _changed(pid: str, verb: Callable[[Run], None]) -> RunDetail:
    run = _run(pid)
    verb(run)
    return _show(run)


def _run(pid: str) -> Run:
    return by_id(Run.objects.all(), pid, what="run")


def _show(run: Run) -> RunDetail:
    row = RunSummary.rows().get(pk=run.pk)
    return RunDetail.with_progress(row, progress_of(row))


def _registry(body: RunCreate) -> Registry | None:
    return referred_to(Registry.objects.all(), body.registry, what="registry") if body.registry else None


def _scenarios(dataset: Dataset, pids: list[str] | None) -> Sequence[Scenario]:
    rows = {row.pid: row for row in dataset.scenarios.all()}
    if pids is None:
        return list(rows.values())
    unknown = [
        place(f"/scenarios/{index}", "It is not in the dataset.") for index, pid in enumerate(pids) if pid not in rows
    ]
    if unknown:
        raise Refused("Some of these scenarios are not in the dataset.", details=unknown)
    return [rows[pid] for pid in pids]
