"""How hard one endpoint is pushed: requests in flight, and requests and tokens per minute.

Both are shared by every thread that talks to the endpoint. Neither sleeps on its own behalf for a minute's
budget: the budget says how long to wait, the caller waits, outside of the gate.
"""

import threading
import time
from collections.abc import Callable

SUCCESSES_PER_RAISE = 25
CUT = 0.75
BURST_SHARE = 0.25
WINDOW_MIN = 16


class ConcurrencyGate:
    """How many requests may be in flight. Starts at ``ceiling``; times 0.75 on a burst of 429, + 1 per 25 successes.

    A burst is a quarter of as many answers as the limit allows at once (or of 16, when it allows fewer): a stray 429
    is retried, and no reason to slow everyone down for 25 answers. Requests that were let in before a cut don't count towards the
    next: however many of them come back, the limit is cut once.
    """

    def __init__(self, ceiling: int) -> None:
        self.ceiling = ceiling
        self.limit = ceiling
        self.in_flight = 0
        self._admitted = 0
        self._admitted_at_cut = 0
        self._successes = 0
        self._window_answers = 0
        self._window_throttled = 0
        self._free = threading.Condition()

    def enter(self) -> int:
        """Wait for a place; the ticket must be given back with ``leave``."""
        with self._free:
            while self.in_flight >= self.limit:
                self._free.wait()
            self.in_flight += 1
            self._admitted += 1
            return self._admitted

    def leave(self, ticket: int, *, succeeded: bool = False, throttled: bool = False) -> None:
        """Free the place. ``throttled``: the server said 429; ``succeeded``: it answered."""
        with self._free:
            self.in_flight -= 1
            if ticket > self._admitted_at_cut and (throttled or succeeded):
                self._watch_for_burst(throttled)
            if succeeded:
                self._count_success()
            self._free.notify(max(self.limit - self.in_flight, 0))

    def _watch_for_burst(self, throttled: bool) -> None:
        self._window_answers += 1
        self._window_throttled += throttled
        window = max(WINDOW_MIN, self.limit)
        if self._window_throttled >= window * BURST_SHARE:
            self.limit = max(1, int(self.limit * CUT))
            self._admitted_at_cut = self._admitted
            self._successes = 0
        elif self._window_answers < window:
            return
        self._window_answers = self._window_throttled = 0

    def _count_success(self) -> None:
        self._successes += 1
        if self._successes >= SUCCESSES_PER_RAISE:
            self._successes = 0
            self.limit = min(self.ceiling, self.limit + 1)


class MinuteBudget:
    """An allowance that refills evenly over a minute (a token bucket that may go into debt).

    At most ``burst_s`` seconds' worth is saved up, so that a minute never sees much more than its share. Any
    amount is granted; what it overdraws is waited for, in the order it was asked.
    """

    def __init__(self, per_minute: float, *, clock: Callable[[], float] = time.monotonic, burst_s: float = 5.0) -> None:
        self._rate = per_minute / 60.0
        self._capacity = max(1.0, self._rate * burst_s)
        self._level = self._capacity
        self._clock = clock
        self._filled_at = clock()
        self._lock = threading.Lock()

    def reserve(self, amount: float = 1.0) -> float:
        """Take ``amount`` and return the seconds to wait before using it."""
        with self._lock:
            now = self._clock()
            self._level = min(self._capacity, self._level + (now - self._filled_at) * self._rate)
            self._filled_at = now
            self._level -= amount
            return max(0.0, -self._level / self._rate)

    def settle(self, *, reserved: float, used: float) -> None:
        """Put right what was reserved on an estimate, once the real amount is known."""
        with self._lock:
            self._level += reserved - used
