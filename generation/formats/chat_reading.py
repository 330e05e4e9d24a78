"""Chat messages back into turns: what the presets' readers share.

Takes what the ecosystem writes: arguments as text or object, null or divided content, thoughts in a field or in think
tags. What fits no turn (an answer before any question, a result without a call) is refused with its message's
number; what is merely missing (a result, an answer) stays missing.
"""

import json
import re
from typing import Any, NoReturn

from generation.conversation import Call, Outcome, Provenance, Step, Turn
from generation.errors import InvalidInput
from generation.formats.messages import Message

_THINK = re.compile(r"\A<think>\n?(.*?)\n?</think>\n{0,2}", re.DOTALL)
_TOOL_ERROR = re.compile(r"Error \(([A-Za-z]\w*)\): ", re.ASCII)
_THOUGHT_FIELDS = ("reasoning_content", "reasoning", "thinking")


class Unreadable(InvalidInput):
    """A record that is not what its preset writes; the text says where and why."""


def read_turns(messages: object, *, think_tags: bool) -> tuple[str, list[Turn]]:
    """System prompt and turns. ``think_tags``: ``<think>…</think>`` at the head of a content is a thought.
    Raises Unreadable."""
    if not isinstance(messages, list) or not messages:
        raise Unreadable("messages is no list of messages, or an empty one")
    reading = _Reading(think_tags)
    for number, message in enumerate(messages, 1):
        if not isinstance(message, dict):
            raise Unreadable(f"message {number} is no object")
        reading.take(number, message)
    return reading.system_prompt, reading.turns


def outcome_of(text: str) -> tuple[Outcome, str | None]:
    """What a result's text says of its outcome: a tool error is written ``Error (<type>): …``."""
    match = _TOOL_ERROR.match(text)
    return (Outcome.TOOL_ERROR, match.group(1)) if match else (Outcome.OK, None)


class _Reading:
    def __init__(self, think_tags: bool) -> None:
        self.system_prompt = ""
        self.turns: list[Turn] = []
        self._think_tags = think_tags
        self._number = 0
        self._calls = 0

    def take(self, number: int, message: Message) -> None:
        self._number = number
        match message.get("role"):
            case "system" | "developer":
                if number != 1:
                    self._refuse("a system message stands behind others")
                self.system_prompt = self._content(message)
            case "user":
                self.turns.append(Turn(user=self._content(message)))
            case "assistant":
                self._take_assistant(message)
            case "tool":
                self._take_result(message)
            case role:
                self._refuse(f"role {role!r} is unknown")

    def _take_assistant(self, message: Message) -> None:
        if not self.turns:
            self._refuse("the assistant speaks before any user message")
        turn = self.turns[-1]
        if turn.answer is not None:
            self._refuse("the assistant speaks again after its answer")
        thought, text = self._thought_and_text(message)
        calls = message.get("tool_calls")
        if calls:
            if not isinstance(calls, list):
                self._refuse("tool_calls is no list")
            turn.steps.append(Step(thought=thought, text=text, calls=[self._call(call) for call in calls]))
            return
        if thought:
            turn.steps.append(Step(thought=thought))
        turn.answer = text

    def _take_result(self, message: Message) -> None:
        calls = self.turns[-1].steps[-1].calls if self.turns and self.turns[-1].steps else []
        open_calls = [call for call in calls if not call.is_answered]
        call_id = message.get("tool_call_id")
        call = next((call for call in open_calls if call_id in (None, call.id)), None)
        if call is None:
            self._refuse(f"a result for {call_id!r}, which no call right before it asked for")
        text = self._content(message)
        # Both at once: a call has result and outcome or neither, and assignment is not validated.
        call.result = text
        call.outcome, call.error_type = outcome_of(text)

    def _call(self, value: object) -> Call:
        function = value.get("function") if isinstance(value, dict) else None
        if not isinstance(value, dict) or not isinstance(function, dict) or not isinstance(function.get("name"), str):
            self._refuse("a tool call without function name")
        self._calls += 1
        return Call(
            id=str(value.get("id") or f"call{self._calls:05d}"),
            tool=function["name"],
            arguments=self._arguments(function.get("arguments")),
            provenance=Provenance.IMPORTED,
        )

    def _arguments(self, value: object) -> dict[str, Any]:
        if isinstance(value, str):
            try:
                value = json.loads(value or "{}")
            except (ValueError, RecursionError):
                self._refuse("a call's arguments are no JSON")
        if not isinstance(value, dict):
            self._refuse("a call's arguments are no object")
        return value

    def _content(self, message: Message) -> str:
        content = message.get("content")
        if content is None:
            return ""
        if isinstance(content, list):
            texts = [part.get("text") for part in content if isinstance(part, dict)]
            content = "".join(text for text in texts if isinstance(text, str))
        if not isinstance(content, str):
            self._refuse("content is no text")
        return content

    def _thought_and_text(self, message: Message) -> tuple[str, str]:
        text = self._content(message)
        for field in _THOUGHT_FIELDS:
            thought = message.get(field)
            if isinstance(thought, str) and thought:
                return thought, text
        match = _THINK.match(text) if self._think_tags else None
        return (match.group(1), text[match.end() :]) if match else ("", text)

    def _refuse(self, reason: str) -> NoReturn:
        raise Unreadable(f"message {self._number}: {reason}")
