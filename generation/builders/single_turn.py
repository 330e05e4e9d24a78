"""A conversation of one turn: a user message made from the scenario, and the turn."""

from generation.builders import agent
from generation.builders.asking import Attempt
from generation.builders.session import Session
from generation.builders.user import open_turn
from generation.conversation import Conversation


def advance(state: Conversation, attempt: Attempt, session: Session) -> Conversation | None:
    """The state after the next action; None when the conversation is finished."""
    if not state.turns:
        return open_turn(state, attempt)
    if state.turns[-1].answer is None:
        return agent.advance(state, attempt, session)
    return None
