"""Arguments and results as HTML: JSON as an aligned outline with dim keys, everything else as text with its line breaks.

A payload that is longer than its page has ``Room`` for is shown by its beginning; the whole is fetched on demand, ``PART`` by part. Numbers keep
the digits they were written with, and a key that stands twice is shown twice: this is a view of the text, not of what Python makes of it.
"""

import json
import re
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.utils.safestring import SafeString, mark_safe

from generation.conversation import Conversation as Content
from generation.conversation import canonical_json
from studio.review.beginnings import begin_json
from studio.web.visible_text import show

PREVIEW = 20_000
"""Longer payloads are sent as their beginning."""
BEGINNING = 4_000
"""Of that a clamped payload shows half."""


class Room(NamedTuple):
    """Payloads of more than ``preview`` characters are shown by their first ``beginning`` characters."""

    preview: int = PREVIEW
    beginning: int = BEGINNING


ROOMY = Room()
TIGHT = Room(preview=1_000, beginning=800)
"""Where there are many of them: as much as a clamped payload shows before one scrolls in it."""
PAGE = 400_000
"""Characters of payload that one page takes with room for each; JSON, which becomes elements, counts ``_ELEMENTS`` times."""
_ELEMENTS = 4
PART = 100_000
"""Of a payload that is asked for whole: a browser lays out a line of a megabyte for half a second."""
OUTLINE = 300_000
"""Longer JSON is shown as text even when it is asked for whole: a tree of that many elements slows every browser."""
_DEPTH = 40
_PLAIN = re.compile(r"[^\W\d_][\w ./@:+-]{0,200}(?<! )")
_PLAIN_KEY = re.compile(r"[\w.$-]+")
_WORDS = {"true", "false", "null", "none", "yes", "no"}


@dataclass(frozen=True)
class Payload:
    """One side of a pair. ``size`` counts characters; ``shown`` is how far ``html`` goes when it is not all.

    ``start`` is 0 for all but the later parts of one that is shown part by part.
    """

    html: SafeString
    size: int
    kind: str
    shown: int | None = None
    is_long: bool = False
    start: int = 0
    is_preview: bool = False

    @property
    def is_cut(self) -> bool:
        return self.shown is not None

    @property
    def told(self) -> str:
        """How much of it this is, where it is a preview."""
        return f"First {self.shown:,} of {self.size:,} characters." if self.is_preview else ""

    @property
    def is_empty(self) -> bool:
        return self.size == 0


class _Number(str):
    """A number as it was written."""


class _Members(list[tuple[str, Any]]):
    """An object as it was written: keys in order, doubles included."""


def room_for(content: Content) -> Room:
    """How much the page of this conversation shows of each payload. It is the same for all of them, so that a card that is fetched alone
    looks as it does among the others."""
    needed = 0
    for call in content.calls:
        needed += _ELEMENTS * _shown(len(canonical_json(call.arguments)))
        needed += _shown(len(call.result or "")) * (_ELEMENTS if _looks_like_json(call.result or "") else 1)
    return ROOMY if needed <= PAGE else TIGHT


def _shown(size: int) -> int:
    return size if size <= PREVIEW else BEGINNING


def show_arguments(arguments: dict[str, Any], *, room: Room = ROOMY, whole: bool = False, start: int = 0) -> Payload:
    """The arguments of a call; what there is no ``room`` for is cut, or with ``whole`` the part that begins at ``start``."""
    if not arguments:
        return Payload(SafeString(), 0, "json")
    text = canonical_json(arguments)
    return _show_json(text, room=room, whole=whole) or _show_text(
        _readable(arguments), room=room, whole=whole, start=start
    )


def show_result(text: str, *, room: Room = ROOMY, whole: bool = False, start: int = 0) -> Payload:
    """What a tool returned: JSON as an outline when it is an object or array, else the text. Cut as arguments are."""
    found = _show_json(text, room=room, whole=whole) if _looks_like_json(text) else None
    return found or _show_text(text, room=room, whole=whole, start=start)


def _looks_like_json(text: str) -> bool:
    return text.lstrip()[:1] in ("{", "[")


def _show_json(text: str, *, room: Room, whole: bool) -> Payload | None:
    """As an outline; None when it is none, or too much for one."""
    if len(text) <= (OUTLINE if whole else room.preview):
        html = _outline(text)
        return None if html is None else Payload(html, len(text), "json", is_long=_is_long(html))
    begun = None if whole else begin_json(text, room.beginning)
    html = _outline(begun.text, cut=begun.depth) if begun else None
    if begun is None or html is None:
        return None
    return Payload(html, len(text), "json", shown=begun.end, is_long=True, is_preview=True)


def _show_text(text: str, *, room: Room, whole: bool, start: int) -> Payload:
    if len(text) > room.preview and not whole:
        end = _line_end(text, room.beginning)
        return Payload(show(text[:end]), len(text), "text", shown=end, is_long=True, is_preview=True)
    end = _line_end(text, start + PART)
    rest = None if end >= len(text) else end
    return Payload(show(text[start:end]), len(text), "text", shown=rest, is_long=_is_long(text), start=start)


def _line_end(text: str, end: int) -> int:
    """The end of the last line before ``end`` when one ends near it, else ``end``."""
    if end >= len(text):
        return len(text)
    return text.rfind("\n", max(end - BEGINNING // 2, end // 2), end) + 1 or end


def pretty(text: str) -> str:
    """The text laid out line by line for a comparison: JSON indented, anything else as it is."""
    if text.lstrip()[:1] not in ("{", "[") or len(text) > OUTLINE:
        return text
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


def _readable(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _is_long(text: str) -> bool:
    return text.count("\n") + text.count('class="jl"') > 18 or len(text) > 4000


def _outline(text: str, *, cut: int = 0) -> SafeString | None:
    """``cut``: in so many containers, one in the other, something is left out at the end."""
    try:
        value = json.loads(text, parse_float=_Number, parse_int=_Number, object_pairs_hook=_Members)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, _Members | list) or _depth(value) > _DEPTH:
        return None
    lines: list[str] = []
    _write_inner(value, lines, cut)
    # Keys and values went through show(); the rest is written here.
    return mark_safe("".join(lines))  # noqa: S308  # see the line above


def _depth(value: object, level: int = 0) -> int:
    if level > _DEPTH:
        return level
    if isinstance(value, _Members):
        return max((_depth(inner, level + 1) for _, inner in value), default=level + 1)
    if isinstance(value, list):
        return max((_depth(inner, level + 1) for inner in value), default=level + 1)
    return level


def _write_inner(value: "_Members | list[Any]", lines: list[str], cut: int) -> None:
    last = len(value)
    for number, member in enumerate(value, 1):
        # Of a container that is cut, the last member may be, too.
        inside = cut - 1 if number == last else 0
        if isinstance(value, _Members):
            key, inner = member
            _write(f'<span class="jk">{_key(key)}:</span>', inner, lines, inside)
        elif isinstance(member, list) and member:
            lines.append('<div class="ji"><span class="jk">-</span><div>')
            _write_inner(member, lines, inside)
            lines.append("</div></div>")
        else:
            _write('<span class="jk">-</span>', member, lines, inside)


def _write(label: str, value: Any, lines: list[str], cut: int) -> None:
    if isinstance(value, list) and value:
        many = f"{len(value)}{'+' if cut > 0 else ''}"
        count = f"{{{many}}}" if isinstance(value, _Members) else f"[{many}]"
        lines.append(f'<details class="jd" open><summary class="jl">{label} <span class="jc">{count}</span></summary>')
        lines.append('<div class="jin">')
        _write_inner(value, lines, cut)
        lines.append("</div></details>")
    elif isinstance(value, str) and not isinstance(value, _Number) and "\n" in value:
        lines.append(f'<div class="jl">{label}</div><div class="jin jtext">{show(value)}</div>')
    else:
        lines.append(f'<div class="jl">{label} {_scalar(value)}</div>')


def _scalar(value: Any) -> str:
    if isinstance(value, _Members):
        return '<span class="jp">{}</span>'
    if isinstance(value, list):
        return '<span class="jp">[]</span>'
    if isinstance(value, _Number):
        return f'<span class="jn">{value}</span>'
    if isinstance(value, str):
        # Of what is plain nothing has to be escaped; a page has thousands of these, so they get no element either.
        if _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
            return value
        return f'<span class="js">{show(_quoted(value))}</span>'
    return f'<span class="jn">{ {True: "true", False: "false", None: "null"}.get(value, str(value)) }</span>'


def _key(key: str) -> str:
    return key if _PLAIN_KEY.fullmatch(key) else show(_quoted(key))


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
