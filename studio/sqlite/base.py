"""SQLite for many threads: they queue for the write lock inside the process instead of polling the file.

SQLite has one writer at a time. Who finds it busy sleeps up to 100 ms and tries again, in no order: with 64 threads most of
their time went into that. Transactions here wait for each other under a lock of the process first. Other processes are
still met by SQLite's own waiting, and readers wait for nobody.
"""

import threading
from typing import Any

from django.db.backends.sqlite3 import base

_turn = threading.Lock()


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that takes its turn before it begins a transaction and gives it on when that ends, however it ends."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._has_turn = False

    def _start_transaction_under_autocommit(self) -> None:
        # Nobody waits longer than for the file itself; SQLite then says that it is locked.
        self._has_turn = _turn.acquire(timeout=self.settings_dict["OPTIONS"].get("timeout", 5))
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]  # the stubs leave it out
        except BaseException:
            self._give_on()
            raise

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc]  # the stubs leave it out
        self._give_on()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]  # the stubs leave it out
        finally:
            self._give_on()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]  # the stubs leave it out
        finally:
            self._give_on()

    def _give_on(self) -> None:
        if self._has_turn:
            self._has_turn = False
            _turn.release()
