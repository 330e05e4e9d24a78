"""A database of the benchmarks' own, and many rows in it."""

import json
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import accumulate, cycle
from pathlib import Path
from statistics import median, quantiles

from django.db import connection, connections

from generation.conversation import Conversation as Content
from generation.conversation import Ending, Step, Turn
from studio.domain.search import argument_marks, fold
from studio.models import Conversation, Pair, SearchText
from studio.models.fields import new_pid
from tests import isolation
from tests.standins.review_rows import call, reading, store, two_reads

VOCABULARY = [
    f"{first}{second}{third}" for first in "bdgklmnprst" for second in ("a", "e", "ion", "ur") for third in range(120)
]
WEIGHTS = list(accumulate(1 / (rank + 1) for rank in range(len(VOCABULARY))))
STATUSES = ["needs_review", "needs_review", "approved", "rejected", "second_opinion"]


@contextmanager
def own_database() -> Iterator[str]:
    """An empty, migrated database that is dropped afterwards; gives the name of its kind."""
    if connection.vendor == "sqlite":
        # In a file, as in production: in memory, threads would share one cache.
        connections.databases["default"]["TEST"]["NAME"] = str(Path(isolation.folder) / "bench.sqlite3")
    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield "PostgreSQL" if connection.vendor == "postgresql" else "SQLite"
    finally:
        connections.close_all()
        connection.creation.destroy_test_db(name, verbosity=0)


def long_conversation(pairs: int = 60) -> Content:
    """A conversation of many pairs, each with a result of about 2,000 characters."""
    reads = [
        call("read_file", {"file_path": "notes/a.txt"}, f"line {number}: alpha\n" * 110) for number in range(pairs)
    ]
    steps = [step for read in reads for step in [reading("notes/a.txt")[0].model_copy(update={"calls": [read]})]]
    turn = Turn(user="Read everything.", steps=steps, answer="All was read.", ending=Ending.FINAL)
    return two_reads().model_copy(update={"turns": [turn]})


def big_conversation(*, is_json: bool = False) -> Content:
    """200 pairs in four turns, with 5 MB of results: texts and JSON of 600 characters to 250,000, or with ``is_json`` 25,000 of JSON each."""
    chance = random.Random(5)
    sizes = (
        [25_000]
        if is_json
        else [600, 8_000, 900, 15_000, 1_200, 50_000, 2_500, 12_000, 700, 250_000, 18_000, 1_500, 40_000]
    )
    texts = [
        _records(size, chance) if is_json or number % 2 else _prose(size, chance)
        for number, size in zip(range(200), cycle(sizes))
    ]
    reads = [call("read_file", {"file_path": f"notes/{number}.txt"}, text) for number, text in enumerate(texts)]
    steps = [Step(thought=f"I read {read.arguments['file_path']}.", calls=[read]) for read in reads]
    turns = [
        Turn(
            user="Read the next fifty.", steps=steps[first : first + 50], answer="Those were read.", ending=Ending.FINAL
        )
        for first in range(0, 200, 50)
    ]
    return two_reads().model_copy(update={"turns": turns})


def _prose(size: int, chance: random.Random) -> str:
    lines = (" ".join(chance.choices(VOCABULARY, cum_weights=WEIGHTS, k=9)) for _ in range(size // 40))
    return "\n".join(lines)[:size]


def _records(size: int, chance: random.Random) -> str:
    """JSON of about this size, as a search in a database returns it."""
    found = [
        {
            "id": chance.randrange(10**6),
            "name": " ".join(chance.choices(VOCABULARY, k=2)),
            "balance": chance.randrange(10**6) / 100,
            "is_active": chance.random() < 0.5,
            "tags": chance.choices(VOCABULARY, k=2),
            "note": " ".join(chance.choices(VOCABULARY, cum_weights=WEIGHTS, k=6)),
        }
        for _ in range(max(size // 180, 1))
    ]
    return json.dumps(found)


def many_conversations(count: int) -> None:
    """Copies of one stored conversation, with pairs and search terms, under ids, words and columns of their own.

    Every hundredth calls a tool that the others don't, and each path is read by a hundredth of a percent of them at least.
    """
    model = store(two_reads())
    pairs, text = list(model.pairs.all()), SearchText.objects.get(conversation=model)
    for first in range(0, count, 2000):
        numbers = range(first, min(first + 2000, count))
        made = Conversation.objects.bulk_create(_copy(model, number) for number in numbers)
        Pair.objects.bulk_create(
            _copy_pair(pair, row, number) for number, row in zip(numbers, made, strict=True) for pair in pairs
        )
        SearchText.objects.bulk_create(_copy_text(text, row, number) for number, row in zip(numbers, made, strict=True))
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # as its own housekeeping does in time


def _copy(model: Conversation, number: int) -> Conversation:
    values = {field.attname: getattr(model, field.attname) for field in Conversation._meta.concrete_fields}
    own = {"id": None, "pid": new_pid(), "item_id": None, "run_id": None, "status": STATUSES[number % len(STATUSES)]}
    counts = {
        "warning_count": number % 5,
        "stale_count": int(number % 200 == 0),
        "is_edited": number % 300 == 0,
        "token_count": 200 + number * 7919 % 10_000,
        "updated_at": model.updated_at - timedelta(seconds=number * 7919 % 100_000),
        "excerpt": f"What does note {number} say?",
    }
    return Conversation(**values | own | counts)


def _copy_pair(pair: Pair, row: Conversation, number: int) -> Pair:
    values = {field.attname: getattr(pair, field.attname) for field in Pair._meta.concrete_fields}
    rare = {"tool": "delete_file"} if number % 100 == 0 and pair.number else {}
    return Pair(**values | rare | {"id": None, "conversation_id": row.pk})


def _copy_text(text: SearchText, row: Conversation, number: int) -> SearchText:
    """With the 300 words of a typical one, some in every conversation and some in few, as in any language."""
    filler = random.Random(number).choices(VOCABULARY, cum_weights=WEIGHTS, k=300)
    words = f"{row.excerpt}\n{' '.join(filler)}\n{text.words}"
    marks = " ".join(argument_marks("read_file", {"file_path": f"notes/{number % 1000}.txt", "limit": number % 2}))
    return SearchText(conversation=row, words=words, terms=f"{fold(words)} {text.terms} {marks}")


class Stopwatch:
    """Milliseconds of many runs of the same thing; beside them the thread's CPU time, which a busy machine stretches less."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.cpu: list[float] = []

    @contextmanager
    def __call__(self) -> Iterator[None]:
        started, cpu = time.perf_counter(), time.thread_time()
        yield
        self.cpu.append((time.thread_time() - cpu) * 1000)
        self.times.append((time.perf_counter() - started) * 1000)

    @property
    def p50(self) -> float:
        return quantiles(self.times, n=100)[49]

    @property
    def p95(self) -> float:
        return quantiles(self.times, n=100)[94]

    @property
    def note(self) -> str:
        return f"median {self.p50:.3g}, of CPU {median(self.cpu):.3g}"
