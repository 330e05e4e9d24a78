"""Filters and a sort kept under a name."""

from django.db import models

from studio.models.fields import PidField
from studio.models.team import User


class SavedView(models.Model):
    """``query`` is that of the list of conversations, without a place. A shared one is everybody's to use and its leads' to change."""

    pid = PidField()
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=60)
    query = models.TextField(blank=True)
    is_shared = models.BooleanField(default=False)
    default_of = models.ManyToManyField(
        User, blank=True, related_name="default_views", help_text="Whose list opens with it."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="saved_view_name_once_per_owner")]

    def __str__(self) -> str:
        return self.name
