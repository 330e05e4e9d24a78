"""``demo``: the whole studio with something in it, without key or network."""

import sys
import threading
import time
from typing import Any

from django.db import close_old_connections
from tqdm import tqdm

from studio.domain.run_progress import progress_of
from studio.domain.runs import resume_run
from studio.management.command import CommandParser, StudioCommand, port_number, whole_number
from studio.management.demonstration import DATASET, demo_password, ensure_people, ensure_runs
from studio.management.serving import serve
from studio.management.working import hold_lock, is_open, work_run
from studio.models import Conversation, Endpoint, Run
from studio.wiring import ensure_endpoints


class Command(StudioCommand):
    help = "Set up users, sample registries and scenarios, generate conversations with the offline demo model, and serve the studio."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--count", type=whole_number, default=36, help="Conversations in the dataset demo (default: 36)."
        )
        parser.add_argument("--no-serve", action="store_true", help="End when the conversations are there.")
        parser.add_argument("--port", type=port_number, default=8000, help="Port of this machine (default: 8000).")
        parser.add_argument("--concurrency", type=whole_number, default=8, help="Conversations at once (default: 8).")

    def work(self, **options: Any) -> None:
        ensure_endpoints()
        password = demo_password()
        ensure_people(password)
        runs = ensure_runs(options["count"])
        for run in runs:
            if run.status == Run.Status.STOPPED:
                resume_run(run)
        if options["no_serve"]:
            self._generate(runs, concurrency=options["concurrency"])
            self._conclude(runs)
            return
        serve(
            port=options["port"],
            concurrency=options["concurrency"],
            on_ready=lambda url: threading.Thread(target=self._watch, args=(runs, url, password), daemon=True).start(),
        )

    def _generate(self, runs: list[Run], *, concurrency: int) -> None:
        lock = hold_lock("work", shared=True)
        with _bar(runs) as bar:
            for run in runs:
                if is_open(run):
                    work_run(run, concurrency=concurrency, on_progress=lambda: _show(bar, runs))
        if lock is not None:
            lock.close()

    def _watch(self, runs: list[Run], url: str, password: str) -> None:
        self.say(f"\nTracewright is at {url}\nSign in as admin, lead or annotator, password {password}\n")
        try:
            with _bar(runs) as bar:
                while any(is_open(run) for run in runs):
                    _show(bar, runs)
                    time.sleep(0.3)
                _show(bar, runs)
            self._conclude(runs)
        finally:
            close_old_connections()
        self.say(f"Start reviewing: {url}/review/next/   (Ctrl+C stops the studio)")
        if Endpoint.objects.filter(name="openai").exists():
            self.say("The endpoint 'openai' from your environment is offered for new runs.")

    def _conclude(self, runs: list[Run]) -> None:
        made = Conversation.objects.filter(dataset__slug=DATASET).count()
        failed = sum(progress_of(run).failed for run in runs)
        self.say(
            f"{made} conversations stand in the dataset '{DATASET}'"
            + (f", {failed} could not be made." if failed else ".")
        )


def _bar(runs: list[Run]) -> "tqdm[Any]":
    total = sum(run.requested for run in runs)
    return tqdm(total=total, unit="conversation", file=sys.stderr, dynamic_ncols=True, desc="Generating")


def _show(bar: "tqdm[Any]", runs: list[Run]) -> None:
    bar.n = sum(progress_of(run).ended for run in runs)
    bar.refresh()
