"""Evidence: everything that was said, done and found in a conversation, in its order, and where in it a literal stands.

Matches the way a careful reader would: letter case, the writing of numbers, rounding, parts of paths and the words of
an id don't count. Where it must err it finds support: a warning is only worth something when it is right.
"""

import bisect
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from generation.checks.literals import Kind, Literal, decimals, readings
from generation.conversation import Call, Conversation, Outcome

USER, SYSTEM, ANSWER, ARGUMENTS, RESULT = "user", "system", "answer", "arguments", "result"

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_SEPARATOR = "\n\x00\n"


class Passage(NamedTuple):
    """One text of the conversation. ``place`` orders them; ``call`` is set for arguments and results."""

    role: str
    text: str
    turn: int
    call: Call | None = None


class Evidence:
    """The passages of a conversation and a search over them. Build one for each check: it is a value of that moment."""

    def __init__(self, conversation: Conversation) -> None:
        self.passages = list(_passages(conversation))
        # by identity: in a conversation that is being linted two calls may share an id
        self._arguments = {
            id(passage.call): place for place, passage in enumerate(self.passages) if passage.role == ARGUMENTS
        }
        folded = [_folded(passage.text) for passage in self.passages]
        self._text = _SEPARATOR.join(folded)
        self._starts: list[int] = []
        start = 0
        for text in folded:
            self._starts.append(start)
            start += len(text) + len(_SEPARATOR)
        self._found: dict[str, list[int]] = {}
        self._firsts: dict[str, int | None] = {}
        self._numbers: dict[int, frozenset[float]] = {}

    def before_call(self, call: Call) -> range:
        """The passages that stood when this call was decided: all before its step's first call."""
        return range(self._arguments[id(call)])

    def until_answer(self, turn: int) -> range:
        """The passages that stood when the answer of this turn was written."""
        return range(
            sum(passage.turn < turn or (passage.turn == turn and passage.role != ANSWER) for passage in self.passages)
        )

    def holding(self, literal: Literal, *, among: range) -> list[int]:
        """The passages that hold this literal, as it stands or said otherwise; [] when none does."""
        exact = self._among(_needle(literal), among)
        if exact:
            return exact
        if literal.kind is Kind.NUMBER:
            return self._holding_number(literal.text, among)
        if literal.kind in (Kind.QUOTED, Kind.PATH, Kind.ID):
            return self._holding_parts(literal, among)
        return []

    def holds(self, literal: Literal, *, before: int) -> bool:
        """Whether any passage before this one holds the literal: ``holding`` without looking further than need be."""
        first = self._first(_needle(literal))
        return (first is not None and first < before) or bool(self.holding(literal, among=range(before)))

    def holding_words(self, words: Iterable[str], *, among: range) -> list[int]:
        """The passages of which each word is in at least one; [] when a word is in none."""
        places: set[int] = set()
        for word in words:
            found = self._among(word, among)
            if not found:
                return []
            places.update(found)
        return sorted(places)

    def numbers(self, place: int) -> frozenset[float]:
        """Every number of a passage, in each of its readings."""
        if place not in self._numbers:
            written = _NUMBER.findall(self.passages[place].text)
            texts = {*written, *(part for text in written if "," in text for part in text.split(","))}
            self._numbers[place] = frozenset(value for text in texts if len(text) <= 40 for value in readings(text))
        return self._numbers[place]

    def _holding_number(self, text: str, among: range) -> list[int]:
        wanted, places = readings(text), decimals(text)
        return [place for place in among if _has_number(self.numbers(place), wanted, places)]

    def _holding_parts(self, literal: Literal, among: range) -> list[int]:
        """A path whose folder was named here and whose file there; an id or a quotation made of words that were said."""
        separators = r"/" if literal.kind is Kind.PATH else r"[\W_]+"
        parts = [part for part in re.split(separators, _folded(literal.text)) if part not in ("", ".", "..", "~")]
        return self.holding_words(parts, among=among) if parts else []

    def _among(self, needle: str, among: range) -> list[int]:
        if needle not in self._found:
            self._found[needle] = list(self._search(needle)) if needle else []
        return [place for place in self._found[needle] if place in among]

    def _first(self, needle: str) -> int | None:
        if needle not in self._firsts:
            self._firsts[needle] = next(self._search(needle), None) if needle else None
        return self._firsts[needle]

    def _search(self, needle: str) -> Iterator[int]:
        text, position = self._text, self._text.find(needle)
        while position >= 0:
            if _is_bounded(text, position, position + len(needle)):
                place = bisect.bisect_right(self._starts, position) - 1
                yield place
                if place + 1 == len(self._starts):
                    return
                position = text.find(needle, self._starts[place + 1])
            else:
                position = text.find(needle, position + 1)


def _passages(conversation: Conversation) -> Iterator[Passage]:
    yield Passage(SYSTEM, conversation.system_prompt, -1)
    for number, turn in enumerate(conversation.turns):
        yield Passage(USER, turn.user, number)
        for step in turn.steps:
            # all of a step's calls are decided before the first result is seen
            for call in step.calls:
                yield Passage(ARGUMENTS, " ".join(leaves(call.arguments)), number, call)
            for call in step.calls:
                if call.result is not None:
                    yield Passage(RESULT, readable(call.result), number, call)
        if turn.answer is not None:
            yield Passage(ANSWER, turn.answer, number)


def leaves(value: Any) -> Iterator[str]:
    """Every text and number in a JSON value, as text."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield str(value)
    elif isinstance(value, dict):
        for part in value.values():
            yield from leaves(part)
    elif isinstance(value, list):
        for part in value:
            yield from leaves(part)


def readable(result: str) -> str:
    """The result's text; of JSON with escapes what they stand for, too."""
    if "\\" not in result:
        return result
    try:
        return f"{result}\n{' '.join(leaves(json.loads(result)))}"
    except (ValueError, RecursionError):
        return result


def succeeded(call: Call) -> bool:
    return call.outcome is Outcome.OK


def _folded(text: str) -> str:
    return text.casefold().replace("\n", " ")


def _needle(literal: Literal) -> str:
    folded = _folded(literal.text)
    if literal.kind is Kind.URL:
        return folded.partition("://")[2].rstrip("/")
    return folded.rstrip(".,;:!?… ") if literal.kind is Kind.QUOTED else folded


def _is_bounded(text: str, start: int, end: int) -> bool:
    """Whether the match is no part of a longer word or number."""
    first, last = text[start], text[end - 1]
    before, after = text[start - 1 : start], text[end : end + 1]
    if first.isalnum() and (
        before.isalnum() or (first.isdigit() and before == "." and text[start - 2 : start - 1].isdigit())
    ):
        return False
    if last.isdigit():
        # a comma as often stands between two numbers as in one
        return not (after.isdigit() or (after == "." and text[end + 1 : end + 2].isdigit()))
    return not (last.isalpha() and after.isalnum())


def _has_number(numbers: frozenset[float], wanted: frozenset[float], places: int) -> bool:
    if wanted & numbers:
        return True
    return any(round(value, places) in wanted for value in numbers)
