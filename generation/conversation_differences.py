"""Two versions of a conversation laid over each other part by part: settings, turns, steps and pairs.

A pair is known by its call id wherever it stands, so one that went to another place has moved and is not another one. One that was
made anew has another id: it is laid over one that is gone from the same step and called the same tool. Texts and JSON are compared
further by ``text_differences`` and ``json_differences``; here is only what belongs together.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any, Literal

from generation.conversation import Call, Conversation, PairRef, Step, Turn, canonical_json

PartKind = Literal["system_prompt", "tools", "settings", "user", "thought", "text", "call", "answer"]
Places = list[tuple[int | None, int | None]]


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part on both sides; ``None`` where one lacks it. ``turn`` is counted in the newer version where it stands there.

    ``old`` and ``new`` are texts, calls, or JSON objects (tools by name, settings). ``old_number`` and ``new_number`` count the
    pairs from 0. ``is_moved``: a pair that stands elsewhere among the others than it did.
    """

    kind: PartKind
    old: Any
    new: Any
    turn: int | None = None
    step: int | None = None
    old_number: int | None = None
    new_number: int | None = None
    is_moved: bool = False

    @property
    def is_same(self) -> bool:
        return not self.is_moved and (
            self.old == self.new or (self.kind == "call" and _is_made_again(self.old, self.new))
        )


def compare_conversations(old: Conversation, new: Conversation) -> list[Part]:
    """Every part of both versions in the newer one's order, removed ones where they stood."""
    return [part for part in _parts(old, new) if part.old not in (None, "", {}) or part.new not in (None, "", {})]


def _parts(old: Conversation, new: Conversation) -> Iterator[Part]:
    yield Part(kind="system_prompt", old=old.system_prompt, new=new.system_prompt)
    yield Part(kind="tools", old=_tools(old), new=_tools(new))
    yield Part(kind="settings", old=_settings(old), new=_settings(new))
    pairs = _Pairs(old, new)
    for was, now in place_together(
        [pairs.turn_key(turn) for turn in old.turns], [pairs.turn_key(turn) for turn in new.turns]
    ):
        yield from _turn(pairs, was, now)


def place_together(old: Sequence[Hashable], new: Sequence[Hashable]) -> Places:
    """Which place of one sequence belongs to which of the other: equal keys in order, and between them first to first."""
    places: Places = []
    for tag, old_from, old_to, new_from, new_to in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        olds, news = range(old_from, old_to), range(new_from, new_to)
        places += zip(olds, news, strict=True) if tag == "equal" else zip_longest(olds, news)
    return places


class _Pairs:
    """Both versions with their pairs by call id."""

    def __init__(self, old: Conversation, new: Conversation) -> None:
        self.old, self.new = old, new
        self.old_refs = {ref.call.id: ref for ref in old.pairs()}
        self.new_refs = {ref.call.id: ref for ref in new.pairs()}

    def turn_key(self, turn: Turn) -> Hashable:
        return self._keys(turn.calls) or turn.user

    def step_key(self, step: Step) -> Hashable:
        return self._keys(step.calls) or step.thought

    def _keys(self, calls: list[Call]) -> tuple[str, ...]:
        """What tells the calls from others: the id of one that both versions have, what was asked of any other."""
        return tuple(call.id if self._is_shared(call) else _asked(call) for call in calls)

    def _is_shared(self, call: Call) -> bool:
        return call.id in self.old_refs and call.id in self.new_refs

    def twins(self, old: Step | None, new: Step | None) -> dict[str, str]:
        """Old ids to new ones of pairs that were made anew in this step: first those that asked the same, then those of the same tool."""
        gone = [call for call in (old.calls if old else []) if not self._is_shared(call)]
        come = [call for call in (new.calls if new else []) if not self._is_shared(call)]
        found: dict[str, str] = {}
        for key in (_asked, _tool):
            for call in gone:
                other = next((one for one in come if key(one) == key(call)), None)
                if other is not None and call.id not in found:
                    found[call.id] = other.id
                    come.remove(other)
        return found

    def part(self, call_id: str, *, old_id: str, stays: bool) -> Part:
        """The pair; ``stays``: it stands in its step as it did."""
        was, now = self.old_refs.get(old_id), self.new_refs.get(call_id)
        return Part(
            kind="call",
            old=was and was.call,
            new=now and now.call,
            turn=_first(now, was).turn,
            step=_first(now, was).step,
            old_number=was.number if was else None,
            new_number=now.number if now else None,
            is_moved=bool(was and now) and not stays,
        )


def _turn(pairs: _Pairs, was: int | None, now: int | None) -> Iterator[Part]:
    old = pairs.old.turns[was] if was is not None else None
    new = pairs.new.turns[now] if now is not None else None
    at = now if now is not None else was
    yield Part(kind="user", old=old and old.user, new=new and new.user, turn=at)
    old_steps, new_steps = (old.steps if old else []), (new.steps if new else [])
    keys = [pairs.step_key(step) for step in old_steps], [pairs.step_key(step) for step in new_steps]
    for one, other in place_together(*keys):
        earlier = old_steps[one] if one is not None else None
        later = new_steps[other] if other is not None else None
        yield from _step(pairs, earlier, later, turn=at, step=other if other is not None else one)
    yield Part(kind="answer", old=old and old.answer, new=new and new.answer, turn=at)


def _step(pairs: _Pairs, old: Step | None, new: Step | None, *, turn: int | None, step: int | None) -> Iterator[Part]:
    yield Part(kind="thought", old=old and old.thought, new=new and new.thought, turn=turn, step=step)
    yield Part(kind="text", old=old and old.text, new=new and new.text, turn=turn, step=step)
    twins = pairs.twins(old, new)
    before, now = [twins.get(call_id, call_id) for call_id in _ids(old)], _ids(new)
    order = list(now)
    for at, call_id in enumerate(before):
        if call_id not in pairs.new_refs:
            order.insert(min(at, len(order)), call_id)
    origins = {new_id: old_id for old_id, new_id in twins.items()}
    staying = {before[one] for one, _ in _kept(before, now)}
    for call_id in order:
        yield pairs.part(call_id, old_id=origins.get(call_id, call_id), stays=call_id in staying)


def _kept(before: list[str], now: list[str]) -> list[tuple[int, int]]:
    """The places of those that kept their order."""
    blocks = SequenceMatcher(None, before, now, autojunk=False).get_matching_blocks()
    return [(block.a + at, block.b + at) for block in blocks for at in range(block.size)]


def _ids(step: Step | None) -> list[str]:
    return [call.id for call in step.calls] if step else []


def _asked(call: Call) -> str:
    return canonical_json([call.tool, call.arguments])


def _tool(call: Call) -> str:
    return call.tool


def _is_made_again(old: Call | None, new: Call | None) -> bool:
    """Whether one pair is the other once more: only its id and how long it took differ."""
    if old is None or new is None or old.id == new.id:
        return False
    return old == new.model_copy(update={"id": old.id, "duration_ms": old.duration_ms})


def _first(one: PairRef | None, other: PairRef | None) -> PairRef:
    found = one or other
    assert found is not None, "a pair stands on one side at least"
    return found


def _tools(conversation: Conversation) -> dict[str, Any]:
    return {tool.name: tool.model_dump(mode="python", exclude={"name"}) for tool in conversation.tools}


def _settings(conversation: Conversation) -> dict[str, Any]:
    """Everything else that is set, turns' endings excepted."""
    shown = conversation.model_dump(mode="python", exclude={"system_prompt", "tools", "turns", "schema_version"})
    return {name: value for name, value in shown.items() if value not in (None, "", [], {})}
