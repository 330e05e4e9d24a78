"""Checks of how a conversation went: repetitions, limits, errors, and what the engine noted while making it."""

from collections.abc import Callable, Iterator

from generation.checks.finding import Spot
from generation.conversation import Conversation, Ending, Turn
from generation.plan import CALLLESS, TOOLLESS, Pattern
from generation.repetition import Repetitions


def repeated_calls(conversation: Conversation) -> Iterator[Spot]:
    """The same call again in one turn with nothing but successful reads in between."""
    so_far = Repetitions(conversation)
    for number, turn in enumerate(conversation.turns):
        so_far.open_turn()
        for call in turn.calls:
            if so_far.find(call) is not None:
                yield Spot(f"{call.tool} was called again with nothing but reading in between.", call.id, number)
            so_far.add(call)


def missing_calls(conversation: Conversation) -> Iterator[Spot]:
    if conversation.mode in TOOLLESS or conversation.pattern in CALLLESS:
        return
    if conversation.turns and not conversation.calls:
        wanted = (
            f"The pattern {conversation.pattern} wants tools, but none was" if conversation.pattern else "No tool was"
        )
        yield Spot(f"{wanted} called.")


def unwanted_calls(conversation: Conversation) -> Iterator[Spot]:
    if conversation.pattern in (Pattern.NO_TOOL, Pattern.REFUSE):
        for pair in conversation.pairs():
            yield Spot(
                f"The pattern {conversation.pattern} wants no tool, but {pair.call.tool} was called.",
                pair.call.id,
                pair.turn,
            )


def step_limits(conversation: Conversation) -> Iterator[Spot]:
    yield from _ended(conversation, Ending.STEP_LIMIT, "The steps of turn {} were used up before the model was done.")


def call_limits(conversation: Conversation) -> Iterator[Spot]:
    yield from _ended(conversation, Ending.CALL_LIMIT, "The calls of turn {} were used up, and the model wanted more.")


def notes(*codes: str) -> Callable[[Conversation], Iterator[Spot]]:
    """The check that brings the engine's notes of these codes to light."""

    def find(conversation: Conversation) -> Iterator[Spot]:
        for note in conversation.notes:
            if note.code in codes:
                # behind a blank line stands the model's reply or the new result, which is for the history
                yield Spot(note.detail.partition("\n\n")[0], note.call_id, note.turn)

    return find


def _ended(conversation: Conversation, ending: Ending, message: str) -> Iterator[Spot]:
    turns: list[Turn] = conversation.turns
    for number, turn in enumerate(turns):
        if turn.ending is ending:
            yield Spot(message.format(number + 1), turn=number)
