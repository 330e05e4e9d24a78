"""The history page: revisions, and the differences of two of them as blocks of rows. Every text leaves here as trusted HTML."""

from dataclasses import dataclass, field

from django.utils.safestring import SafeString

from generation.conversation import Call
from generation.conversation import Conversation as Content
from generation.conversation_differences import Part, compare_conversations
from generation.json_differences import Difference, Kind, compare_json
from generation.text_differences import Effort
from studio.review.difference_rows import Block, block_of, dumped, json_rows, result_rows, text_rows
from studio.web.visible_text import show

_PREVIEW = 120
_TITLES = {
    "system_prompt": "System prompt",
    "tools": "Tools",
    "settings": "Settings",
    "user": "User",
    "answer": "Answer",
}
Fact = tuple[str, SafeString, SafeString]
"""A word for what changed, what it was and what it is."""


@dataclass
class PartView:
    """A part that differs. ``word`` says how: added, removed, changed, moved."""

    title: SafeString
    word: str
    facts: list[Fact] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)


@dataclass(frozen=True)
class Unchanged:
    """Parts without a difference between two that differ; ``parts`` are their titles and beginnings."""

    parts: list[tuple[SafeString, SafeString]]


@dataclass(frozen=True)
class Differences:
    """``parts`` in the order of the newer version; ``changed`` counts those that differ, ``remade`` calls that were made anew and
    gave the same."""

    parts: list[PartView | Unchanged]
    changed: int
    remade: int
    is_cut: bool


def show_differences(old: Content, new: Content) -> Differences:
    """What differs between two versions, in bounded time."""
    effort = Effort()
    parts: list[PartView | Unchanged] = []
    remade = 0
    for part in compare_conversations(old, new):
        remade += part.is_same and part.kind == "call" and part.old.id != part.new.id
        if not part.is_same:
            parts.append(_part(part, effort))
        elif parts and isinstance(parts[-1], Unchanged):
            parts[-1].parts.append(_folded(part))
        else:
            parts.append(Unchanged([_folded(part)]))
    changed = sum(isinstance(part, PartView) for part in parts)
    return Differences(parts, changed, remade, effort.is_cut)


def _part(part: Part, effort: Effort) -> PartView:
    view = PartView(_title(part), _word(part))
    if part.kind == "call":
        view.facts, view.blocks = show_call(part.old, part.new, effort)
    elif part.kind in ("tools", "settings"):
        view.blocks = [block_of("", json_rows(compare_json(part.old, part.new, effort=effort), effort))]
    else:
        view.blocks = [block_of("", text_rows(part.old, part.new, effort))]
    return view


def show_call(old: Call | None, new: Call | None, effort: Effort) -> tuple[list[Fact], list[Block]]:
    """What differs between a call's two states: facts that changed, and its arguments and result; all of it where one has no such call."""
    facts: list[Fact] = []
    for name in ("id", "tool", "reason", "outcome", "error_type", "provenance"):
        was, now = getattr(old, name, None), getattr(new, name, None)
        if old and new and was != now:
            facts.append((name.replace("_", " "), show(str(was or "nothing")), show(str(now or "nothing"))))
    if old is None or new is None:
        whole = Kind.REMOVED if new is None else Kind.ADDED
        difference = Difference(kind=whole, old=old and old.arguments, new=new and new.arguments)
    else:
        difference = compare_json(old.arguments, new.arguments, effort=effort)
    blocks = []
    if difference.kind is not Kind.SAME:
        blocks.append(block_of("Arguments", json_rows(difference, effort)))
    before, after = (None if call is None else call.result for call in (old, new))
    if before != after:
        blocks.append(block_of("Result", result_rows(before, after, effort)))
    return facts, blocks


def _title(part: Part) -> SafeString:
    if part.kind != "call":
        words = _TITLES.get(
            part.kind, f"{'Thought' if part.kind == 'thought' else 'Assistant'} of step {(part.step or 0) + 1}"
        )
        where = "" if part.turn is None else f" · turn {part.turn + 1}"
        return show(f"{words}{where}")
    call: Call = part.new or part.old
    number = part.old_number if part.new_number is None else part.new_number
    was = part.old_number if part.is_moved and part.old_number != number else None
    return show(f"#{(number or 0) + 1} {call.tool}" + ("" if was is None else f" (was #{was + 1})"))


def _word(part: Part) -> str:
    if part.old is None:
        return "added"
    if part.new is None:
        return "removed"
    return "changed" if not part.is_moved else "moved" if part.old == part.new else "moved and changed"


def _folded(part: Part) -> tuple[SafeString, SafeString]:
    if part.kind == "call":
        text = dumped(part.new.arguments)
    else:
        text = ", ".join(part.new) if isinstance(part.new, dict) else part.new
    return _title(part), show(text[:_PREVIEW] + (" …" if len(text) > _PREVIEW else ""))
