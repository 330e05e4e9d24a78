"""Two JSON values laid over each other by their structure: what was added, removed, changed, became another type, or moved.

The outcome is one tree that holds both values whole (``before`` and ``after`` read them back), so nothing that differs can be
lost on the way to a page.
"""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from generation.text_differences import Effort, Span, align

DEPTH = 40
"""Values nested deeper are compared as a whole."""


class Kind(StrEnum):
    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    RETYPED = "retyped"
    MOVED = "moved"
    """An item of an array, unchanged, at another place among the others."""
    INSIDE = "inside"
    """An object or array on both sides, with differences in ``members``."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A member. ``name``: of an object's member. ``was`` and ``now``: an array item's index on each side; ``None`` where it has none."""

    kind: Kind
    old: Any = None
    new: Any = None
    name: str | None = None
    was: int | None = None
    now: int | None = None
    members: tuple["Difference", ...] = ()

    @property
    def is_array(self) -> bool:
        return isinstance(self.new if self.kind is not Kind.REMOVED else self.old, list)


def compare_json(old: Any, new: Any, *, effort: Effort | None = None) -> Difference:
    """The difference tree of two JSON values. The order of an object's members says nothing; ``1``, ``1.0`` and ``true`` differ."""
    return _compare(old, new, effort or Effort(), DEPTH)


def type_of(value: Any) -> str:
    """JSON's word for the type of a value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def before(difference: Difference) -> Any:
    """The old value, read back from the tree."""
    if difference.kind is not Kind.INSIDE:
        return difference.old
    held = [member for member in difference.members if member.kind is not Kind.ADDED]
    if not difference.is_array:
        return {str(member.name): before(member) for member in held}
    return [before(member) for member in sorted(held, key=lambda member: member.was or 0)]


def after(difference: Difference) -> Any:
    """The new value, read back from the tree."""
    if difference.kind is not Kind.INSIDE:
        return difference.new
    held = [member for member in difference.members if member.kind is not Kind.REMOVED]
    if not difference.is_array:
        return {str(member.name): after(member) for member in held}
    return [after(member) for member in sorted(held, key=lambda member: member.now or 0)]


def _compare(old: Any, new: Any, effort: Effort, depth: int, **place: Any) -> Difference:
    if type_of(old) != type_of(new):
        return Difference(kind=Kind.RETYPED, old=old, new=new, **place)
    if _text(old) == _text(new):
        return Difference(kind=Kind.SAME, old=old, new=new, **place)
    if not isinstance(old, dict | list) or depth == 0:
        return Difference(kind=Kind.CHANGED, old=old, new=new, **place)
    members = _members(old, new, effort, depth - 1) if isinstance(old, dict) else _items(old, new, effort, depth - 1)
    return Difference(kind=Kind.INSIDE, old=old, new=new, members=tuple(members), **place)


def _members(old: dict[str, Any], new: dict[str, Any], effort: Effort, depth: int) -> list[Difference]:
    """Those of the new object in its order, the removed ones where they stood: behind the member that was before them."""
    found = [
        _compare(old[name], value, effort, depth, name=name)
        if name in old
        else Difference(kind=Kind.ADDED, new=value, name=name)
        for name, value in new.items()
    ]
    at = 0
    for name, value in old.items():
        if name in new:
            at = next(place for place, member in enumerate(found) if member.name == name) + 1
            continue
        found.insert(at, Difference(kind=Kind.REMOVED, old=value, name=name))
        at += 1
    return found


def _items(old: list[Any], new: list[Any], effort: Effort, depth: int) -> list[Difference]:
    left, right = [_text(item) for item in old], [_text(item) for item in new]
    spans = align(left, right, effort=effort)
    origins = _moves(left, right, spans)
    left_for = set(origins.values())
    found: list[Difference] = []
    for span in spans:
        olds = [at for at in range(span.old_from, span.old_to) if at not in left_for]
        news = list(range(span.new_from, span.new_to))
        for now in news:
            if now in origins:
                was = origins[now]
                found.append(Difference(kind=Kind.MOVED, old=old[was], new=new[now], was=was, now=now))
            elif olds:
                was = olds.pop(0)
                found.append(_compare(old[was], new[now], effort, depth, was=was, now=now))
            else:
                found.append(Difference(kind=Kind.ADDED, new=new[now], now=now))
        found += [Difference(kind=Kind.REMOVED, old=old[was], was=was) for was in olds]
    return found


def _moves(left: list[str], right: list[str], spans: list[Span]) -> dict[int, int]:
    """New index to old index of equal items that the alignment did not put together."""
    gone: dict[str, list[int]] = {}
    for span in spans:
        for was in range(span.old_from, span.old_to) if not span.is_same else ():
            gone.setdefault(left[was], []).append(was)
    found = {}
    for span in spans:
        for now in range(span.new_from, span.new_to) if not span.is_same else ():
            if waiting := gone.get(right[now]):
                found[now] = waiting.pop(0)
    return found


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
