"""What people say to each other about a conversation: threads of comments, and who is mentioned in them."""

from django.db import models
from django.utils import timezone

from studio.models.conversations import Conversation
from studio.models.fields import PidField
from studio.models.team import User


class Thread(models.Model):
    """Comments on a pair, by its call id, or with "" on the conversation. One whose pair was removed since stays."""

    pid = PidField()
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="threads")
    call_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.call_id}".strip()


class Comment(models.Model):
    """One thing said in a thread. ``edited_at``: its author changed it since."""

    pid = PidField()
    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="comments")
    author = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="comments")
    text = models.TextField()
    at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.text[:80]


class Mention(models.Model):
    """Somebody who is named in a comment, until they read it."""

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="mentions")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="mentions")
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["comment", "user"], name="mention_once_per_comment")]
        indexes = [models.Index(fields=["user"], condition=models.Q(read_at=None), name="mention_unread")]

    def __str__(self) -> str:
        return f"@{self.user}"
