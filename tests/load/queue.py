"""32 annotators at once: the next conversation is nobody else's, and no save is lost."""

import random
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial

from django.db import connections

import studio.wsgi  # noqa: F401  what a server does before its first request
from studio.domain import reviews
from studio.domain.edits import edit_text
from studio.domain.errors import StaleVersion
from studio.domain.filters import Filters
from studio.domain.orders import OLDEST, ORDERS
from studio.domain.saving import Save
from studio.domain.visibility import conversations_for
from studio.models import Conversation, User
from tests.load.figures import Figure, Options, at_most, exactly
from tests.load.processes import on_postgresql
from tests.load.rows import Stopwatch, many_conversations, own_database
from tests.standins.racing import at_once
from tests.standins.review_rows import person
from tests.standins.studio_rows import make_conversation

ANNOTATORS = 32
PAUSE_S = 1.0
"""Mean time between two claims of one annotator: shorter than anybody reads, so that claims do meet."""
CLAIM_MS = 20


def measure(options: Options) -> Iterator[Figure]:
    """On the database of the settings; then, where there is a PostgreSQL, in a process that is set to it."""
    with own_database() as kind:
        people = [person(f"person{number}") for number in range(ANNOTATORS)]
        yield from _claims(kind, people, options)
        yield from _ordered_claims(kind, people, options)
        yield from _saves(kind, people, options)
    yield from on_postgresql("queue", options)


def _claims(kind: str, people: list[User], options: Options) -> Iterator[Figure]:
    each = options.size(12, 4)
    many_conversations(3 * ANNOTATORS * each)
    watch = Stopwatch()
    given = at_once(*[partial(_review, user, each, watch) for user in people])
    times = Counter(pk for taken in given for pk in taken)
    name = f"next-claim, {len(people)} annotators ({kind})"
    yield exactly(f"{name}: claims", sum(times.values()), len(people) * each)
    yield exactly(f"{name}: given twice", sum(count > 1 for count in times.values()), 0)
    yield at_most(f"{name}: p95", watch.p95, CLAIM_MS, "ms", note=watch.note)


def _ordered_claims(kind: str, people: list[User], options: Options) -> Iterator[Figure]:
    """The same in the order that is hardest to find, within a filter, of a queue that is long."""
    each = options.size(6, 2)
    many_conversations(options.size(20_000, 2_000))
    filters = Filters(tool="read_file", findings="warning")
    watch = Stopwatch()
    given = at_once(*[partial(_review, user, each, watch, filters=filters, order="worst") for user in people])
    times = Counter(pk for taken in given for pk in taken)
    name = f"next-claim, worst first of one tool, {len(people)} annotators ({kind})"
    yield exactly(f"{name}: given twice", sum(count > 1 for count in times.values()), 0)
    yield at_most(f"{name}: p95", watch.p95, CLAIM_MS, "ms", note=watch.note)


def _review(
    user: User, each: int, watch: Stopwatch, *, filters: Filters | None = None, order: str = OLDEST
) -> list[int]:
    rng, taken = random.Random(user.pk), []
    for _ in range(each):
        connections.close_all()  # as between two requests
        time.sleep(rng.uniform(0, 2 * PAUSE_S))
        with watch():
            among = filters.narrow(conversations_for(user), by=user) if filters else None
            row = reviews.claim_next(user, among=among, order=ORDERS[order])
        assert row is not None, "the queue ran dry"
        taken.append(row.pk)
        if row.stale_count:
            reviews.reject(row, version=row.version, by=user, reason="Off topic")
        else:
            reviews.approve(row, version=row.version, by=user)
    return taken


def _saves(kind: str, people: list[User], options: Options) -> Iterator[Figure]:
    """Everybody adds one to numbers that stand in eight answers: a lost save is a number too low."""
    each = options.size(5000, 640) // len(people)
    rows = [make_conversation() for _ in range(8)]
    for row in rows:
        edit_text(row, save=Save(version=1, by=people[0]), field="answer", text="0", turn=0)
    saved = at_once(*[partial(_count_up, user, rows, each) for user in people])
    done = sum((counter for counter, _ in saved), Counter[int]())
    read = {row.pk: int(Conversation.objects.get(pk=row.pk).content.turns[0].answer or "-1") for row in rows}
    refused = sum(stale for _, stale in saved)
    name = f"{len(people) * each:,} racing saves ({kind})"
    yield exactly(f"{name}: saved or refused as stale", done.total() + refused, len(people) * each)
    yield exactly(f"{name}: lost updates", sum(done[pk] - number for pk, number in read.items()), 0)
    yield Figure(name=f"{name}: refused as stale", measured=f"{refused:,}")


def _count_up(user: User, rows: list[Conversation], each: int) -> tuple[Counter[int], int]:
    rng, saved, stale = random.Random(user.pk), Counter[int](), 0
    for _ in range(each):
        row = Conversation.objects.get(pk=rng.choice(rows).pk)
        number = int(row.content.turns[0].answer or "-1") + 1
        try:
            edit_text(row, save=Save(version=row.version, by=user), field="answer", text=str(number), turn=0)
        except StaleVersion:
            stale += 1
        else:
            saved[row.pk] += 1
    return saved, stale
