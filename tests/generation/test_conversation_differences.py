"""Two versions of a conversation part by part: pairs are known by their ids, nothing gets lost."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.conversation import Call, Conversation, Outcome, Step, Turn
from generation.conversation_differences import Part, compare_conversations


def call(name: str) -> Call:
    return Call(id=name, tool="read_file", arguments={"path": name}, result=f"text of {name}", outcome=Outcome.OK)


def walk() -> Conversation:
    turns = [
        Turn(
            user="First?",
            steps=[Step(thought="I look.", calls=[call("a"), call("b")]), Step(thought="Again.", calls=[call("c")])],
            answer="One.",
        ),
        Turn(user="Second?", steps=[Step(thought="More.", calls=[call("d")])], answer="Two."),
    ]
    return Conversation(system_prompt="Be brief.", turns=turns, model="m")


def said(old: Conversation, new: Conversation) -> list[tuple[str, str]]:
    return [(_name(part), _word(part)) for part in compare_conversations(old, new) if not part.is_same]


def _name(part: Part) -> str:
    return (part.new or part.old).id if part.kind == "call" else part.kind


def _word(part: Part) -> str:
    if part.old is None or part.new is None:
        return "added" if part.old is None else "removed"
    return "moved" if part.is_moved else "changed"


def edit(change: Callable[[Conversation], Any]) -> list[tuple[str, str]]:
    new = walk()
    change(new)
    return said(walk(), new)


def test_nothing_differs_between_equals() -> None:
    assert said(walk(), walk()) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda c: setattr(c, "system_prompt", "Be long."), [("system_prompt", "changed")]),
        (lambda c: setattr(c, "model", "other"), [("settings", "changed")]),
        (lambda c: setattr(c.turns[1], "user", "Third?"), [("user", "changed")]),
        (lambda c: setattr(c.turns[0], "answer", "None."), [("answer", "changed")]),
        (lambda c: setattr(c.turns[0].steps[1], "thought", "Once more."), [("thought", "changed")]),
        (lambda c: c.calls[1].arguments.update(path="x"), [("b", "changed")]),
        (lambda c: c.turns[0].steps[0].calls.pop(0), [("a", "removed")]),
        (lambda c: c.turns[1].steps[0].calls.append(call("e")), [("e", "added")]),
        (lambda c: c.turns[0].steps[0].calls.reverse(), [("b", "moved")]),
        (lambda c: c.turns[1].steps[0].calls.append(c.turns[0].steps[1].calls.pop()), [("c", "moved")]),
        (
            lambda c: c.turns[0].steps.insert(1, Step(thought="New.", calls=[call("e")])),
            [("thought", "added"), ("e", "added")],
        ),
        (
            lambda c: c.turns.pop(0),
            [(name, "removed") for name in ("user", "thought", "a", "b", "thought", "c", "answer")],
        ),
    ],
)
def test_each_change_is_found_where_it_is(
    change: Callable[[Conversation], Any], expected: list[tuple[str, str]]
) -> None:
    assert edit(change) == expected


def made_again(change: Callable[[Conversation], Any] = lambda _: None) -> list[tuple[str, str]]:
    """What is said when the second turn and the last step before it were made anew: other ids, other times."""
    new = walk()
    for number, one in enumerate(new.calls[2:]):
        one.id, one.duration_ms = f"new{number}", 3.0
    change(new)
    return said(walk(), new)


def test_pairs_that_were_made_anew_are_laid_over_those_they_stand_for() -> None:
    assert made_again() == []
    assert made_again(lambda c: c.calls[2].arguments.update(path="x")) == [("new0", "changed")]
    assert made_again(lambda c: setattr(c.calls[3], "tool", "list_files")) == [("d", "removed"), ("new1", "added")]
    looked = Step(thought="First this.", calls=[call("e")])
    assert made_again(lambda c: c.turns[0].steps.insert(1, looked)) == [("thought", "added"), ("e", "added")]


steps = st.lists(
    st.builds(lambda ids: [call(name) for name in ids], st.lists(st.sampled_from("abcdef"), max_size=3, unique=True)),
    max_size=3,
)


@st.composite
def conversations(draw: st.DrawFn) -> Conversation:
    """Up to three turns in which every call stands once."""
    seen: set[str] = set()
    turns = []
    for words in draw(st.lists(st.sampled_from(["one", "two", "three"]), max_size=3)):
        made = []
        for calls in draw(steps):
            made.append(Step(thought=draw(st.sampled_from(["x", "y"])), calls=[c for c in calls if c.id not in seen]))
            seen |= {c.id for c in calls}
        turns.append(Turn(user=words, steps=made, answer=draw(st.sampled_from(["yes", "no"]))))
    return Conversation(turns=turns)


@given(conversations(), conversations())
def test_every_pair_and_text_of_both_stands_there_once(old: Conversation, new: Conversation) -> None:
    parts = compare_conversations(old, new)
    for side, whole in (("old", old), ("new", new)):
        calls = [getattr(part, side) for part in parts if part.kind == "call" and getattr(part, side)]
        assert sorted(one.id for one in calls) == sorted(one.id for one in whole.calls)
        answers = [getattr(part, side) for part in parts if part.kind == "answer" and getattr(part, side)]
        assert answers == [turn.answer for turn in whole.turns]


@given(conversations())
def test_nothing_is_said_of_equals(one: Conversation) -> None:
    assert said(one, one.model_copy(deep=True)) == []


@given(conversations())
def test_a_conversation_against_nothing_is_all_added(new: Conversation) -> None:
    assert {part.old for part in compare_conversations(Conversation(), new) if part.kind != "settings"} <= {None}
