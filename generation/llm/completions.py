"""A server's answer to a chat request, read without trust: what was said, why it ended, what it cost.

Knows the forms of many servers (content in parts, arguments as objects, errors under status 200), and no SDK.
"""

from collections.abc import Mapping
from typing import Any

from generation.conversation import canonical_json
from generation.llm.failures import RequestFailed, provider_words
from generation.llm.question import Completion


def read_completion(answer: object) -> Completion:
    """What was answered, from its JSON.

    Raises RequestFailed for an answer that is no chat completion (a proxy's page, an error dressed as a success).
    """
    choices = _member(answer, "choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = _member(choice, "message")
    error = _member(choice, "error") or _member(answer, "error")
    if error or message is None:
        raise _dressed_failure(error, answer)
    usage = _member(answer, "usage")
    return Completion(
        text=_arguments(message) or _text(_member(message, "content")),
        refusal=_text(_member(message, "refusal")),
        finish_reason=str(_member(choice, "finish_reason") or "stop"),
        tokens_in=_count(usage, "prompt_tokens"),
        tokens_cached=_count(_member(usage, "prompt_tokens_details"), "cached_tokens"),
        tokens_out=_count(usage, "completion_tokens"),
    )


def _member(value: object, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _dressed_failure(error: object, answer: object) -> RequestFailed:
    if isinstance(error, Mapping):
        words, code = provider_words(error)
        status = error.get("code")
        return RequestFailed(words=words, code=code, status=status if isinstance(status, int) else None)
    words, _ = provider_words(error or answer)
    return RequestFailed(words=f"200 with something that is no chat completion: {words[:200]}".rstrip(": "))


def _arguments(message: object) -> str:
    calls = _member(message, "tool_calls")
    if not isinstance(calls, list) or not calls:
        return ""
    arguments = _member(_member(calls[0], "function"), "arguments")
    return canonical_json(arguments) if isinstance(arguments, dict) else _text(arguments)


def _text(content: object) -> str:
    if isinstance(content, list):
        # Some servers answer in parts.
        return "".join(_text(_member(part, "text")) for part in content)
    return content if isinstance(content, str) else ""


def _count(usage: object, name: str) -> int:
    value = _member(usage, name)
    return value if isinstance(value, int) else 0
