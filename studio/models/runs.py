"""Runs and their items: a plan frozen into rows, worked under a lease. These rows are the truth about work, never the broker."""

from typing import Any, Self

from django.db import models, transaction
from django.utils import timezone

from studio.models.catalog import Registry, ToolSet
from studio.models.datasets import Dataset, Scenario
from studio.models.endpoints import Endpoint
from studio.models.fields import DocumentField, PidField
from studio.models.requests import ModelRequest
from studio.models.team import User

CHUNK = 500
"""Keys in one statement: SQLite takes a bounded number of parameters."""


class Run(models.Model):
    """A request for N conversations: what from, with which tools, model and configuration."""

    class Status(models.TextChoices):
        RUNNING = "running", "Running"
        PAUSED = "paused", "Paused"
        FINISHED = "finished", "Finished"
        STOPPED = "stopped", "Stopped"
        CANCELLED = "cancelled", "Cancelled"

    pid = PidField()
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="runs")
    registry = models.ForeignKey(
        Registry,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="runs",
        help_text="None: a run of conversations without tools.",
    )
    toolset = models.ForeignKey(ToolSet, on_delete=models.PROTECT, related_name="runs")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="runs")
    config = DocumentField(default=dict)
    quotas = DocumentField(default=dict)
    budget = DocumentField(default=dict)
    judge = models.ForeignKey(Endpoint, null=True, blank=True, on_delete=models.SET_NULL, related_name="judged_runs")
    seed = models.BigIntegerField(default=0)
    requested = models.PositiveIntegerField()
    concurrency = models.PositiveIntegerField(default=8)
    status = models.CharField(max_length=12, choices=Status, default=Status.RUNNING)
    stop_reason = models.TextField(blank=True)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="runs")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    running_since = models.DateTimeField(default=timezone.now, help_text="When it was made or last resumed.")
    ran_s = models.FloatField(default=0, help_text="Seconds it ran before that; all of them when it runs no more.")

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.dataset.slug} {self.pid}"

    @property
    def title(self) -> str:
        """What from and what with, for people."""
        return f"{self.dataset} with {self.registry}" if self.registry else f"{self.dataset} without tools"

    @property
    def running_s(self) -> float:
        """Seconds it has been running, what it was paused or stopped for left out."""
        since = (timezone.now() - self.running_since).total_seconds() if self.is_open else 0.0
        return self.ran_s + since

    @property
    def is_open(self) -> bool:
        """Whether items of it may still be worked."""
        return self.status == self.Status.RUNNING


class ItemQuerySet(models.QuerySet["Item"]):
    def due(self) -> Self:
        """Items of running runs that may be claimed now."""
        return self.filter(
            run__status=Run.Status.RUNNING,
            status__in=[Item.Status.PENDING, Item.Status.INTERRUPTED],
            not_before__lte=timezone.now(),
        )

    def expired(self) -> Self:
        """Items whose worker has not been heard of in time."""
        return self.filter(status=Item.Status.BUILDING, lease_until__lt=timezone.now())

    def update_in_order(self, **values: Any) -> int:
        """Update these rows, locked in the order of their keys: two such updates of the same rows can't block each other."""
        with transaction.atomic():
            keys = list(self.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))
            # Where there are row locks nothing changed since; SQLite has one writer at a time.
            return sum(self.filter(pk__in=keys[at : at + CHUNK]).update(**values) for at in range(0, len(keys), CHUNK))


class Item(models.Model):
    """One conversation to be made. Whoever holds ``token`` works it until ``lease_until``.

    ``plan`` is the frozen ``generation.plan.Plan`` without its tools (they are the run's tool set); ``state`` the unfinished
    conversation, saved after each reply and each result. ``attempts`` counts whole attempts that failed, ``interruptions``
    how often infrastructure put it back. ``interrupted`` waits for ``not_before`` and is then taken up again.
    """

    class Status(models.TextChoices):
        PENDING = "pending", "Waiting"
        BUILDING = "building", "Building"
        INTERRUPTED = "interrupted", "Interrupted"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

        @classmethod
        def unfinished(cls) -> list[str]:
            return [cls.PENDING.value, cls.BUILDING.value, cls.INTERRUPTED.value]

    pid = PidField()
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="items")
    scenario = models.ForeignKey(Scenario, null=True, blank=True, on_delete=models.SET_NULL, related_name="items")
    number = models.PositiveIntegerField()
    plan = DocumentField()
    status = models.CharField(max_length=12, choices=Status, default=Status.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    interruptions = models.PositiveIntegerField(default=0)
    passed = models.BooleanField(
        null=True, blank=True, help_text="Whether its conversation passed the blocking checks."
    )
    not_before = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True, help_text="When a message for it was last sent.")
    lease_until = models.DateTimeField(null=True, blank=True)
    token = models.CharField(max_length=32, blank=True)
    state = models.TextField(blank=True)
    error = models.TextField(blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = ItemQuerySet.as_manager()

    class Meta:
        ordering = ["run", "number"]
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="item_number_once_per_run")]
        indexes = [
            models.Index(fields=["status", "not_before"]),
            models.Index(fields=["run", "status", "sent_at", "number"]),
        ]

    def __str__(self) -> str:
        return f"{self.run_id}/{self.number}"


class FailedAttempt(models.Model):
    """What an attempt had come to when it failed: no training data, but paid for, and the way to find out why."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="failed_attempts")
    number = models.PositiveIntegerField()
    code = models.CharField(max_length=40, blank=True)
    error = models.TextField()
    document = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["item", "number"]

    def __str__(self) -> str:
        return f"{self.item_id} attempt {self.number}: {self.code}"


class LedgerEntry(ModelRequest):
    """A request made for an item of a run."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="ledger")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="ledger")

    class Meta:
        verbose_name_plural = "ledger entries"


class SandboxSession(models.Model):
    """A session opened in a tool service, written down before it is used so that a dead worker's can be swept."""

    session_id = models.CharField(max_length=36, unique=True)
    endpoint = models.CharField(max_length=300, blank=True)
    item = models.ForeignKey(Item, null=True, blank=True, on_delete=models.SET_NULL, related_name="sessions")
    opened_at = models.DateTimeField(default=timezone.now)
    keep_until = models.DateTimeField()

    def __str__(self) -> str:
        return self.session_id
