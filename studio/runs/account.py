"""What the page of a run shows beside the run: progress, cost, what judging cost beside it, what failed and why, what was made."""

from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from studio.domain.run_progress import progress_of
from studio.domain.visibility import conversations_for
from studio.models import Item, Judgement, Run, User

SHOWN = 20


def account_of(run: Run, *, user: User) -> dict[str, Any]:
    """The template's context; a fixed number of queries."""
    made = conversations_for(user).filter(run=run)
    judged = Judgement.objects.filter(conversation__run=run) if run.judge_id else Judgement.objects.none()
    return {
        "progress": progress_of(run),
        "failures": list(_troubled(run).filter(status=Item.Status.FAILED)[:SHOWN]),
        "interruptions": list(_troubled(run).filter(status=Item.Status.INTERRUPTED)[:SHOWN]) if run.is_open else [],
        "conversations": list(made.light().order_by("-pk")[:SHOWN]),
        "shown": SHOWN,
        "judged": judged.aggregate(
            count=Count("pk", filter=Q(status=Judgement.Status.DONE)),
            cost=Coalesce(Sum("cost"), 0.0),
            tokens=Coalesce(Sum(F("tokens_in") + F("tokens_out")), 0),
        ),
        "is_held": run.status in (Run.Status.PAUSED, Run.Status.STOPPED),
    }


def _troubled(run: Run) -> QuerySet[Item]:
    rows = run.items.exclude(error="").select_related("scenario").order_by("-pk")
    return rows.only(
        "run",
        "pid",
        "number",
        "status",
        "error",
        "attempts",
        "interruptions",
        "not_before",
        "finished_at",
        "scenario__prompt",
    )
