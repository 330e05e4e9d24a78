"""``openai``: the chat fine-tuning form of OpenAI, which most servers and hosted trainers read.

Arguments are a JSON string, every call is answered right behind its message, ``content`` is never null and
``tool_calls`` never empty. Without tools there is neither ``tools`` nor ``parallel_tool_calls``: the API refuses them.
``weight`` is an integer, 0 or 1, and only assistant messages have it.
"""

from typing import Any

from generation.conversation import Conversation
from generation.formats.chat_reading import Unreadable, read_turns
from generation.formats.exportable import Exportable
from generation.formats.function_tools import function_tool, read_function_tools
from generation.formats.lines import from_line
from generation.formats.messages import Message, chat_messages
from generation.formats.options import ExportOptions
from generation.formats.preparing import mode_of, prepare
from generation.formats.preset import ChatPreset, RoundTripFailed, compare


class OpenAIPreset(ChatPreset):
    name = "openai"
    description = "OpenAI chat fine-tuning: messages and tools, arguments as JSON text"
    carries_verdicts = True

    def write(self, exportable: Exportable, options: ExportOptions) -> dict[str, Any]:
        record = super().write(exportable, options)
        if options.weights:
            _weigh(record["messages"], wrong=exportable.wrong_calls)
        return record

    def verify(self, line: bytes, *, exportable: Exportable, options: ExportOptions) -> None:
        super().verify(line, exportable=exportable, options=options)
        if options.weights:
            expected = _expected_weights(prepare(exportable, options=options), exportable.wrong_calls)
            try:
                compare(expected, read_weights(from_line(line)))
            except Unreadable as error:
                raise RoundTripFailed(f"{self.name}: the written weights can't be read back: {error}") from error

    def _record(self, prepared: Conversation, options: ExportOptions) -> dict[str, Any]:
        record: dict[str, Any] = {"messages": chat_messages(prepared, thoughts=options.thoughts)}
        if prepared.tools:
            record["tools"] = [function_tool(tool) for tool in prepared.tools]
            record["parallel_tool_calls"] = any(len(step.calls) > 1 for turn in prepared.turns for step in turn.steps)
        return record

    def read(self, record: dict[str, Any], *, think_tags: bool = True) -> Conversation:
        return read_chat_record(record, think_tags=think_tags)


def read_chat_record(record: dict[str, Any], *, think_tags: bool) -> Conversation:
    """The conversation in ``{messages, tools}``, whichever way arguments are written. Raises Unreadable."""
    system_prompt, turns = read_turns(record.get("messages"), think_tags=think_tags)
    return Conversation(
        system_prompt=system_prompt,
        tools=read_function_tools(record.get("tools")),
        turns=turns,
        mode=mode_of(turns),
    )


def read_weights(record: dict[str, Any]) -> list[int]:
    """The weight of each assistant message, in their order; 1 where none is written. Raises Unreadable for one that is
    neither 0 nor 1, or that another message has."""
    weights = []
    for number, message in enumerate(record["messages"], 1):
        weight = message.get("weight", 1)
        if type(weight) is not int or weight not in (0, 1):
            raise Unreadable(f"message {number}: weight is {weight!r}; it is 0 or 1")
        if message["role"] == "assistant":
            weights.append(weight)
        elif "weight" in message:
            raise Unreadable(f"message {number}: only assistant messages have a weight")
    return weights


def _weigh(messages: list[Message], *, wrong: set[str]) -> None:
    for message in messages:
        if message["role"] == "assistant":
            message["weight"] = int(not any(call["id"] in wrong for call in message.get("tool_calls", ())))


def _expected_weights(prepared: Conversation, wrong: set[str]) -> list[int]:
    weights = []
    for turn in prepared.turns:
        weights += [int(wrong.isdisjoint(call.id for call in step.calls)) for step in turn.steps if step.calls]
        weights.append(1)
    return weights
