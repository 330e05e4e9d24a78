"""What every request to a model leaves behind, whatever it was made for."""

from django.db import models
from django.utils import timezone

from studio.models.fields import DocumentField


class ModelRequest(models.Model):
    """One request to a model and what it cost. ``reply`` is kept when it could not be used."""

    purpose = models.CharField(max_length=24)
    model = models.CharField(max_length=120)
    tokens_in = models.PositiveIntegerField(default=0)
    tokens_cached = models.PositiveIntegerField(default=0)
    tokens_out = models.PositiveIntegerField(default=0)
    latency_ms = models.FloatField(default=0)
    attempt = models.PositiveIntegerField(default=1)
    outcome = models.CharField(max_length=16)
    cost = models.FloatField(default=0)
    reply = DocumentField(null=True, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.purpose} {self.outcome}"
