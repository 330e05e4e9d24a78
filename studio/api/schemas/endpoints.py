"""Endpoints as the API shows them: never a key, nor what an address may hold of one."""

from dataclasses import asdict
from typing import Self
from urllib.parse import urlsplit

from pydantic import BaseModel, Field

from studio.domain.topic_costs import TopicCost
from studio.models import Endpoint


class EndpointShown(BaseModel):
    id: str
    name: str
    kind: str
    base_url: str = Field(description="Without user, password and query.")
    model: str
    has_key: bool = Field(description="Whether one is set, here or in the environment.")
    concurrency: int
    timeout_s: float
    requests_per_minute: int | None
    tokens_per_minute: int | None
    price_in: float = Field(description="Per million tokens, as are the other prices.")
    price_cached: float
    price_out: float

    @classmethod
    def of(cls, row: Endpoint) -> Self:
        """The endpoint without its secrets."""
        return cls(
            id=row.pid,
            name=row.name,
            kind=row.kind,
            base_url=_bare(row.base_url),
            model=row.model,
            has_key=bool(row.api_key) or row.is_from_environment,
            concurrency=row.concurrency,
            timeout_s=row.timeout_s,
            requests_per_minute=row.requests_per_minute,
            tokens_per_minute=row.tokens_per_minute,
            price_in=row.price_in,
            price_cached=row.price_cached,
            price_out=row.price_out,
        )


class TopicCostShown(BaseModel):
    endpoint: str = Field(description="Its name; empty when it was deleted.")
    dataset: str = Field(description="A slug; empty when what was written went into a file.")
    purpose: str = Field(description="subtopics or scenario.")
    llm_calls: int
    tokens_in: int
    tokens_out: int
    cost: float = Field(description="In the currency of the endpoint's prices.")

    @classmethod
    def of(cls, row: TopicCost) -> Self:
        return cls(**asdict(row))


def _bare(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}" if host else ""
