"""Same result: text for text, but for what the tool itself calls volatile."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.conversation import Call, Outcome
from generation.sandbox.execution import Execution
from generation.sandbox.sameness import same_result
from generation.tools import ToolDefinition


def same(recorded: str, now: str, *volatile: str, outcome: Outcome = Outcome.OK) -> bool:
    call = Call(id="call00001", tool="t", arguments={}, result=recorded, outcome=Outcome.OK)
    tool = ToolDefinition(name="t", volatile=list(volatile))
    return same_result(call, Execution(text=now, outcome=outcome), tool)


def test_the_same_text_is_the_same_and_another_is_not() -> None:
    assert same("alpha", "alpha")
    assert not same("alpha", "beta")
    assert not same("alpha", "alpha", outcome=Outcome.TOOL_ERROR)


def test_without_volatile_names_even_spaces_count() -> None:
    assert not same('{"a": 1}', '{"a":1}')


@pytest.mark.parametrize("name", ["at", "meta.at"])
def test_a_volatile_member_may_differ_and_nothing_else(name: str) -> None:
    assert same('{"id": 1, "meta": {"at": "09:00"}}', '{"id": 1, "meta": {"at": "10:00"}}', name)
    assert not same('{"id": 1, "meta": {"at": "09:00"}}', '{"id": 2, "meta": {"at": "10:00"}}', name)


def test_a_path_goes_through_arrays_and_a_path_is_no_other_members_name() -> None:
    assert same('{"items": [{"at": 1}, {"at": 2}]}', '{"items": [{"at": 3}, {"at": 4}]}', "items.at")
    assert not same('{"other": {"at": 1}}', '{"other": {"at": 2}}', "items.at")


def test_a_member_that_went_is_a_difference() -> None:
    assert not same('{"at": 1, "b": 2}', '{"b": 2}', "at")


def test_an_integer_is_no_boolean_and_no_decimal() -> None:
    for now in ("true", "1.0", '"1"'):
        assert not same('{"n": 1, "at": 0}', f'{{"n": {now}, "at": 9}}', "at")


def test_what_is_no_json_is_compared_as_text() -> None:
    assert not same("at 09:00", "at 10:00", "at")
    assert not same('{"at": 1, "b": NaN}', '{"at": 2, "b": NaN}', "at")
    assert not same("[" * 100_000, "[" * 100_001, "at")


def test_a_call_that_never_ran_is_the_same_as_nothing() -> None:
    call = Call(id="call00001", tool="t", arguments={})
    assert not same_result(call, Execution(text="", outcome=Outcome.OK), None)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(values, values, values)
def test_only_the_volatile_member_is_let_off(body: object, one: object, other: object) -> None:
    recorded, now = json.dumps({"x": body, "at": one}), json.dumps({"x": body, "at": other})
    assert same(recorded, now, "at")
    assert same(recorded, now) == (recorded == now)
