"""Many threads that do the same thing at the same moment, each with a database connection of its own."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from django.db import connections

T = TypeVar("T")


def at_once(*actions: Callable[[], T]) -> list[T]:
    """What the actions return, in their order, each run in a thread of its own, all started together. An exception is raised here."""
    gate = threading.Barrier(len(actions))

    def run(action: Callable[[], T]) -> T:
        gate.wait(timeout=30)
        try:
            return action()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=len(actions)) as pool:
        return [future.result(timeout=60) for future in [pool.submit(run, action) for action in actions]]


def outcome_of(action: Callable[[], Any]) -> Any:
    """What the action returns, or the exception it raises, as a value."""
    try:
        return action()
    except Exception as error:
        return error
