"""How far a run is and what it took, as counts of its rows."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, Sum

from studio.models import Conversation, Item, LedgerEntry, Run


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Where a run stands. ``failed`` includes cancelled items, ``interrupted`` those that wait to be taken up again."""

    requested: int
    waiting: int
    building: int
    interrupted: int
    done: int
    failed: int
    withheld: int
    llm_calls: int
    tool_calls: int
    tokens_in: int
    tokens_out: int
    cost: float
    seconds: float
    """For so long it has been running, pauses left out."""

    @property
    def passed(self) -> int:
        """Conversations that stand, withheld ones left out."""
        return self.done - self.withheld

    @property
    def ended(self) -> int:
        return self.done + self.failed

    @property
    def percent(self) -> int:
        return 100 * self.passed // self.requested if self.requested else 0


def progress_of(run: Run) -> Progress:
    """Counts of the run as they are now."""
    statuses = dict(run.items.order_by().values_list("status").annotate(count=Count("pk")))
    status = Item.Status
    spent = LedgerEntry.objects.filter(run=run).aggregate(
        calls=Count("pk"), tokens_in=Sum("tokens_in"), tokens_out=Sum("tokens_out"), cost=Sum("cost")
    )
    made = Conversation.objects.filter(run=run).aggregate(
        pairs=Sum("pair_count"), withheld=Count("pk", filter=Q(status=Conversation.Status.WITHHELD))
    )
    return Progress(
        requested=run.requested,
        waiting=statuses.get(status.PENDING, 0),
        building=statuses.get(status.BUILDING, 0),
        interrupted=statuses.get(status.INTERRUPTED, 0),
        done=statuses.get(status.DONE, 0),
        failed=statuses.get(status.FAILED, 0) + statuses.get(status.CANCELLED, 0),
        withheld=made["withheld"] or 0,
        llm_calls=spent["calls"] or 0,
        tool_calls=made["pairs"] or 0,
        tokens_in=spent["tokens_in"] or 0,
        tokens_out=spent["tokens_out"] or 0,
        cost=round(spent["cost"] or 0.0, 6),
        seconds=round(run.running_s, 3),
    )


def summary_of(run: Run) -> dict[str, Any]:
    """What ``generate`` prints as its last line."""
    progress = progress_of(run)
    return {
        "run": run.pid,
        "requested": progress.requested,
        "generated": progress.passed,
        "failed": progress.failed + progress.withheld,
        "interrupted": progress.interrupted + progress.waiting + progress.building,
        "llm_calls": progress.llm_calls,
        "tool_calls": progress.tool_calls,
        "tokens_in": progress.tokens_in,
        "tokens_out": progress.tokens_out,
        "cost": progress.cost,
        "seconds": progress.seconds,
    }
