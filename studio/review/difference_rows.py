"""Rows of a comparison: two JSON values member by member, or two texts line by line, as trusted HTML.

What differs in a volatile member of a tool (``generation.sandbox.sameness``) is shown as ignored: it can be seen, and counts for
nothing.
"""

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from generation.json_differences import Difference, Kind, compare_json, type_of
from generation.text_differences import Effort, Piece, compare_lines, compare_words, shorten
from studio.web.visible_text import show

CONTEXT = 3
"""Unchanged rows shown around a change."""
MAX_ROWS = 400
"""Rows shown of one block."""
IGNORED = "ignored"
"""The kind of a row whose sides differ in a volatile member."""
_JSON = 300_000
"""Longer texts are compared as texts, whatever they hold."""
_DEPTH = 100
_PREVIEW = 120


@dataclass(frozen=True)
class Row:
    """A line of each side; ``None`` where one has none. ``kind`` is a ``Kind``, ``gap`` or ``ignored``; a gap's ``note`` says what it
    folds."""

    kind: str
    old: SafeString | None = None
    new: SafeString | None = None
    note: str = ""

    @property
    def is_same(self) -> bool:
        return self.kind == Kind.SAME


@dataclass(frozen=True)
class Block:
    """What differs in one aspect of a part: its arguments, its result, the text. ``changed`` and ``ignored`` count the lines shown."""

    title: str
    rows: list[Row]
    is_cut: bool = False

    @property
    def changed(self) -> int:
        return sum(row.kind not in (Kind.SAME, "gap", IGNORED) for row in self.rows)

    @property
    def ignored(self) -> int:
        return sum(row.kind == IGNORED for row in self.rows)

    @property
    def words(self) -> str:
        """How much differs: "2 lines differ, 1 ignored"."""
        lines = f"{'more than ' if self.is_cut else ''}{self.changed} line{'' if self.changed == 1 else 's'}"
        said = [f"{lines} differ{'s' if lines == '1 line' else ''}"] if self.changed else []
        return ", ".join([*said, f"{self.ignored} ignored"] if self.ignored else said)


def block_of(title: str, rows: Iterable[Row]) -> Block:
    """The rows with unchanged runs folded, as many as a page can hold."""
    shown: list[Row] = []
    run: list[Row] = []
    skipped = 0
    for row in rows:
        if len(shown) >= MAX_ROWS:
            return Block(title, shown, is_cut=True)
        if row.is_same:
            run.append(row)
            if len(run) > (2 * CONTEXT if shown else CONTEXT):
                run.pop(CONTEXT if shown else 0)
                skipped += 1
            continue
        shown += _folded_run(run, skipped, CONTEXT if shown else 0)
        shown.append(row)
        run, skipped = [], 0
    if shown:
        skipped += max(len(run) - CONTEXT, 0)
        shown += _folded_run(run[:CONTEXT], skipped, CONTEXT)
    return Block(title, shown)


def result_rows(
    old: str | None, new: str | None, effort: Effort, *, volatile: Collection[str] = frozenset()
) -> Iterator[Row]:
    """Two results of a tool: by their members when both are JSON, else, or when only their spelling differs, line by line."""
    values = None if old is None or new is None else _both_json(old, new)
    if values is not None:
        difference = compare_json(*values, effort=effort)
        if difference.kind is not Kind.SAME:
            yield from json_rows(difference, effort, volatile=volatile)
            return
    yield from text_rows(old, new, effort)


def text_rows(old: str | None, new: str | None, effort: Effort, *, indent: str = "") -> Iterator[Row]:
    """Every line of both, aligned; all of one side when the other is None."""
    if old is None or new is None:
        kind = Kind.REMOVED if new is None else Kind.ADDED
        whole = (old if new is None else new) or ""
        for line in whole.split("\n"):
            yield _one_sided(kind, _pieces((Piece(indent + shorten(line), False),)))
        return
    if old.endswith("\n") and new.endswith("\n"):
        old, new = old[:-1], new[:-1]  # the end of the last line is no line
    for pair in compare_lines(old, new, effort=effort):
        was = None if pair.old is None else _pieces(pair.old, indent)
        now = None if pair.new is None else _pieces(pair.new, indent)
        kind = (
            Kind.SAME if pair.is_same else Kind.REMOVED if now is None else Kind.ADDED if was is None else Kind.CHANGED
        )
        yield Row(kind, was, now)


def json_rows(
    node: Difference,
    effort: Effort,
    *,
    volatile: Collection[str] = frozenset(),
    indent: str = "",
    path: str = "",
    top: bool = True,
) -> Iterator[Row]:
    """A row for each member; unchanged ones in short, added and removed ones whole, texts of several lines line by line.

    ``path`` is where the node stands, as ``volatile`` names it: arrays are passed through.
    """
    label = indent + ("" if top else _label(node))
    inner = indent if top else indent + "  "
    if node.name is not None:
        path = f"{path}.{node.name}" if path else node.name
    if node.name is not None and (node.name in volatile or path in volatile) and _is_on_both_sides(node):
        note = "volatile: ignored"
        yield Row(IGNORED, show(label + _short(node.old)), show(label + _short(node.new)), note=note)
    elif node.kind is Kind.INSIDE:
        if not top:
            yield Row(Kind.SAME, show(label.rstrip()), show(label.rstrip()))
        for member in node.members:
            yield from json_rows(member, effort, volatile=volatile, indent=inner, path=path, top=False)
    elif node.kind is Kind.SAME:
        yield Row(Kind.SAME, *[show(label + _short(node.new))] * 2)
    elif node.kind is Kind.MOVED:
        note = f"moved from {(node.was or 0) + 1} to {(node.now or 0) + 1}"
        html = show(label + _short(node.new))
        yield Row(Kind.MOVED, html, html, note=note)
    elif node.kind in (Kind.ADDED, Kind.REMOVED):
        value = node.new if node.kind is Kind.ADDED else node.old
        for line in _lines(label, inner, value):
            yield _one_sided(node.kind, show(line))
    elif isinstance(node.old, str) and isinstance(node.new, str) and "\n" in node.old + node.new:
        yield Row(Kind.SAME, show(label.rstrip()), show(label.rstrip()))
        yield from text_rows(node.old, node.new, effort, indent=inner)
    else:
        note = f"{type_of(node.old)} → {type_of(node.new)}" if node.kind is Kind.RETYPED else ""
        old, new = compare_words(dumped(node.old), dumped(node.new), effort=effort)
        yield Row(node.kind, _pieces(old, label), _pieces(new, label), note=note)


def dumped(value: Any) -> str:
    """JSON on one line, for people."""
    return json.dumps(value, ensure_ascii=False)


def _is_on_both_sides(node: Difference) -> bool:
    return node.kind in (Kind.CHANGED, Kind.RETYPED, Kind.INSIDE)


def _both_json(old: str, new: str) -> tuple[Any, Any] | None:
    """What both texts hold when each is an object or array."""
    if any(text.lstrip()[:1] not in ("{", "[") or len(text) > _JSON for text in (old, new)):
        return None
    try:
        values = json.loads(old), json.loads(new)
    except (ValueError, RecursionError):
        return None
    return None if any(map(_is_deep, values)) else values


def _is_deep(value: Any) -> bool:
    """Whether it is nested deeper than anybody reads, and than a recursion should go."""
    level = [value]
    for _ in range(_DEPTH):
        level = [inner for one in level if isinstance(one, dict | list) for inner in _inside(one)]
        if not level:
            return False
    return True


def _inside(value: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value


def _folded_run(run: list[Row], skipped: int, at: int) -> list[Row]:
    if not skipped:
        return run
    return [*run[:at], Row("gap", note=f"{skipped} unchanged line{'' if skipped == 1 else 's'}"), *run[at:]]


def _lines(label: str, inner: str, value: Any) -> Iterator[str]:
    """A value as an outline behind its label, what is in it indented by ``inner``: as payloads are shown."""
    if isinstance(value, str) and "\n" in value:
        yield label.rstrip()
        yield from (inner + shorten(line) for line in value.split("\n"))
    elif isinstance(value, dict | list) and value:
        is_item = label.endswith("- ")
        if label and not is_item:
            yield label.rstrip()
        members = [(f"{name}: ", member) for name, member in value.items()] if isinstance(value, dict) else None
        for at, (head, member) in enumerate(members or [("- ", member) for member in value]):
            yield from _lines((label if is_item and at == 0 else inner) + head, f"{inner}  ", member)
    else:
        yield label + shorten(dumped(value))


def _label(node: Difference) -> str:
    return f"{node.name}: " if node.name is not None else "- "


def _short(value: Any) -> str:
    text = dumped(value)
    return text if len(text) <= _PREVIEW else f"{text[:_PREVIEW]} …"


def _one_sided(kind: Kind, html: SafeString) -> Row:
    return Row(kind, html, None) if kind is Kind.REMOVED else Row(kind, None, html)


def _pieces(pieces: Iterable[Piece], indent: str = "") -> SafeString:
    """The pieces with what changed marked; a line that changed from end to end needs no mark."""
    parts = list(pieces)
    is_whole = not indent.strip() and all(is_changed for _, is_changed in parts)
    html = [
        show(indent),
        *(
            format_html("<mark>{}</mark>", show(text)) if is_changed and not is_whole else show(text)
            for text, is_changed in parts
        ),
    ]
    # Every part was escaped by show above.
    return mark_safe("".join(html))  # noqa: S308  # see the line above
