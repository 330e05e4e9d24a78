"""Which topics are the same: by their normalised words, and nearly so.

Topics are a few words long, so they are compared by words and not by shingles: two are the same when they differ only in
articles, number and order of their words; nearly the same when four fifths of the words agree. Where a word tells a
direction ("CSV to JSON"), the order counts.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection

from generation.similarity import words

MAX_CHARACTERS = 300
NEAR = 0.8

_ARTICLES = frozenset(("a", "an", "the", "of", "and", "in", "for", "on", "with"))
_DIRECTIONS = frozenset(
    (
        "to",
        "from",
        "into",
        "onto",
        "over",
        "by",
        "versus",
        "vs",
        "before",
        "after",
        "between",
        "als",
        "nach",
        "von",
        "zu",
    )
)
_NUMBERING = re.compile(r"^\s*(?:[-*\u2022\u2013]|\(?\d{1,3}[.):])\s+")


class UnusableTopic(ValueError):
    """The text is no topic; the message says why, worded for the model."""


def cleaned(text: str) -> str:
    """The topic without numbering, quotation marks around it and stray space. Raises UnusableTopic."""
    topic = " ".join(_NUMBERING.sub("", text).split()).strip("\"“”'«»`").rstrip(".;,:").strip()
    if not words(topic):
        raise UnusableTopic(f"{text!r} says nothing")
    if len(topic) > MAX_CHARACTERS:
        raise UnusableTopic(f"{topic[:40]!r}… is longer than {MAX_CHARACTERS} characters: a topic is a short phrase")
    return topic


class KnownTopics:
    """The topics of a graph, asked whether they hold another one. Of several the first that was added counts."""

    def __init__(self) -> None:
        self._same: dict[tuple[str, ...], int] = {}
        self._sets: dict[int, frozenset[str]] = {}
        self._holding: dict[str, list[int]] = defaultdict(list)

    def add(self, key: int, topic: str) -> None:
        self._same.setdefault(_normal(topic), key)
        self._sets[key] = frozenset(_stems(topic))
        for stem in self._sets[key]:
            self._holding[stem].append(key)

    def find(self, topic: str, *, above: Collection[int] = ()) -> int | None:
        """The topic that is the same or nearly the same. Those ``above`` it may be nearly the same: a subtopic often adds
        a word to the topic it belongs to."""
        same = self._same.get(_normal(topic))
        if same is not None:
            return same
        stems = frozenset(_stems(topic))
        if stems & _DIRECTIONS:
            return None
        common = Counter(key for stem in stems for key in self._holding.get(stem, ()))
        near = (
            key
            for key, count in common.items()
            if count / (len(stems) + len(self._sets[key]) - count) >= NEAR
            and key not in above
            and not self._sets[key] & _DIRECTIONS
        )
        return min(near, default=None)


def _normal(topic: str) -> tuple[str, ...]:
    stems = _stems(topic)
    return tuple(stems) if _DIRECTIONS & set(stems) else tuple(sorted(stems))


def _stems(topic: str) -> list[str]:
    found = words(topic)
    told = [word for word in found if word not in _ARTICLES] or found
    return [word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word for word in told]
