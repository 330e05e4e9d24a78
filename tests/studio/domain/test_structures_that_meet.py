"""Two changes of the structure of one turn, made of the same version, through the verbs and the save that people use."""

from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.conversation import Conversation as Content
from generation.conversation import Step
from studio.domain import structure
from studio.domain.errors import Collided, NotPossible
from studio.domain.saving import Save
from studio.models import Conversation, User
from tests.standins.studio_rows import file_walk, make_call, make_conversation, make_user

pytestmark = pytest.mark.django_db

VERBS = {
    "add beside": partial(structure.add_call, tool="list_files", arguments={}, place="beside"),
    "add after": partial(structure.add_call, tool="list_files", arguments={}, place="after"),
    "add before": partial(structure.add_call, tool="list_files", arguments={}, place="before"),
    "remove": structure.remove_call,
    "remove step": partial(structure.remove_call, whole_step=True),
    "up": partial(structure.move_call, way="up"),
    "down": partial(structure.move_call, way="down"),
    "step up": partial(structure.move_call, way="up", whole_step=True),
    "step down": partial(structure.move_call, way="down", whole_step=True),
    "split": structure.split_step,
    "join": structure.join_step,
}
STEPS = ["12", "345", "6"]
Done = tuple[str, str]
"""A verb and the call it is done at."""


def walk() -> Content:
    """One turn whose steps and calls are ``STEPS``; each call gave its own digit."""
    content = file_walk()
    steps = [
        Step(thought=f"About {digits}.", calls=[make_call(int(digit), "list_files", result=digit) for digit in digits])
        for digits in STEPS
    ]
    content.turns = [content.turns[0].model_copy(update={"steps": steps})]
    return content


def do(row: Conversation, done: Done, *, by: User) -> Conversation:
    verb, digit = done
    return VERBS[verb](row, save=Save(version=1, by=by, merges=True), call_id=f"call0000{digit}")


def standing(row: Conversation) -> list[str]:
    """By step what each call gave; ``+`` for one that was added."""
    return ["".join(call.result or "+" for call in step.calls) for step in row.content.turns[0].steps]


def meet(first: Done, second: Done) -> list[str]:
    """What stands once both saved: empty when the second collides, and then nothing of it was saved."""
    row = do(make_conversation(content=walk()), first, by=make_user())
    try:
        saved = do(row, second, by=make_user())
    except Collided:
        assert Conversation.objects.get(pk=row.pk).document == row.document
        return []
    assert list(saved.pairs.values_list("call_id", flat=True)) == [call.id for call in saved.content.calls]
    return standing(saved)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (("add beside", "1"), ("add beside", "4"), ["1+2", "34+5", "6"]),
        (("add before", "3"), ("add after", "5"), ["12", "+", "345", "+", "6"]),
        (("remove", "1"), ("down", "3"), ["2", "435", "6"]),
        (("remove", "4"), ("remove step", "6"), ["12", "35"]),
        (("split", "4"), ("step up", "6"), ["12", "6", "3", "45"]),
        (("join", "3"), ("add beside", "5"), ["12345+", "6"]),
        (("remove", "1"), ("down", "1"), []),
        (("remove step", "3"), ("split", "4"), []),
        (("add beside", "2"), ("add beside", "2"), []),
        (("remove", "1"), ("remove", "2"), []),
    ],
)
def test_what_touches_different_pairs_is_merged(one: Done, other: Done, expected: list[str]) -> None:
    assert meet(one, other) == expected
    assert meet(other, one) == expected


_done = st.tuples(st.sampled_from(sorted(VERBS)), st.sampled_from("".join(STEPS)))


@settings(max_examples=40)
@given(_done, _done)
def test_each_call_is_there_once_with_its_result_whoever_was_first(one: Done, other: Done) -> None:
    for done in (one, other):
        try:
            do(make_conversation(content=walk()), done, by=make_user())
        except NotPossible:
            return
    outcome = meet(one, other)
    assert meet(other, one) == outcome
    if not outcome:
        return
    gone = {digit for verb, digit in (one, other) if verb == "remove"}
    gone |= {
        each for verb, digit in (one, other) if verb == "remove step" for of in STEPS if digit in of for each in of
    }
    added = sum(verb.startswith("add") for verb, _ in (one, other))
    assert sorted("".join(outcome)) == sorted(["+"] * added + [*{*"123456"} - gone])
