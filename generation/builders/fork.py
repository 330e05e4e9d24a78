"""Forking: what is kept of a conversation when it is gone on from one of its places. Builds values; asks and executes nothing."""

from collections.abc import Collection

from generation.conversation import Call, Conversation, Note, PairRef, Step, Turn

KEPT_NOTES = {"model_changed"}
"""Notes about a turn as a whole that stay true when the turn takes another way."""


def fork(content: Conversation, *, turn: int, call_id: str = "", renew: Collection[str] = ()) -> Conversation:
    """The conversation up to and including the call ``call_id``, or up to the user message of ``turn`` when none is named.

    It is a state that ``run_attempt(continue_from=...)`` takes up: its last turn is open again. The results of the calls
    in ``renew`` are left out, so that they are executed in their place. ``content`` stays as it is. Raises KeyError for a call
    that is not there, IndexError for such a turn.
    """
    if call_id:
        ref = content.pair(call_id)
        turn = ref.turn
        steps = _steps_until(content, ref)
    else:
        steps = []
    opened = Turn(user=content.turns[turn].user, steps=steps)
    turns = [*content.turns[:turn], opened]
    renewed = [_renewed(kept, set(renew)) for kept in turns]
    notes = [note for note in content.notes if _is_kept(note, turn=turn, steps=len(steps))]
    kept = content.model_copy(update={"turns": renewed})
    ids = {call.id for call in kept.calls}
    return kept.model_copy(update={"notes": [note for note in notes if note.call_id is None or note.call_id in ids]})


def _steps_until(content: Conversation, ref: PairRef) -> list[Step]:
    steps = content.turns[ref.turn].steps
    last = steps[ref.step]
    return [*steps[: ref.step], last.model_copy(update={"calls": last.calls[: ref.position + 1]})]


def _renewed(turn: Turn, renew: set[str]) -> Turn:
    if not any(call.id in renew for call in turn.calls):
        return turn
    steps = [
        step.model_copy(update={"calls": [_unanswered(call) if call.id in renew else call for call in step.calls]})
        for step in turn.steps
    ]
    return turn.model_copy(update={"steps": steps})


def _unanswered(call: Call) -> Call:
    return call.model_copy(update={"result": None, "outcome": None, "error_type": None, "duration_ms": None})


def _is_kept(note: Note, *, turn: int, steps: int) -> bool:
    """Whether the note speaks of what is kept. One about the turn as a whole (its verdict, its end) does not."""
    if note.turn is None or note.turn < turn:
        return True
    if note.turn > turn:
        return False
    return note.code in KEPT_NOTES if note.step is None else note.step < steps
