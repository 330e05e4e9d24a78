"""Backoff: how often and how patiently a failing tool service is asked again.

Exponential with full jitter, so that many sessions hit by one outage don't come back in step. Refuses to
decide whether repeating a request is safe: whoever passes the action in knows that.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from generation.errors import SandboxUnavailable

T = TypeVar("T")


class RetriesExhausted(SandboxUnavailable):
    """The service kept failing; what ran inside was already retried, so no outer layer retries again."""


@dataclass(frozen=True, kw_only=True)
class Backoff:
    """``retries`` repetitions after the first try; the n-th waits up to ``base * 2**n``, at most ``cap`` (seconds).

    ``sleep`` and ``jitter`` (0 to 1) are seams for tests.
    """

    retries: int = 4
    base: float = 0.5
    cap: float = 8.0
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random

    def run(self, action: Callable[[], T]) -> T:
        """What ``action`` returns, tried again on SandboxUnavailable only. Raises RetriesExhausted in the end."""
        for attempt in range(self.retries + 1):
            try:
                return action()
            except RetriesExhausted:
                raise
            except SandboxUnavailable as failure:
                if attempt == self.retries:
                    raise RetriesExhausted(f"{failure} (tried {attempt + 1} times)") from failure
            self.sleep(self.jitter() * min(self.cap, self.base * 2**attempt))
        raise ValueError(f"retries must be 0 or more, not {self.retries}")
