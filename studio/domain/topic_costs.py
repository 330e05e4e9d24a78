"""What asking models for topics and scenarios cost: written down as it is paid, added up by endpoint and dataset."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Max, Sum

from generation.llm.client import LedgerLine
from studio.domain.statements import insert_requests
from studio.models import Dataset, Endpoint, TopicRequest


@dataclass(frozen=True, kw_only=True)
class TopicCost:
    """Requests to one endpoint for one purpose (``subtopics``, ``scenario``) and dataset. ``endpoint`` is "" when it was
    deleted, ``dataset`` (a slug) when what was written went into a file; ``cost`` in the currency of the prices."""

    endpoint: str
    dataset: str
    purpose: str
    llm_calls: int
    tokens_in: int
    tokens_out: int
    cost: float


def add_topic_requests(ledger: Sequence[LedgerLine], *, endpoint: Endpoint, dataset: Dataset | None) -> None:
    """Write down requests that were made for topics or scenarios."""
    insert_requests(TopicRequest, ledger=ledger, endpoint=endpoint, dataset=dataset)


def topic_costs(*, dataset: Dataset | None = None, limit: int = 100) -> list[TopicCost]:
    """Added up, the latest first; ``dataset``: only what its scenarios cost."""
    rows = TopicRequest.objects.order_by()
    if dataset is not None:
        rows = rows.filter(dataset=dataset)
    groups: Any = rows.values("endpoint__name", "dataset__slug", "purpose").annotate(
        llm_calls=Count("pk"),
        tokens=Sum("tokens_in"),
        tokens_out_sum=Sum("tokens_out"),
        paid=Sum("cost"),
        latest=Max("pk"),
    )
    return [
        TopicCost(
            endpoint=group["endpoint__name"] or "",
            dataset=group["dataset__slug"] or "",
            purpose=group["purpose"],
            llm_calls=group["llm_calls"],
            tokens_in=group["tokens"],
            tokens_out=group["tokens_out_sum"],
            cost=round(group["paid"], 6),
        )
        for group in groups.order_by("-latest")[:limit]
    ]
