"""ScriptedLLM: the shipped fake. It answers from a script and refuses to make anything up.

A contract test holds it to what ``OpenAIEndpoint`` does: the same validation, the same errors, the same ledger lines.
"""

import copy
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from generation.conversation import canonical_json
from generation.errors import LLMError, LLMReplyError, LLMUnavailable
from generation.llm.client import Ledger, LedgerLine, Message, Reply
from generation.llm.question import outcome_of, read_text
from generation.llm.schema import reply_schema

Value = BaseModel | Mapping[str, Any] | str | BaseException
"""What a script answers: a reply as a model or object, raw text as a model would write it, or an exception to raise."""


class ScriptMismatch(AssertionError):
    """The engine asked something the script does not answer. No EngineError, so that no engine code can swallow it."""


@dataclass(frozen=True, kw_only=True)
class ScriptedRequest:
    """One question as it was asked; ``messages`` is a copy of that moment."""

    purpose: str
    messages: list[Message]
    reply: type[BaseModel]
    schema: dict[str, Any] | None
    seed: int | None
    temperature: float
    max_tokens: int


class ScriptedLLM:
    """An ``LLM`` that answers from ``replies``: a sequence of (purpose, value) in the order they will be asked, or
    for each purpose a sequence of its own. Thread-safe; ``requests`` holds what was asked."""

    def __init__(
        self,
        replies: Sequence[tuple[str, Value]] | Mapping[str, Sequence[Value]],
        *,
        ledger: Ledger | None = None,
        model: str = "scripted",
    ) -> None:
        self.model = model
        self.requests: list[ScriptedRequest] = []
        self._ordered = None if isinstance(replies, Mapping) else list(replies)
        self._by_purpose = (
            {name: list(values) for name, values in replies.items()} if isinstance(replies, Mapping) else {}
        )
        self._ledger = ledger
        self._lock = threading.Lock()

    @property
    def remaining(self) -> int:
        """How many replies were not asked for yet."""
        return len(self._ordered) if self._ordered is not None else sum(map(len, self._by_purpose.values()))

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
        """See ``LLM.ask``. Raises ScriptMismatch when the script has run out or expects another purpose."""
        request = ScriptedRequest(
            purpose=purpose,
            messages=copy.deepcopy(list(messages)),
            reply=reply,
            schema=schema,
            seed=seed,
            temperature=temperature,
            max_tokens=max_tokens,
        )
        with self._lock:
            value = self._next(purpose)
            self.requests.append(request)
        if isinstance(value, BaseException):
            self._write(request, _outcome(value), value.text if isinstance(value, LLMReplyError) else "")
            raise value
        text = value if isinstance(value, str) else canonical_json(_plain(value))
        try:
            answer = read_text(text, reply=reply, schema=reply_schema(reply) if schema is None else schema)
        except LLMReplyError as error:
            self._write(request, outcome_of(error), error.text)
            raise
        self._write(request, "ok")
        return answer

    def _next(self, purpose: str) -> Value:
        number = len(self.requests) + 1
        if self._ordered is None:
            values = self._by_purpose.get(purpose)
            if not values:
                known = ", ".join(sorted(self._by_purpose)) or "none"
                raise ScriptMismatch(
                    f"request {number} asks for {purpose!r}: no reply is left (purposes in the script: {known})"
                )
            return values.pop(0)
        if not self._ordered:
            raise ScriptMismatch(f"request {number} asks for {purpose!r}: the script has run out")
        expected, value = self._ordered[0]
        if expected != purpose:
            raise ScriptMismatch(f"request {number} asks for {purpose!r}: the script expects {expected!r}")
        del self._ordered[0]
        return value

    def _write(self, request: ScriptedRequest, outcome: str, reply: str = "") -> None:
        if self._ledger is not None:
            self._ledger(LedgerLine(purpose=request.purpose, model=self.model, outcome=outcome, reply=reply))


def _plain(value: BaseModel | Mapping[str, Any]) -> Any:
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else dict(value)


def _outcome(error: BaseException) -> str:
    if isinstance(error, LLMReplyError):
        return outcome_of(error)
    return "rejected" if isinstance(error, LLMError) and not isinstance(error, LLMUnavailable) else "unavailable"
