"""What finds near-duplicates: keys that conversations of nearly the same requests and calls share."""

from django.db import models

from studio.models.conversations import Conversation
from studio.models.datasets import Dataset


class LikenessKey(models.Model):
    """One key (``generation.similarity.band_keys``) of a conversation. Rows that share one are candidates, to be confirmed exactly."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="+")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="likeness_keys")
    key = models.CharField(max_length=24)

    class Meta:
        indexes = [models.Index(fields=["dataset", "key"])]

    def __str__(self) -> str:
        return f"{self.conversation_id}: {self.key}"
