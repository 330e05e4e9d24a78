"""Runs: make them with their items, see where they stand, hold them, let them go on, end them."""

import math
import secrets
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, Sum
from django.utils import timezone

from generation.budget import Budget, Spent, exhausted
from generation.coverage import Quotas
from generation.errors import InvalidInput
from generation.plan import Config, Mode
from studio.domain.catalog import freeze
from studio.domain.errors import NotPossible
from studio.domain.fitting import fit_of
from studio.domain.judgements import require_judge
from studio.domain.plans import planned_items
from studio.domain.statements import has_unfinished
from studio.domain.topping_up import add_replacements
from studio.models import Dataset, Endpoint, Item, LedgerEntry, Registry, Run, Scenario, User
from studio.models.fields import plain_text

MAX_REQUESTED = 100_000
MAX_CONCURRENCY = 256
MAX_SEED = 2**53


@transaction.atomic
def create_run(
    dataset: Dataset,
    *,
    registry: Registry | None,
    endpoint: Endpoint,
    scenarios: Sequence[Scenario],
    config: Config,
    count: int | None = None,
    mode: Mode | None = None,
    seed: int | None = None,
    concurrency: int = 8,
    quotas: Quotas | None = None,
    budget: Budget | None = None,
    judge: Endpoint | None = None,
    by: User | None = None,
) -> Run:
    """A run for ``count`` conversations that pass, with its items, each with a frozen plan.

    Scenarios are taken in turn, or as ``quotas`` ask; ``mode`` overrules their own; those that don't fit the registry are
    left out (``fitting`` tells of them beforehand). ``registry`` may be None when no conversation calls tools. ``seed`` None draws one. ``budget`` bounds
    what topping up may use; ``judge`` scores what was made. Raises InvalidInput.
    """
    fit = fit_of(scenarios, registry=registry, config=config, mode=mode)
    count = len(fit.scenarios) if count is None else count
    if not 1 <= count <= MAX_REQUESTED:
        raise InvalidInput(f"count is {count}: ask for 1 to {MAX_REQUESTED} conversations.")
    if not 1 <= concurrency <= MAX_CONCURRENCY:
        raise InvalidInput(f"concurrency is {concurrency}: choose 1 to {MAX_CONCURRENCY}.")
    seed = secrets.randbelow(2**31) if seed is None else seed
    if not -MAX_SEED <= seed <= MAX_SEED:
        raise InvalidInput(f"seed is {seed}: choose one between {-MAX_SEED} and {MAX_SEED}.")
    if judge is not None:
        require_judge(judge)
    run = Run.objects.create(
        dataset=dataset,
        registry=fit.registry,
        toolset=freeze(fit.registry),
        endpoint=endpoint,
        config=config.model_dump(mode="json"),
        quotas=(quotas or Quotas()).model_dump(mode="json", exclude_defaults=True),
        budget=(budget or Budget()).model_dump(mode="json"),
        judge=judge,
        seed=seed,
        requested=count,
        concurrency=concurrency,
        created_by=by,
    )
    items = planned_items(run, scenarios=fit.scenarios, quotas=quotas or Quotas(), mode=mode)
    Item.objects.bulk_create(items, batch_size=500)
    return run


def needs_settling(run: Run, *, number: int) -> bool:
    """Whether the item of this number, which passed, can change where the run stands. While others are left only what was
    spent counts: a passed one neither lowers the share that passes nor leaves anything to top up. What was spent is added
    up after each of some hundred conversations, then after each half percent: adding up takes longer the more there are.
    """
    is_due = number % max(number // 200, 1) == 0 and Budget.model_validate(run.budget).is_limited
    return is_due or not has_unfinished(run.pk)


def settle_run(run_pk: int) -> None:
    """See where a running run stands after one of its items ended: top it up, stop it, or finish it. Idempotent."""
    with transaction.atomic():
        run = _locked(run_pk, among=[Run.Status.RUNNING])
        if run is None:
            return
        budget = Budget.model_validate(run.budget)
        spent = spent_by(run, metered=budget.is_metered)
        reason = exhausted(budget, spent)
        if reason:
            stop_run(run_pk, reason=reason)
            return
        unfinished = run.items.filter(status__in=Item.Status.unfinished()).count()
        missing = run.requested - spent.passed - unfinished
        if missing > 0:
            unfinished += add_replacements(run, missing=missing, limit=math.ceil(run.requested * budget.attempts))
        if not unfinished:
            reason = "" if spent.passed >= run.requested else _fell_short(spent, budget)
            _halt(run, status=Run.Status.FINISHED, stop_reason=reason, finished_at=timezone.now())


def spent_by(run: Run, *, metered: bool) -> Spent:
    """Where the run stands against its budget; tokens and cost only when they are asked for."""
    ended = run.items.filter(status__in=[Item.Status.DONE, Item.Status.FAILED])
    counts = ended.aggregate(ended=Count("pk"), passed=Count("pk", filter=Q(passed=True)))
    ledger: dict[str, Any] = {}
    if metered:
        ledger = LedgerEntry.objects.filter(run=run).aggregate(
            tokens=Sum(F("tokens_in") + F("tokens_out")), cost=Sum("cost")
        )
    return Spent(
        requested=run.requested,
        passed=counts["passed"],
        ended=counts["ended"],
        tokens=ledger.get("tokens") or 0,
        cost=ledger.get("cost") or 0.0,
        seconds=run.running_s,
    )


def _fell_short(spent: Spent, budget: Budget) -> str:
    return (
        f"{spent.passed} of {spent.requested} conversations passed after {spent.ended} were begun, "
        f"{budget.attempts:g} times those asked for at most."
    )


def settle_open_runs() -> int:
    """Settle runs whose last item's worker died before it could; returns how many there were."""
    unfinished = Item.objects.filter(run=OuterRef("pk"), status__in=Item.Status.unfinished())
    left_open = list(Run.objects.filter(~Exists(unfinished), status=Run.Status.RUNNING).values_list("pk", flat=True))
    for run_pk in left_open:
        settle_run(run_pk)
    return len(left_open)


def stop_run(run_pk: int, *, reason: str) -> None:
    """End a running run because going on makes no sense; ``reason`` is shown. What is being built loses its lease,
    keeps its state, and goes on when the run is resumed."""
    with transaction.atomic():
        run = _locked(run_pk, among=[Run.Status.RUNNING])
        if run is not None:
            _halt(run, status=Run.Status.STOPPED, stop_reason=plain_text(reason, 2000), finished_at=timezone.now())
            _put_back(run_pk)


def pause_run(run: Run) -> None:
    """Hold a run: nothing new is begun, what is being built is put back with its state. Raises NotPossible."""
    with transaction.atomic():
        running = _locked(run.pk, among=[Run.Status.RUNNING])
        if running is None:
            raise NotPossible("Only a running run can be paused.")
        _halt(running, status=Run.Status.PAUSED)
        _put_back(run.pk)


def resume_run(run: Run) -> None:
    """Let a paused or stopped run go on. Raises NotPossible. The caller dispatches its items."""
    with transaction.atomic():
        resumed = Run.objects.filter(pk=run.pk, status__in=[Run.Status.PAUSED, Run.Status.STOPPED]).update(
            status=Run.Status.RUNNING, stop_reason="", finished_at=None, running_since=timezone.now()
        )
        if not resumed:
            raise NotPossible("Only a paused or stopped run can be resumed.")
        waiting = Item.objects.filter(run=run, status__in=[Item.Status.PENDING, Item.Status.INTERRUPTED])
        waiting.update(interruptions=0, not_before=timezone.now(), sent_at=None)
    settle_run(run.pk)


def cancel_run(run: Run) -> None:
    """End a run for good: what was not finished is cancelled, what is done stays. Raises NotPossible when it had ended."""
    with transaction.atomic():
        unended = _locked(run.pk, among=[Run.Status.RUNNING, Run.Status.PAUSED, Run.Status.STOPPED])
        if unended is None:
            raise NotPossible("This run has ended already.")
        _halt(unended, status=Run.Status.CANCELLED, finished_at=timezone.now())
        Item.objects.filter(run=run, status__in=Item.Status.unfinished()).update_in_order(
            status=Item.Status.CANCELLED, token="", lease_until=None, finished_at=timezone.now()
        )


def _locked(run_pk: int, *, among: Sequence[Run.Status]) -> Run | None:
    return Run.objects.select_for_update(no_key=True).filter(pk=run_pk, status__in=among).first()


def _halt(run: Run, **values: Any) -> None:
    """Take a run, locked by the caller, to where it does not run, with the time it ran."""
    Run.objects.filter(pk=run.pk).update(ran_s=run.running_s, **values)


def _put_back(run_pk: int) -> None:
    Item.objects.filter(run_id=run_pk, status=Item.Status.BUILDING).update_in_order(
        status=Item.Status.INTERRUPTED, token="", lease_until=None, sent_at=None
    )
