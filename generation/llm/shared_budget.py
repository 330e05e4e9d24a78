"""SharedBudget: the allowance per minute of one endpoint for all processes that share a Redis.

The same token bucket as ``limiter.MinuteBudget``, kept in Redis by one atomic script under Redis's own clock. When Redis is
away each process falls back to an allowance of its own, so that a run goes on; it is asked again at the next request.
"""

from typing import Any, Protocol

from generation.llm.limiter import MinuteBudget

EXPIRES_S = 600
"""An unused bucket is forgotten after so long; it would be full by then."""

TAKE = """
local now = redis.call('TIME')
now = tonumber(now[1]) + tonumber(now[2]) / 1000000
local amount, rate, capacity = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local kept = redis.call('HMGET', KEYS[1], 'level', 'at')
local level = tonumber(kept[1]) or capacity
local at = tonumber(kept[2]) or now
level = math.min(capacity, level + math.max(0, now - at) * rate) - amount
redis.call('HSET', KEYS[1], 'level', tostring(level), 'at', tostring(now))
redis.call('EXPIRE', KEYS[1], ARGV[4])
return tostring(level)
"""


class Allowance(Protocol):
    """What an endpoint asks before and after each request; ``MinuteBudget`` and ``SharedBudget`` are ones."""

    def reserve(self, amount: float = 1.0) -> float: ...

    def settle(self, *, reserved: float, used: float) -> None: ...


class SharedBudget:
    """An allowance of ``per_minute`` under ``key``, for everyone who uses the same Redis and key.

    ``redis`` is a ``redis.Redis``; ``unreachable`` the exceptions that mean it is away.
    """

    def __init__(
        self, redis: Any, *, key: str, per_minute: float, unreachable: tuple[type[Exception], ...], burst_s: float = 5.0
    ) -> None:
        self._take = redis.register_script(TAKE)
        self._key = key
        self._rate = per_minute / 60.0
        self._capacity = max(1.0, self._rate * burst_s)
        self._unreachable = unreachable
        self._alone = MinuteBudget(per_minute, burst_s=burst_s)

    def reserve(self, amount: float = 1.0) -> float:
        """Take ``amount`` and return the seconds to wait before using it."""
        level = self._change(amount)
        return self._alone.reserve(amount) if level is None else max(0.0, -level / self._rate)

    def settle(self, *, reserved: float, used: float) -> None:
        """Put right what was reserved on an estimate, once the real amount is known."""
        if self._change(used - reserved) is None:
            self._alone.settle(reserved=reserved, used=used)

    def _change(self, amount: float) -> float | None:
        try:
            return float(self._take(keys=[self._key], args=[amount, self._rate, self._capacity, EXPIRES_S]))
        except self._unreachable:
            return None
