"""Tags of a dataset, set on its conversations."""

from django.db import models

from studio.models.datasets import Dataset
from studio.models.fields import PidField


class Tag(models.Model):
    """A word for conversations of a dataset. ``position`` counts from 0: the first nine have the keys 1 to 9.

    ``colour`` is the name of a state's token; the name always stands beside it.
    """

    class Colour(models.TextChoices):
        PLAIN = "plain", "Plain"
        RUNNING = "running", "Blue"
        EDITED = "edited", "Teal"
        OK = "ok", "Green"
        FLAGGED = "flagged", "Amber"
        ERROR = "error", "Red"
        STALE = "stale", "Purple"

    pid = PidField()
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="tags")
    name = models.CharField(max_length=40)
    colour = models.CharField(max_length=8, choices=Colour, default=Colour.PLAIN)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["dataset", "position", "pk"]
        constraints = [models.UniqueConstraint(fields=["dataset", "name"], name="tag_once_per_dataset")]

    def __str__(self) -> str:
        return self.name
