"""Grounding of an answer as its reader sees it: each literal leads to where it comes from, or says that it occurs nowhere.

Refuses to judge what is a literal and what supports it: that is ``generation.checks.grounding``, the same as the check of answers.
"""

import unicodedata

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from generation.checks.grounding import ground
from generation.conversation import Conversation as Content
from studio.web.visible_text import name_odd, show

_JOINED = "\u200d\ufe0e\ufe0f"
_NOWHERE = format_html('<span class="hidden-text"> ({})</span>', "occurs in no result")


def show_grounded(content: Content, turn: int) -> SafeString:
    """The answer of ``turn`` (from 0) with its literals marked. Without any call nothing is said to occur nowhere: there is no
    result to hold it to."""
    text = content.turns[turn].answer or ""
    places = _Places(content, turn)
    parts, end = [], 0
    for literal in ground(text, content, turn):
        start, stop = max(literal.start, end), _whole_characters(text, literal.end)
        if start >= stop:
            continue
        shown = show(text[start:stop])
        parts += [show(text[end:start]), places.link(shown, text[literal.start : literal.end], literal.source)]
        end = stop
    parts.append(show(text[end:]))
    # Every part went through show() or format_html().
    return mark_safe("".join(parts))  # noqa: S308  # see the line above


class _Places:
    """Where on the page the sources of one answer stand."""

    def __init__(self, content: Content, turn: int) -> None:
        self._calls = {ref.call.id: (ref.number + 1, name_odd(ref.call.tool)) for ref in content.pairs()}
        self._users = [said.user.casefold() for said in content.turns[: turn + 1]]

    def link(self, shown: SafeString, literal: str, source: str | None) -> SafeString | str:
        if source is None:
            return format_html('<span class="ungrounded">{}{}</span>', shown, _NOWHERE) if self._calls else shown
        anchor, short, words = self._place(literal, source)
        link = '<a class="grounded" href="#{}" data-source="{}" title="{}">{}</a>'
        return format_html(link, anchor, short, words, shown)

    def _place(self, literal: str, source: str) -> tuple[str, str, str]:
        if source in self._calls:
            number, tool = self._calls[source]
            return f"pair-{number}", f"#{number}", f"From #{number} {tool}"
        if source == "user":
            turn = self._latest_user(literal.casefold())
            return f"text-user-{turn}", "user", f"From the user's words of turn {turn + 1}"
        return "setting", "system", "From the system prompt"

    def _latest_user(self, literal: str) -> int:
        """The last user message that holds the literal as it stands; said otherwise, it is looked for in the answer's own turn."""
        last = len(self._users) - 1
        return next((turn for turn in range(last, -1, -1) if literal in self._users[turn]), last)


def _whole_characters(text: str, end: int) -> int:
    """``end``, moved behind marks that belong to the character before it: an accent alone would be drawn on a hole."""
    while end < len(text) and (unicodedata.combining(text[end]) or text[end] in _JOINED):
        end += 1
    return end
