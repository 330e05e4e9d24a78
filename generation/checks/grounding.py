"""Grounding: where the literals of an answer come from. What the check of answers and the review page's overlay share."""

import bisect
import re
from typing import NamedTuple

from generation.checks.derivation import is_derived
from generation.checks.evidence import ARGUMENTS, RESULT, SYSTEM, USER, Evidence, succeeded
from generation.checks.finding import Spot
from generation.checks.literals import Kind, Literal, literals
from generation.conversation import Call, Conversation

MAX_COUNT = 12
"""Numbers up to this one are counted, ordered and spelled out in too many ways to ask for their source."""
MAX_NAMED = 5
MAX_OPERANDS = 8
"""From how many of the latest results a number may have been calculated."""


class Grounded(NamedTuple):
    """``[start, end)`` of the text is a literal. ``source``: the id of the call whose result (or arguments) it comes
    from, "user", "system", or None when nothing supports it."""

    start: int
    end: int
    source: str | None


def ground(text: str, conversation: Conversation, turn: int) -> list[Grounded]:
    """The literals of ``text``, read as the answer of ``turn`` (from 0), each with its source, in the order they stand.

    A result of this turn comes before the user's words, these before results of earlier turns and before what a call
    wrote; the latest wins. A number that follows from a result (a sum, a count, a share) has that call as its source.
    Small numbers without a source are left out.
    """
    return _grounded(text, Evidence(conversation), turn)


def ungrounded_answers(conversation: Conversation) -> list[Spot]:
    """Answers that name what no result and no user message holds. Without any call there is nothing to hold it to."""
    if not conversation.calls:
        return []
    evidence = Evidence(conversation)
    found = []
    for number, turn in enumerate(conversation.turns):
        answer = turn.answer or ""
        grounded = _grounded(answer, evidence, number)
        sentences = _Sentences(answer)
        invented = [
            answer[start:end] for start, end, source in grounded if source is None and not sentences.only_offer(start)
        ]
        if invented:
            named = ", ".join(repr(text[:60]) for text in dict.fromkeys(invented[:MAX_NAMED]))
            found.append(Spot(f"The answer names {named}, which no result and no user message holds.", turn=number))
    return found


def _grounded(text: str, evidence: Evidence, turn: int) -> list[Grounded]:
    among = evidence.until_answer(turn)
    found = []
    for literal in literals(text):
        source = _source(literal, evidence, among, turn)
        if source is None and literal.kind is Kind.NUMBER and _is_small(literal.text):
            continue
        found.append(Grounded(literal.start, literal.end, source))
    return found


def _source(literal: Literal, evidence: Evidence, among: range, turn: int) -> str | None:
    places = evidence.holding(literal, among=among)
    best = max(
        (place for place in places if _rank(evidence, place, turn)),
        key=lambda place: (_rank(evidence, place, turn), place),
        default=None,
    )
    if best is not None:
        call = evidence.passages[best].call
        return call.id if call is not None else evidence.passages[best].role
    if literal.kind is Kind.NUMBER:
        return _derived_from(literal.text, evidence, among)
    return None


def _rank(evidence: Evidence, place: int, turn: int) -> int:
    """How good a source a passage is; 0 for none (an answer can't support an answer, nor a call that failed)."""
    passage = evidence.passages[place]
    if passage.role == RESULT:
        return 5 if passage.turn == turn else 3
    if passage.role == ARGUMENTS:
        return 2 if passage.call is not None and succeeded(passage.call) else 0
    return {USER: 4, SYSTEM: 1}.get(passage.role, 0)


def _derived_from(number: str, evidence: Evidence, among: range) -> str | None:
    """The id of the latest call from whose result the number follows; of the last one when it takes all of them."""
    calls = _answered(evidence, among)
    single = next((call for call in reversed(calls) if is_derived(number, [call.result or ""])), None)
    if single is None and calls and is_derived(number, [call.result or "" for call in calls]):
        return calls[-1].id
    return single.id if single is not None else None


def is_derivable(number: str, evidence: Evidence, among: range) -> bool:
    """Whether a written number follows from the results, or from what the user said, among these passages."""
    said = [evidence.passages[place].text for place in among if evidence.passages[place].role == USER]
    return _derived_from(number, evidence, among) is not None or is_derived(number, said)


def _answered(evidence: Evidence, among: range) -> list[Call]:
    passages = (evidence.passages[place] for place in among)
    answered = [passage.call for passage in passages if passage.role == RESULT and passage.call is not None]
    return answered[-MAX_OPERANDS:]


def _is_small(number: str) -> bool:
    return number.isdigit() and int(number) <= MAX_COUNT


class _Sentences:
    """The sentences of an answer, each looked at once: an answer may be one sentence with thousands of literals."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._ends = [0, *(match.end() for match in _SENTENCE_END.finditer(text)), len(text)]
        self._offers: dict[int, bool] = {}

    def only_offer(self, start: int) -> bool:
        """Whether the sentence around this place asks, offers or gives an example: what it names needs no source."""
        place = bisect.bisect_right(self._ends, start)
        if place not in self._offers:
            sentence = self._text[self._ends[place - 1] : self._ends[min(place, len(self._ends) - 1)]]
            self._offers[place] = sentence.rstrip().endswith("?") or _EXAMPLE.search(sentence) is not None
        return self._offers[place]


_SENTENCE_END = re.compile(r"[.!?]\s+(?=[\"“„«¿¡(]?[A-ZÀ-Þ])|\n")
_EXAMPLE = re.compile(
    r"(?i)\b(?:e\.g\.|for example|for instance|such as|z\.\s?b\.|zum beispiel|par exemple|por ejemplo|ad esempio|por exemplo|bijvoorbeeld)"
)
