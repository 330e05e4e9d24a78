"""Checks of the conversation's skeleton: turns, messages, and calls with their results."""

from collections import Counter
from collections.abc import Iterator

from generation.checks.finding import Spot
from generation.conversation import Conversation

ID_LENGTH = 9


def missing_turns(conversation: Conversation) -> Iterator[Spot]:
    if not conversation.turns:
        yield Spot("The conversation has no turn.")


def missing_answers(conversation: Conversation) -> Iterator[Spot]:
    """Only of the last turn: an earlier one without an answer is a matter of order."""
    if conversation.turns and conversation.turns[-1].answer is None:
        yield Spot("The last turn has no answer.", turn=len(conversation.turns) - 1)


def wrong_order(conversation: Conversation) -> Iterator[Spot]:
    for number, turn in enumerate(conversation.turns[:-1]):
        if turn.answer is None:
            yield Spot(f"The user speaks again before turn {number + 1} was answered.", turn=number)


def empty_messages(conversation: Conversation) -> Iterator[Spot]:
    for number, turn in enumerate(conversation.turns):
        if not turn.user.strip():
            yield Spot(f"The user's message of turn {number + 1} is empty.", turn=number)
        if turn.answer is not None and not turn.answer.strip():
            yield Spot(f"The answer of turn {number + 1} is empty.", turn=number)


def missing_results(conversation: Conversation) -> Iterator[Spot]:
    for pair in conversation.pairs():
        if not pair.call.is_answered:
            yield Spot(f"{pair.call.tool} was called, but never answered.", pair.call.id, pair.turn)


def duplicate_ids(conversation: Conversation) -> Iterator[Spot]:
    counts = Counter(call.id for call in conversation.calls)
    seen: set[str] = set()
    for pair in conversation.pairs():
        if pair.call.id in seen:
            yield Spot(f"The id {pair.call.id!r} stands at {counts[pair.call.id]} calls.", pair.call.id, pair.turn)
        seen.add(pair.call.id)


def malformed_ids(conversation: Conversation) -> Iterator[Spot]:
    for pair in conversation.pairs():
        call_id = pair.call.id
        if len(call_id) != ID_LENGTH or not (call_id.isascii() and call_id.isalnum()):
            yield Spot(f"{call_id!r} is no call id.", call_id, pair.turn)
