"""A chat completion for a request: the pure function behind the demo model's transport."""

import hashlib
import json
from typing import Any

from generation.llm.demo import defaults
from generation.llm.demo.answering import answer_text
from generation.llm.demo.profiles import Parameter, resolve
from generation.llm.demo.request import Task, read_task, text_of
from generation.llm.demo.settings import DemoSettings
from generation.llm.demo.simulated_user import is_concluded, message_text, overview_text
from generation.llm.demo.single_shot import basic_exchange, reasoned_exchange
from generation.llm.demo.stepping import step_reply
from generation.llm.demo.topic_writing import scenario, subtopics

MODEL = "demo"
GREETING = (
    "This is the offline demo model: a deterministic toy that works without a key and a network. "
    "Configure a real endpoint for real conversations."
)


def answer(request: dict[str, Any], *, settings: DemoSettings | None = None) -> dict[str, Any]:
    """The response body of ``POST /chat/completions`` for this request body; the same request gives the same body.

    Structured output is given as it is asked for: as content, or as a call of the one function that is forced.
    """
    task = read_task(request)
    value = _value(task, settings or DemoSettings())
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=True)
    forced = request.get("tools") and request.get("tool_choice") not in (None, "none", "auto")
    message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": None}
    number = int.from_bytes(hashlib.sha256(f"{task.seed}:{text}".encode()).digest()[:6])
    if forced:
        function = {"name": task.purpose, "arguments": text}
        message |= {"content": None, "tool_calls": [{"id": f"call_{number}", "type": "function", "function": function}]}
    return {
        "id": f"chatcmpl-demo-{number}",
        "object": "chat.completion",
        "created": 0,
        "model": MODEL,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
        "usage": _usage(request, text),
    }


def _value(task: Task, settings: DemoSettings) -> dict[str, Any] | str:
    if task.purpose == "step":
        return step_reply(task, settings)
    if task.purpose == "user_message":
        return {"content": message_text(task)}
    if task.purpose == "overview":
        return {"description": overview_text(task)}
    if task.purpose == "answer":
        return {"content": answer_text(task)}
    if task.purpose == "basic":
        return basic_exchange(task)
    if task.purpose == "chain_of_thought":
        return reasoned_exchange(task)
    if task.purpose == "subtopics":
        return subtopics(task)
    if task.purpose == "scenario":
        return scenario(task)
    if task.purpose == "conclusion":
        return {"should_conclude": is_concluded(task)}
    if task.schema is not None:
        whole = Parameter(task.purpose or "reply", resolve(task.schema, task.schema), True, "")
        value = defaults.of_type(whole)
        return value if isinstance(value, dict) else {"value": value}
    return GREETING


def _usage(request: dict[str, Any], text: str) -> dict[str, Any]:
    """Token counts at four characters a token; the system message counts as cached, in blocks of 128 from 1024 on."""
    messages = [message for message in request.get("messages") or [] if isinstance(message, dict)]
    sizes = [len(text_of(message)) + len(str(message.get("tool_calls") or "")) for message in messages]
    prompt = sum(sizes) // 4 + 4 * len(sizes)
    static = sizes[0] // 4 if sizes else 0
    cached = static // 128 * 128 if static >= 1024 else 0
    completion = len(text) // 4 + 1
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": cached},
    }
