"""A branch as the review page shows it: how far it is, then what it made beside what the original has from there on.

Changes nothing, and asks a query only for the version it came from when that stands no more. Every text of a document leaves here as trusted HTML.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import takewhile, zip_longest
from typing import NamedTuple

from django.utils import timezone
from django.utils.safestring import SafeString

from generation.builders.fork import fork
from generation.conversation import Call, Conversation, Outcome, Step, canonical_json, from_json
from studio.domain.branches import REPLAY_DIFFERS, original_of, place_of
from studio.models import Branch
from studio.review.payloads import pretty
from studio.web.visible_text import show

THOUGHT = "Thought"
SLOW = 8.0
"""Seconds after which a waiting branch says that no worker has taken it."""
MAX_LINES = 30
MAX_CHARACTERS = 4_000
"""How much of one payload stands in a comparison; the whole of it is in the thread once it is kept."""


@dataclass(frozen=True)
class Line:
    html: SafeString
    is_changed: bool


@dataclass(frozen=True)
class Block:
    """One text of a part: its thought, its arguments, its result, its words. ``hidden`` counts the lines that are left out."""

    label: str
    is_code: bool
    lines: list[Line]
    hidden: int = 0


@dataclass(frozen=True)
class Cell:
    """One part of one side: a call with its result, a user message or an answer."""

    kind: str
    title: SafeString
    blocks: list[Block]
    is_error: bool


@dataclass(frozen=True)
class Row:
    """What stands at the same place of both; None where one has nothing there."""

    old: Cell | None
    new: Cell | None
    is_same: bool


@dataclass(frozen=True)
class TurnRows:
    number: int
    rows: list[Row]


class Earlier(NamedTuple):
    """A kept call; ``number`` counts from 1."""

    number: int
    tool: SafeString


@dataclass(frozen=True)
class Made:
    """A part that the branch has made so far, in one line."""

    kind: str
    title: SafeString
    words: SafeString
    is_waiting: bool
    is_error: bool


@dataclass(frozen=True, kw_only=True)
class BranchView:
    """``slot`` is the element it stands in; ``place`` says in words where it branches off, ``anchor`` is the part there.
    ``drift`` are the kept calls that answered otherwise when the sandbox was rebuilt, ``proofs`` how many gave again what is recorded,
    0 when one of them did not."""

    url: str
    slot: str
    status: str
    place: SafeString
    anchor: str
    endpoint: str
    instruction: SafeString
    error: SafeString
    kept: list[Earlier]
    version: int
    is_underway: bool = False
    is_slow: bool = False
    is_outdated: bool = False
    made: list[Made] = field(default_factory=list)
    turns: list[TurnRows] = field(default_factory=list)
    drift: list[Earlier] = field(default_factory=list)
    proofs: int = 0
    tokens: int = 0

    @property
    def old_count(self) -> int:
        """Calls that the original has from there on."""
        return sum(row.old is not None and row.old.kind == "call" for turn in self.turns for row in turn.rows)

    @property
    def new_count(self) -> int:
        """Calls that the branch made."""
        return sum(row.new is not None and row.new.kind == "call" for turn in self.turns for row in turn.rows)

    @property
    def is_same(self) -> bool:
        return all(row.is_same for turn in self.turns for row in turn.rows)


@dataclass(frozen=True)
class Part:
    """A part before it is compared. ``texts`` are its blocks' labels and texts."""

    kind: str
    title: str
    thought: str
    texts: list[tuple[str, str]]
    is_error: bool = False
    is_waiting: bool = False

    @property
    def key(self) -> tuple[str, str, str]:
        """What two parts share that are the same step, however it was thought of."""
        return self.kind, self.title, "\x1f".join(text for _, text in self.texts)


def slot_of(call_number: int | None, turn: int) -> str:
    """The element behind a pair, or behind the user message of a turn; both count from 0."""
    return f"branch-turn-{turn + 1}" if call_number is None else f"branch-pair-{call_number + 1}"


def show_branch(branch: Branch, *, url: str, standing: Conversation | None = None) -> BranchView:
    """The branch beside what it came from. ``standing`` is the conversation's content when it was read already."""
    original, state = original_of(branch), from_json(branch.state)
    standing = standing or branch.conversation.content
    kept = fork(original, turn=branch.turn, call_id=branch.call_id)
    earlier = {ref.call.id: Earlier(ref.number + 1, show(ref.call.tool)) for ref in kept.pairs()}
    drift = _drift(state, earlier)
    replayed = takewhile(lambda call_id: call_id not in branch.renewed, earlier)
    old, new = _parts_behind(original, kept, branch.turn), _parts_behind(state, kept, branch.turn)
    waited = (timezone.now() - branch.created_at).total_seconds()
    slot, anchor = _slot(branch, standing)
    return BranchView(
        url=url,
        slot=slot,
        anchor=anchor,
        status=branch.status,
        place=show(place_of(branch, original)),
        endpoint=branch.endpoint.name if branch.endpoint else "",
        instruction=show(branch.instruction),
        error=show(branch.error),
        kept=list(earlier.values()),
        version=branch.version,
        is_underway=branch.is_underway,
        is_slow=branch.status == Branch.Status.PENDING and waited > SLOW,
        is_outdated=branch.version != branch.conversation.version,
        made=[_made(part) for turn in new for part in turn] if branch.is_underway else [],
        turns=_beside(old, new, branch.turn) if branch.status == Branch.Status.DONE else [],
        drift=drift,
        proofs=0 if drift else len(list(replayed)),
        tokens=branch.tokens_in + branch.tokens_out,
    )


def _slot(branch: Branch, standing: Conversation) -> tuple[str, str]:
    """Where it stands on the page; at the top when its place is not there any more."""
    if branch.call_id:
        number = next((ref.number for ref in standing.pairs() if ref.call.id == branch.call_id), None)
        return ("branch-top", "") if number is None else (slot_of(number, 0), f"pair-{number + 1}")
    if branch.turn < len(standing.turns):
        return slot_of(None, branch.turn), f"turn-{branch.turn + 1}"
    return "branch-top", ""


def _drift(state: Conversation, earlier: Mapping[str, Earlier]) -> list[Earlier]:
    """The kept calls that answered otherwise when the sandbox was rebuilt for the branch; a branch begins without notes of that."""
    otherwise = {note.call_id for note in state.notes if note.code == REPLAY_DIFFERS}
    return [one for call_id, one in earlier.items() if call_id in otherwise]


def _parts_behind(content: Conversation, kept: Conversation, turn: int) -> list[list[Part]]:
    """The parts of each turn from ``turn`` on that are not of what was kept."""
    ids = {call.id for call in kept.calls}
    kept_steps = len(kept.turns[turn].steps)
    turns = []
    for number, one in enumerate(content.turns[turn:]):
        parts = [] if number == 0 else [Part("user", "User", "", [("", one.user)])]
        thought = ""
        for place, step in enumerate(one.steps):
            thought = "" if number == 0 and place < kept_steps else _thought(step)
            for call in step.calls:
                if call.id not in ids:
                    parts.append(_call(call, thought))
                    thought = ""
        if one.answer is not None:
            parts.append(Part("answer", "Answer", thought, [("", one.answer)]))
        turns.append(parts)
    return turns


def _thought(step: Step) -> str:
    return "\n".join(text for text in (step.thought, step.text) if text)


def _call(call: Call, thought: str) -> Part:
    texts = [("Arguments", pretty(canonical_json(call.arguments)) if call.arguments else "none")]
    if call.result is not None:
        texts.append(("Result", pretty(call.result)))
    return Part(
        "call", call.tool, thought, texts, is_error=call.outcome is Outcome.TOOL_ERROR, is_waiting=call.result is None
    )


def _made(part: Part) -> Made:
    words = " ".join(part.texts[0][1].split())
    return Made(part.kind, show(part.title), show(words[:160]), part.is_waiting, part.is_error)


def _beside(old: list[list[Part]], new: list[list[Part]], first: int) -> list[TurnRows]:
    return [
        TurnRows(first + number + 1, list(_rows(left or [], right or [])))
        for number, (left, right) in enumerate(zip_longest(old, new))
    ]


def _rows(old: list[Part], new: list[Part]) -> Iterator[Row]:
    matcher = SequenceMatcher(None, [part.key for part in old], [part.key for part in new], autojunk=False)
    for tag, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        for left, right in _paired(old[old_from:old_to], new[new_from:new_to]):
            is_same = left is not None and right is not None and tag == "equal" and left.thought == right.thought
            yield Row(_cell(left, right), _cell(right, left), is_same=is_same)


def _paired(old: list[Part], new: list[Part]) -> list[tuple[Part | None, Part | None]]:
    """Parts side by side in order; an answer stands beside the other's answer, which closes the turn for both."""
    last = []
    if old and new and old[-1].kind == new[-1].kind == "answer":
        last = [(old[-1], new[-1])]
        old, new = old[:-1], new[:-1]
    return [*zip_longest(old, new), *last]


def _cell(part: Part | None, other: Part | None) -> Cell | None:
    if part is None:
        return None
    comparable = other is not None and other.kind == part.kind and other.title == part.title
    against = dict(_texts(other)) if other is not None and comparable else {}
    blocks = [
        _block(label, text, against.get(label), is_code=part.kind == "call" and label != THOUGHT)
        for label, text in _texts(part)
    ]
    return Cell(part.kind, show(part.title), blocks, part.is_error)


def _texts(part: Part) -> list[tuple[str, str]]:
    return [(THOUGHT, part.thought), *part.texts] if part.thought else part.texts


def _block(label: str, text: str, other: str | None, *, is_code: bool) -> Block:
    """The text by lines; those that ``other`` has not are marked. Without a counterpart nothing is."""
    if text.endswith("\n") and (other is None or other.endswith("\n")):
        text, other = text[:-1], None if other is None else other[:-1]
    lines = text[:MAX_CHARACTERS].split("\n")
    shown, changed = lines[:MAX_LINES], set[int]()
    if other is not None and other != text:
        facing = other[:MAX_CHARACTERS].split("\n")[:MAX_LINES]
        matcher = SequenceMatcher(None, shown, facing, autojunk=False)
        changed = {
            number for tag, start, end, _, _ in matcher.get_opcodes() if tag != "equal" for number in range(start, end)
        }
    hidden = text.count("\n") + 1 - len(shown)
    if len(text) > MAX_CHARACTERS:
        shown[-1] += "…"
    marked = [Line(show(line), number in changed) for number, line in enumerate(shown)]
    return Block(label, is_code, marked, max(hidden, 0))
