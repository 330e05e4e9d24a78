"""The rail: the decision and what stands in its way, why the conversation is here and who decided on it. What else there is to know comes after it (``studio.review.background``)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from studio.domain.reviews import hindrance, last_decision, obstacles
from studio.domain.rounds import Round
from studio.domain.taggings import tags_to_choose
from studio.models import Conversation, Review, Tag, User
from studio.review.claim import ClaimView, show_claim
from studio.review.comments import Comments
from studio.review.findings import FindingView
from studio.review.sources import Sources
from studio.web.visible_text import show

Decision = Review.Decision
HISTORY = 50
"""Decisions listed at most."""


@dataclass(frozen=True)
class TagChoice:
    """A tag of the dataset, and whether the conversation has it."""

    row: Tag
    is_set: bool


@dataclass(frozen=True, kw_only=True)
class Rail(ClaimView):
    """``hindrance`` is why it is not for the reader to approve it, ``is_disputed`` that a lead has to settle it, ``asked`` who
    wants a second opinion on it."""

    round: Round
    hindrance: str
    is_disputed: bool
    asked: Review | None
    obstacles: list[SafeString]
    findings: list[FindingView]
    stale: list[tuple[str, str]]
    reviews: Sequence[Review]
    comments: Comments
    tags: list[TagChoice]
    reasons: list[str]
    last: Review | None
    seen: int

    @property
    def can_decide(self) -> bool:
        return self.holder is None and not self.is_disputed and not self.is_given

    @property
    def is_given(self) -> bool:
        """Whether the reader gave the first of two blind reviews: then there is nothing to decide but to undo it."""
        return self.round.is_hidden and self.round.mine is not None and self.round.mine.decision in Decision.final()

    @property
    def shown_tags(self) -> list[TagChoice]:
        """Those to choose from; while somebody else holds it, those it has."""
        return [tag for tag in self.tags if self.holder is None or tag.is_set]

    @property
    def counts_approvals(self) -> bool:
        return self.is_waiting and self.round.needed > 1


def show_rail(sources: Sources, *, by: User, version: int | None = None) -> Rail:
    """The rail as ``by`` sees it. Asks a handful of queries, however long the conversation."""
    conversation = sources.conversation
    claim = show_claim(conversation, by=by, version=conversation.version if version is None else version)
    waits_for_opinion = conversation.status == Conversation.Status.SECOND_OPINION
    tags = tags_to_choose(conversation, by=by, is_hidden=sources.round.is_hidden)
    return Rail(
        **vars(claim),
        round=sources.round,
        hindrance=hindrance(conversation, by=by, seen=sources.round),
        is_disputed=conversation.status == Conversation.Status.ADJUDICATION,
        asked=next(
            (one for one in sources.reviews if waits_for_opinion and one.decision == Decision.SECOND_OPINION), None
        ),
        obstacles=obstacle_words(conversation, branches=[sources.branch.status] if sources.branch else []),
        findings=sources.findings,
        stale=_stale(sources),
        reviews=sources.reviews[:HISTORY],
        comments=sources.comments,
        tags=[TagChoice(row=tag, is_set=has) for tag, has in tags],
        reasons=[str(reason) for reason in conversation.dataset.reject_reasons][:9],
        last=last_decision(by),
        seen=sum(bool(pair.verdict) for pair in sources.pairs.values()),
    )


def obstacle_words(conversation: Conversation, *, branches: Iterable[str] | None = None) -> list[SafeString]:
    """What keeps it from being approved, as trusted HTML."""
    return [show(obstacle) for obstacle in obstacles(conversation, branches=branches)]


def _stale(sources: Sources) -> list[tuple[str, str]]:
    numbers = [(ref.number + 1, ref.call.id) for ref in sources.content.pairs()]
    found = [(f"pair-{n}", f"#{n}") for n, call_id in numbers if (p := sources.pairs.get(call_id)) and p.stale]
    turns = sorted(map(int, sources.conversation.stale_answers))
    return found + [(f"text-answer-{turn}", f"answer of turn {turn + 1}") for turn in turns]
