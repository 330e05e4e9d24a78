"""Merging where calls and steps stand: what fits together, what does not, and what holds whatever was done."""

from collections.abc import Callable, Hashable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from studio.domain.arranging import Shape, merge_order, merge_shapes

Verb = Callable[[Shape], Shape]
BASE = "ab c d."
"""Steps by spaces, calls by letters, ``.`` for a step without any. A step is named by its place here, a new one by its sign."""


def shape(text: str, *names: Hashable) -> Shape:
    steps = text.split(" ")
    return [(name, list(step.strip("."))) for name, step in zip(names or range(len(steps)), steps, strict=True)]


BASE_SHAPE = shape("ab c d .")
FITTING = {
    "calls added in one step at different places": (shape("axb c d ."), shape("aby c d ."), shape("axby c d .")),
    "a call and a step added behind the same call": (
        shape("abx c d ."),
        shape("ab y c d .", 0, "+", 1, 2, 3),
        shape("abx y c d .", 0, "+", 1, 2, 3),
    ),
    "steps added at different places": (
        shape("x ab c d .", "+", 0, 1, 2, 3),
        shape("ab c d y .", 0, 1, 2, "-", 3),
        shape("x ab c d y .", "+", 0, 1, 2, "-", 3),
    ),
    "one removed, another moved elsewhere": (
        shape("ab d .", 0, 2, 3),
        shape("ba c d ."),
        shape("ba d .", 0, 2, 3),
    ),
    "one removed, a call added beside it": (shape("a c d ."), shape("abx c d ."), shape("ax c d .")),
    "calls removed from different steps": (shape("b c d ."), shape("ab d .", 0, 2, 3), shape("b d .", 0, 2, 3)),
    "a call added behind two that change places": (shape("abx c d ."), shape("ba c d ."), shape("bax c d .")),
    "a step split, a call added behind": (
        shape("a b c d .", 0, "+", 1, 2, 3),
        shape("abx c d ."),
        shape("a bx c d .", 0, "+", 1, 2, 3),
    ),
    "a step split, another moved": (
        shape("a b c d .", 0, "+", 1, 2, 3),
        shape("ab d c .", 0, 2, 1, 3),
        shape("a b d c .", 0, "+", 2, 1, 3),
    ),
    "steps joined, a call added in the later one": (
        shape("abc d .", 0, 2, 3),
        shape("ab cx d ."),
        shape("abcx d .", 0, 2, 3),
    ),
    "steps joined one after the other": (
        shape("abc d .", 0, 2, 3),
        shape("ab cd .", 0, 1, 3),
        shape("abcd .", 0, 3),
    ),
    "a call that closes a step, the step moved": (
        shape("ab cx d ."),
        shape("c ab d .", 1, 0, 2, 3),
        shape("cx ab d .", 1, 0, 2, 3),
    ),
    "a step split, the same moved": (
        shape("a b c d .", 0, "+", 1, 2, 3),
        shape("c ab d .", 1, 0, 2, 3),
        shape("c a b d .", 1, 0, "+", 2, 3),
    ),
    "both did the same": (shape("ba c d ."), shape("ba c d ."), shape("ba c d .")),
}
COLLIDING = {
    "calls added at one place": (shape("abx c d ."), shape("aby c d .")),
    "steps added at one place": (shape("ab x c d .", 0, "+", 1, 2, 3), shape("ab y c d .", 0, "-", 1, 2, 3)),
    "one removed that the other moved": (shape("b c d ."), shape("ba c d .")),
    "one removed that the other split off": (shape("a c d ."), shape("a b c d .", 0, "+", 1, 2, 3)),
    "one removed that the other joined": (shape("ab d .", 0, 2, 3), shape("abc d .", 0, 2, 3)),
    "a step removed that the other added to": (shape("ab d .", 0, 2, 3), shape("ab cx d .")),
    "a step removed that the other joined another to": (shape("ab d .", 0, 2, 3), shape("ab cd .", 0, 1, 3)),
    "a step of which each removed one": (shape("a c d ."), shape("b c d .")),
    "one moved both ways": (shape("ab d c .", 0, 2, 1, 3), shape("c ab d .", 1, 0, 2, 3)),
    "a step put between two that change places": (
        shape("ab c x d .", 0, 1, "+", 2, 3),
        shape("ab d c .", 0, 2, 1, 3),
    ),
    "a step put between two that are joined": (shape("ab x c d .", 0, "+", 1, 2, 3), shape("abc d .", 0, 2, 3)),
    "one split off that the other moved": (shape("a b c d .", 0, "+", 1, 2, 3), shape("ba c d .")),
}


@pytest.mark.parametrize("name", FITTING)
def test_what_fits_together_is_merged(name: str) -> None:
    mine, theirs, expected = FITTING[name]
    assert merge_shapes(BASE_SHAPE, mine, theirs) == expected
    assert merge_shapes(BASE_SHAPE, theirs, mine) == expected


@pytest.mark.parametrize("name", COLLIDING)
def test_what_does_not_fit_together_is_refused(name: str) -> None:
    mine, theirs = COLLIDING[name]
    assert merge_shapes(BASE_SHAPE, mine, theirs) is None
    assert merge_shapes(BASE_SHAPE, theirs, mine) is None


def test_pairs_of_neighbours_that_change_places_within_one_step_are_merged() -> None:
    assert merge_shapes(shape("abcd"), shape("bacd"), shape("abdc")) == shape("badc")
    assert merge_shapes(shape("abc"), shape("bac"), shape("acb")) is None


def test_a_turn_added_behind_the_same_one_collides_and_one_elsewhere_does_not() -> None:
    base, mine, theirs, elsewhere = ([("turn", name) for name in names] for names in ("12", "1x2", "1y2", "12z"))
    assert merge_order(base, mine, theirs) is None
    assert merge_order(base, mine, elsewhere) == [("turn", name) for name in "1x2z"]


# -- whatever is done ------------------------------------------------------------------------------------------------------
# The verbs of ``studio.domain.structure``, on shapes. Each gets a number to choose its place by and the id for what it adds.


def _calls(of: Shape) -> list[tuple[int, int]]:
    return [(at, position) for at, (_, calls) in enumerate(of) for position in range(len(calls))]


def add_beside(of: Shape, step: int, position: int, new: str) -> None:
    of[step][1].insert(position + 1, new)


def add_before(of: Shape, step: int, position: int, new: str) -> None:
    of.insert(step, (new, [new]))


def add_after(of: Shape, step: int, position: int, new: str) -> None:
    of.insert(step + 1, (new, [new]))


def remove(of: Shape, step: int, position: int, new: str) -> None:
    of[step][1].pop(position)
    if not of[step][1]:
        of.pop(step)


def remove_step(of: Shape, step: int, position: int, new: str) -> None:
    of.pop(step)


def move(of: Shape, step: int, position: int, new: str) -> None:
    calls = of[step][1]
    assume(position)
    calls[position - 1], calls[position] = calls[position], calls[position - 1]


def move_step(of: Shape, step: int, position: int, new: str) -> None:
    assume(step)
    of[step - 1], of[step] = of[step], of[step - 1]


def split(of: Shape, step: int, position: int, new: str) -> None:
    assume(position)
    name, calls = of[step]
    of[step : step + 1] = [(name, calls[:position]), (new, calls[position:])]


def join(of: Shape, step: int, position: int, new: str) -> None:
    assume(step)
    of[step - 1][1].extend(of.pop(step)[1])


VERBS = [add_beside, add_before, add_after, remove, remove_step, move, move_step, split, join]


@st.composite
def _bases(draw: st.DrawFn) -> Shape:
    letters = iter("abcdefghijklmnopqrstuvwxyz")
    sizes = draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    base: Shape = [(at, [next(letters) for _ in range(size)]) for at, size in enumerate(sizes)]
    return [*base, (len(base), [])] if draw(st.booleans()) else base


_done = st.tuples(st.sampled_from(VERBS), st.integers(0, 30))


def _do(of: Shape, done: tuple[Callable[..., None], int], new: str, *, call: str = "") -> Shape:
    """One verb, at the call of this id or at the one that the number chooses."""
    verb, number = done
    made = [(name, list(calls)) for name, calls in of]
    places = _calls(made)
    assume(places)
    place = next(((at, calls.index(call)) for at, (_, calls) in enumerate(made) if call in calls), None)
    verb(made, *(place or places[number % len(places)]), new)
    return made


def _ids(of: Shape) -> list[str]:
    return [call for _, calls in of for call in calls]


@given(_bases(), _done, _done, st.lists(_done, max_size=2), st.lists(_done, max_size=2))
def test_no_call_is_lost_or_doubled_and_it_does_not_matter_who_was_first(base, one, other, ones, others) -> None:
    mine, theirs = base, base
    for at, done in enumerate([one, *ones]):
        mine = _do(mine, done, f"M{at}")
    for at, done in enumerate([other, *others]):
        theirs = _do(theirs, done, f"T{at}")
    merged = merge_shapes(base, mine, theirs)
    assert merged == merge_shapes(base, theirs, mine)
    if merged is None:
        return
    was, left, right = (set(_ids(side)) for side in (base, mine, theirs))
    assert sorted(_ids(merged)) == sorted((was & left & right) | (left - was) | (right - was))
    assert all(calls for name, calls in merged if name != len(base) - 1 or base[-1][1])
    names = [name for name, _ in merged]
    assert len(set(names)) == len(names)


@given(_bases(), _done, _done)
def test_what_fits_is_what_one_gets_by_doing_one_after_the_other(base, one, other) -> None:
    chosen = [_ids(base)[number % len(_ids(base))] for _, number in (one, other)]
    mine, theirs = _do(base, one, "M", call=chosen[0]), _do(base, other, "T", call=chosen[1])
    merged = merge_shapes(base, mine, theirs)
    assume(merged is not None and mine != theirs)
    assume(all(call in _ids(side) for call, side in zip(chosen, (theirs, mine), strict=True)))
    in_turn = [_do(theirs, one, "M", call=chosen[0]), _do(mine, other, "T", call=chosen[1])]
    assert merged in in_turn


@given(st.data())
def test_changes_in_different_steps_fit_together(data: st.DataObject) -> None:
    """Added, removed, moved within their step or split: neither reaches into the step of the other."""
    base = data.draw(_bases().filter(lambda of: len(of) > 2))
    filled = [calls for _, calls in base if calls]
    sides = data.draw(st.lists(st.sampled_from(filled), min_size=2, max_size=2, unique_by=lambda calls: calls[0]))
    chosen = [data.draw(st.sampled_from(calls)) for calls in sides]
    one, other = (
        (data.draw(st.sampled_from([add_beside, remove, remove_step, *((move, split) if at else ())])), 0)
        for calls, call in zip(sides, chosen, strict=True)
        for at in [calls.index(call)]
    )
    mine, theirs = _do(base, one, "M", call=chosen[0]), _do(base, other, "T", call=chosen[1])
    assert merge_shapes(base, mine, theirs) == _do(mine, other, "T", call=chosen[1])
