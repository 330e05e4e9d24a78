"""Branches: a conversation gone on from one of its places by an agent, laid beside the original until one of the two is kept."""

from django.db import models
from django.utils import timezone

from studio.models.conversations import Conversation
from studio.models.endpoints import Endpoint
from studio.models.fields import DocumentField, PidField
from studio.models.requests import ModelRequest
from studio.models.team import User


class Branch(models.Model):
    """One regeneration of version ``version``, from behind the call ``call_id`` or, when that is empty, from the user message of ``turn``.

    ``state`` is the branch as far as it is, from the start a whole document: what was kept, and all that came since. It is
    saved after each reply and each result, so whoever takes the branch up goes on from there. ``renewed``: ids of kept
    calls that were stale and are executed again on the way. Whoever holds ``token`` works it until ``lease_until``.
    """

    class Status(models.TextChoices):
        PENDING = "pending", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"
        KEPT = "kept", "Kept"
        DISCARDED = "discarded", "Discarded"

        @classmethod
        def underway(cls) -> list[str]:
            return [cls.PENDING.value, cls.RUNNING.value]

        @classmethod
        def undecided(cls) -> list[str]:
            return [*cls.underway(), cls.DONE.value, cls.FAILED.value]

    pid = PidField()
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="branches")
    version = models.PositiveIntegerField()
    call_id = models.CharField(max_length=64, blank=True)
    turn = models.PositiveIntegerField()
    endpoint = models.ForeignKey(Endpoint, null=True, on_delete=models.SET_NULL, related_name="branches")
    instruction = models.TextField(blank=True)
    seed = models.BigIntegerField()
    renewed = DocumentField(default=list)
    status = models.CharField(max_length=12, choices=Status, default=Status.PENDING)
    state = models.TextField()
    is_resumable = models.BooleanField(
        default=False, help_text="Whether what failed can go on from its state when it is asked for again."
    )
    error = models.TextField(blank=True)
    tokens_in = models.PositiveIntegerField(default=0)
    tokens_out = models.PositiveIntegerField(default=0)
    cost = models.FloatField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True, help_text="When a message for it was last sent.")
    token = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    requested_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="branches")
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "branches"
        constraints = [
            # What two people ask for at the same moment must not be paid for twice.
            models.UniqueConstraint(
                fields=["conversation"],
                condition=models.Q(status__in=["pending", "running", "done", "failed"]),
                name="one_undecided_branch_per_conversation",
            )
        ]
        indexes = [models.Index(fields=["status", "id"])]

    def __str__(self) -> str:
        return f"{self.conversation_id} v{self.version}: {self.status}"

    @property
    def is_underway(self) -> bool:
        return self.status in self.Status.underway()


class BranchRequest(ModelRequest):
    """A request made for a branch."""

    branch = models.ForeignKey(Branch, on_delete=models.CASCADE, related_name="requests")
