"""What the commands about topics and scenarios share: a client that counts, bars, files that are written whole."""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from django.db import connection
from tqdm import tqdm

from generation.errors import InvalidInput
from generation.llm.client import LLM, LedgerLine
from generation.plan import Scenario
from generation.tools import ToolRegistry
from generation.topics.files import write_graph, write_tree
from generation.topics.graph import TopicGraph
from generation.topics.growth import Growth, GrowthSettings, grow
from generation.topics.scenario_mix import Brief
from generation.topics.scenario_writing import WritingSettings, WrittenScenarios, write_scenarios
from studio.domain.topic_costs import add_topic_requests
from studio.models import Dataset, Endpoint
from studio.wiring import model_endpoint

SAVE_EVERY = 2.0
REASONS_SHOWN = 20
Say = Callable[[str], None]


class Tally:
    """What a command's model calls cost, added up for its last line and written down as it goes. Thread-safe.

    ``settle`` writes from the caller's thread. What is answered after ``close`` (Ctrl+C cancels nothing that is under way) is
    written at once.
    """

    def __init__(self, endpoint: Endpoint, *, dataset: Dataset | None = None) -> None:
        self._endpoint = endpoint
        self._dataset = dataset
        self._lock = threading.Lock()
        self._lines: list[LedgerLine] = []
        self._is_closed = False
        self.totals = {"llm_calls": 0, "tokens_in": 0, "tokens_out": 0, "cost": 0.0}

    def __call__(self, line: LedgerLine) -> None:
        with self._lock:
            self.totals["llm_calls"] += 1
            self.totals["tokens_in"] += line.tokens_in
            self.totals["tokens_out"] += line.tokens_out
            self.totals["cost"] += line.cost
            self._lines.append(line)
            is_late = self._is_closed
        if is_late:
            self.settle()
            connection.close()  # this thread's own

    def settle(self) -> None:
        """Write down what is not written yet."""
        with self._lock:
            lines, self._lines = self._lines, []
        add_topic_requests(lines, endpoint=self._endpoint, dataset=self._dataset)

    def close(self) -> None:
        """Write down what is left, and from now on each line as it comes."""
        with self._lock:
            self._is_closed = True
        self.settle()

    def client(self) -> LLM:
        """The endpoint's client, whose calls it counts. Check the endpoint first: a wrong key is found out before any work."""
        self._is_closed = False
        return model_endpoint(self._endpoint).client(self)


def grow_topics(
    graph: TopicGraph, settings: GrowthSettings, *, tally: Tally, path: str, concurrency: int, say: Say
) -> Growth:
    """Grow the graph with a bar. The file (none when ``path`` is "") holds what there is, whatever happens; failures are
    said one a line."""
    growth, saved, llm = Growth(), time.monotonic(), tally.client()

    def on_progress(so_far: Growth) -> None:
        nonlocal saved
        bar.n = so_far.expanded
        bar.set_postfix(topics=so_far.added, failed=len(so_far.failed), refresh=False)
        bar.refresh()
        if time.monotonic() - saved > SAVE_EVERY:
            save_topics(graph, settings, path=path)
            tally.settle()
            saved = time.monotonic()

    with _bar(settings.expansions_at_most, unit="topic") as bar:
        try:
            grow(graph, settings, llm=llm, max_workers=concurrency, growth=growth, on_progress=on_progress)
        finally:
            tally.close()
            save_topics(graph, settings, path=path)
    for left in growth.left_out[:REASONS_SHOWN]:
        say(f"Left out below {left.place.path[-1]!r}: {left.topic!r}: {left.reason}")
    for short in growth.shortfalls[:REASONS_SHOWN]:
        say(f"{' > '.join(short.place.path)}: {short.got} of {settings.degree} subtopics: {short.reason}")
    return growth


def save_topics(graph: TopicGraph, settings: GrowthSettings, *, path: str) -> None:
    """Write the graph in the form its settings ask for, unless ``path`` is empty."""
    if path:
        write_whole(path, [write_graph(graph)] if settings.with_connections else write_tree(graph))


def write_new_scenarios(
    briefs: Sequence[Brief],
    *,
    registry: ToolRegistry,
    tally: Tally,
    settings: WritingSettings,
    known: Iterable[Scenario],
    concurrency: int,
    keep: Callable[[list[Scenario]], None],
    say: Say,
) -> WrittenScenarios:
    """Write scenarios with a bar. ``keep`` gets what was written, also when the endpoint or Ctrl+C stops it half-way."""
    written, saved, llm = WrittenScenarios(), time.monotonic(), tally.client()

    def on_progress(so_far: WrittenScenarios) -> None:
        nonlocal saved
        bar.n = so_far.done
        bar.set_postfix(refused=len(so_far.refused), duplicates=len(so_far.duplicates), refresh=False)
        bar.refresh()
        if time.monotonic() - saved > SAVE_EVERY:
            tally.settle()
            saved = time.monotonic()

    with _bar(len(briefs), unit="scenario") as bar:
        try:
            write_scenarios(
                briefs,
                registry=registry,
                llm=llm,
                settings=settings,
                known=known,
                max_workers=concurrency,
                written=written,
                on_progress=on_progress,
            )
        finally:
            tally.close()
            keep(written.scenarios)
    for refused in written.refused[:REASONS_SHOWN]:
        say(f"Scenario {refused.number} ({refused.topic}) refused: {refused.reason}")
    for drop in written.duplicates[:REASONS_SHOWN]:
        say(f"Scenario {drop.number} ({drop.topic}) dropped, {drop.similarity:.0%} like another one: {drop.like}")
    return written


def known_scenarios(dataset: Dataset) -> list[Scenario]:
    """The dataset's scenarios as values, the oldest first."""
    documents = dataset.scenarios.order_by("pk").values_list("document", flat=True)
    return [Scenario.model_validate(document) for document in documents]


def refuse_to_overwrite(path: str, *, hint: str = "choose another name") -> None:
    """Raises InvalidInput when the file is there already, or its folder is not."""
    if Path(path).exists():
        raise InvalidInput(f"{path} is there already: {hint}.")
    if not Path(path).absolute().parent.is_dir():
        raise InvalidInput(f"The folder of {path} does not exist: make it first.")


def write_whole(path: str, parts: Iterable[str]) -> None:
    """Put a file in place in one go: nobody, and no crash, ever sees half of it. Raises InvalidInput when it can't be."""
    partial = f"{path}.{os.getpid()}.part"
    try:
        with open(partial, "w", encoding="utf-8", newline="\n") as file:
            file.writelines(parts)
        os.replace(partial, path)
    except OSError as error:
        raise InvalidInput(f"{path} can't be written: {error.strerror}.") from error
    finally:
        Path(partial).unlink(missing_ok=True)


def _bar(total: int, *, unit: str) -> "tqdm[Any]":
    return tqdm(total=total, unit=unit, file=sys.stderr, disable=not sys.stderr.isatty(), dynamic_ncols=True)
