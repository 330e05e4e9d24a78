"""The state of an attempt is an unfinished Conversation; here are the ways in which it grows, and what it still allows.

Nothing is changed in place: each function gives a new value that shares what stayed the same, so that a state
that was handed out stays what it was.
"""

from generation.conversation import Conversation, Ending, Note, PairRef, Provenance, Step, Turn
from generation.plan import Config
from generation.sandbox.execution import Execution

REPEATED_CALL = "repeated_call"


def with_turn(state: Conversation, user: str) -> Conversation:
    """The conversation with a new turn opened by this message."""
    return state.model_copy(update={"turns": [*state.turns, Turn(user=user)]})


def with_step(state: Conversation, step: Step, *, ending: Ending | None = None) -> Conversation:
    """The conversation with one more step in its last turn, which ends the steps when ``ending`` is given."""
    return _with_last_turn(state, {"steps": [*state.turns[-1].steps, step], "ending": ending})


def with_ending(state: Conversation, ending: Ending) -> Conversation:
    return _with_last_turn(state, {"ending": ending})


def with_answer(state: Conversation, answer: str) -> Conversation:
    return _with_last_turn(state, {"answer": answer})


def with_note(state: Conversation, note: Note) -> Conversation:
    return state.model_copy(update={"notes": [*state.notes, note]})


def with_result(state: Conversation, pair: PairRef, execution: Execution) -> Conversation:
    """The conversation with this call answered by what the tool said."""
    answered = pair.call.model_copy(
        update={
            "result": execution.text,
            "outcome": execution.outcome,
            "error_type": execution.error_type,
            "duration_ms": execution.duration_ms,
            "provenance": Provenance.INJECTED if execution.is_injected else Provenance.EXECUTED,
        }
    )
    turn = state.turns[pair.turn]
    step = turn.steps[pair.step]
    calls = [*step.calls[: pair.position], answered, *step.calls[pair.position + 1 :]]
    steps = [*turn.steps[: pair.step], step.model_copy(update={"calls": calls}), *turn.steps[pair.step + 1 :]]
    turns = [*state.turns[: pair.turn], turn.model_copy(update={"steps": steps}), *state.turns[pair.turn + 1 :]]
    return state.model_copy(update={"turns": turns})


def first_open_call(state: Conversation) -> PairRef | None:
    """The first call that has no result yet."""
    return next((pair for pair in state.pairs() if not pair.call.is_answered), None)


def notes_at(state: Conversation, turn: int | None, step: int | None) -> list[Note]:
    """The notes of one place, in the order they were made."""
    return [note for note in state.notes if (note.turn, note.step) == (turn, step)]


def steps_left(state: Conversation, config: Config) -> int:
    """How many steps the last turn may still take. A step that was withheld as a repetition was one, too:
    a model that keeps repeating itself must not go on for ever."""
    turn = len(state.turns) - 1
    withheld = sum(note.code == REPEATED_CALL and note.turn == turn for note in state.notes)
    return config.max_agent_steps - len(state.turns[-1].steps) - withheld


def calls_left(state: Conversation, config: Config) -> int:
    """How many calls the last turn may still make: the turn's own limit and the conversation's."""
    return max(0, min(config.max_calls_per_turn - len(state.turns[-1].calls), config.max_calls - len(state.calls)))


def _with_last_turn(state: Conversation, update: dict[str, object]) -> Conversation:
    return state.model_copy(update={"turns": [*state.turns[:-1], state.turns[-1].model_copy(update=update)]})
