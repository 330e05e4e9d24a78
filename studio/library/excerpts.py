"""Where in a conversation a search hit: a piece of its text with the words that were looked for marked."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from studio.domain.search import read_query
from studio.models import Conversation, SearchText

BEFORE, LONG = 40, 160


@dataclass(frozen=True)
class Piece:
    """A part of an excerpt; ``is_hit``: it was looked for."""

    text: str
    is_hit: bool


def excerpts_of(rows: Iterable[Conversation], *, q: str) -> dict[int, list[Piece]]:
    """A piece of each row's text around the first hit of ``q`` that its title doesn't show, by primary key; one query, and none
    without a search.

    A word that was found in another spelling (an accent, a ligature) is not marked; its row has no excerpt then.
    """
    hit = _hit(q)
    if hit is None:
        return {}
    titles = {row.pk: row.excerpt for row in rows}
    texts = SearchText.objects.filter(conversation__in=titles).values_list("conversation", "words")
    return {pk: pieces for pk, words in texts if (pieces := _cut(words, hit, title=titles[pk]))}


def titles_of(rows: Iterable[Conversation], *, q: str) -> dict[int, list[Piece]]:
    """The titles in which ``q`` hits, by primary key."""
    hit = _hit(q)
    return {row.pk: _split(row.excerpt, hit) for row in rows if hit.search(row.excerpt)} if hit else {}


def _hit(q: str) -> re.Pattern[str] | None:
    wanted = [pattern for term in read_query(q) if not term.is_without and (pattern := _pattern(term.given))]
    return re.compile("|".join(wanted), re.IGNORECASE) if wanted else None


def _pattern(given: str) -> str:
    """What was looked for as it may stand in a text: its words in their order, whatever stands between."""
    words = [re.escape(word) for word in re.split(r"[\W_]+", given) if word]
    if not words:
        return ""
    begin = r"(?<![^\W_])" if words[0].isascii() else ""
    end = r"[^\W_]*" if given.endswith("*") else r"(?![^\W_])" if words[-1].isascii() else ""
    return begin + r"[\W_]{1,20}".join(words) + end


def _cut(text: str, hit: re.Pattern[str], *, title: str) -> list[Piece]:
    # The texts begin with what the title is made of.
    shown_already = len(title) if text.startswith(title) else 0
    first = hit.search(text, shown_already)
    if first is None:
        return []
    start = max(shown_already, first.start() - BEFORE)
    if start:
        start = text.find(" ", start, first.start()) + 1 or start
    end = max(first.end(), start + LONG)
    shown = ("… " if start else "") + text[start:end] + ("…" if end < len(text) else "")
    return _split(shown, hit)


def _split(text: str, hit: re.Pattern[str]) -> list[Piece]:
    pieces, at = [], 0
    for found in hit.finditer(text):
        pieces += [Piece(text[at : found.start()], is_hit=False), Piece(found[0], is_hit=True)]
        at = found.end()
    pieces.append(Piece(text[at:], is_hit=False))
    return [piece for piece in pieces if piece.text]
