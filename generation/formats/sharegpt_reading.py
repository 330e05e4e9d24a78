"""ShareGPT records into conversations: ``{conversations: [{from, value}], system, tools}`` as APIGen-MT and LLaMA-Factory write
them, and the form of Hermes, where calls, results and tools stand in tags. Each is turned into chat messages and read as such.
"""

import json
import re
from typing import Any

from generation.conversation import Conversation
from generation.formats.chat_reading import Unreadable, read_turns
from generation.formats.function_tools import read_function_tools
from generation.formats.messages import Message
from generation.formats.preparing import mode_of

_CALL = re.compile(r"<tool_call>\s*(.*?)\s*</tool_call>", re.DOTALL)
_RESULT = re.compile(r"<tool_response>\n?(.*?)\n?</tool_response>", re.DOTALL)
_TOOLS = re.compile(r"<tools>\s*(.*?)\s*</tools>", re.DOTALL)
_ASKS = ("function_call", "tool_call")
_GIVES = ("observation", "tool", "function_response")


def read_sharegpt_record(record: dict[str, Any]) -> Conversation:
    """The conversation of a record, whichever of the two forms it has. Raises Unreadable."""
    parts = record["conversations"]
    if not isinstance(parts, list) or not parts:
        raise Unreadable("conversations is no list of messages, or an empty one")
    messages: list[Message] = []
    if isinstance(record.get("system"), str) and record["system"]:
        messages.append({"role": "system", "content": record["system"]})
    for number, part in enumerate(parts, 1):
        if not isinstance(part, dict) or not isinstance(part.get("value"), str):
            raise Unreadable(f"message {number} has no value that is text")
        messages += _messages(number, part.get("from"), part["value"])
    tools = record.get("tools") or _tools_in(messages)
    system_prompt, turns = read_turns(messages, think_tags=True)
    return Conversation(system_prompt=system_prompt, tools=read_function_tools(tools), turns=turns, mode=mode_of(turns))


def _messages(number: int, who: object, value: str) -> list[Message]:
    if who in ("human", "user"):
        return [{"role": "user", "content": value}]
    if who == "system":
        return [{"role": "system", "content": value}]
    if who in _ASKS:
        calls = _json(number, value)
        return [_asking("", calls if isinstance(calls, list) else [calls])]
    if who in _GIVES:
        return [{"role": "tool", "content": result} for result in _RESULT.findall(value) or [value]]
    if who in ("gpt", "assistant"):
        calls = [_json(number, text) for text in _CALL.findall(value)]
        return [_asking(_CALL.sub("", value).strip(), calls) if calls else {"role": "assistant", "content": value}]
    raise Unreadable(f"message {number}: from {who!r} is unknown")


def _asking(text: str, calls: list[Any]) -> Message:
    return {"role": "assistant", "content": text, "tool_calls": [{"function": call} for call in calls]}


def _json(number: int, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"message {number}: a call is no JSON") from error


def _tools_in(messages: list[Message]) -> object:
    """The tools that the system message lists in tags; None without any."""
    found = _TOOLS.search(messages[0]["content"]) if messages[0]["role"] == "system" else None
    return found.group(1) if found else None
