"""What was said in a conversation, as text for those who steer it; the assistant itself sees native messages."""

from collections.abc import Iterator

from generation.conversation import Call, Conversation
from generation.formats.messages import arguments_text

MAX_RESULT_CHARACTERS = 1_000


def transcript(conversation: Conversation, *, with_calls: bool = False) -> str:
    """One paragraph a message, in order. ``with_calls``: the calls too, long results shortened;
    a user never sees them, whoever judges the outcome must."""
    return "\n".join(_lines(conversation, with_calls=with_calls))


def _lines(conversation: Conversation, *, with_calls: bool) -> Iterator[str]:
    for turn in conversation.turns:
        yield f"User: {turn.user}"
        if with_calls:
            yield from (_line(call) for call in turn.calls)
        if turn.answer is not None:
            yield f"Assistant: {turn.answer}"


def _line(call: Call) -> str:
    result = call.result or ""
    shortened = result if len(result) <= MAX_RESULT_CHARACTERS else result[:MAX_RESULT_CHARACTERS] + " […]"
    return f"Call: {call.tool} {arguments_text(call)}\nResult: {shortened}"
