"""Which part of the queue somebody works through, and in which order. The URL carries it from one conversation to the next."""

from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest

from studio.domain.filters import Filters, list_query, read_fields
from studio.domain.orders import NEWEST, OLDEST, ORDERS, Order, neighbours_of
from studio.domain.visibility import conversations_for
from studio.models import Conversation, User
from studio.models.conversations import ConversationQuerySet


@dataclass(frozen=True)
class Queue:
    """Filters and sort by name, as the list of conversations knows them. Nothing chosen: the list begins with the newest, the
    queue with what has waited longest."""

    filters: Filters = field(default_factory=Filters)
    sort: str = ""

    @property
    def query(self) -> str:
        """``?dataset=demo&sort=worst``, or nothing."""
        query = list_query(self.filters, self.sort)
        return f"?{query}" if query else ""

    @property
    def unfiltered(self) -> str:
        """The query of the whole queue in the same order."""
        return f"?{urlencode({'sort': self.sort})}" if self.sort else ""

    @property
    def order(self) -> Order:
        """In which conversations are given out."""
        return ORDERS[self.sort or OLDEST]

    @property
    def words(self) -> str:
        """The filters as one says them."""
        return ", ".join(f"{name} {text}" for name, text in self.filters.words)

    def narrow(self, rows: ConversationQuerySet, *, by: User) -> ConversationQuerySet:
        """Those of ``rows`` that pass the filters."""
        return self.filters.narrow(rows, by=by)


def queue_of(request: HttpRequest) -> Queue:
    """The queue of the page, the form or (for fragments) the page the fragment was asked from."""
    query = request.POST.get("queue") or request.META.get("QUERY_STRING", "")
    if getattr(request, "htmx", False) and "queue" not in request.POST:
        query = urlsplit(request.headers.get("HX-Current-URL", "")).query
    wanted = read_fields(query)
    sort = wanted.get("sort", [""])[-1]
    return Queue(Filters.read(wanted), sort if sort in ORDERS else "")


def neighbours(conversation: Conversation, *, queue: Queue, by: User) -> tuple[str | None, str | None]:
    """Public ids of the previous and the next conversation in the order of the list that one came from."""
    rows = queue.narrow(conversations_for(by), by=by)
    return neighbours_of(conversation, rows=rows, order=ORDERS[queue.sort or NEWEST])
