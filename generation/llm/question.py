"""A question as it goes over the wire, and what came back as a validated reply or a typed error.

Knows the shapes of chat completions, but no SDK and no network: a ``Completion`` is what any of them read.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic

from pydantic import ValidationError

from generation.conversation import canonical_json
from generation.errors import LLMEmpty, LLMFiltered, LLMMalformed, LLMRefused, LLMReplyError, LLMTruncated
from generation.llm.capabilities import Profile
from generation.llm.client import Message, Reply
from generation.llm.parsing import NoJson, json_objects
from generation.llm.schema import WireSchema, reply_schema, restore
from generation.llm.settings import Strategy
from generation.plan import explain

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_PROBLEMS_TOLD = 1500
_OUTCOMES: dict[type[LLMReplyError], str] = {
    LLMRefused: "refused",
    LLMTruncated: "truncated",
    LLMFiltered: "filtered",
    LLMEmpty: "empty",
    LLMMalformed: "malformed",
}


@dataclass(frozen=True, kw_only=True)
class Completion:
    """What one answered request said. ``text`` is the content, or the forced call's arguments; tokens as the server counted."""

    text: str = ""
    refusal: str = ""
    finish_reason: str = "stop"
    tokens_in: int = 0
    tokens_cached: int = 0
    tokens_out: int = 0


@dataclass(frozen=True, kw_only=True)
class Question(Generic[Reply]):
    """Everything ``LLM.ask`` was given."""

    purpose: str
    messages: Sequence[Message]
    reply: type[Reply]
    schema: dict[str, Any] | None
    seed: int | None
    temperature: float
    max_tokens: int

    @property
    def asked_schema(self) -> dict[str, Any]:
        return reply_schema(self.reply) if self.schema is None else self.schema


def payload(question: Question[Reply], *, model: str, profile: Profile, wire: WireSchema) -> dict[str, Any]:
    """The request's JSON. The messages are the question's own; only strategies that can't say the schema otherwise
    add it to the system message, which stays the same for every question of this purpose (prompt caches)."""
    body: dict[str, Any] = {"model": model, "messages": list(question.messages)}
    if "temperature" not in profile.withheld:
        body["temperature"] = question.temperature
    body[profile.limit_field] = question.max_tokens
    if question.seed is not None and "seed" not in profile.withheld:
        body["seed"] = question.seed
    return body | _structured_output(question, profile.strategy, wire)


def _structured_output(question: Question[Reply], strategy: Strategy, wire: WireSchema) -> dict[str, Any]:
    name = question.purpose
    if strategy is Strategy.JSON_SCHEMA:
        named = {"name": name, "strict": wire.strict, "schema": wire.schema}
        return {"response_format": {"type": "json_schema", "json_schema": named}}
    if strategy is Strategy.TOOL:
        function = {"name": name, "description": "Give the answer.", "parameters": wire.schema}
        choice = {"type": "function", "function": {"name": name}}
        return {"tools": [{"type": "function", "function": function}], "tool_choice": choice}
    told = {"messages": _with_schema(question.messages, name, question.asked_schema)}
    if strategy is Strategy.JSON_OBJECT:
        told["response_format"] = {"type": "json_object"}
    return told


def _with_schema(messages: Sequence[Message], name: str, schema: dict[str, Any]) -> Any:
    rule = (
        "Answer with one JSON object and nothing else. It must fit this JSON Schema:\n"
        f'<schema name="{name}">\n{canonical_json(schema)}\n</schema>'
    )
    if messages and messages[0].get("role") == "system":
        first = {**messages[0], "content": f"{messages[0]['content']}\n\n{rule}"}
        return [first, *messages[1:]]
    return [{"role": "system", "content": rule}, *messages]


def without_lone_surrogates(value: Any) -> Any:
    """``value`` with U+FFFD for what UTF-8 can't carry. Only for the wire: what is stored keeps its text."""
    if isinstance(value, str):
        return _LONE_SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {without_lone_surrogates(key): without_lone_surrogates(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_lone_surrogates(item) for item in value]
    return value


def read_reply(question: Question[Reply], completion: Completion) -> Reply:
    """The validated reply. Raises the LLMReplyError that fits, with the model's text kept."""
    text = completion.text
    if completion.refusal:
        raise LLMRefused("The model declined to answer.", text=completion.refusal)
    if completion.finish_reason == "length":
        raise LLMTruncated(f"The reply was cut off at {question.max_tokens} tokens: answer more briefly.", text=text)
    if completion.finish_reason == "content_filter":
        raise LLMFiltered("The provider's content filter withheld the reply.", text=text)
    if not text.strip():
        raise LLMEmpty("The reply was empty.", text=text)
    return read_text(text, reply=question.reply, schema=question.asked_schema)


def read_text(text: str, *, reply: type[Reply], schema: dict[str, Any]) -> Reply:
    """The JSON object of ``text`` that is most like ``reply``, validated; of equals the first, since what follows an answer
    is imagined. Raises LLMMalformed, which says what is wrong with it."""
    try:
        objects = json_objects(text)
    except NoJson as error:
        raise LLMMalformed(str(error), text=text) from error
    fields = reply.model_fields.keys()
    likest = max(objects, key=lambda value: len(fields & value.keys()))
    if not fields & likest.keys():
        # A reply whose fields all have defaults would take any object for an answer.
        names = ", ".join(fields)
        raise LLMMalformed(f"The reply's JSON has none of the fields asked for: {names}.", text=text)
    try:
        return reply.model_validate(restore(likest, schema))
    except ValidationError as error:
        problem = explain(error, known=list(fields))
        raise LLMMalformed(f"The reply's JSON has another shape: {problem[:_PROBLEMS_TOLD]}", text=text) from error


def outcome_of(error: LLMReplyError) -> str:
    """The ledger's word for an unusable reply."""
    return next((word for kind, word in _OUTCOMES.items() if isinstance(error, kind)), "malformed")
