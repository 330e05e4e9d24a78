"""The simulated user: one message at a time."""

from generation.builders.asking import Attempt, Unfit, pursue
from generation.builders.questions import user_message_question
from generation.builders.replies import UserMessageReply
from generation.builders.state import with_turn
from generation.conversation import Conversation


def open_turn(state: Conversation, attempt: Attempt) -> Conversation:
    """The state with the user's next message, which opens a turn."""
    return pursue(
        state,
        attempt,
        user_message_question(state, attempt),
        accept=lambda reply: with_turn(state, _said(reply)),
    )


def _said(reply: UserMessageReply) -> str:
    message = reply.content.strip()
    if not message:
        raise Unfit('The user\'s message is empty. Write it in "content".', code="empty")
    return message
