"""Guessing passwords: the first wrong ones are free, then each costs a longer wait, for that name from that address only."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.test import Client

from studio.domain import attempts as module
from studio.domain.attempts import FORGOTTEN_S, FREE, LONGEST_S, PasswordAttempts, password_attempts
from studio.models import PasswordAttempt, User
from tests.standins.racing import at_once

pytestmark = pytest.mark.django_db

PASSWORD = "correct-horse-7"


class Clock:
    """Seconds since it was made."""

    now = 0.0

    def __call__(self) -> datetime:
        return datetime(2026, 1, 31, tzinfo=UTC) + timedelta(seconds=self.now)


def waits(
    attempts: PasswordAttempts, clock: Clock, count: int, *, name: str = "mara", address: str = "10.0.0.1"
) -> list[int]:
    """What ``count`` wrong attempts have to wait, each made as soon as it may be."""
    found = []
    for _ in range(count):
        wait = attempts.begin(name, address=address)
        found.append(wait)
        if wait:
            clock.now += wait
            assert attempts.begin(name, address=address) == 0
    return found


def test_the_wait_doubles_behind_the_free_ones_up_to_a_minute() -> None:
    clock = Clock()
    found = waits(PasswordAttempts(clock=clock), clock, FREE + 9)
    assert found == [0] * FREE + [1, 2, 4, 8, 16, 32, LONGEST_S, LONGEST_S, LONGEST_S]


def test_a_try_during_the_wait_neither_counts_nor_prolongs_it() -> None:
    clock = Clock()
    attempts = PasswordAttempts(clock=clock)
    waits(attempts, clock, FREE + 4)
    assert attempts.begin("mara", address="10.0.0.1") == 16
    clock.now += 6
    assert [attempts.begin("mara", address="10.0.0.1") for _ in range(50)] == [10] * 50


def test_others_do_not_wait() -> None:
    clock = Clock()
    attempts = PasswordAttempts(clock=clock)
    waits(attempts, clock, FREE + 1)
    assert attempts.begin("mara", address="10.0.0.1") > 0
    assert attempts.begin("mara", address="10.0.0.2") == 0
    assert attempts.begin("ada", address="10.0.0.1") == 0


def test_one_ipv6_network_is_one_sender() -> None:
    attempts = PasswordAttempts(clock=Clock())
    for number in range(FREE):
        assert attempts.begin("mara", address=f"2001:db8::{number}") == 0
    assert attempts.begin("mara", address="2001:db8::ffff") > 0
    assert attempts.begin("mara", address="2001:db8:1::1") == 0


def test_success_and_time_make_it_forgotten() -> None:
    clock = Clock()
    attempts = PasswordAttempts(clock=clock)
    waits(attempts, clock, FREE)
    attempts.succeed("mara", address="10.0.0.1")
    assert waits(attempts, clock, FREE) == [0] * FREE
    clock.now += FORGOTTEN_S + 1
    assert waits(attempts, clock, FREE) == [0] * FREE


def test_many_names_take_no_more_than_so_much_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT", 20)
    clock = Clock()
    attempts = PasswordAttempts(clock=clock)
    for number in range(30):
        attempts.begin(f"name-{number}", address="10.0.0.1")
        clock.now += 1
    assert PasswordAttempt.objects.count() == 20
    clock.now += FORGOTTEN_S + 1
    attempts.begin("name-30", address="10.0.0.1")
    assert PasswordAttempt.objects.count() == 1


def test_it_is_counted_for_all_web_processes_together() -> None:
    clock = Clock()
    one, other = PasswordAttempts(clock=clock), PasswordAttempts(clock=clock)
    assert [attempts.begin("mara", address="10.0.0.1") for attempts in (one, other, one, other, one)] == [0] * FREE
    assert other.begin("mara", address="10.0.0.1") == 1
    one.succeed("mara", address="10.0.0.1")
    assert other.begin("mara", address="10.0.0.1") == 0


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_no_more_are_free() -> None:
    tries = [partial(password_attempts.begin, "mara", address="10.0.0.1") for _ in range(FREE + 7)]
    assert sorted(at_once(*tries))[: FREE + 1] == [0] * FREE + [1]


def test_what_was_typed_as_a_name_is_not_kept(client: Client) -> None:
    client.post("/login/", {"username": "my-secret-by-mistake", "password": "wrong"})
    assert PasswordAttempt.objects.count() == 1
    assert not PasswordAttempt.objects.filter(key__contains="my-secret").exists()


@pytest.mark.parametrize("path", ["/login/", "/admin/login/"])
def test_even_the_right_password_waits_after_many_wrong_ones(client: Client, path: str) -> None:
    User.objects.create_user("guessed", password=PASSWORD, role=User.Role.ADMIN, is_staff=True)
    for _ in range(FREE):
        assert "Too many" not in client.post(path, {"username": "guessed", "password": "wrong"}).content.decode()
    page = client.post(path, {"username": "guessed", "password": PASSWORD}).content.decode()
    assert "Too many wrong passwords: wait 1 s" in page
    password_attempts.succeed("guessed", address="127.0.0.1")
    assert client.post(path, {"username": "guessed", "password": PASSWORD}).status_code == 302
