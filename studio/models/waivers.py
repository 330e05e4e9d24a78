"""Waivers: blocking findings that a lead lets pass, and why."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from studio.models.conversations import Conversation
from studio.models.fields import PidField
from studio.models.team import User


class Waiver(models.Model):
    """One finding let pass. ``finding`` is the digest of that very finding (``studio.domain.findings``): another one of the
    same check isn't waived by it. ``previous_status`` is what a revoked waiver puts back."""

    pid = PidField()
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="waivers")
    finding = models.CharField(max_length=64)
    code = models.CharField(max_length=80)
    call_id = models.CharField(max_length=64, blank=True)
    turn = models.PositiveIntegerField(null=True, blank=True)
    message = models.TextField()
    reason = models.CharField(max_length=500)
    previous_status = models.CharField(max_length=16)
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="waivers")
    at = models.DateTimeField(default=timezone.now)
    revoked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "finding"], condition=Q(revoked_at=None), name="finding_waived_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.code}: {self.reason}"
