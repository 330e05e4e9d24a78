"""``replay``: run every call of a dataset's conversations again, each from a clean sandbox, and say what differs."""

import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import close_old_connections
from django.db.models import Sum
from tqdm import tqdm

from studio.domain.exports import ANY, selection
from studio.domain.replays import UNDERWAY, ask_replay
from studio.management.command import CommandParser, StudioCommand, whole_number
from studio.management.lookups import find_dataset
from studio.models import Conversation, Rerun
from studio.rerunning import work_rerun
from studio.wiring import check_tool_service

DIFFERS = 1
_BATCH = 500


class Command(StudioCommand):
    help = "Run every call of a dataset's conversations again, each from a clean sandbox. Exit status 1 when something differs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dataset", required=True)
        parser.add_argument("--status", default=ANY, help="Which conversations (default: any).")
        parser.add_argument("--concurrency", type=whole_number, default=4)

    def work(self, **options: Any) -> None:
        dataset = find_dataset(options["dataset"])
        rows = selection(dataset, status=options["status"]).filter(pair_count__gt=0)
        check_tool_service()
        asked = [ask_replay(row, by=None).pk for row in rows.light().order_by("pk")]
        with ThreadPoolExecutor(options["concurrency"]) as pool:
            list(tqdm(pool.map(_work, asked), total=len(asked), unit="conversation", disable=None))
        ended = list(_ended(asked))
        failed = [rerun for rerun in ended if rerun.status != Rerun.Status.DONE]
        for error in sorted({rerun.error or "It was stopped." for rerun in failed})[:3]:
            self.say(f"Not replayed: {error}")
        replayed = Conversation.objects.filter(pk__in=rows.values("pk")).exclude(replayed_at=None)
        total = replayed.aggregate(pairs=Sum("pair_count"), differs=Sum("replay_differs"), fails=Sum("replay_fails"))
        pairs, differs, fails = (total[name] or 0 for name in ("pairs", "differs", "fails"))
        self.stdout.write(
            f"{dataset.slug}: {len(asked) - len(failed)} conversations replayed, {len(failed)} not; "
            f"{pairs - differs - fails} pairs identical, {differs} differ, {fails} fail now"
        )
        if differs or fails or failed:
            sys.exit(DIFFERS)


def _work(pk: int) -> None:
    try:
        work_rerun(pk)
    finally:
        close_old_connections()


def _ended(pks: list[int]) -> Iterator[Rerun]:
    """The replays once they ended, without their results: a worker elsewhere may have taken some of them."""
    for start in range(0, len(pks), _BATCH):
        rows = Rerun.objects.filter(pk__in=pks[start : start + _BATCH]).defer("results", "drift")
        while rows.filter(status__in=UNDERWAY).exists():
            time.sleep(0.2)
        yield from rows
