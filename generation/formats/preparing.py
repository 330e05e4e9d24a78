"""What stands between a stored conversation and a preset: is it fit to be exported, and which of it do the options ask for.

Options are applied to the conversation, not to messages, so that every preset understands them alike.
"""

from generation.conversation import Call, Conversation, Provenance, Step, Turn, canonical_json
from generation.errors import InvalidInput
from generation.formats.chat_reading import outcome_of
from generation.formats.exportable import Exportable
from generation.formats.messages import final_thought
from generation.formats.options import ExportOptions, Thoughts, ToolChoice
from generation.plan import Mode, Rng
from generation.tools import NAME_PATTERN, ToolDefinition


class Refused(InvalidInput):
    """This conversation can't be written as asked; the others can. The text says why."""


def refuse_unfit(conversation: Conversation, *, options: ExportOptions) -> None:
    """Raises Refused when the conversation is unfinished, or is what chat messages can't hold."""
    if not conversation.turns:
        raise Refused("it has no turns")
    for number, turn in enumerate(conversation.turns, 1):
        if turn.answer is None:
            raise Refused(f"turn {number} has no answer")
    seen: set[str] = set()
    for pair in conversation.pairs():
        _refuse_unfit_call(pair.call, f"call {pair.number + 1}", seen)
    if options.thoughts is Thoughts.THINK_TAGS:
        _refuse_think_tags(conversation)


def _refuse_unfit_call(call: Call, place: str, seen: set[str]) -> None:
    if not call.is_answered:
        raise Refused(f"{place} ({call.tool}) has no result")
    if not call.id or call.id in seen:
        raise Refused(f"{place} ({call.tool}) has the id {call.id!r}, which is empty or stands twice")
    if not NAME_PATTERN.fullmatch(call.tool):
        raise Refused(f"{place} calls {call.tool!r}, which is no tool name")
    seen.add(call.id)
    refuse_unholdable(call, place)


def refuse_unholdable(call: Call, place: str) -> None:
    """Raises Refused for arguments that no line of JSON can hold; ``place`` names the call."""
    try:
        canonical_json(call.arguments)
    except (ValueError, RecursionError) as error:
        raise Refused(f"{place} ({call.tool}) has arguments that JSON can't hold: {error}") from error


def _refuse_think_tags(conversation: Conversation) -> None:
    for turn in conversation.turns:
        texts = [*(step.text for step in turn.steps), turn.answer or ""]
        thoughts = [step.thought for step in turn.steps]
        if any(text.startswith("<think>") for text in texts) or any("</think>" in thought for thought in thoughts):
            raise Refused("its own words hold think tags, so they can't mark its thoughts: choose reasoning_content")


def prepare(exportable: Exportable, *, options: ExportOptions) -> Conversation:
    """The conversation as the options want it written. The one passed in is left as it is."""
    conversation = exportable.conversation
    return conversation.model_copy(
        update={
            "system_prompt": conversation.system_prompt if options.system else "",
            "tools": _chosen_tools(exportable, options),
            "turns": [_prepare_turn(turn, options) for turn in conversation.turns],
        }
    )


def _chosen_tools(exportable: Exportable, options: ExportOptions) -> list[ToolDefinition]:
    tools = exportable.conversation.tools
    if options.tools is ToolChoice.ALL:
        return tools
    called = {call.tool for call in exportable.conversation.calls}
    others = [tool.name for tool in tools if tool.name not in called]
    stream = Rng(options.seed).at("distractors", exportable.id or "unnamed")
    chosen = called | set(stream.sample(others, min(options.distractors, len(others))))
    return [tool for tool in tools if tool.name in chosen]


def _prepare_turn(turn: Turn, options: ExportOptions) -> Turn:
    steps = []
    for step in turn.steps:
        kept = step if options.thoughts is not Thoughts.NONE else step.model_copy(update={"thought": ""})
        steps.extend(_split(kept) if options.split_parallel else [kept])
    return turn.model_copy(update={"steps": steps})


def _split(step: Step) -> list[Step]:
    if len(step.calls) < 2:
        return [step]
    first = step.model_copy(update={"calls": step.calls[:1]})
    return [first, *(Step(calls=[call]) for call in step.calls[1:])]


def carried_by_messages(conversation: Conversation) -> Conversation:
    """What of a prepared conversation chat messages and function tools hold: texts, thoughts, calls with their
    results, names, descriptions and schemas. An outcome is only what its result's text says of it."""
    return Conversation(
        system_prompt=conversation.system_prompt,
        tools=[
            ToolDefinition(name=tool.name, description=tool.description, parameters=tool.parameters)
            for tool in conversation.tools
        ],
        turns=[_carried_turn(turn) for turn in conversation.turns],
        mode=mode_of(conversation.turns),
    )


def mode_of(turns: list[Turn]) -> str:
    """The mode that the number of turns suggests, where a format does not name it."""
    return (Mode.MULTI_TURN if len(turns) > 1 else Mode.SINGLE_TURN).value


def _carried_turn(turn: Turn) -> Turn:
    steps = [
        Step(thought=step.thought, text=step.text, calls=[_carried_call(call) for call in step.calls])
        for step in turn.steps
        if step.calls
    ]
    if thought := final_thought(turn):
        steps.append(Step(thought=thought))
    return Turn(user=turn.user, steps=steps, answer=turn.answer)


def _carried_call(call: Call) -> Call:
    outcome, error_type = outcome_of(call.result or "")
    return Call(
        id=call.id,
        tool=call.tool,
        arguments=call.arguments,
        result=call.result,
        outcome=outcome,
        error_type=error_type,
        provenance=Provenance.IMPORTED,
    )
