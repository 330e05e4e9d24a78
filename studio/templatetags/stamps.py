"""``{% stamp %}``: a block that many things of one page share, rendered once for all that look alike.

A page of 60 pairs is 60 times the same two kilobytes of buttons around two payloads. Rendered one by one they are four fifths of
the page's time; as a stamp the block is rendered for the first pair, and filled in for those that differ in nothing but their names
and texts. Nothing outlives the response.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

from django import template
from django.template.base import NodeList, Parser, Token
from django.template.context import Context
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

register = template.Library()

MAX_STAMPS = 40
"""Of one block and response. Beyond it things are too different: looking for a stamp would cost more than it saves."""
_MARK = f"\ue000{secrets.token_hex(6)}xX"
_END = "\ue001"
T = TypeVar("T")


@register.tag
def stamp(parser: Parser, token: Token) -> template.Node:
    """``{% stamp card "name url arguments.html" %}…{% endstamp %}``

    The quoted attributes of ``card`` are blanks: they may differ from one to the next, because the block only prints them or asks
    whether there is anything. Whatever else it reads of ``card`` tells one stamp from another, by equality; what it reads besides
    ``card`` must be the same for the whole page. A block that compares a blank or puts it through a filter makes no stamp: then each
    is rendered by itself.
    """
    try:
        _, name, blanks = token.split_contents()
    except ValueError as error:
        raise template.TemplateSyntaxError('Write {% stamp thing "blank other.blank" %}.') from error
    block = parser.parse(("endstamp",))
    parser.delete_first_token()
    return Stamp(name, frozenset(blanks.strip("\"'").split()), block)


class Stamp(template.Node):
    def __init__(self, name: str, blanks: frozenset[str], block: NodeList) -> None:
        self._name, self._blanks, self.nodelist = name, blanks, block
        self._holders = frozenset(blank.rpartition(".")[0] for blank in blanks) - {""}

    def render(self, context: Context) -> SafeString:
        thing, request = context[self._name], context.get("request")
        if request is None:
            return self.nodelist.render(context)
        kept: _Kept = request.__dict__.setdefault("_stamps", {}).setdefault(id(self), _Kept([]))
        made = next((made for made in kept.all if made.fits(thing)), None)
        if made is None and kept.has_room:
            made = self._make(thing, context)
            kept.keep(made)
        return self.nodelist.render(context) if made is None else made.fill(thing)

    def _make(self, thing: object, context: Context) -> "_Made | None":
        """A stamp for things like this one; None when the block does more with a blank than to print it."""
        read = _Read(self._blanks, self._holders)
        with context.push(**{self._name: _Stencil(thing, "", read)}):
            html = self.nodelist.render(context)
        pieces = _pieces(html, self._blanks)
        if read.is_spoiled or pieces is None:
            return None
        return _Made(list(read.checks.values()), pieces, {path: attrgetter(path) for path in {*pieces[1::2]}})


class _Check(NamedTuple):
    """Something that was read while a stamp was made, and what it was. Of blanks it counts only whether there is anything."""

    get: Callable[[Any], Any]
    was: Any
    is_blank: bool


class _Made(NamedTuple):
    """``pieces``: the template's own text, and in every second place the name of a blank."""

    checks: list[_Check]
    pieces: list[str]
    blanks: dict[str, Callable[[Any], Any]]

    def fits(self, thing: object) -> bool:
        # In the order they were read: whether the later can be read at all hangs on the earlier.
        return all((bool(get(thing)) if is_blank else get(thing)) == was for get, was, is_blank in self.checks)

    def fill(self, thing: object) -> SafeString:
        # Escaped as the template would; the rest is what it wrote.
        values = {path: conditional_escape(get(thing)) for path, get in self.blanks.items()}
        filled = self.pieces.copy()
        filled[1::2] = [values[path] for path in self.pieces[1::2]]
        return SafeString("".join(filled))


@dataclass
class _Kept:
    all: list[_Made]
    has_room: bool = True

    def keep(self, made: _Made | None) -> None:
        if made is not None:
            self.all.append(made)
        self.has_room = made is not None and len(self.all) < MAX_STAMPS


class _Read:
    def __init__(self, blanks: frozenset[str], holders: frozenset[str]) -> None:
        self.checks: dict[str, _Check] = {}
        self.is_spoiled = False
        self._blanks, self._holders = blanks, holders

    def look(self, path: str, value: Any) -> Any:
        if path in self._blanks:
            self.checks.setdefault(path, _Check(attrgetter(path), bool(value), is_blank=True))
            return _Blank(path, self) if value else value
        if path in self._holders and value is not None:
            self.checks.setdefault(path, _Check(attrgetter(path), True, is_blank=True))
            return _Stencil(value, f"{path}.", self)
        self.checks.setdefault(path, _Check(attrgetter(path), value, is_blank=False))
        return value


class _Blank(SafeString):
    """The mark that is printed in place of a blank. Notes when somebody wants to know what it is."""

    def __new__(cls, path: str, read: _Read) -> "_Blank":
        blank = super().__new__(cls, f"{_MARK}{path}{_END}")
        blank._read = read  # type: ignore[attr-defined]  # a text has no __init__ of its own
        return blank

    def __str__(self) -> str:
        # Not asked when a text is printed, but by filters and URLs.
        return self._spoiled(super().__str__())

    def __bool__(self) -> bool:
        return True

    def __len__(self) -> int:
        return self._spoiled(super().__len__())

    def __hash__(self) -> int:
        return self._spoiled(super().__hash__())

    def __eq__(self, other: object) -> bool:
        # There is something in a blank, so it differs from nothing.
        return False if not other else self._spoiled(False)

    def __ne__(self, other: object) -> bool:
        # Not derived from the above: a text has its own.
        return not self == other

    def _spoiled(self, value: T) -> T:
        self._read.is_spoiled = True  # type: ignore[attr-defined]
        return value


class _Stencil:
    """Stands in for the thing while its stamp is made."""

    def __init__(self, thing: object, prefix: str, read: _Read) -> None:
        self._thing, self._prefix, self._read = thing, prefix, read

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._read.look(f"{self._prefix}{name}", getattr(self._thing, name))


def _pieces(html: str, blanks: frozenset[str]) -> list[str] | None:
    """Texts and names of blanks by turns; None when a filter got at a mark."""
    first, *rest = html.split(_MARK)
    pieces = [first]
    for part in rest:
        path, _, after = part.partition(_END)
        if path not in blanks:
            return None
        pieces += [path, after]
    return pieces if html.count(_MARK[0]) == len(rest) else None
