"""What asking models for topics and scenarios cost: they are written before there is a run to count it."""

from django.db import models

from studio.models.datasets import Dataset
from studio.models.endpoints import Endpoint
from studio.models.requests import ModelRequest


class TopicRequest(ModelRequest):
    """A request made for topics, or for the scenarios of a dataset. ``dataset`` is None when they went into a file."""

    endpoint = models.ForeignKey(Endpoint, null=True, on_delete=models.SET_NULL, related_name="topic_requests")
    dataset = models.ForeignKey(Dataset, null=True, on_delete=models.SET_NULL, related_name="topic_requests")
