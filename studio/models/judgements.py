"""What a judge model said of a conversation: advice beside the human verdict."""

from django.db import models
from django.utils import timezone

from studio.models.conversations import Conversation
from studio.models.endpoints import Endpoint
from studio.models.fields import DocumentField, PidField


class Judgement(models.Model):
    """One judging of one version. ``scores``: ``[{"criterion", "score", "reason"}]``, 1 to 5; ``overall`` their weighted mean."""

    class Status(models.TextChoices):
        PENDING = "pending", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    pid = PidField()
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="judgements")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="judgements")
    version = models.PositiveIntegerField()
    rubric = DocumentField()
    status = models.CharField(max_length=12, choices=Status, default=Status.PENDING)
    model = models.CharField(max_length=120, blank=True)
    scores = DocumentField(default=list)
    summary = models.TextField(blank=True)
    overall = models.FloatField(null=True, blank=True)
    tokens_in = models.PositiveIntegerField(default=0)
    tokens_out = models.PositiveIntegerField(default=0)
    cost = models.FloatField(default=0)
    error = models.TextField(blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    token = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "version", "endpoint"], name="judged_once_per_version_and_endpoint"
            )
        ]
        indexes = [models.Index(fields=["status", "id"])]

    def __str__(self) -> str:
        return f"{self.conversation_id} v{self.version}: {self.overall}"
