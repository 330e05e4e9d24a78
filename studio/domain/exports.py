"""What goes out: approved conversations of a dataset as the engine's exportables, read by keyset so that memory stays flat."""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.db.models import Count

from generation.errors import InvalidInput
from generation.formats.exportable import Exportable
from generation.formats.splits import Split, split_of
from studio.domain.filters import MOST_FIELDS, PEOPLE, Filters
from studio.models import Conversation, Dataset, Pair, Review, Revision, Tag, User
from studio.models.conversations import ConversationQuerySet

ANY = "any"
_CHUNK = 50
_History = dict[str, list[Any]]


CHOSEN = ("dataset", "status")
"""What an export says by itself: of a filter, that part is none."""


def read_filter(query: str) -> Filters:
    """The filters of a list's query. Raises InvalidInput for what a list would leave aside: here it would let more out."""
    try:
        fields = parse_qsl(query.lstrip("?"), strict_parsing=True, max_num_fields=MOST_FIELDS) if query.strip() else []
    except ValueError as error:
        raise InvalidInput(f"The filter can't be read: write it like tool=read_file&tag=gold ({error}).") from error
    given = [(name, text) for name, text in fields if name != "sort"]
    if chosen := [name for name, _ in given if name in CHOSEN]:
        raise InvalidInput(f"{chosen[0]} is no part of the filter: the export itself says it.")
    filters = Filters.read({name: [text] for name, text in given})
    names = [name for name, _ in given]
    for name, text in given:
        if name not in filters.given or names.count(name) > 1:
            raise InvalidInput(
                f"There is no filter {name[:40]}={text[:80]}: look at what the list of conversations offers."
            )
    return filters


def export_query(filters: Filters, *, by: User) -> str:
    """The query of the export of what a list shows ``by``, without ``?``: approved ones, or for a lead those of the one status that is
    asked for. Empty without a dataset, and where the list shows only what ``by`` can't export."""
    statuses: list[str] = [*filters.status] or [Conversation.Status.APPROVED.value]
    may = statuses == [Conversation.Status.APPROVED] or (by.is_lead and len(statuses) == 1)
    if not filters.dataset or not may or statuses[0] not in Conversation.Status.values:
        return ""
    rest = filters.model_copy(update={"dataset": "", "status": []}).query
    named = {"dataset": filters.dataset, "status": statuses[0], "filter": rest}
    return urlencode({name: text for name, text in named.items() if text})


def selection(
    dataset: Dataset,
    *,
    status: str = Conversation.Status.APPROVED,
    filters: Filters | None = None,
    by: User | None = None,
) -> ConversationQuerySet:
    """The conversations of a dataset with this status (``any``: all, for inspection) that pass the filters, as ``by`` may see them.
    Raises InvalidInput, also for a filter by people when nobody asks."""
    rows = Conversation.objects.filter(dataset=dataset)
    if filters is not None and filters.given:
        if by is None and (people := filters.given.keys() & PEOPLE):
            raise InvalidInput(
                f"The filter {sorted(people)[0]} asks what a person sees: use it on the page or over the API."
            )
        rows = filters.narrow(rows, by=by or User())
    if status == ANY:
        return rows
    if status not in Conversation.Status.values:
        raise InvalidInput(f"There is no status {status!r}: known are {', '.join([*Conversation.Status.values, ANY])}.")
    return rows.filter(status=status)


def exportables(
    rows: ConversationQuerySet, *, part: Split | None = None, share: float = 0.0, seed: int = 0, whole: bool = False
) -> Iterator[Exportable]:
    """The rows in the order they were made, one at a time. ``part`` keeps one side of the split by scenario;
    ``whole`` adds what only the native format holds (revisions, verdicts, tags, checks)."""
    last = 0
    while chunk := list(rows.filter(pk__gt=last).order_by("pk").select_related("scenario", "run")[:_CHUNK]):
        last = chunk[-1].pk
        kept = [row for row in chunk if part is None or split_of(_scenario_key(row), share=share, seed=seed) is part]
        histories = _histories(kept) if whole else {}
        for row in kept:
            yield _exportable(row, histories.get(row.pk, {}))


def status_counts(rows: ConversationQuerySet) -> dict[str, int]:
    """How many of the rows have each status."""
    return dict(rows.order_by().values_list("status").annotate(count=Count("pk")))


def _scenario_key(row: Conversation) -> str:
    return row.scenario.digest if row.scenario else f"conversation:{row.pid}"


def _exportable(row: Conversation, history: _History) -> Exportable:
    return Exportable(
        conversation=row.content,
        id=row.pid,
        version=row.version,
        status=row.status,
        scenario=row.scenario.document if row.scenario else {},
        provenance={"run": row.run.pid if row.run else None, "model": row.model},
        checks=row.findings,
        **history,
    )


def _histories(rows: Sequence[Conversation]) -> dict[int, _History]:
    """Tags, verdicts, decisions that were not taken back and revisions of these rows. What is reviewed blind just now gives no names
    and no decisions away.

    As plain values: prefetched rows and their conversation hold each other, which keeps documents in memory for long.
    """
    found: dict[int, _History] = {row.pk: {"verdicts": [], "revisions": [], "tags": []} for row in rows}
    tagged = Tag.objects.filter(conversations__in=found).values_list("conversations", "name")
    for pk, name in tagged:
        found[pk]["tags"].append(name)
    pairs = Pair.objects.filter(conversation__in=found).exclude(verdict="").order_by("conversation", "number")
    for pk, call_id, verdict, tag, comment in pairs.values_list("conversation", "call_id", "verdict", "tag", "comment"):
        said = {"call_id": call_id, "verdict": verdict, "comment": comment}
        found[pk]["verdicts"].append({**said, "tag": tag} if tag else said)
    blind = {row.pk for row in rows if row.is_blind}
    reviews = Review.objects.filter(conversation__in=found.keys() - blind, undone_at=None).order_by("-pk")
    for review in reviews.select_related("reviewer"):
        found[review.conversation_id]["verdicts"].append(
            {
                "decision": review.decision,
                "by": str(review.reviewer) if review.reviewer else None,
                "at": review.at.isoformat(),
                "version": review.version,
                "reason": review.reason,
            }
        )
    revisions = Revision.objects.filter(conversation__in=found).order_by("conversation", "-version")
    for revision in revisions.defer("document").select_related("author"):
        found[revision.conversation_id]["revisions"].append(
            {
                "version": revision.version,
                "summary": revision.summary,
                "reason": revision.reason,
                "by": str(revision.author) if revision.author and revision.conversation_id not in blind else None,
                "at": revision.at.isoformat(),
            }
        )
    return found
