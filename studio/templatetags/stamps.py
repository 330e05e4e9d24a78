"""``{% stamp %}``: a block that many things of one page share, rendered once for all that look alike.

A page of 60 pairs is 60 times the same two kilobytes of buttons around two payloads. Rendered one by one they are four fifths of
the page's time; as a stamp the block is rendered for the first pair, and filled in for those that differ in nothing but their names
and texts. Nothing outlives the response.
"""

import html
import secrets
from collections.abc import Callable, Set
from dataclasses import dataclass
from operator import attrgetter, itemgetter
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
_MAKING = "_stamp"
"""What a stamp that is being made is known by in the context."""
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


@register.tag
def apart(parser: Parser, _token: Token) -> template.Node:
    """``{% apart %}…{% endapart %}`` within a stamp: what differs from one thing to the next. Rendered for each, with what is known
    where the stamp stands."""
    block = parser.parse(("endapart",))
    parser.delete_first_token()
    return Apart(block)


class Apart(template.Node):
    def __init__(self, block: NodeList) -> None:
        self.nodelist = block

    def render(self, context: Context) -> SafeString:
        read: _Read | None = context.get(_MAKING)
        return self.nodelist.render(context) if read is None else SafeString(read.leave_out(self.nodelist))


class Stamp(template.Node):
    def __init__(self, name: str, blanks: frozenset[str], block: NodeList) -> None:
        self._name, self._blanks, self.nodelist = name, blanks, block
        self._holders = frozenset(blank.rpartition(".")[0] for blank in blanks) - {""}

    def render(self, context: Context) -> SafeString:
        thing, request = context[self._name], context.get("request")
        if request is None or context.get(_MAKING):
            return self.nodelist.render(context)
        kept: _Kept = request.__dict__.setdefault("_stamps", {}).setdefault(id(self), _Kept([]))
        made = kept.find(thing)
        if made is None and kept.has_room:
            made = self._make(thing, context)
            kept.keep(made)
        return self.nodelist.render(context) if made is None else made.fill(thing, context)

    def _make(self, thing: object, context: Context) -> "_Made | None":
        """A stamp for things like this one; None when the block does more with a blank than to print it."""
        read = _Read(self._blanks, self._holders)
        with context.push(**{self._name: _Stencil(thing, "", read), _MAKING: read}):
            html = self.nodelist.render(context)
        pieces = _pieces(html, self._blanks | read.left_out.keys())
        return None if read.is_spoiled or pieces is None else _made(read, pieces)


class _Check(NamedTuple):
    """Something that was read while a stamp was made, and what it was. Of blanks it counts only whether there is anything."""

    get: Callable[[Any], Any]
    was: Any
    is_blank: bool


class _Made(NamedTuple):
    """``facts`` are the thing's own attributes that were read, ``filled`` those of its blanks; ``checks`` what was read of its parts.
    ``form`` takes the ``blanks`` and behind them what is ``left_out``, in the order of ``places``."""

    facts: Callable[[Any], tuple[Any, ...]]
    known: tuple[Any, ...]
    filled: Callable[[Any], tuple[Any, ...]]
    are_filled: list[bool]
    checks: list[_Check]
    form: str
    blanks: Callable[[Any], tuple[Any, ...]]
    left_out: list[NodeList]
    places: Callable[[Any], tuple[Any, ...]]

    def fits(self, thing: object) -> bool:
        # Parts last, in the order they were read: whether one can be read at all hangs on what was compared before.
        if self.facts(thing) != self.known or [*map(bool, self.filled(thing))] != self.are_filled:
            return False
        return all((bool(get(thing)) if is_blank else get(thing)) == was for get, was, is_blank in self.checks)

    def fill(self, thing: object, context: Context) -> SafeString:
        # Escaped as the template would; the rest is what it wrote.
        values = [value if type(value) is SafeString else _escaped(value) for value in self.blanks(thing)]
        values += [block.render(context) for block in self.left_out]
        return SafeString(self.form % self.places(values))


def _made(read: "_Read", pieces: list[str]) -> _Made:
    own = {path: check for path, check in read.checks.items() if "." not in path}
    facts = {path: check.was for path, check in own.items() if not check.is_blank}
    filled = {path: check.was for path, check in own.items() if check.is_blank}
    blanks = list(dict.fromkeys(path for path in pieces[1::2] if path not in read.left_out))
    order = [*blanks, *read.left_out]
    texts = [piece.replace("%", "%%") for piece in pieces[::2]]
    return _Made(
        facts=_getter(attrgetter, list(facts)),
        known=tuple(facts.values()),
        filled=_getter(attrgetter, list(filled)),
        are_filled=list(filled.values()),
        checks=[check for path, check in read.checks.items() if path not in own],
        form="%s".join(texts),
        blanks=_getter(attrgetter, blanks),
        left_out=list(read.left_out.values()),
        places=_getter(itemgetter, [order.index(path) for path in pieces[1::2]]),
    )


def _getter(make: Callable[..., Callable[[Any], Any]], names: list[Any]) -> Callable[[Any], tuple[Any, ...]]:
    """One that gives a tuple however many there are."""
    if not names:
        return lambda _: ()
    get = make(*names)
    return get if len(names) > 1 else lambda thing: (get(thing),)


def _escaped(value: Any) -> str:
    # Django's own asks of each whether it is a lazy one.
    return html.escape(value) if type(value) is str else conditional_escape(value)


@dataclass
class _Kept:
    all: list[_Made]
    has_room: bool = True

    def find(self, thing: object) -> _Made | None:
        for place, made in enumerate(self.all):
            if made.fits(thing):
                # Neighbours look alike: the next one tries it first.
                if place:
                    self.all.insert(0, self.all.pop(place))
                return made
        return None

    def keep(self, made: _Made | None) -> None:
        if made is not None:
            self.all.append(made)
        self.has_room = made is not None and len(self.all) < MAX_STAMPS


class _Read:
    def __init__(self, blanks: frozenset[str], holders: frozenset[str]) -> None:
        self.checks: dict[str, _Check] = {}
        self.left_out: dict[str, NodeList] = {}
        self.is_spoiled = False
        self._blanks, self._holders = blanks, holders

    def leave_out(self, block: NodeList) -> str:
        """The mark for it; a number, which no blank is called."""
        path = str(len(self.left_out))
        self.left_out[path] = block
        return f"{_MARK}{path}{_END}"

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


def _pieces(html: str, blanks: Set[str]) -> list[str] | None:
    """Texts and names of blanks by turns; None when a filter got at a mark."""
    first, *rest = html.split(_MARK)
    pieces = [first]
    for part in rest:
        path, _, after = part.partition(_END)
        if path not in blanks:
            return None
        pieces += [path, after]
    return pieces if html.count(_MARK[0]) == len(rest) else None
