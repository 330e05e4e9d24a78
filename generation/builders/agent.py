"""One turn: think, act, observe, answer. The same code runs a turn in both modes.

Each ``advance`` takes exactly one action, which it derives from the state itself: execute the next call that has
no result, take the next step, or answer. Nothing is remembered beside the state, so an attempt can stop after any
action and be taken up again.
"""

from generation.builders.asking import Attempt, Question, Unfit, is_last_try, pursue, reply_text
from generation.builders.questions import answer_question, step_question
from generation.builders.rebuild import execute
from generation.builders.replies import StepReply
from generation.builders.session import Session
from generation.builders.state import (
    REPEATED_CALL,
    calls_left,
    first_open_call,
    steps_left,
    with_answer,
    with_ending,
    with_note,
    with_result,
    with_step,
)
from generation.builders.step_check import check_calls, check_form, read_calls
from generation.conversation import Call, Conversation, Ending, Note, Step, canonical_json
from generation.plan import Pattern
from generation.repetition import Repetitions

TRACEABLE = {"schema_violation"}
"""Failures that can still be executed: for a plan that keeps error traces the sandbox answers them. A tool that does
not exist can't run, so there is no real result to keep."""


def advance(state: Conversation, attempt: Attempt, session: Session) -> Conversation:
    """The state after the next action of the last turn, which has no answer yet."""
    turn = state.turns[-1]
    pair = first_open_call(state)
    if pair is not None:
        return with_result(state, pair, execute(state, pair.call, session))
    if turn.ending is not None:
        return _answer(state, attempt)
    if steps_left(state, attempt.plan.config) <= 0:
        return with_ending(state, Ending.STEP_LIMIT)
    return _step(state, attempt)


def _step(state: Conversation, attempt: Attempt) -> Conversation:
    question = step_question(state, attempt)
    return pursue(
        state,
        attempt,
        question,
        accept=lambda reply: _decided(state, attempt, question, reply),
        accept_refusal=(lambda text: with_step(state, Step(thought=text), ending=Ending.FINAL))
        if _may_decline(state)
        else None,
    )


def _may_decline(state: Conversation) -> bool:
    """Whether a model that declines does just what is asked of it."""
    return state.pattern == Pattern.REFUSE


def _decided(state: Conversation, attempt: Attempt, question: Question[StepReply], reply: StepReply) -> Conversation:
    """The state with this step in it, its calls not executed yet."""
    left = calls_left(state, attempt.plan.config)
    if reply.tool_calls and left == 0 and not reply.is_final:
        return _at_call_limit(state, question, reply)
    try:
        check_form(reply, calls_left=left)
        if reply.is_final:
            return with_step(state, Step(thought=reply.thought), ending=Ending.FINAL)
        calls = read_calls(reply, state, attempt.rng)
        check_calls(calls, state)
    except Unfit as unfit:
        if not is_last_try(state, attempt, question):
            raise
        if unfit.code == "too_many_calls":
            return _at_call_limit(state, question, reply)
        if unfit.code not in TRACEABLE or not attempt.plan.config.keep_error_traces:
            raise
        traced = with_step(state, Step(thought=reply.thought, calls=calls))
        return with_note(traced, _note("error_trace", str(unfit), question, reply, call_id=calls[0].id))
    return _unless_repeated(state, question, reply, calls)


def _unless_repeated(
    state: Conversation, question: Question[StepReply], reply: StepReply, calls: list[Call]
) -> Conversation:
    """The state with the step; or, when a call repeats an earlier one, with a note in its stead that becomes the hint."""
    again: list[tuple[Call, Call]] = []
    so_far = Repetitions.of(state)
    for call in calls:
        if (earlier := so_far.find(call)) is not None:
            again.append((call, earlier))
        so_far.add(call)
    if not again:
        return with_step(state, Step(thought=reply.thought, calls=calls))
    problem = "\n".join(_repetition(call, earlier) for call, earlier in again)
    call_id = next((earlier.id for _, earlier in again if earlier.is_answered), None)
    return with_note(state, _note(REPEATED_CALL, problem, question, reply, call_id=call_id))


def _repetition(call: Call, earlier: Call) -> str:
    where = "has already been called with these arguments" if earlier.is_answered else "was called twice in one step"
    return f"{call.tool} {where}: {canonical_json(call.arguments)}."


def _at_call_limit(state: Conversation, question: Question[StepReply], reply: StepReply) -> Conversation:
    """The limit was told and the model wants more calls than are left: none of them is made, and the turn says so."""
    names = ", ".join(call.function_name for call in reply.tool_calls)
    note = _note("call_limit", f"No call was left for what the model still wanted: {names}.", question, reply)
    return with_note(with_ending(state, Ending.CALL_LIMIT), note)


def _note(
    code: str, problem: str, question: Question[StepReply], reply: StepReply, *, call_id: str | None = None
) -> Note:
    detail = f"{problem}\n\n{reply_text(reply)}"
    return Note(code=code, detail=detail, turn=question.turn, step=question.step, call_id=call_id)


def _answer(state: Conversation, attempt: Attempt) -> Conversation:
    return pursue(
        state,
        attempt,
        answer_question(state, attempt),
        accept=lambda reply: with_answer(state, _said(reply.content)),
        accept_refusal=(lambda text: with_answer(state, _said(text))) if _may_decline(state) else None,
    )


def _said(answer: str) -> str:
    if not answer.strip():
        raise Unfit('The answer is empty. Write it in "content".', code="empty")
    return answer
