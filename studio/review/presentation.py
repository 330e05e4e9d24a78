"""A conversation as the review page shows it: turns, steps and cards, each with the state the eye should find.

Built from what its sources read, and changes nothing. Every text of the document leaves here as trusted HTML.
"""

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from django.utils.safestring import SafeString

from generation.conversation import Call, Ending, Outcome, PairRef, Provenance
from generation.conversation import Conversation as Content
from studio.domain.edits import OWN_RESULT
from studio.domain.replays import EVERY_CALL
from studio.models import Pair, PairVerdict, Rerun
from studio.review.comments import Comments, comments_of_pair
from studio.review.comparisons import RerunView, show_rerun
from studio.review.findings import FindingView, by_number
from studio.review.pair_differences import PairDifferences, show_since
from studio.review.payloads import Payload, show_arguments, show_result
from studio.review.places import anchor_of
from studio.review.replays import Replayed, show_replayed
from studio.review.sources import Sources
from studio.web.visible_text import name_odd, show

SCHEMA_CODES = {"invalid_arguments", "unknown_tool"}


class State(StrEnum):
    """What a pair needs most, in falling order. Icon, word and colour of each are the page's."""

    STALE = "stale"
    WRONG = "wrong"
    FLAGGED = "flagged"
    ERROR = "error"
    OK = "ok"
    EDITED = "edited"
    UNSEEN = "unseen"


ICONS = {State.WRONG: "close"} | {state: state.value for state in State if state is not State.WRONG}
ENDINGS = {Ending.STEP_LIMIT: "step limit reached", Ending.CALL_LIMIT: "call limit reached"}
LABELS = {
    "system_prompt": "System prompt",
    "user": "User",
    "answer": "Answer",
    "thought": "Thought",
    "text": "Assistant",
}


@dataclass(frozen=True, kw_only=True)
class TextView:
    """An editable text. ``part`` names it in URLs (``answer-0``), ``field`` is what it is, ``anchor`` what it is known by wherever it
    goes. ``is_missing``: the turn has no such text at all."""

    part: str
    field: str
    url: str
    html: SafeString
    is_empty: bool
    anchor: str
    stale: SafeString | None = None
    turn: int = 0
    ending: str = ""
    is_missing: bool = False

    @property
    def is_unsaid(self) -> bool:
        """Whether only its place is kept: words beside a step's calls are rare."""
        return self.field == "text" and self.is_empty

    @property
    def name(self) -> str:
        return f"text-{self.part}"

    @property
    def number(self) -> str:
        """The turn, as people count."""
        return str(self.turn + 1)

    @property
    def label(self) -> str:
        return LABELS[self.field]

    @property
    def print(self) -> str:
        # Not of its names: parts are compared with those of the same id and anchor, and prints that are equal cost a page nothing.
        return _fingerprint((self.html, self.is_empty, self.is_missing, self.stale, self.ending))


@dataclass(frozen=True)
class Said:
    """What somebody else said of a pair."""

    name: str
    verdict: str
    tag: SafeString


@dataclass(frozen=True, kw_only=True)
class Card:
    """One pair. ``number`` counts from 1, as people do. ``verdict`` and ``tag`` are the reader's own, ``tags`` those to choose
    from. ``differences`` are there when they are to be seen at once: a replay differs, or they were asked for."""

    number: int
    call_id: str
    url: str
    beside_url: str
    turn: int
    tool: SafeString
    tool_name: str
    reason: SafeString
    state: State
    arguments: Payload
    result: Payload | None
    duration: str
    error_type: SafeString | None
    is_error: bool
    fits_schema: bool
    provenance: str
    stale: SafeString | None
    is_confirmable: bool
    verdict: str
    tag: str
    tags: list[str]
    others: list[Said]
    comment: SafeString
    findings: list[FindingView]
    comments: Comments = field(repr=False)
    open_threads: int
    rerun: RerunView | None = None
    replay: Replayed | None = None
    differences: PairDifferences | None = None

    @property
    def name(self) -> str:
        return f"pair-{self.number}"

    @property
    def more(self) -> str:
        """The id of the place for its menu, and for a pair that is added to it."""
        return f"{self.name}-more"

    @property
    def icon(self) -> str:
        return ICONS[self.state]

    @property
    def shown_state(self) -> str:
        """What the minimap shows: while a call is run again, that."""
        return "running" if self.rerun is not None and self.rerun.is_underway else self.state

    @property
    def shown_icon(self) -> str:
        return "running" if self.shown_state == "running" else self.icon

    @property
    def is_trouble(self) -> bool:
        """Whether the keys that jump to findings stop here."""
        return (
            bool(self.findings)
            or self.is_error
            or self.stale is not None
            or bool(self.replay and self.replay.is_trouble)
        )

    @property
    def is_long(self) -> bool:
        return self.arguments.is_long or (self.result is not None and self.result.is_long)

    @cached_property
    def print(self) -> str:
        return _fingerprint(self)


@dataclass(frozen=True)
class StepView:
    thought: TextView
    text: TextView
    cards: list[Card]
    is_final: bool


@dataclass(frozen=True)
class TurnView:
    number: int
    user: TextView
    steps: list[StepView]
    answer: TextView

    @property
    def name(self) -> str:
        return f"turn-{self.number}"


@dataclass(frozen=True)
class ToolView:
    name: SafeString
    description: SafeString
    schema: Payload


@dataclass
class Thread:
    """Everything between the minimap and the rail."""

    system_prompt: TextView
    tools: list[ToolView]
    turns: list[TurnView]
    cards: list[Card] = field(default_factory=list)

    @property
    def seen_count(self) -> int:
        return sum(bool(card.verdict) for card in self.cards)


def show_thread(sources: Sources) -> Thread:
    """The whole conversation."""
    content = sources.content
    found = by_number(sources.findings)
    cards = [show_card(sources, ref, findings=found.get(ref.number + 1, [])) for ref in content.pairs()]
    by_place: dict[tuple[int, int], list[Card]] = {}
    for ref, card in zip(content.pairs(), cards, strict=True):
        by_place.setdefault((ref.turn, ref.step), []).append(card)
    return Thread(
        system_prompt=show_text(sources, "system_prompt"),
        tools=[ToolView(show(t.name), show(t.description), show_arguments(t.parameters)) for t in content.tools],
        turns=[_turn(sources, number, by_place) for number in range(len(content.turns))],
        cards=cards,
    )


def show_card(
    sources: Sources, ref: PairRef, *, findings: Iterable[FindingView] | None = None, with_differences: bool = False
) -> Card:
    """One pair of the conversation. ``with_differences``: they are asked for, so what there is of them is shown."""
    call = ref.call
    if findings is None:
        findings = by_number(sources.findings).get(ref.number + 1, [])
    found = list(findings)
    row = sources.pairs.get(call.id) or Pair(call_id=call.id)
    said = sources.own.get(call.id) or PairVerdict()
    rerun = _rerun(sources, sources.reruns.get(call.id))
    replay = show_replayed(
        sources.reruns.get(EVERY_CALL),
        call=call,
        pair=row,
        volatile=lambda: sources.volatile.get(call.tool, frozenset()),
    )
    differences = None
    if with_differences or (replay and replay.is_trouble):
        differences = PairDifferences(
            replay, show_since(call, sources.first), has_rerun=rerun is not None, is_asked=with_differences
        )
    url = sources.call_url(call.id)
    comments = comments_of_pair(
        sources.conversation, number=ref.number + 1, call_id=call.id, url=url, threads=sources.threads.get(call.id, [])
    )
    return Card(
        number=ref.number + 1,
        call_id=call.id,
        url=url,
        beside_url=sources.call_url(call.id, place="beside"),
        turn=ref.turn,
        tool=show(call.tool),
        tool_name=name_odd(call.tool),
        reason=show(call.reason),
        state=_state(call, row, found, replay),
        arguments=show_arguments(call.arguments, room=sources.room),
        result=None if call.result is None else show_result(call.result, room=sources.room),
        duration=_duration(call.duration_ms),
        error_type=show(call.error_type) if call.error_type else None,
        is_error=call.outcome is Outcome.TOOL_ERROR,
        fits_schema=not any(finding.code in SCHEMA_CODES for finding in found),
        provenance=call.provenance.value,
        stale=show(row.stale) if row.stale else None,
        is_confirmable=row.stale not in ("", OWN_RESULT),
        verdict=said.verdict,
        tag=said.tag,
        tags=[str(tag) for tag in sources.conversation.dataset.pair_tags],
        others=[Said(str(other.reviewer), other.verdict, show(other.tag)) for other in sources.others.get(call.id, ())],
        comment=show(row.comment),
        comments=comments,
        open_threads=comments.open_count,
        findings=found,
        rerun=rerun,
        replay=replay,
        differences=differences,
    )


def show_text(sources: Sources, part: str) -> TextView:
    """One editable text by its part name. Raises LookupError when the conversation has no such part."""
    name, turn, at = split_part(part)
    text = text_of(sources.content, part)
    step = sources.content.turns[turn].steps[at] if name in ("thought", "text") else None
    stale = sources.conversation.stale_answers.get(str(turn)) if name == "answer" else None
    return TextView(
        part=part,
        field=name,
        url=f"{sources.url}texts/{part}/",
        html=show(text),
        is_empty=not text,
        anchor=anchor_of(part, step),
        is_missing=name == "answer" and sources.content.turns[turn].answer is None,
        stale=show(stale) if stale else None,
        turn=turn,
        ending=ENDINGS.get(sources.content.turns[turn].ending or Ending.FINAL, "") if name == "answer" else "",
    )


def split_part(part: str) -> tuple[str, int, int]:
    """``thought-0-1`` is the thought of turn 0, step 1. Raises LookupError for anything else than a part's name."""
    name, *numbers = part.split("-")
    wanted = {"system_prompt": 0, "user": 1, "answer": 1, "thought": 2, "text": 2}.get(name)
    if wanted != len(numbers) or not all(number.isdecimal() and number.isascii() for number in numbers):
        raise LookupError(part)
    turn, step, *_ = [*map(int, numbers), 0, 0]
    return name, turn, step


def text_of(content: Content, part: str) -> str:
    """The text itself. Raises LookupError when there is no such part."""
    name, turn, step = split_part(part)
    if name == "system_prompt":
        return content.system_prompt
    if name == "user":
        return content.turns[turn].user
    if name == "answer":
        return content.turns[turn].answer or ""
    found = content.turns[turn].steps[step]
    return found.thought if name == "thought" else found.text


def _turn(sources: Sources, number: int, cards: Mapping[tuple[int, int], list[Card]]) -> TurnView:
    turn = sources.content.turns[number]
    return TurnView(
        number=number + 1,
        user=show_text(sources, f"user-{number}"),
        steps=[
            StepView(
                thought=show_text(sources, f"thought-{number}-{place}"),
                text=show_text(sources, f"text-{number}-{place}"),
                cards=cards.get((number, place), []),
                is_final=not step.calls,
            )
            for place, step in enumerate(turn.steps)
        ],
        answer=show_text(sources, f"answer-{number}"),
    )


def _rerun(sources: Sources, rerun: Rerun | None) -> RerunView | None:
    if rerun is None:
        return None
    url = f"{sources.url}reruns/{rerun.pid}/"
    return show_rerun(
        rerun,
        url=url,
        content=sources.content,
        version=sources.conversation.version,
        volatile=lambda: sources.volatile,
    )


def _state(call: Call, pair: Pair, findings: list[FindingView], replay: Replayed | None) -> State:
    if pair.stale:
        return State.STALE
    if pair.verdict == Pair.Verdict.WRONG:
        return State.WRONG
    if any(finding.is_open for finding in findings):
        return State.FLAGGED
    if pair.verdict == Pair.Verdict.OK:
        return State.OK
    if findings or (replay and replay.is_trouble):
        return State.FLAGGED
    if call.outcome is Outcome.TOOL_ERROR:
        return State.ERROR
    return State.EDITED if call.provenance in (Provenance.EDITED, Provenance.HAND_WRITTEN) else State.UNSEEN


def _duration(milliseconds: float | None) -> str:
    if milliseconds is None:
        return ""
    if milliseconds < 1:
        return "<1 ms"
    return f"{milliseconds:.0f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"


def _fingerprint(view: object) -> str:
    """Changes when what is shown changes, so that a page replaces only that."""
    return f"{zlib.crc32(repr(view).encode('utf-8', 'backslashreplace')):08x}"
