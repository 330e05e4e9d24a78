"""Merging two changes of one version: neither is lost, and what touches the same part is said."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.conversation import Call, Conversation, Outcome, Provenance, Step, Turn, digest, to_document
from studio.domain.merging import merge, merge_json

Change = Callable[[Conversation], Any]


def call(name: str) -> Call:
    arguments = {"path": name, "limit": 5, "deep": {"a": 1, "b": [1, 2]}}
    return Call(id=name, tool="read_file", arguments=arguments, result=f"text of {name}", outcome=Outcome.OK)


def walk() -> Conversation:
    turns = [
        Turn(
            user="First?",
            steps=[
                Step(thought="I look.", calls=[call("a"), call("b")]),
                Step(thought="Again.", calls=[call("c")]),
                Step(thought="Enough."),
            ],
            answer="One.",
        ),
        Turn(user="Second?", steps=[Step(thought="More.", calls=[call("d")]), Step()], answer="Two."),
    ]
    return Conversation(system_prompt="Be brief.", turns=turns, metadata={"k": {"x": 1}})


def changed(*changes: Change) -> Conversation:
    content = walk()
    for change in changes:
        change(content)
    return content


def same(one: Conversation, other: Conversation) -> bool:
    return digest(to_document(one)) == digest(to_document(other))


def answer(text: str, turn: int = 0) -> Change:
    return lambda content: setattr(content.turns[turn], "answer", text)


def think(text: str, step: int = 0) -> Change:
    return lambda content: setattr(content.turns[0].steps[step], "thought", text)


def ask(call_id: str, **arguments: Any) -> Change:
    def change(content: Conversation) -> None:
        found = content.pair(call_id).call
        found.arguments.update(arguments)
        found.provenance = Provenance.EDITED

    return change


def write(call_id: str, text: str) -> Change:
    def change(content: Conversation) -> None:
        found = content.pair(call_id).call
        found.result, found.provenance = text, Provenance.HAND_WRITTEN

    return change


def rerun(call_id: str, text: str) -> Change:
    return lambda content: setattr(content.pair(call_id).call, "result", text)


def choose(call_id: str, tool: str) -> Change:
    return lambda content: setattr(content.pair(call_id).call, "tool", tool)


def remove(call_id: str) -> Change:
    def change(content: Conversation) -> None:
        for turn in content.turns:
            for step in turn.steps:
                step.calls = [each for each in step.calls if each.id != call_id]

    return change


def add(name: str, turn: int = 0, step: int = 0) -> Change:
    return lambda content: content.turns[turn].steps[step].calls.append(call(name))


def add_step(name: str, turn: int = 0, at: int = 0) -> Change:
    return lambda content: content.turns[turn].steps.insert(at, Step(thought=f"about {name}", calls=[call(name)]))


def swap_calls(content: Conversation) -> None:
    content.turns[0].steps[0].calls.reverse()


def swap_steps(content: Conversation) -> None:
    steps = content.turns[0].steps
    steps[0], steps[1] = steps[1], steps[0]


def split(content: Conversation) -> None:
    steps = content.turns[0].steps
    steps.insert(1, Step(calls=[steps[0].calls.pop()]))


def join(content: Conversation) -> None:
    steps = content.turns[0].steps
    steps[0].calls += steps.pop(1).calls


def drop_last_turn(content: Conversation) -> None:
    content.turns.pop()


CHANGES: dict[str, Change] = {
    "answer": answer("Uno."),
    "other answer": answer("Eins."),
    "later answer": answer("Zwei.", 1),
    "thought": think("Let me see."),
    "later thought": think("Once more.", 1),
    "final thought": think("That is it.", 2),
    "path": ask("a", path="x"),
    "other path": ask("a", path="y"),
    "limit": ask("a", limit=9),
    "deep": lambda content: content.pair("a").call.arguments["deep"].update(a=2),
    "deeper": lambda content: content.pair("a").call.arguments["deep"]["b"].__setitem__(1, 3),
    "later path": ask("c", path="z"),
    "new argument": ask("b", more=True),
    "result": rerun("a", "fresh"),
    "result by hand": write("a", "mine"),
    "tool": choose("a", "list_files"),
    "remove a": remove("a"),
    "remove b": remove("b"),
    "remove d": remove("d"),
    "add": add("new1"),
    "add beside": add("new5"),
    "add elsewhere": add("new2", turn=1),
    "step": add_step("new3"),
    "step elsewhere": add_step("new4", turn=1, at=1),
    "swap calls": swap_calls,
    "swap steps": swap_steps,
    "split": split,
    "join": join,
    "drop turn": drop_last_turn,
    "user": lambda content: setattr(content.turns[1], "user", "Third?"),
    "system": lambda content: setattr(content, "system_prompt", "Be long."),
    "metadata": lambda content: content.metadata["k"].update(y=2),
}


def test_what_only_one_changed_stands() -> None:
    for name, change in CHANGES.items():
        one = changed(change)
        for mine, theirs in ((one, walk()), (walk(), one)):
            merged = merge(walk(), mine, theirs)
            assert not merged.collisions, name
            assert to_document(merged.content) == to_document(one), name


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ("answer", "later answer"),
        ("answer", "thought"),
        ("path", "limit"),
        ("path", "deep"),
        ("deep", "deeper"),
        ("path", "later path"),
        ("path", "result"),
        ("path", "swap calls"),
        ("path", "split"),
        ("path", "join"),
        ("path", "swap steps"),
        ("result by hand", "add"),
        ("thought", "add"),
        ("thought", "step"),
        ("thought", "swap steps"),
        ("thought", "remove b"),
        ("later thought", "split"),
        ("final thought", "step"),
        ("user", "add elsewhere"),
        ("answer", "drop turn"),
        ("add", "add elsewhere"),
        ("step", "step elsewhere"),
        ("add", "swap calls"),
        ("add", "swap steps"),
        ("add", "remove a"),
        ("remove b", "swap steps"),
        ("split", "step"),
    ],
)
def test_changes_of_different_parts_both_stand(mine: str, theirs: str) -> None:
    both = changed(CHANGES[mine], CHANGES[theirs])
    # Where a step or turn was inserted before, the other change is made first: by place it would hit another part.
    other = changed(CHANGES[theirs], CHANGES[mine]) if "step" not in theirs else both
    for one, two in ((mine, theirs), (theirs, mine)):
        merged = merge(walk(), changed(CHANGES[one]), changed(CHANGES[two]))
        assert merged.collisions == []
        assert same(merged.content, both) or same(merged.content, other)


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        ("answer", "other answer", {"part": "answer", "turn": 0}),
        ("path", "other path", {"part": "arguments", "call_id": "a", "pointer": "/path"}),
        ("path", "tool", {"part": "tool", "call_id": "a"}),
        ("path", "result by hand", {"part": "result", "call_id": "a"}),
        ("result", "result by hand", {"part": "result", "call_id": "a"}),
        ("path", "remove a", {"part": "call", "call_id": "a"}),
        ("later thought", "join", {"part": "steps", "turn": 0, "step": 1}),
        ("user", "drop turn", {"part": "turns", "turn": 1}),
        ("add", "add beside", {"part": "steps", "turn": 0}),
        ("split", "swap calls", {"part": "steps", "turn": 0}),
        ("remove b", "swap calls", {"part": "steps", "turn": 0}),
    ],
)
def test_changes_of_the_same_part_collide(mine: str, theirs: str, expected: dict[str, Any]) -> None:
    for one, two in ((mine, theirs), (theirs, mine)):
        merged = merge(walk(), changed(CHANGES[one]), changed(CHANGES[two]))
        [collision] = merged.collisions
        assert {name: getattr(collision, name) for name in expected} == expected


def test_what_one_thinks_stays_with_the_first_part_of_a_step_that_is_split() -> None:
    base, mine, theirs = walk(), walk(), walk()
    for content in (base, mine, theirs):
        content.turns[0].steps[0].calls.append(call("e"))
    mine.turns[0].steps[0].calls, rest = mine.turns[0].steps[0].calls[:1], mine.turns[0].steps[0].calls[1:]
    mine.turns[0].steps.insert(1, Step(calls=rest))
    think("Let me see.")(theirs)
    for one, two in ((mine, theirs), (theirs, mine)):
        merged = merge(base, one, two)
        assert merged.collisions == []
        steps = [(step.thought, [each.id for each in step.calls]) for step in merged.content.turns[0].steps]
        assert steps[:2] == [("Let me see.", ["a"]), ("", ["b", "e"])]


def test_where_two_collide_the_rest_is_merged_and_mine_stands() -> None:
    mine, theirs = changed(CHANGES["path"]), changed(CHANGES["other path"], CHANGES["limit"])
    merged = merge(walk(), mine, theirs)
    assert [each.pointer for each in merged.collisions] == ["/path"]
    arguments = merged.content.pair("a").call.arguments
    assert (arguments["path"], arguments["limit"]) == ("x", 9)


def test_a_call_that_both_moved_to_another_turn_stands_once_or_is_a_collision() -> None:
    def to_second_turn(content: Conversation) -> None:
        content.turns[1].steps[0].calls.append(content.turns[0].steps[1].calls.pop())

    merged = merge(walk(), changed(to_second_turn), changed(remove("c")))
    assert merged.collisions


_names = st.lists(st.sampled_from(sorted(CHANGES)), max_size=4, unique=True)


def _made(names: list[str]) -> Conversation:
    content = walk()
    for name in names:
        try:
            attempt = copy.deepcopy(content)
            CHANGES[name](attempt)
            content = Conversation.model_validate(to_document(attempt))
        except (KeyError, IndexError):
            continue
    return content


@given(_names)
def test_a_change_against_none_is_that_change(names: list[str]) -> None:
    one = _made(names)
    assert to_document(merge(walk(), one, walk()).content) == to_document(one)
    assert to_document(merge(walk(), walk(), one).content) == to_document(one)
    assert to_document(merge(walk(), one, one).content) == to_document(one)
    assert merge(walk(), one, one).collisions == []


@given(_names, _names)
def test_it_does_not_matter_who_was_first(mine: list[str], theirs: list[str]) -> None:
    one, other = merge(walk(), _made(mine), _made(theirs)), merge(walk(), _made(theirs), _made(mine))
    assert {repr(each) for each in one.collisions} == {repr(each) for each in other.collisions}
    if not one.collisions:
        assert same(one.content, other.content)


@given(_names, _names)
def test_nothing_is_lost_in_silence(mine: list[str], theirs: list[str]) -> None:
    """Every text, argument, result and call id that a side brought in is there, and every one it took out is gone."""
    one, other = _made(mine), _made(theirs)
    merged = merge(walk(), one, other)
    if merged.collisions:
        return
    base, left, right, both = (_atoms(content) for content in (walk(), one, other, merged.content))
    assert both == (base & left & right) | (left - base) | (right - base)


def _atoms(content: Conversation) -> set[str]:
    """What can be changed for itself, named by what it belongs to."""
    found = {f"system {content.system_prompt}"}
    for turn in content.turns:
        found |= {f"user {turn.user}", f"answer {turn.answer}"}
        found |= {f"thought {step.thought}" for step in turn.steps if step.thought}
    for each in content.calls:
        found |= {f"{each.id} is {each.tool}", f"{each.id} gave {each.result}"}
        found |= {f"{each.id} {path}" for path in _leaves(each.arguments)}
    return found


def _leaves(value: Any, path: str = "") -> list[str]:
    if isinstance(value, dict):
        return [leaf for key, member in value.items() for leaf in _leaves(member, f"{path}/{key}")]
    if isinstance(value, list):
        return [leaf for at, member in enumerate(value) for leaf in _leaves(member, f"{path}/{at}")]
    return [f"{path} = {value!r}"]


_json = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["", "a/b", "~"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b/c", "~d"]), inner, max_size=3),
    max_leaves=8,
)


@given(_json, _json, _json)
def test_json_is_merged_the_same_from_both_sides(base: Any, mine: Any, theirs: Any) -> None:
    one, pointers = merge_json(base, mine, theirs)
    other, others = merge_json(base, theirs, mine)
    assert sorted(pointers) == sorted(others)
    if not pointers:
        assert digest(one) == digest(other)
    assert merge_json(base, mine, base) == (mine, [])
    assert merge_json(base, base, theirs) == (theirs, [])


@given(_json, _json)
def test_json_that_both_made_the_same_is_no_collision(base: Any, mine: Any) -> None:
    assert merge_json(base, mine, copy.deepcopy(mine)) == (mine, [])


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "expected"),
    [
        ({"a": 1, "b": 1}, {"a": 2, "b": 1}, {"a": 1, "b": 2}, ({"a": 2, "b": 2}, [])),
        ({"a": 1}, {}, {"a": 1, "b": 2}, ({"b": 2}, [])),
        ({"a": 1}, {}, {"a": 2}, ({}, ["/a"])),
        ({"a/b": 1}, {"a/b": 2}, {"a/b": 3}, ({"a/b": 2}, ["/a~1b"])),
        ([1, 2], [3, 2], [1, 4], ([3, 4], [])),
        ([1, 2], [1, 2, 3], [4, 2], ([1, 2, 3], [""])),
        ({"a": 1}, {"a": True}, {"a": 1}, ({"a": True}, [])),
    ],
)
def test_json_by_member(base: Any, mine: Any, theirs: Any, expected: Any) -> None:
    assert merge_json(base, mine, theirs) == expected
