"""Runs: what is asked for, and where they stand."""

from datetime import datetime
from typing import Self

from django.db.models import QuerySet
from pydantic import BaseModel, Field

from generation.budget import Budget, Estimate
from generation.coverage import Quotas
from generation.plan import Config, Mode
from studio.api.schemas.fields import Body, Reference
from studio.domain.run_lists import runs_with_counts
from studio.domain.run_progress import Progress
from studio.domain.runs import MAX_CONCURRENCY, MAX_REQUESTED, MAX_SEED
from studio.models import Run


class RunSummary(BaseModel):
    id: str
    status: str = Field(description="running, paused, finished, stopped or cancelled.")
    dataset: str = Field(description="The id of the dataset, as are registry and endpoint.")
    registry: str | None = Field(description="null: a run of conversations without tools.")
    endpoint: str
    requested: int
    done: int
    failed: int = Field(description="Cancelled ones included.")
    concurrency: int
    seed: int
    stop_reason: str
    created_by: str | None
    created_at: datetime
    finished_at: datetime | None

    @classmethod
    def rows(cls) -> QuerySet[Run]:
        """The runs as ``of`` needs them."""
        return runs_with_counts()

    @classmethod
    def of(cls, row: Run) -> Self:
        """The run for a list, a row of ``rows``."""
        return cls(
            id=row.pid,
            status=row.status,
            dataset=row.dataset.pid,
            registry=row.registry.pid if row.registry else None,
            endpoint=row.endpoint.pid,
            requested=row.requested,
            done=row.done_count,  # type: ignore[attr-defined]  # annotated by rows()
            failed=row.failed_count,  # type: ignore[attr-defined]  # annotated by rows()
            concurrency=row.concurrency,
            seed=row.seed,
            stop_reason=row.stop_reason,
            created_by=str(row.created_by) if row.created_by else None,
            created_at=row.created_at,
            finished_at=row.finished_at,
        )


class RunProgress(BaseModel):
    """Counts of items, and what they took so far. ``seconds`` is the time it has been running, ``cost`` in the currency of the prices."""

    waiting: int
    building: int
    interrupted: int = Field(description="Waiting to be taken up again.")
    done: int
    failed: int
    withheld: int = Field(description="Made, but kept from review by a blocking check.")
    percent: int
    llm_calls: int
    tool_calls: int
    tokens_in: int
    tokens_out: int
    cost: float
    seconds: float


class RunDetail(RunSummary):
    config: Config
    quotas: Quotas
    budget: Budget
    judge: str | None = Field(description="The id of the endpoint that scores what is made.")
    progress: RunProgress

    @classmethod
    def with_progress(cls, row: Run, progress: Progress) -> Self:
        """The run with its counts as they are now."""
        counts = {name: getattr(progress, name) for name in RunProgress.model_fields}
        summary = RunSummary.of(row).model_dump()
        return cls(
            **summary,
            config=Config.model_validate(row.config),
            quotas=Quotas.model_validate(row.quotas),
            budget=Budget.model_validate(row.budget),
            judge=row.judge.pid if row.judge else None,
            progress=RunProgress(**counts),
        )


class RunCreate(Body):
    """``count`` conversations that pass are asked for. Scenarios are taken in turn, or as the quotas ask; ``mode`` overrules
    their own; those that name tools the registry lacks are left out; without a ``seed`` one is drawn."""

    dataset: Reference
    registry: Reference | None = Field(
        default=None, description="null only when no conversation calls tools: mode basic or chain_of_thought."
    )
    endpoint: str = Field(min_length=1, max_length=80, description="An id, or the name.")
    scenarios: list[str] | None = Field(
        default=None, min_length=1, max_length=10_000, description="Ids; null: all of the dataset."
    )
    count: int | None = Field(
        default=None, strict=True, ge=1, le=MAX_REQUESTED, description="Conversations; null: one a scenario that fits."
    )
    mode: Mode | None = None
    seed: int | None = Field(default=None, strict=True, ge=0, le=MAX_SEED)
    concurrency: int = Field(default=8, strict=True, ge=1, le=MAX_CONCURRENCY)
    config: Config = Field(default_factory=Config)
    quotas: Quotas = Field(
        default_factory=Quotas, description="The mix of patterns, topics, languages, personas, tools."
    )
    budget: Budget = Field(default_factory=Budget, description="What topping up until enough pass may use.")
    judge: str | None = Field(
        default=None, min_length=1, max_length=80, description="An endpoint, id or name, that scores what was made."
    )


class RunEstimate(Estimate):
    warning: str = Field(description="What the run would leave out, and why; empty when every scenario fits.")
    unfit: int = Field(description="Scenarios that name tools the registry lacks.")
    missing_tools: dict[str, int] = Field(description="These tools, with how many scenarios name each.")
