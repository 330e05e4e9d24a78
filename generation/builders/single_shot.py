"""A conversation from one model call, without tools: question and answer, with or without the reasoning between them.

The reasoning is the thought of the turn's only step, so that every format writes it where thoughts go.
"""

from generation.builders.asking import Attempt, Unfit, pursue
from generation.builders.questions import basic_question, chain_of_thought_question
from generation.builders.replies import BasicReply, ChainOfThoughtReply
from generation.builders.session import Session
from generation.conversation import Conversation, Ending, Step, Turn
from generation.plan import Mode


def advance(state: Conversation, attempt: Attempt, session: Session) -> Conversation | None:
    """The state after the one call; None when the conversation is finished. A user message that stands there already
    is kept and answered."""
    del session  # nothing is executed
    if state.turns and state.turns[-1].answer is not None:
        return None
    if state.mode == Mode.CHAIN_OF_THOUGHT:
        return pursue(
            state, attempt, chain_of_thought_question(state, attempt), accept=lambda reply: _reasoned(state, reply)
        )
    return pursue(state, attempt, basic_question(state, attempt), accept=lambda reply: _answered(state, reply))


def _answered(state: Conversation, reply: BasicReply) -> Conversation:
    turn = Turn(user=_question(state, reply), answer=_written(reply.final_answer, "final_answer"))
    return state.model_copy(update={"turns": [turn]})


def _reasoned(state: Conversation, reply: ChainOfThoughtReply) -> Conversation:
    thought = _written(reply.chain_of_thought, "chain_of_thought").strip()
    answer = _written(reply.final_answer, "final_answer")
    turn = Turn(user=_question(state, reply), steps=[Step(thought=thought)], answer=answer, ending=Ending.FINAL)
    return state.model_copy(update={"turns": [turn]})


def _question(state: Conversation, reply: BasicReply | ChainOfThoughtReply) -> str:
    return state.turns[0].user if state.turns else _written(reply.question, "question").strip()


def _written(text: str, field: str) -> str:
    if not text.strip():
        raise Unfit(f'"{field}" is empty. Write it.', code="empty")
    return text
