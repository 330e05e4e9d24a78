"""What is kept of a conversation that is gone on from one of its places."""

import pytest

from generation.builders.fork import fork
from generation.conversation import Call, Conversation, Ending, Note, Outcome, Step, Turn


def call(name: str) -> Call:
    return Call(id=name, tool="read", arguments={}, result=f"{name}!", outcome=Outcome.OK, duration_ms=1)


def walk() -> Conversation:
    first = Turn(
        user="one?",
        steps=[
            Step(thought="s1", calls=[call("a"), call("b")]),
            Step(thought="s2", calls=[call("c")]),
            Step(thought="f"),
        ],
        answer="one!",
        ending=Ending.FINAL,
    )
    second = Turn(user="two?", steps=[Step(thought="s3", calls=[call("d")])], answer="two!", ending=Ending.STEP_LIMIT)
    notes = [
        Note(code="seeded", detail=""),
        Note(code="rejected_step", detail="of s1", turn=0, step=0),
        Note(code="repeated_call", detail="before s2", turn=0, step=1, call_id="b"),
        Note(code="conclusion", detail="", turn=0),
        Note(code="model_changed", detail="", turn=0),
        Note(code="rejected_step", detail="of s3", turn=1, step=0),
    ]
    return Conversation(turns=[first, second], notes=notes, seed=3, model="m")


def codes(state: Conversation) -> list[str]:
    return [note.detail or note.code for note in state.notes]


def test_behind_a_call_its_step_is_kept_up_to_it_and_the_turn_is_open() -> None:
    state = fork(walk(), turn=0, call_id="a")
    assert [kept.id for kept in state.calls] == ["a"]
    assert (len(state.turns), state.turns[0].answer, state.turns[0].ending) == (1, None, None)
    assert state.turns[0].steps[0].thought == "s1"
    assert codes(state) == ["seeded", "of s1", "model_changed"]
    assert (state.seed, state.model) == (3, "m")


def test_earlier_turns_stay_whole_and_so_do_their_notes() -> None:
    state = fork(walk(), turn=1, call_id="d")
    assert state.turns[0] == walk().turns[0]
    assert codes(state) == ["seeded", "of s1", "before s2", "conclusion", "model_changed", "of s3"]


def test_the_calls_own_turn_counts_whatever_turn_is_said() -> None:
    assert len(fork(walk(), turn=0, call_id="d").turns) == 2


def test_from_a_user_message_nothing_of_its_turn_is_kept_but_that() -> None:
    state = fork(walk(), turn=1)
    assert state.turns[1] == Turn(user="two?")
    assert codes(state) == ["seeded", "of s1", "before s2", "conclusion", "model_changed"]


def test_a_note_about_a_call_that_is_gone_goes_too() -> None:
    content = walk()
    content.notes.append(Note(code="error_trace", detail="about b", turn=0, step=0, call_id="b"))
    assert "about b" not in codes(fork(content, turn=0, call_id="a"))
    assert "about b" in codes(fork(content, turn=0, call_id="b"))


def test_results_to_renew_are_left_out_and_the_original_stays_as_it_is() -> None:
    content = walk()
    state = fork(content, turn=0, call_id="c", renew={"b", "d"})
    assert [kept.is_answered for kept in state.calls] == [True, False, True]
    assert content == walk()


def test_places_that_are_not_there_are_refused() -> None:
    with pytest.raises(KeyError):
        fork(walk(), turn=0, call_id="z")
    with pytest.raises(IndexError):
        fork(walk(), turn=2)
