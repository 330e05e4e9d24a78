"""Bulk actions: one thing done to many conversations, with what became of each, so that it can be undone as a whole."""

from django.db import models
from django.utils import timezone

from studio.models.conversations import Conversation
from studio.models.fields import DocumentField, PidField
from studio.models.reviews import Review
from studio.models.team import User


class BulkAction(models.Model):
    """What ``requested_by`` wants done to the conversations of its entries, which are frozen when it is prepared.

    A prepared one has done nothing yet. The counts are those of its entries by outcome; ``touched_at`` is when a message for
    it was last sent or a batch of it last done. ``scope`` says in words which conversations were meant.
    """

    class Kind(models.TextChoices):
        TAG = "tag", "Tag"
        UNTAG = "untag", "Take a tag off"
        ASSIGN = "assign", "Assign"
        UNASSIGN = "unassign", "Unassign"
        REOPEN = "reopen", "Send to review"
        REJECT = "reject", "Reject"
        APPROVE = "approve", "Approve"

        @classmethod
        def decisions(cls) -> list[str]:
            return [cls.REOPEN.value, cls.REJECT.value, cls.APPROVE.value]

    class Status(models.TextChoices):
        PREPARED = "prepared", "Not started"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        STOPPED = "stopped", "Stopped"
        UNDOING = "undoing", "Being undone"
        UNDONE = "undone", "Undone"

        @classmethod
        def underway(cls) -> list[str]:
            return [cls.RUNNING.value, cls.UNDOING.value]

        @classmethod
        def undoable(cls) -> list[str]:
            return [cls.DONE.value, cls.STOPPED.value]

    pid = PidField()
    kind = models.CharField(max_length=12, choices=Kind)
    assignee = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    tag = models.CharField(max_length=80, blank=True, help_text="The name of the tag, as it was then.")
    reason = models.CharField(max_length=500, blank=True)
    scope = models.CharField(max_length=200, blank=True)
    query = models.TextField(blank=True, help_text="That of the list it was selected in, to go back to.")
    status = models.CharField(max_length=12, choices=Status, default=Status.PREPARED)
    total = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    left_out = models.PositiveIntegerField(default=0)
    undone = models.PositiveIntegerField(default=0)
    kept = models.PositiveIntegerField(default=0, help_text="Changed since, so the undoing left them as they are.")
    touched_at = models.DateTimeField(null=True, blank=True)
    requested_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="bulk_actions"
    )
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["status", "id"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.total}"

    @property
    def title(self) -> str:
        """What it does, in words; the assignee is loaded."""
        match self.kind:
            case self.Kind.TAG:
                return f"Set the tag “{self.tag}”"
            case self.Kind.UNTAG:
                return f"Take the tag “{self.tag}” off"
            case self.Kind.ASSIGN:
                return f"Assign to {self.assignee or 'somebody who left'}"
            case self.Kind.REJECT:
                return f"Reject: {self.reason}"
        return self.get_kind_display()

    @property
    def is_underway(self) -> bool:
        return self.status in self.Status.underway()

    @property
    def is_undoable(self) -> bool:
        return self.status in self.Status.undoable() and self.changed > 0


class BulkEntry(models.Model):
    """One conversation of a bulk action. ``version`` and ``status`` stood when it was selected; ``before`` is what undoing puts
    back, by column.

    ``review`` is the decision it made. ``note`` says why it was left out, or kept when the action was undone.
    """

    class Outcome(models.TextChoices):
        PENDING = "", "Waiting"
        CHANGED = "changed", "Changed"
        LEFT_OUT = "left_out", "Left out"
        UNDONE = "undone", "Undone"
        KEPT = "kept", "Kept"

    action = models.ForeignKey(BulkAction, on_delete=models.CASCADE, related_name="entries")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="bulk_entries")
    version = models.PositiveIntegerField()
    status = models.CharField(max_length=16)
    outcome = models.CharField(max_length=8, choices=Outcome, blank=True, default=Outcome.PENDING)
    note = models.CharField(max_length=300, blank=True)
    before = DocumentField(default=dict)
    status_after = models.CharField(max_length=16, blank=True)
    review = models.OneToOneField(Review, null=True, blank=True, on_delete=models.SET_NULL, related_name="bulk_entry")

    class Meta:
        ordering = ["action", "pk"]
        verbose_name_plural = "bulk entries"
        constraints = [models.UniqueConstraint(fields=["action", "conversation"], name="entry_once_per_bulk_action")]
        indexes = [models.Index(fields=["action", "outcome", "id"])]

    def __str__(self) -> str:
        return f"{self.action_id}: {self.conversation_id} {self.outcome}"
