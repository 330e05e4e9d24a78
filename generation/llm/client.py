"""What the builders call: one question, one validated answer, one ledger line.

``LLM`` is the seam: ``openai_endpoint.OpenAIEndpoint`` is the real thing, ``scripted.ScriptedLLM`` the shipped fake.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel

Reply = TypeVar("Reply", bound=BaseModel)
Message = dict[str, Any]
"""One chat message in the wire form of OpenAI's chat completions (role, content, tool_calls, …)."""


@dataclass(frozen=True, kw_only=True)
class LedgerLine:
    """What one request to a model cost. ``tokens_*`` in tokens, ``latency_ms`` in ms of this request alone,
    ``cost`` in the currency of the endpoint's prices. ``attempt`` counts requests for the same question from 1.
    ``outcome``: ok, refused, truncated, filtered, empty, malformed, unavailable or rejected. ``reply`` is what the model wrote
    when it could not be used, so that nothing that was paid for is lost."""

    purpose: str
    model: str
    tokens_in: int = 0
    tokens_cached: int = 0
    tokens_out: int = 0
    latency_ms: float = 0.0
    attempt: int = 1
    outcome: str = "ok"
    cost: float = 0.0
    reply: str = ""


Ledger = Callable[[LedgerLine], None]


class LLM(Protocol):
    """A model that answers questions with JSON of a given shape."""

    @property
    def model(self) -> str:
        """The model's name as conversations record it."""

    def ask(
        self,
        *,
        purpose: str,
        messages: Sequence[Message],
        reply: type[Reply],
        schema: dict[str, Any] | None = None,
        seed: int | None = None,
        temperature: float = 0.7,
        max_tokens: int = 2000,
    ) -> Reply:
        """The model's answer, validated as ``reply``.

        ``purpose`` names the question (user_message, overview, step, answer, conclusion) and the JSON schema on the wire.
        ``schema`` is the JSON Schema asked for when it is narrower than ``reply``'s own. Every request leaves a ledger
        line. Raises LLMReplyError (usable text, unusable answer), LLMUnavailable, LLMRejected.
        """
