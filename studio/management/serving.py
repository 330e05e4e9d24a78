"""The studio on one machine: waitress in the main thread, a Celery worker with its sweeper in others."""

import os
import signal
import threading
from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from waitress import wasyncore
from waitress.server import create_server

from generation.errors import InvalidInput
from studio.celery import app
from studio.domain.items import release_expired
from studio.heartbeat import stopping
from studio.management.working import hold_lock
from studio.tasks import start_sweeper
from studio.wsgi import application

log = structlog.get_logger(__name__)

WEB_THREADS = 8
GRACE_SECONDS = 5.0


def serve(*, port: int, concurrency: int, on_ready: Callable[[str], None]) -> None:
    """Serve until told to stop. ``on_ready`` gets the address once requests are answered.

    Raises InvalidInput when the port is taken or another process serves from the same data folder.
    """
    running = hold_lock("up")
    if running is None:
        raise InvalidInput(
            f"The studio already runs from {settings.DATA_DIR}: use that one, or choose another DATA_DIR."
        )
    server = _bind(port)
    _release_orphans()
    # Held while this process works items, so that nobody takes them for orphans.
    working = hold_lock("work", shared=True)
    worker = _start_worker(concurrency)
    start_sweeper()
    signal.signal(signal.SIGTERM, _end)
    on_ready(f"http://127.0.0.1:{port}")
    try:
        server.run()
    except (KeyboardInterrupt, SystemExit):
        pass
    finally:
        _shut_down(worker)
        for lock in (running, working):
            if lock is not None:
                lock.close()


def _bind(port: int) -> Any:
    try:
        return create_server(
            application,
            host="127.0.0.1",
            port=port,
            threads=WEB_THREADS,
            ident=None,
            clear_untrusted_proxy_headers=True,
        )
    except OSError as error:
        raise InvalidInput(
            f"Port {port} can't be used ({error.strerror or error}): choose another with --port or PORT=."
        ) from error


def _release_orphans() -> None:
    # Nobody else works from this folder if the lock can be had: whatever is being built is an orphan.
    alone = hold_lock("work")
    release_expired(everything=alone is not None and not settings.BROKER_URL)
    if alone is not None:
        alone.close()


def _start_worker(concurrency: int) -> Any:
    ready = threading.Event()
    worker = app.WorkController(
        pool="threads",
        concurrency=concurrency,
        without_heartbeat=True,
        without_mingle=True,
        without_gossip=True,
        ready_callback=lambda _: ready.set(),
        task_events=False,
    )
    threading.Thread(target=worker.start, name="worker", daemon=True).start()
    if not ready.wait(timeout=30):
        raise InvalidInput(
            f"The worker can't reach its broker ({settings.BROKER_URL or 'in memory'}): check BROKER_URL."
        )
    return worker


def _end(*_: object) -> None:
    raise SystemExit


def _shut_down(worker: Any) -> None:
    """Let items be put back with their state; what does not come back in time is found again at the next start."""
    stopping.set()
    wasyncore.close_all()
    threading.Thread(target=worker.stop, name="stop", daemon=True).start()
    for thread in threading.enumerate():
        if thread.name.startswith("ThreadPoolExecutor"):
            thread.join(GRACE_SECONDS)
    log.info("stopped")
    os._exit(0)
