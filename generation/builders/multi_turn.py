"""A conversation of several turns: an overview first, then turns until the planned number or the goal is reached."""

from generation.builders import agent
from generation.builders.asking import Attempt, Unfit, pursue
from generation.builders.questions import conclusion_question, overview_question
from generation.builders.replies import ConclusionReply, OverviewReply
from generation.builders.session import Session
from generation.builders.state import with_note
from generation.builders.user import open_turn
from generation.conversation import Conversation, Note
from generation.plan import CALLLESS, Plan, Rng

CONCLUSION = "conclusion"
"""Notes the verdict on a turn; its text is one of the two below."""
REACHED = "The goal is reached: the conversation ends before its planned number of turns."
NOT_REACHED = "The goal is not reached yet: the conversation goes on."
ENDED_EARLY = "ended_early"
"""Notes that further turns would have had no call left to work with."""


def planned_turns(plan: Plan, rng: Rng) -> int:
    """How many turns the conversation is planned for: fixed by the scenario, or drawn from the configured range."""
    if plan.scenario.turns is not None:
        return plan.scenario.turns
    return rng.at("turns").randint(plan.config.min_turns, plan.config.max_turns)


def advance(state: Conversation, attempt: Attempt, session: Session) -> Conversation | None:
    """The state after the next action; None when the conversation is finished."""
    if not state.turns and not state.overview:
        return _write_overview(state, attempt)
    if state.turns and state.turns[-1].answer is None:
        return agent.advance(state, attempt, session)
    if _is_finished(state, attempt.plan):
        return None
    if _may_conclude(state, attempt.plan):
        is_exhausted = len(state.calls) >= attempt.plan.config.max_calls
        return _end_early(state) if is_exhausted else _ask_for_conclusion(state, attempt)
    return open_turn(state, attempt)


def _is_finished(state: Conversation, plan: Plan) -> bool:
    planned = state.planned_turns or plan.config.max_turns
    last = len(state.turns) - 1
    has_ended = any(note.code == ENDED_EARLY and note.turn == last for note in state.notes)
    return len(state.turns) >= planned or has_ended or _verdict(state) == REACHED


def _may_conclude(state: Conversation, plan: Plan) -> bool:
    """Whether the goal may be reached early, and nobody was asked after this turn yet."""
    if plan.scenario.turns is not None or len(state.turns) < plan.config.min_turns or _verdict(state) is not None:
        return False
    needed = 0 if plan.scenario.pattern in CALLLESS else plan.config.min_tool_calls
    return len(state.calls) >= needed


def _verdict(state: Conversation) -> str | None:
    """The verdict on the last turn, when there is one."""
    last = len(state.turns) - 1
    return next((note.detail for note in state.notes if note.code == CONCLUSION and note.turn == last), None)


def _end_early(state: Conversation) -> Conversation:
    detail = f"All calls of the conversation were made after {len(state.turns)} of {state.planned_turns} turns."
    return with_note(state, Note(code=ENDED_EARLY, detail=detail, turn=len(state.turns) - 1))


def _write_overview(state: Conversation, attempt: Attempt) -> Conversation:
    return pursue(
        state,
        attempt,
        overview_question(state, attempt),
        accept=lambda reply: state.model_copy(update={"overview": _described(reply)}),
    )


def _described(reply: OverviewReply) -> str:
    overview = reply.description.strip()
    if not overview:
        raise Unfit('The overview is empty. Write it in "description".', code="empty")
    return overview


def _ask_for_conclusion(state: Conversation, attempt: Attempt) -> Conversation:
    def judged(reply: ConclusionReply) -> Conversation:
        verdict = REACHED if reply.should_conclude else NOT_REACHED
        return with_note(state, Note(code=CONCLUSION, detail=verdict, turn=len(state.turns) - 1))

    return pursue(state, attempt, conclusion_question(state, attempt), accept=judged)
