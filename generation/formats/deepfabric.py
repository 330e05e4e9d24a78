"""``deepfabric``: the Conversation record of DeepFabric 4.4, so that a file of ours goes on where one of its own would.

Its model is stricter than chat messages, and this preset keeps to it: no member beyond its own, ids of 9 letters and
digits, an execution only for a call with a result and without null or empty arguments at the top (the messages hold
every call all the same). Thoughts asked for as ``reasoning_content`` go to its ``reasoning`` trace, overview and reasons
of calls with them. DeepFabric itself drops null arguments at the top when it loads a call. A conversation of a mode
without tools has neither tool nor agent context, and its thought is a free-text trace.
"""

import re
from collections.abc import Iterator
from typing import Any

from generation.conversation import Call, Conversation, Step, Turn, canonical_json
from generation.formats.chat_reading import read_turns
from generation.formats.function_tools import function_tool, read_function_tools
from generation.formats.messages import Message, chat_messages, final_thought
from generation.formats.options import ExportOptions, Thoughts
from generation.formats.preparing import Refused, carried_by_messages, mode_of
from generation.formats.preset import ChatPreset
from generation.plan import TOOLLESS, Mode

_CALL_ID = re.compile(r"[A-Za-z0-9]{9}")
_FINAL_ACTION = "Ready to respond"
_NO_REASON = "not recorded"  # its executions must give a reason
_AGENT_MODES = {Mode.SINGLE_TURN.value, Mode.MULTI_TURN.value}
_MODES = {mode.value for mode in Mode}
_METADATA = ("topic", "model", "persona", "language")

Record = dict[str, Any]


class DeepFabricPreset(ChatPreset):
    name = "deepfabric"
    description = "DeepFabric 4.4: its Conversation record, with executions and reasoning"

    def _record(self, prepared: Conversation, options: ExportOptions) -> Record:
        _refuse_foreign_ids(prepared)
        traced = options.thoughts is Thoughts.REASONING_CONTENT
        if _is_exchange(prepared):
            return _exchange(prepared, options)
        record: Record = {"messages": _messages(prepared, options), "metadata": _metadata(prepared, traced)}
        if traced:
            record["reasoning"] = {"style": "agent", "content": _reasoning(prepared)}
        return record | {
            "tool_context": {"executions": [_execution(call, traced) for call in prepared.calls if _executes(call)]},
            "tools": [function_tool(tool) for tool in prepared.tools],
            "agent_context": _agent_context(prepared, traced),
            "question": prepared.turns[0].user,
            "final_answer": prepared.turns[-1].answer,
        }

    def read(self, record: Record, *, think_tags: bool = True) -> Conversation:
        system_prompt, turns = read_turns(record.get("messages"), think_tags=think_tags)
        _take_thoughts(turns, _member(record, "reasoning").get("content"))
        _take_reasons(turns, _member(record, "tool_context").get("executions"))
        metadata = _member(record, "metadata")
        agent_context = _member(record, "agent_context")
        mode = agent_context.get("mode") if agent_context else _exchange_mode(record, turns)
        return Conversation(
            system_prompt=system_prompt,
            tools=read_function_tools(record.get("tools")),
            turns=turns,
            mode=mode if mode in _MODES else mode_of(turns),
            pattern=_text(metadata, "pattern") or None,
            overview=_text(agent_context, "planning_trace"),
            **{name: _text(metadata, name) for name in _METADATA},
        )

    def _carried(self, prepared: Conversation, options: ExportOptions) -> Conversation:
        traced = options.thoughts is Thoughts.REASONING_CONTENT
        carried = carried_by_messages(prepared)
        for call, original in zip(carried.calls, prepared.calls, strict=True):
            if traced and _executes(original) and original.reason != _NO_REASON:
                call.reason = original.reason
        return carried.model_copy(
            update={
                "mode": _carried_mode(prepared, traced),
                "pattern": prepared.pattern or None,
                "overview": prepared.overview if traced else "",
                **{name: getattr(prepared, name) for name in _METADATA},
            }
        )


def _is_exchange(conversation: Conversation) -> bool:
    """Whether it is as a mode without tools makes it: one question, one answer, no tool in sight."""
    bare = not conversation.tools and not conversation.calls and len(conversation.turns) == 1
    return bare and conversation.mode in TOOLLESS


def _exchange(conversation: Conversation, options: ExportOptions) -> Record:
    (turn,) = conversation.turns
    thought = final_thought(turn) if options.thoughts is Thoughts.REASONING_CONTENT else ""
    record: Record = {
        "messages": _messages(conversation, options),
        "metadata": _metadata(conversation, bool(thought)),
    }
    if thought:
        record["reasoning"] = {"style": "freetext", "content": thought}
    return record | {"question": turn.user, "final_answer": turn.answer}


def _exchange_mode(record: Record, turns: list[Turn]) -> str | None:
    """The mode of a record without agent context, when it is an exchange without tools."""
    if len(turns) != 1 or record.get("tools") or record.get("tool_context") or turns[0].calls:
        return None
    kind = _text(_member(record, "metadata"), "conversation_type")
    return kind if kind in TOOLLESS else None


def _carried_mode(conversation: Conversation, traced: bool) -> str:
    if _is_exchange(conversation):
        is_reasoned = traced and final_thought(conversation.turns[0])
        return (Mode.CHAIN_OF_THOUGHT if is_reasoned else Mode.BASIC).value
    return conversation.mode if conversation.mode in _AGENT_MODES else mode_of(conversation.turns)


def _refuse_foreign_ids(conversation: Conversation) -> None:
    for call in conversation.calls:
        if not _CALL_ID.fullmatch(call.id):
            raise Refused(f"DeepFabric takes call ids of 9 letters and digits, not {call.id!r}")


def _messages(conversation: Conversation, options: ExportOptions) -> list[Message]:
    # Its messages have no member for thoughts: those of a trace stand beside them, not in them.
    thoughts = options.thoughts if options.thoughts is Thoughts.THINK_TAGS else Thoughts.NONE
    messages = chat_messages(conversation, arguments_as_text=False, thoughts=thoughts)
    for message in messages:
        for call in message.get("tool_calls", []):
            # As DeepFabric writes them itself, so that loading and dumping there changes nothing.
            call["function"]["arguments"] = canonical_json(call["function"]["arguments"])
    return messages


def _metadata(conversation: Conversation, traced: bool) -> Record:
    return {
        "conversation_type": "chain_of_thought" if traced else "basic",
        "pattern": conversation.pattern or "",
        **{name: getattr(conversation, name) for name in _METADATA},
    }


def _agent_context(conversation: Conversation, traced: bool) -> Record:
    context = {"mode": conversation.mode if conversation.mode in _AGENT_MODES else mode_of(conversation.turns)}
    return context | {"planning_trace": conversation.overview} if traced and conversation.overview else context


def _reasoning(conversation: Conversation) -> list[Record]:
    entries = [entry for turn in conversation.turns for entry in _turn_reasoning(turn)]
    return [{"step_number": number, **entry} for number, entry in enumerate(entries, 1)]


def _turn_reasoning(turn: Turn) -> Iterator[Record]:
    for step in turn.steps:
        if step.calls:
            calls = [f"{call.tool}({canonical_json(call.arguments)})" for call in step.calls]
            yield {"thought": step.thought, "action": "; ".join(calls)}
    # Also where nothing was thought: it tells one turn's entries from the next one's.
    yield {"thought": final_thought(turn), "action": _FINAL_ACTION}


def _executes(call: Call) -> bool:
    return bool(call.result) and not any(value is None or value == "" for value in call.arguments.values())


def _execution(call: Call, traced: bool) -> Record:
    return {
        "function_name": call.tool,
        "arguments": canonical_json(call.arguments),
        "reasoning": (call.reason if traced else "") or _NO_REASON,
        "result": call.result,
    }


def _take_thoughts(turns: list[Turn], entries: object) -> None:
    """Give each step its thought. Entries are told apart by their action; from the first that fits nowhere on, the
    rest is left alone, since a thought at the wrong step is worse than none. A free-text trace is the thought of the
    one exchange there is."""
    if isinstance(entries, str) and entries and len(turns) == 1 and not turns[0].steps:
        turns[0].steps.append(Step(thought=entries))
    left = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    for turn in turns:
        for step in turn.steps:
            if not step.calls:
                continue
            if not left or not _text(left[0], "action").startswith(f"{step.calls[0].tool}("):
                return
            step.thought = _text(left.pop(0), "thought") or step.thought
        is_final = left and (_text(left[0], "action") or _FINAL_ACTION).startswith(_FINAL_ACTION)
        if is_final and (thought := _text(left.pop(0), "thought")):
            turn.steps.append(Step(thought=thought))


def _take_reasons(turns: list[Turn], executions: object) -> None:
    left = [entry for entry in executions if isinstance(entry, dict)] if isinstance(executions, list) else []
    for call in [call for turn in turns for call in turn.calls]:
        if (
            left
            and _executes(call)
            and (left[0].get("function_name"), left[0].get("result")) == (call.tool, call.result)
        ):
            reason = _text(left.pop(0), "reasoning")
            call.reason = "" if reason == _NO_REASON else reason


def _member(record: Record, name: str) -> Record:
    value = record.get(name)
    return value if isinstance(value, dict) else {}


def _text(record: Record, name: str) -> str:
    value = record.get(name)
    return value if isinstance(value, str) else ""
