"""The check of a step before anything of it is executed: form, limits, tools, arguments.

Each function raises Unfit with what is wrong, worded for the model that has to put it right.
"""

import difflib

from generation.builders.asking import Unfit
from generation.builders.replies import StepReply, ToolCallReply
from generation.builders.step_schema import read_arguments
from generation.conversation import Call, Conversation
from generation.plan import Rng
from generation.tools import violations

MAX_VIOLATIONS = 8
MAX_NAMES = 60


def check_form(reply: StepReply, *, calls_left: int) -> None:
    """A step either calls or is final, and never calls more than is left (0 left is the caller's matter)."""
    wanted = len(reply.tool_calls)
    if reply.is_final and wanted:
        raise Unfit(
            f'The step sets "is_final" to true and also makes {_count(wanted)}. Either make the calls with "is_final" '
            "false and finish after their results, or finish without calls.",
            code="final_with_calls",
        )
    if not reply.is_final and not wanted:
        raise Unfit(
            'The step neither calls a tool nor finishes. Make at least one call, or set "is_final" to true.',
            code="empty_step",
        )
    if calls_left and wanted > calls_left:
        raise Unfit(
            f"The step makes {_count(wanted)}, but only {_count(calls_left)} may still be made for this message. "
            "Choose those that matter most.",
            code="too_many_calls",
        )


def read_calls(reply: StepReply, state: Conversation, rng: Rng) -> list[Call]:
    """The step's calls with their ids, arguments read as objects but not yet checked. Raises Unfit (malformed_arguments)."""
    taken = {call.id for call in state.calls}
    turn, step = len(state.turns) - 1, len(state.turns[-1].steps)
    calls = []
    for position, written in enumerate(reply.tool_calls):
        call_id = _free_id(rng, taken, turn, step, position)
        taken.add(call_id)
        calls.append(
            Call(id=call_id, tool=written.function_name, arguments=_arguments(written), reason=written.reasoning)
        )
    return calls


def check_calls(calls: list[Call], state: Conversation) -> None:
    """Every call names a tool of the conversation and fits its full schema. Raises Unfit (unknown_tool, schema_violation)."""
    problems = []
    code = "schema_violation"
    for number, call in enumerate(calls, start=1):
        tool = state.tool(call.tool)
        if tool is None:
            code = "unknown_tool"
            problems.append(f"Call {number}: there is no tool {call.tool!r}. {_offer(call.tool, state)}")
            continue
        found = violations(call.arguments, tool)
        problems.extend(
            f"Call {number} ({call.tool}): {violation.message} (at {violation.pointer or 'the arguments as a whole'})"
            for violation in found[:MAX_VIOLATIONS]
        )
    if problems:
        raise Unfit("\n".join(problems), code=code)


def _arguments(written: ToolCallReply) -> dict[str, object]:
    try:
        return read_arguments(written.arguments)
    except ValueError as error:
        raise Unfit(f"The call of {written.function_name}: {error}.", code="malformed_arguments") from error


def _free_id(rng: Rng, taken: set[str], *place: int) -> str:
    """The id of this place. Edits can have moved a call away from the place its id came from, hence the search."""
    call_id = rng.call_id(*place)
    shift = 0
    while call_id in taken:
        shift += 1
        call_id = rng.call_id(*place, shift)
    return call_id


def _offer(name: str, state: Conversation) -> str:
    names = [tool.name for tool in state.tools]
    close = difflib.get_close_matches(name, names, n=3)
    if close:
        return f"Did you mean {' or '.join(close)}?"
    return f"The tools are {', '.join(names[:MAX_NAMES])}."


def _count(number: int) -> str:
    return f"{number} call" if number == 1 else f"{number} calls"
