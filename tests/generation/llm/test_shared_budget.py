"""One allowance for all processes that share a Redis."""

import uuid
from collections.abc import Iterator

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from generation.llm.shared_budget import SharedBudget

AWAY = (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError)


@pytest.fixture
def key() -> Iterator[str]:
    name = f"test:{uuid.uuid4()}"
    yield name
    redis.Redis(port=6379, db=11).delete(name)


def _budget(key: str, *, per_minute: float = 600, port: int = 6379) -> SharedBudget:
    client = redis.Redis(port=port, db=11, socket_connect_timeout=1, retry=Retry(NoBackoff(), 0))
    return SharedBudget(client, key=key, per_minute=per_minute, unreachable=AWAY, burst_s=1)


@pytest.mark.service("redis")
def test_what_one_process_takes_the_other_waits_for(key: str) -> None:
    one, other = _budget(key), _budget(key)
    assert one.reserve(10) == 0
    assert other.reserve(10) == pytest.approx(1.0, abs=0.2)
    assert one.reserve(10) == pytest.approx(2.0, abs=0.2)


@pytest.mark.service("redis")
def test_what_was_not_used_is_given_back(key: str) -> None:
    one, other = _budget(key), _budget(key)
    one.reserve(110)
    one.settle(reserved=110, used=10)
    assert other.reserve(0) == pytest.approx(0, abs=0.1)


def test_without_redis_each_process_has_an_allowance_of_its_own() -> None:
    budget = _budget("none", port=1)
    assert budget.reserve(10) == 0
    assert budget.reserve(10) == pytest.approx(1.0, abs=0.2)
