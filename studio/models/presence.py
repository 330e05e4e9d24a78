"""Who has a conversation's page open."""

from django.db import models
from django.utils import timezone

from studio.models.conversations import Conversation
from studio.models.team import User


class Presence(models.Model):
    """Somebody who looks at a conversation since ``since``; their page said so last at ``seen_at``."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="presences")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="presences")
    since = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    is_editing = models.BooleanField(default=False)

    class Meta:
        ordering = ["since"]
        constraints = [models.UniqueConstraint(fields=["conversation", "user"], name="presence_once_per_page")]
        indexes = [models.Index(fields=["seen_at"])]

    def __str__(self) -> str:
        return f"{self.user} at {self.conversation_id}"
