"""Which conversations a list or the queue holds, as a request asks for them. Every filter that is given must hold."""

from typing import Literal

from pydantic import Field

from studio.api.lookup import asked_for, by_id
from studio.domain.filters import Filters
from studio.domain.orders import NEWEST, OLDEST, ORDERS, Order
from studio.models import Dataset, Run, Scenario, User
from studio.models.conversations import ConversationQuerySet


class QueueFilters(Filters):
    """The filters and the order of the queue."""

    sort: Literal["", "newest", "oldest", "changed", "worst", "stale", "pairs", "tokens", "scenario", "random"] = Field(
        default="", description="The order; what has waited longest comes first otherwise."
    )

    @property
    def order(self) -> Order:
        """In which conversations are given out."""
        return ORDERS[self.sort or OLDEST]

    def narrow(self, rows: ConversationQuerySet, *, by: User) -> ConversationQuerySet:
        """Those of ``rows`` that pass. Raises Http404 for a dataset, run or scenario that is not there."""
        if self.dataset:
            asked_for(Dataset.objects.all(), self.dataset, what="dataset")
        if self.run:
            by_id(Run.objects.all(), self.run, what="run")
        if self.scenario:
            by_id(Scenario.objects.all(), self.scenario, what="scenario")
        return super().narrow(rows, by=by)


class ConversationFilters(QueueFilters):
    """The filters and the order of the list."""

    sort: Literal["", "newest", "oldest", "changed", "worst", "stale", "pairs", "tokens", "scenario"] = Field(
        default="", description="The order; the newest come first otherwise."
    )

    @property
    def order(self) -> Order:
        return ORDERS[self.sort or NEWEST]
