"""Text of tools, models and people as HTML that can be trusted: always escaped, nothing invisible left in it.

Tool output is hostile by assumption. Control characters, bidirectional overrides, invisible format characters and lone
surrogates are shown as marks, so that they neither act on the page nor break its encoding.
"""

import html
import re

from django.utils.safestring import SafeString, mark_safe

from studio.models.fields import plain_text

_ODD = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls but tab and line feed; ESC begins a terminal's colours
    "\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb"  # direction, invisible format
    "\ud800-\udfff"  # lone surrogates: no encoding takes them
    "\U000e0000-\U000e007f"  # tag characters: text nobody sees and a model reads
    "]+"
)
_CONTROLS = [
    "NUL",
    "SOH",
    "STX",
    "ETX",
    "EOT",
    "ENQ",
    "ACK",
    "BEL",
    "BS",
    "TAB",
    "LF",
    "VT",
    "FF",
    "CR",
    "SO",
    "SI",
    "DLE",
    "DC1",
    "DC2",
    "DC3",
    "DC4",
    "NAK",
    "SYN",
    "ETB",
    "CAN",
    "EM",
    "SUB",
    "ESC",
    "FS",
    "GS",
    "RS",
    "US",
]
_LINE_END = re.compile("\r\n?")


def show(text: str) -> SafeString:
    """The text escaped, each odd character as a visible mark: ``[ESC]`` for controls, ``[U+202E]`` for the rest."""
    if not _ODD.search(text):
        return _escape(text)
    parts, end = [], 0
    for found in _ODD.finditer(text):
        marks = "".join(_mark(character) for character in found.group())
        parts += [_escape(text[end : found.start()]), f'<span class="odd">{marks}</span>']
        end = found.end()
    parts.append(_escape(text[end:]))
    # Every part was escaped above or consists of marks.
    return mark_safe("".join(parts))  # noqa: S308  # see the line above


def name_odd(text: str) -> str:
    """The text with the same marks but without markup, not escaped: for titles and attributes of templates."""
    return _ODD.sub(lambda found: "".join(_mark(character) for character in found.group()), text)


def typed(text: str) -> str:
    """The text as a form field holds it: what no browser can carry is U+FFFD, line ends are line feeds."""
    return plain_text(_LINE_END.sub("\n", text))


def untyped(posted: str, *, original: str) -> str:
    """What the author of ``posted`` means: the original itself when nothing was changed, else the text with line feeds.

    A form turns line ends into CRLF and loses what a browser can't carry; that alone is no change.
    """
    text = _LINE_END.sub("\n", posted)
    return original if text == typed(original) else text


def is_altered_by_typing(text: str) -> bool:
    """Whether a form field can't hold the text as it is."""
    return typed(text) != text


def _escape(text: str) -> SafeString:
    # Django's own asks of each text whether it is a lazy one: of tens of thousands on a page that is most of the time.
    return SafeString(html.escape(text))


def _mark(character: str) -> str:
    code = ord(character)
    # Not the control pictures of U+2400: most fonts for code lack them.
    return f"[{_CONTROLS[code]}]" if code < len(_CONTROLS) else f"[U+{code:04X}]"
