"""What the rail tells besides the decision: versions, bulk actions, what judges said. Read after the page itself, because none of it is
needed to begin."""

from dataclasses import dataclass

from django.db.models import Q

from studio.domain.rounds import hide_authors
from studio.models import BulkEntry, Conversation, Judgement, Revision, User

HISTORY = 50
"""Versions and bulk actions listed at most."""


@dataclass(frozen=True)
class Background:
    revisions: list[Revision]
    in_bulk: list[BulkEntry]
    judgements: list[Judgement]


def show_background(conversation: Conversation, *, by: User, is_hidden: bool) -> Background:
    """As far as ``by`` may know it. ``is_hidden``: it is reviewed blind, and nobody else is named."""
    revisions = list(conversation.revisions.select_related("author").defer("document")[:HISTORY])
    if is_hidden:
        hide_authors(revisions, by=by)
    return Background(
        revisions=revisions,
        in_bulk=_in_bulk(conversation),
        judgements=list(conversation.judgements.filter(status=Judgement.Status.DONE)[:3]),
    )


def _in_bulk(conversation: Conversation) -> list[BulkEntry]:
    """What was done to it with others, but for decisions that stand among the reviews."""
    done = conversation.bulk_entries.exclude(outcome__in=[BulkEntry.Outcome.PENDING, BulkEntry.Outcome.LEFT_OUT])
    apart = done.filter(Q(review=None) | Q(review__undone_at__isnull=False))
    return list(apart.select_related("action__requested_by", "action__assignee").order_by("-pk")[:HISTORY])
