"""What the dashboard shows, each part one query whatever the number of rows."""

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from studio.domain.comments import unread_mentions
from studio.domain.run_lists import runs_with_counts
from studio.domain.visibility import conversations_for
from studio.models import Conversation, Dataset, Mention, Review, Run, User

SHOWN = 8

Status = Conversation.Status


@dataclass(frozen=True, kw_only=True)
class Work:
    """What waits: ``open_here`` are conversations this person holds a claim on, disputes and the last three are for leads."""

    claimable: int
    in_review: int
    open_here: list[Conversation]
    disputes: int
    second_opinions: int
    withheld: int
    stopped: list[Run]


def work_for(user: User) -> Work:
    """What waits for ``user``, and as far as they lead, for leads."""
    rows = conversations_for(user)
    live = Q(status__in=Status.waiting(), claim_until__gte=timezone.now())
    counts = rows.aggregate(
        in_review=Count("pk", filter=live),
        disputes=Count("pk", filter=Q(status=Status.ADJUDICATION)),
        second_opinions=Count("pk", filter=Q(status=Status.SECOND_OPINION)),
        withheld=Count("pk", filter=Q(status=Status.WITHHELD)),
    )
    mine = rows.in_review().filter(claimed_by=user).light().order_by("-claim_until")
    stopped = (
        Run.objects.filter(status=Run.Status.STOPPED).select_related("dataset") if user.is_lead else Run.objects.none()
    )
    claimable = rows.claimable(by=user).count()
    return Work(**counts, claimable=claimable, open_here=list(mine[:3]), stopped=list(stopped[:3]))


def running_runs() -> list[Run]:
    """Runs under way or held, with their counts."""
    return list(runs_with_counts().filter(status__in=[Run.Status.RUNNING, Run.Status.PAUSED])[:SHOWN])


def datasets_with_counts(user: User) -> QuerySet[Dataset]:
    """Every dataset with its conversations by status."""

    def having(*statuses: str) -> Count:
        return Count("conversations", filter=Q(conversations__status__in=statuses))

    return Dataset.objects.annotate(
        waiting=having(*Status.waiting()),
        approved=having(Status.APPROVED),
        rejected=having(Status.REJECTED),
        disputed=having(Status.ADJUDICATION),
        withheld=having(Status.WITHHELD),
        total=having(*(status for status in Status.values if user.is_lead or status != Status.WITHHELD)),
    )


def mentions_of(user: User) -> QuerySet[Mention]:
    """The newest comments that mention ``user`` and are unread."""
    rows = unread_mentions(user).select_related("comment__author", "comment__thread__conversation")
    return rows.defer("comment__thread__conversation__document")[:SHOWN]


def recently_decided(user: User) -> QuerySet[Review]:
    """The latest decisions that stand, of everybody, newest first."""
    decisions = Review.objects.visible_to(user).filter(undone_at=None, conversation__in=conversations_for(user))
    return (
        decisions.exclude(decision=Review.Decision.SKIPPED)
        .select_related("conversation", "reviewer", "conversation__dataset")
        .defer("conversation__document")[:SHOWN]
    )
