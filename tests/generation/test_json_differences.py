"""The difference tree of two JSON values: what it says of a change, and that it holds both values whole."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.json_differences import Difference, Kind, after, before, compare_json

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=20,
)
few = st.recursive(
    st.sampled_from([0, 1, True, "a", None]),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3),
    max_leaves=15,
)


def exact(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def changes(old: Any, new: Any) -> list[tuple[str, Any]]:
    """Every difference with its place: names and new indexes (old ones of what is gone)."""
    found = []

    def walk(node: Difference, path: str) -> None:
        if node.kind is Kind.INSIDE:
            for member in node.members:
                at = member.name if member.name is not None else member.now if member.now is not None else member.was
                walk(member, f"{path}/{at}")
        elif node.kind is not Kind.SAME:
            found.append((node.kind.value, path))

    walk(compare_json(old, new), "")
    return found


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, []),
        ({"a": 1}, {"a": 2}, [("changed", "/a")]),
        ({"a": 1}, {"a": 1, "b": 2}, [("added", "/b")]),
        ({"a": 1, "b": 2}, {"a": 1}, [("removed", "/b")]),
        ({"a": 1}, {"a": "1"}, [("retyped", "/a")]),
        ({"a": 1}, {"a": True}, [("retyped", "/a")]),
        ({"a": 1}, {"a": 1.0}, [("changed", "/a")]),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, [("changed", "/a/b/1")]),
        ([1, 2, 3], [3, 1, 2], [("moved", "/0")]),
        ([1, 2, 3], [1, 3], [("removed", "/1")]),
        ([1, 3], [1, 2, 3], [("added", "/1")]),
        ([{"id": 1, "n": 1}, {"id": 2}], [{"id": 1, "n": 2}, {"id": 2}], [("changed", "/0/n")]),
        ([], {}, [("retyped", "")]),
        ("", None, [("retyped", "")]),
    ],
)
def test_each_change_is_called_by_its_name(old: Any, new: Any, said: list[tuple[str, str]]) -> None:
    assert changes(old, new) == said


@given(values, values)
def test_the_tree_holds_both_values_whole(old: Any, new: Any) -> None:
    tree = compare_json(old, new)
    assert exact(before(tree)) == exact(old)
    assert exact(after(tree)) == exact(new)


@given(few, few)
def test_the_tree_holds_both_values_whole_when_they_repeat_themselves(old: Any, new: Any) -> None:
    tree = compare_json(old, new)
    assert (exact(before(tree)), exact(after(tree))) == (exact(old), exact(new))


@given(few, few)
def test_nothing_is_said_exactly_when_nothing_differs(old: Any, new: Any) -> None:
    assert (changes(old, new) == []) == (exact(old) == exact(new))


@given(
    st.lists(st.integers(0, 4), unique=True).flatmap(lambda items: st.tuples(st.just(items), st.permutations(items)))
)
def test_a_list_in_another_order_has_moves_and_nothing_else(lists: tuple[list[int], list[int]]) -> None:
    assert {kind for kind, _ in changes(*lists)} <= {"moved"}


@given(st.dictionaries(st.sampled_from("wxyz"), scalars), st.dictionaries(st.sampled_from("wxyz"), scalars))
def test_the_way_back_says_the_opposite(old: dict[str, Any], new: dict[str, Any]) -> None:
    opposite = {"added": "removed", "removed": "added"}
    there = {(opposite.get(kind, kind), path) for kind, path in changes(old, new)}
    assert there == set(changes(new, old))


def test_deep_values_are_compared_all_the_same() -> None:
    deep = lambda leaf: json.loads("[" * 300 + leaf + "]" * 300)  # noqa: E731  a name would say no more
    assert changes(deep("1"), deep("1")) == []
    assert [kind for kind, _ in changes(deep("1"), deep("2"))] == ["changed"]
