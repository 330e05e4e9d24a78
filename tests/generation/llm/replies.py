"""What the LLM tests ask for, and an endpoint that doesn't really sleep."""

import random
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from generation.llm.client import LedgerLine, Message
from generation.llm.openai_endpoint import OpenAIEndpoint
from generation.llm.settings import EndpointSettings

MESSAGES: list[Message] = [{"role": "system", "content": "Be exact."}, {"role": "user", "content": "How many?"}]


class Count(BaseModel):
    count: int
    note: str = ""


def says(value: Any) -> Callable[[dict[str, Any]], Any]:
    """A model that answers ``value`` whatever it is asked."""

    def reply(body: dict[str, Any]) -> Any:
        return value

    return reply


three = says({"count": 3})


class Bench:
    """An endpoint under test with what it slept and what it wrote to its ledger."""

    def __init__(self, base_url: str, *, transport: Any = None, **settings: Any) -> None:
        self.slept: list[float] = []
        self.lines: list[LedgerLine] = []
        values = {"name": "openai", "model": "gpt-x", "base_url": base_url, "timeout_s": 5.0, "retries": 3} | settings
        self.endpoint = OpenAIEndpoint(
            EndpointSettings.model_validate(values),
            transport=transport,
            sleep=self.slept.append,
            rng=random.Random(7),
        )
        self.client = self.endpoint.client(self.lines.append)

    def ask(self, **changes: Any) -> Count:
        asked: dict[str, Any] = {"purpose": "count", "messages": MESSAGES, "reply": Count, "seed": 11} | changes
        reply: Count = self.client.ask(**asked)
        return reply

    @property
    def outcomes(self) -> list[str]:
        return [line.outcome for line in self.lines]

    def __enter__(self) -> "Bench":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.endpoint.close()
