"""Rebuilding the sandbox for a conversation that is taken up again."""

from collections.abc import Callable

from generation.builders.session import Session
from generation.builders.state import with_note, with_result
from generation.conversation import Call, Conversation, Note, PairRef
from generation.errors import InvalidScenario
from generation.sandbox.execution import Execution
from generation.sandbox.sameness import same_result


def rebuild(state: Conversation, session: Session, *, report: Callable[[Conversation], None]) -> Conversation:
    """The state with every call answered, and the sandbox as these calls leave it.

    Calls that have a result are replayed and keep it; where the sandbox now answers otherwise, a note says so. A call
    without one is executed in its place, and the calls behind it after it. Raises SeedingFailed, SandboxUnavailable.
    """
    pairs = list(state.pairs())
    first_open = next((pair.number for pair in pairs if not pair.call.is_answered), len(pairs))
    if first_open == 0:
        session.seed()
    else:
        replayed = session.replay([pair.call for pair in pairs[:first_open]])
        for pair, (_, execution) in zip(pairs, replayed, strict=False):
            state = _compared(state, pair, execution)
    for pair in pairs[first_open:]:
        execution = execute(state, pair.call, session)
        if pair.call.is_answered:
            state = _compared(state, pair, execution)
        else:
            state = with_result(state, pair, execution)
            report(state)
    return state


def execute(state: Conversation, call: Call, session: Session) -> Execution:
    """What the tool of this call says. Raises InvalidScenario for a call whose tool the conversation lacks."""
    tool = state.tool(call.tool)
    if tool is None:
        raise InvalidScenario(
            f"Call {call.id} names the tool {call.tool!r}, which the conversation lacks: change the call or add the tool"
        )
    return session.execute(tool, call.arguments)


def _compared(state: Conversation, pair: PairRef, execution: Execution) -> Conversation:
    if same_result(pair.call, execution, state.tool(pair.call.tool)):
        return state
    note = Note(
        code="replay_differs",
        detail=f"{pair.call.tool} answers otherwise when it is replayed; the recorded result was kept.\n\n{execution.text}",
        turn=pair.turn,
        step=pair.step,
        call_id=pair.call.id,
    )
    return state if note in state.notes else with_note(state, note)
