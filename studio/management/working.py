"""Working a run's items in this process: a pool of threads over the same ``work_item`` that the Celery task calls."""

import fcntl
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import IO

from django.conf import settings
from django.db import close_old_connections
from django.utils import timezone

from studio.building import work_item
from studio.domain.items import take_next
from studio.heartbeat import stopping
from studio.models import Item, Run

IDLE = 0.1


def work_run(run: Run, *, concurrency: int, on_progress: Callable[[], None]) -> None:
    """Work the run's items until it has ended. On Ctrl+C what is under way is put back with its state, and the interrupt goes on."""
    stopping.clear()
    with ThreadPoolExecutor(max_workers=concurrency, thread_name_prefix="item") as pool:
        underway: set[Future[None]] = set()
        try:
            while is_open(run):
                while len(underway) < concurrency and (pk := take_next(run.pk)) is not None:
                    underway.add(pool.submit(_work_from, pk))
                if not underway:
                    _pause_until_due(run)
                for future in wait(underway, timeout=IDLE).done:
                    underway.remove(future)
                    future.result()
                on_progress()
        except BaseException:
            stopping.set()
            for future in underway:
                future.cancel()
            raise
    on_progress()


def is_open(run: Run) -> bool:
    """Whether the run still runs, asked of the database."""
    return Run.objects.filter(pk=run.pk, status=Run.Status.RUNNING).exists()


def _work_from(item_pk: int) -> None:
    """Work this item, then one after the other of those that are due."""
    following: int | None = item_pk
    try:
        while following is not None and not stopping.is_set():
            run_pk = work_item(following)
            following = take_next(run_pk) if run_pk is not None else None
    finally:
        close_old_connections()


def _pause_until_due(run: Run) -> None:
    next_due = (
        run.items.filter(status__in=[Item.Status.PENDING, Item.Status.INTERRUPTED])
        .order_by("not_before")
        .values_list("not_before", flat=True)
        .first()
    )
    ahead = (next_due - timezone.now()) if next_due else timedelta(0)
    time.sleep(min(max(ahead.total_seconds(), IDLE), 1.0))


def hold_lock(name: str, *, shared: bool = False) -> IO[str] | None:
    """An advisory lock beside the database, held until the file is closed or the process dies; None when it is taken."""
    file = open(Path(settings.DATA_DIR) / f"{name}.lock", "a")  # noqa: SIM115  it stays open as long as the lock is held
    with suppress(OSError):
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        return file
    file.close()
    return None
