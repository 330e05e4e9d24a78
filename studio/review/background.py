"""What the rail tells besides the decision: versions, bulk actions, what judges said. Read after the page itself, because none of it is
needed to begin."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Q

from generation.conversation import Conversation as Content
from generation.conversation import from_json
from studio.domain.rounds import hide_authors
from studio.models import BulkEntry, Conversation, Judgement, Revision, User
from studio.review.places import anchor_of, follow_part
from studio.review.presentation import text_of

HISTORY = 50
"""Versions and bulk actions listed at most."""


@dataclass(frozen=True)
class Background:
    """``edited`` are the anchors of the texts that are not as they were in version 1."""

    revisions: list[Revision]
    in_bulk: list[BulkEntry]
    judgements: list[Judgement]
    edited: list[str]


def show_background(conversation: Conversation, *, by: User, is_hidden: bool) -> Background:
    """As far as ``by`` may know it. ``is_hidden``: it is reviewed blind, and nobody else is named."""
    revisions = list(conversation.revisions.select_related("author").defer("document")[:HISTORY])
    if is_hidden:
        hide_authors(revisions, by=by)
    return Background(
        revisions=revisions,
        in_bulk=_in_bulk(conversation),
        judgements=list(conversation.judgements.filter(status=Judgement.Status.DONE)[:3]),
        edited=_edited(conversation),
    )


def _edited(conversation: Conversation) -> list[str]:
    if conversation.version == 1:
        return []
    now = conversation.content
    first = from_json(conversation.revisions.values_list("document", flat=True).get(version=1))
    return [anchor for part, anchor in _texts(now) if _is_edited(part, now=now, first=first)]


def _texts(content: Content) -> Iterator[tuple[str, str]]:
    """The name of each text, and what it is known by on the page."""
    yield "system_prompt", "system_prompt"
    for number, turn in enumerate(content.turns):
        yield f"user-{number}", f"user-{number}"
        yield f"answer-{number}", f"answer-{number}"
        for place, step in enumerate(turn.steps):
            for name in (f"thought-{number}-{place}", f"text-{number}-{place}"):
                yield name, anchor_of(name, step)


def _is_edited(part: str, *, now: Content, first: Content) -> bool:
    """What version 1 has no place for came later, and is not an edit of anything."""
    try:
        return text_of(now, part) != text_of(first, follow_part(part, before=now, now=first))
    except LookupError:
        return False


def _in_bulk(conversation: Conversation) -> list[BulkEntry]:
    """What was done to it with others, but for decisions that stand among the reviews."""
    done = conversation.bulk_entries.exclude(outcome__in=[BulkEntry.Outcome.PENDING, BulkEntry.Outcome.LEFT_OUT])
    apart = done.filter(Q(review=None) | Q(review__undone_at__isnull=False))
    return list(apart.select_related("action__requested_by", "action__assignee").order_by("-pk")[:HISTORY])
