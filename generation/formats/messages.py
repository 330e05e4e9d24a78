"""Chat messages derived from a conversation: the one derivation that prompts and exports share."""

import json
from typing import Any

from generation.conversation import Call, Conversation, Step, Turn
from generation.formats.options import Thoughts

Message = dict[str, Any]


def chat_messages(
    conversation: Conversation,
    *,
    system: bool = True,
    arguments_as_text: bool = True,
    tool_names: bool = False,
    thoughts: Thoughts = Thoughts.NONE,
) -> list[Message]:
    """The conversation as OpenAI chat messages, every call answered right behind its message.

    ``system``: begin with the system prompt, when there is one. ``arguments_as_text``: arguments as a JSON string
    (OpenAI's wire form) instead of an object. ``tool_names``: tool messages carry ``name``. ``thoughts``: where they
    stand; the final step's go to the answer. A step without calls writes no message; a call without a
    result (an attempt under way) writes no tool message.
    """
    messages: list[Message] = []
    if system and conversation.system_prompt:
        messages.append({"role": "system", "content": conversation.system_prompt})
    for turn in conversation.turns:
        messages.append({"role": "user", "content": turn.user})
        for step in turn.steps:
            if step.calls:
                message = _call_message(step, arguments_as_text=arguments_as_text)
                messages.append(_with_thought(message, step.thought, thoughts))
                messages.extend(_tool_message(call, named=tool_names) for call in step.calls if call.is_answered)
        if turn.answer is not None:
            answer = {"role": "assistant", "content": turn.answer}
            messages.append(_with_thought(answer, final_thought(turn), thoughts))
    return messages


def final_thought(turn: Turn) -> str:
    """What was thought when the turn was ready to be answered ("" when nothing was)."""
    return turn.steps[-1].thought if turn.steps and not turn.steps[-1].calls else ""


def _call_message(step: Step, *, arguments_as_text: bool) -> Message:
    return {
        "role": "assistant",
        "content": step.text,
        "tool_calls": [
            {
                "id": call.id,
                "type": "function",
                "function": {
                    "name": call.tool,
                    "arguments": arguments_text(call) if arguments_as_text else call.arguments,
                },
            }
            for call in step.calls
        ],
    }


def _with_thought(message: Message, thought: str, thoughts: Thoughts) -> Message:
    if not thought or thoughts is Thoughts.NONE:
        return message
    if thoughts is Thoughts.REASONING_CONTENT:
        return message | {"reasoning_content": thought}
    return message | {"content": f"<think>\n{thought}\n</think>\n\n{message['content']}"}


def _tool_message(call: Call, *, named: bool) -> Message:
    message: Message = {"role": "tool", "tool_call_id": call.id}
    if named:
        message["name"] = call.tool
    return message | {"content": call.result}


def arguments_text(call: Call) -> str:
    """The call's arguments as the JSON text that stands in ``function.arguments``."""
    return json.dumps(call.arguments, ensure_ascii=False)
