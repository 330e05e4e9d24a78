"""Three-way merge: two changes of one version put together where they touch different parts. Pure; knows no rows.

What is one part: a text; where a turn, a step or a call stands (``studio.domain.arranging``); of a call its tool, each member of
its arguments, its result. A list in JSON is one part unless both kept its length. A result that a person wrote belongs to
the arguments it was written for. Calls are known by their ids, steps by their calls, wherever they stand.

Nothing is lost in silence: what both changed differently is a ``Collision``, and there the merged content holds mine.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from generation.conversation import Conversation as Content
from generation.conversation import Provenance, canonical_json, digest, from_document, to_document
from studio.domain.arranging import Shape, merge_order, merge_shapes

Document = dict[str, Any]
_MISSING: Final = object()
_RESULT = ("result", "outcome", "error_type", "duration_ms")
_STRENGTH = [Provenance.EDITED, Provenance.HAND_WRITTEN]
"""Of two changed provenances the one that says more about a person's hand."""


@dataclass(frozen=True, kw_only=True)
class Collision:
    """A part that both changed. ``turn`` and ``step`` count from 0 in the version both began with.

    ``part``: user, answer, ending, thought, text, system_prompt or another field of the conversation; arguments (with the JSON
    ``pointer`` below them), tool, result, reason, call (removed by one, changed by the other); steps (of a turn), turns.
    """

    part: str
    call_id: str = ""
    turn: int | None = None
    step: int | None = None
    pointer: str = ""


@dataclass(frozen=True, kw_only=True)
class Merged:
    content: Content
    collisions: list[Collision]


def merge(base: Content, mine: Content, theirs: Content) -> Merged:
    """What became of ``base`` in both. With collisions the content holds mine where they are."""
    merging = _Merging(to_document(base), to_document(mine), to_document(theirs))
    return Merged(content=from_document(merging.merge()), collisions=merging.collisions)


def merge_json(base: Any, mine: Any, theirs: Any) -> tuple[Any, list[str]]:
    """The merged value, and the JSON pointers of what both changed differently: there it holds mine."""
    pointers: list[str] = []
    return _merge_json(base, mine, theirs, "", pointers), pointers


def _merge_json(base: Any, mine: Any, theirs: Any, pointer: str, pointers: list[str]) -> Any:
    if _same(theirs, base) or _same(mine, theirs):
        return mine
    if _same(mine, base):
        return theirs
    if all(isinstance(value, dict) for value in (base, mine, theirs)):
        merged = {}
        for key in dict.fromkeys([*theirs, *mine]):
            was, own, other = (side.get(key, _MISSING) for side in (base, mine, theirs))
            value = _merge_json(was, own, other, f"{pointer}/{_escaped(key)}", pointers)
            if value is not _MISSING:
                merged[key] = value
        return merged
    if all(isinstance(value, list) for value in (base, mine, theirs)) and len(base) == len(mine) == len(theirs):
        triples = zip(base, mine, theirs, strict=True)
        return [_merge_json(*triple, f"{pointer}/{at}", pointers) for at, triple in enumerate(triples)]
    pointers.append(pointer)
    return mine


def _same(one: Any, other: Any) -> bool:
    if one is _MISSING or other is _MISSING:
        return one is other
    return digest(one) == digest(other)


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


class _Merging:
    """One merge of three documents."""

    def __init__(self, base: Document, mine: Document, theirs: Document) -> None:
        self.base, self.mine, self.theirs = base, mine, theirs
        self.collisions: list[Collision] = []

    def merge(self) -> Document:
        rest = {name: value for name, value in self.mine.items() if name != "turns"}
        merged = {name: self._member(name) for name in rest}
        self.calls = self._merge_calls()
        merged["turns"] = self._merge_turns()
        self._require_each_call_once(merged)
        return merged

    def _member(self, name: str) -> Any:
        value, pointers = merge_json(self.base[name], self.mine[name], self.theirs[name])
        self.collisions += [Collision(part=name, pointer=pointer) for pointer in pointers]
        return value

    def _choose(self, base: Any, mine: Any, theirs: Any, **place: Any) -> Any:
        """The one that was changed; mine where both were, and that is a collision."""
        if _same(theirs, base) or _same(mine, theirs):
            return mine
        if not _same(mine, base):
            self.collisions.append(Collision(**place))
            return mine
        return theirs

    # -- calls ---------------------------------------------------------------------------------------------------------

    def _merge_calls(self) -> dict[str, Document]:
        base, mine, theirs = (_calls_of(document) for document in (self.base, self.mine, self.theirs))
        merged: dict[str, Any] = {}
        for call_id in dict.fromkeys([*base, *mine, *theirs]):
            sides = base.get(call_id), mine.get(call_id), theirs.get(call_id)
            if all(sides):
                merged[call_id] = self._merge_call(*sides)  # type: ignore[arg-type]  # none of them is None here
                continue
            kept = self._choose(*sides, part="call", call_id=call_id)
            merged[call_id] = kept or sides[2] or sides[0]
        return merged

    def _merge_call(self, base: Document, mine: Document, theirs: Document) -> Document:
        call_id = base["id"]
        tool, arguments = self._merge_asked(base, mine, theirs)
        results = [[side[name] for name in _RESULT] for side in (base, mine, theirs)]
        result = self._choose(*results, part="result", call_id=call_id)
        reasons = [side["reason"] for side in (base, mine, theirs)]
        merged = {
            **base,
            "tool": tool,
            "arguments": arguments,
            "reason": self._choose(*reasons, part="reason", call_id=call_id),
            **dict(zip(_RESULT, result, strict=True)),
            "provenance": _stronger(*[side["provenance"] for side in (base, mine, theirs)]),
        }
        for one, other in ((mine, theirs), (theirs, mine)):
            writes = one["provenance"] == Provenance.HAND_WRITTEN and not _same(_result(one), _result(base))
            if writes and not _same(_asked(other), _asked(base)) and not _same(_asked(other), _asked(one)):
                self.collisions.append(Collision(part="result", call_id=call_id))
        return merged

    def _merge_asked(self, base: Document, mine: Document, theirs: Document) -> tuple[str, Any]:
        if base["tool"] == mine["tool"] == theirs["tool"]:
            arguments, pointers = merge_json(*[side["arguments"] for side in (base, mine, theirs)])
            self.collisions += [Collision(part="arguments", call_id=base["id"], pointer=each) for each in pointers]
            return base["tool"], arguments
        # Arguments belong to their tool: of another one they are another thing.
        tool, arguments = self._choose(
            *[_asked(side) for side in (base, mine, theirs)], part="tool", call_id=base["id"]
        )
        return tool, arguments

    # -- turns and steps -----------------------------------------------------------------------------------------------

    def _merge_turns(self) -> list[Document]:
        base, mine, theirs = (document["turns"] for document in (self.base, self.mine, self.theirs))
        mine_keys, theirs_keys = _keys(base, mine, _like_turns), _keys(base, theirs, _like_turns)
        order = merge_order(*[[("turn", key) for key in keys] for keys in (range(len(base)), mine_keys, theirs_keys)])
        if order is None:
            self.collisions.append(Collision(part="turns"))
            order = [("turn", key) for key in mine_keys]
        by_mine, by_theirs = dict(zip(mine_keys, mine, strict=True)), dict(zip(theirs_keys, theirs, strict=True))
        for at, turn in enumerate(base):
            if (at in by_mine) != (at in by_theirs):
                self._choose(turn, by_mine.get(at), by_theirs.get(at), part="turns", turn=at)
        return [
            self._merge_turn(key, base[key], by_mine[key], by_theirs[key])
            if isinstance(key, int) and key in by_mine and key in by_theirs
            else self._whole_turn(by_mine.get(key) or by_theirs[key])
            for _, key in order
        ]

    def _whole_turn(self, turn: Document) -> Document:
        steps = [
            {**step, "calls": [self.calls.get(call["id"], call) for call in step["calls"]]} for step in turn["steps"]
        ]
        return {**turn, "steps": steps}

    def _merge_turn(self, at: int, base: Document, mine: Document, theirs: Document) -> Document:
        merged = {
            name: self._choose(base[name], mine[name], theirs[name], part=name, turn=at)
            for name in ("user", "answer", "ending")
        }
        return {**merged, "steps": self._merge_steps(at, base["steps"], mine["steps"], theirs["steps"])}

    def _merge_steps(
        self, turn: int, base: list[Document], mine: list[Document], theirs: list[Document]
    ) -> list[Document]:
        mine_keys, theirs_keys = _keys(base, mine, _like_steps), _keys(base, theirs, _like_steps)
        shapes: list[Shape] = [
            [(key, _ids_of_step(step)) for key, step in zip(keys, steps, strict=True)]
            for keys, steps in ((range(len(base)), base), (mine_keys, mine), (theirs_keys, theirs))
        ]
        shape = merge_shapes(*shapes)
        if shape is None:
            self.collisions.append(Collision(part="steps", turn=turn))
            shape = shapes[1]
        by_mine, by_theirs = dict(zip(mine_keys, mine, strict=True)), dict(zip(theirs_keys, theirs, strict=True))
        words = [(at, _words(step)) for at, step in enumerate(base)]
        for at, said in words:
            if (at in by_mine) != (at in by_theirs):
                sides = [_words(side[at]) if at in side else None for side in (by_mine, by_theirs)]
                self._choose(said, *sides, part="steps", turn=turn, step=at)
        merged = []
        for key, call_ids in shape:
            step = by_mine.get(key) or by_theirs.get(key)
            assert step is not None, "a shape comes from one side"
            if key in by_mine and key in by_theirs and isinstance(key, int):
                step = {
                    name: self._choose(
                        base[key][name], by_mine[key][name], by_theirs[key][name], part=name, turn=turn, step=key
                    )
                    for name in ("thought", "text")
                }
            merged.append({**step, "calls": [self.calls[call_id] for call_id in call_ids]})
        return merged

    def _require_each_call_once(self, merged: Document) -> None:
        """Calls that went different ways on both sides: one would be lost, or stand twice."""
        base, mine, theirs = (set(_calls_of(document)) for document in (self.base, self.mine, self.theirs))
        wanted = (base & mine & theirs) | (mine - base) | (theirs - base)
        standing = [call["id"] for turn in merged["turns"] for step in turn["steps"] for call in step["calls"]]
        if not self.collisions and sorted(standing) != sorted(wanted):
            self.collisions.append(Collision(part="steps"))
        if self.collisions and len(set(standing)) != len(standing):
            merged["turns"] = self.mine["turns"]


def _calls_of(document: Document) -> dict[str, Document]:
    return {call["id"]: call for turn in document["turns"] for step in turn["steps"] for call in step["calls"]}


def _asked(call: Document) -> list[Any]:
    return [call["tool"], call["arguments"]]


def _result(call: Document) -> list[Any]:
    return [call[name] for name in _RESULT]


def _words(step: Document) -> list[str]:
    return [step["thought"], step["text"]]


def _stronger(base: Any, mine: Any, theirs: Any) -> Any:
    if mine in (base, theirs):
        return theirs
    if theirs == base:
        return mine
    return next((one for one in _STRENGTH if one in (mine, theirs)), min(mine, theirs))


# -- which turn or step of a side is which of the base ---------------------------------------------------------------------


def _keys(base: Sequence[Document], side: Sequence[Document], alike: Callable[..., list[int | None]]) -> list[Any]:
    """For each element of ``side`` the place of the one in ``base`` that it was, or a key made of what it holds when it is new."""
    places = alike(base, side)
    keys: list[Any] = []
    for place, element in zip(places, side, strict=True):
        key = place if place is not None else f"new {canonical_json(element)}"
        while key in keys:
            key = f"{key} again"
        keys.append(key)
    return keys


def _like_turns(base: Sequence[Document], side: Sequence[Document]) -> list[int | None]:
    places = _by_calls([_ids_of_turn(turn) for turn in base], [_ids_of_turn(turn) for turn in side])
    _pair(places, base, side, by=lambda turn: turn)
    _pair(places, base, side, by=lambda turn: turn["user"])
    _pair(places, base, side, by=lambda turn: turn if _ids_of_turn(turn) else "no calls")
    return places


def _like_steps(base: Sequence[Document], side: Sequence[Document]) -> list[int | None]:
    places = _by_calls([_ids_of_step(step) for step in base], [_ids_of_step(step) for step in side])
    _pair(places, base, side, by=lambda step: step)
    _pair(places, base, side, by=lambda step: "final" if not step["calls"] else step)
    return places


def _by_calls(base: list[list[str]], side: list[list[str]]) -> list[int | None]:
    """Who begins with the same call belongs together, then who shares most calls; of equals the one at the same place, then the first."""
    owner = {call_id: at for at, ids in enumerate(base) for call_id in ids}
    shared = sorted(
        (
            (ids[0] != base[place][0], -sum(owner.get(call_id) == place for call_id in ids), at != place, place, at)
            for at, ids in enumerate(side)
            for place in {owner[call_id] for call_id in ids if call_id in owner}
        )
    )
    places: list[int | None] = [None] * len(side)
    for *_, place, at in shared:
        if places[at] is None and place not in places:
            places[at] = place
    return places


def _pair(
    places: list[int | None], base: Sequence[Document], side: Sequence[Document], *, by: Callable[[Document], Any]
) -> None:
    """Pair, in order, what is left on both sides and looks the same by this measure."""
    for at, element in enumerate(side):
        if places[at] is None:
            alike = (
                place
                for place, other in enumerate(base)
                if place not in places and digest(by(other)) == digest(by(element))
            )
            places[at] = next(alike, None)


def _ids_of_step(step: Document) -> list[str]:
    return [call["id"] for call in step["calls"]]


def _ids_of_turn(turn: Document) -> list[str]:
    return [call["id"] for step in turn["steps"] for call in step["calls"]]
