"""Keeps what this process works on: the leases of items, reruns and branches, and their sandbox sessions, are renewed while it lives."""

import threading
from collections.abc import Callable, Iterable

import structlog
from django.db import connections

from studio.domain.branches import renew_branches
from studio.domain.items import LEASE, renew_leases
from studio.domain.reruns import renew_reruns
from studio.domain.sessions import keep_sessions

log = structlog.get_logger(__name__)

stopping = threading.Event()
"""Set when this process shall end: items are put back at their next saved state."""


class Heartbeat:
    """Renews everything that is held with one statement a kind, each quarter of a lease. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: set[str] = set()
        self._sessions: set[str] = set()
        self._thread: threading.Thread | None = None

    def hold(self, token: str) -> None:
        """Renew the lease of this token, an item's, a rerun's or a branch's, until it is dropped."""
        with self._lock:
            self._held.add(token)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
                self._thread.start()

    def hold_session(self, session_id: str) -> None:
        """Say that this session is in use until it is dropped."""
        with self._lock:
            self._sessions.add(session_id)

    def drop(self, token: str, sessions: Iterable[str]) -> None:
        """Let go of a token and its sessions."""
        with self._lock:
            self._held.discard(token)
            self._sessions.difference_update(sessions)

    def beat(self) -> None:
        """Renew everything once. What fails is logged and tried again with the next beat."""
        with self._lock:
            tokens, sessions = sorted(self._held), sorted(self._sessions)
        if tokens:
            _try(renew_leases, tokens)
            _try(renew_reruns, tokens)
            _try(renew_branches, tokens)
        if sessions:
            _try(keep_sessions, sessions)

    def _run(self) -> None:
        while not stopping.wait(LEASE.total_seconds() / 4):
            try:
                self.beat()
            finally:
                connections.close_all()  # it beats too seldom to keep one


def _try(renew: Callable[[list[str]], object], names: list[str]) -> None:
    try:
        renew(names)
    except Exception:
        log.warning("heartbeat_failed", what=renew.__name__, exc_info=True)


heartbeat = Heartbeat()
"""The one of this process."""
