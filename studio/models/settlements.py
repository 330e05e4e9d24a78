"""What waits in a dataset, brought up to a policy that changed."""

from django.db import models
from django.utils import timezone

from studio.models.datasets import Dataset
from studio.models.team import User


class Settlement(models.Model):
    """One pass over the waiting conversations of a dataset, in the order of their keys; ``last`` is the key it has come to.

    ``share_from`` to ``share_to`` (percent) is what a changed share of double reviews newly holds, or holds no more: of those
    conversations more or less is hidden now. Without ``finished_at`` it is under way.
    """

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="settlements")
    share_from = models.PositiveSmallIntegerField()
    share_to = models.PositiveSmallIntegerField()
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    last = models.BigIntegerField(default=0)
    touched_at = models.DateTimeField(default=timezone.now, help_text="When a message was sent or a batch done.")
    requested_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["dataset"], condition=models.Q(finished_at=None), name="one_settlement_underway_per_dataset"
            )
        ]

    def __str__(self) -> str:
        return f"{self.dataset_id}: {self.done} of {self.total}"
