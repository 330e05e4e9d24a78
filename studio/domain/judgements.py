"""Judgements: ask for one, claim it, write down what came back. None of it changes a conversation or its status."""

import secrets
from collections.abc import Iterable
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from generation.errors import InvalidInput
from generation.judge import DEFAULT_RUBRIC, Rubric, overall
from generation.judge import Judgement as Scores
from generation.llm.client import LedgerLine
from studio.models import Conversation, Endpoint, Judgement
from studio.models.fields import plain_text

LEASE = timedelta(minutes=10)
"""Longer than a question with all its retries may take: a judge is asked once."""
MESSAGE_LOST_AFTER = timedelta(seconds=60)


def ask_judgements(
    conversations: Iterable[Conversation], *, endpoint: Endpoint, rubric: Rubric = DEFAULT_RUBRIC
) -> int:
    """Ask for the conversations as they stand to be judged; what was judged or asked before by this endpoint is left alone.

    Returns how many were added. Raises InvalidInput for the demo model, whose opinion would mean nothing.
    """
    require_judge(endpoint)
    document = rubric.model_dump(mode="json")
    before = Judgement.objects.count()
    Judgement.objects.bulk_create(
        (
            Judgement(conversation=conversation, endpoint=endpoint, version=conversation.version, rubric=document)
            for conversation in conversations
        ),
        ignore_conflicts=True,
        batch_size=500,
    )
    return Judgement.objects.count() - before


def require_judge(endpoint: Endpoint) -> None:
    """Raises InvalidInput for the demo model, whose opinion would mean nothing."""
    if endpoint.kind == Endpoint.Kind.DEMO:
        raise InvalidInput("The demo model can't judge: choose an endpoint with a real model.")


def claim_judgement(pk: int) -> Judgement | None:
    """Take one that waits, or whose worker died, under a fresh token; None when there is nothing to do."""
    now = timezone.now()
    token = secrets.token_hex(16)
    free = Q(status=Judgement.Status.PENDING) | Q(status=Judgement.Status.RUNNING, lease_until__lt=now)
    taken = Judgement.objects.filter(free, pk=pk).update(
        status=Judgement.Status.RUNNING, token=token, lease_until=now + LEASE
    )
    return Judgement.objects.select_related("conversation", "endpoint").get(pk=pk) if taken else None


def finish_judgement(judgement: Judgement, *, scores: Scores, model: str, ledger: list[LedgerLine]) -> bool:
    """Write the scores down. False: somebody else took it over."""
    return _end(
        judgement,
        status=Judgement.Status.DONE,
        model=plain_text(model, 120),
        scores=[score.model_dump() for score in scores.scores],
        summary=plain_text(scores.summary),
        overall=round(overall(scores, Rubric.model_validate(judgement.rubric)), 2),
        **_spent(ledger),
    )


def fail_judgement(judgement: Judgement, *, error: str, ledger: list[LedgerLine]) -> bool:
    """Note why there are no scores; asking again after deleting it is up to people."""
    return _end(judgement, status=Judgement.Status.FAILED, error=plain_text(error, 2000), **_spent(ledger))


def take_judgements_for_dispatch(at_once: int = 32) -> list[int]:
    """Judgements to send messages for, so that about ``at_once`` are under way: those that wait, and those whose worker
    died. Marks them as sent."""
    now = timezone.now()
    status = Judgement.Status
    recently = Q(sent_at__gte=now - MESSAGE_LOST_AFTER)
    underway = Q(status=status.RUNNING, lease_until__gte=now) | Q(recently, status=status.PENDING)
    room = max(at_once - Judgement.objects.filter(underway).count(), 0)
    open_ones = Q(status=status.PENDING) | Q(status=status.RUNNING, lease_until__lt=now)
    rows = Judgement.objects.filter(open_ones).exclude(recently).order_by("pk")
    chosen = list(rows.values_list("pk", flat=True)[:room])
    Judgement.objects.filter(pk__in=chosen).update(sent_at=now)
    return chosen


def _spent(ledger: list[LedgerLine]) -> dict[str, float]:
    return {
        "tokens_in": sum(line.tokens_in for line in ledger),
        "tokens_out": sum(line.tokens_out for line in ledger),
        "cost": sum(line.cost for line in ledger),
    }


def _end(judgement: Judgement, **values: object) -> bool:
    held = Judgement.objects.filter(pk=judgement.pk, token=judgement.token, status=Judgement.Status.RUNNING)
    return bool(held.update(lease_until=None, **values))
