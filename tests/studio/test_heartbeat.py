"""The heartbeat: whatever a process works on stays its own while it lives."""

from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from studio import heartbeat
from studio.domain import items, reruns, sessions
from studio.models import Item, Rerun, SandboxSession
from tests.standins.studio_rows import claimed, make_conversation, make_run, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def heart(monkeypatch: pytest.MonkeyPatch) -> heartbeat.Heartbeat:
    """A heart that beats when it is told to."""
    monkeypatch.setattr(heartbeat.Heartbeat, "_run", lambda _: None)
    return heartbeat.Heartbeat()


def let_time_pass() -> None:
    past = timezone.now() - timedelta(seconds=1)
    Item.objects.exclude(lease_until=None).update(lease_until=past)
    Rerun.objects.exclude(lease_until=None).update(lease_until=past)
    SandboxSession.objects.update(keep_until=past)


def test_a_beat_keeps_items_reruns_and_sessions_that_are_held(heart: heartbeat.Heartbeat) -> None:
    run = make_run(count=2)
    held, other = claimed(run), claimed(run, number=1)
    rerun = reruns.claim_rerun(reruns.ask_rerun(make_conversation(), call_id="call00003", by=make_user()).pk)
    for session_id in ("held", "other"):
        sessions.note_session(session_id, endpoint="http://127.0.0.1:3000")
    heart.hold(held.token)
    heart.hold(rerun.token)
    heart.hold_session("held")
    let_time_pass()
    heart.beat()
    assert items.release_expired() == 1
    assert Item.objects.get(pk=held.pk).token == held.token
    assert Item.objects.get(pk=other.pk).token == ""
    assert reruns.take_reruns_for_dispatch() == []
    assert [session.session_id for session in sessions.orphaned_sessions()] == ["other"]


def test_what_is_dropped_is_not_kept_any_more(heart: heartbeat.Heartbeat) -> None:
    item = claimed(make_run())
    sessions.note_session("mine", endpoint="")
    heart.hold(item.token)
    heart.hold_session("mine")
    heart.drop(item.token, ["mine"])
    let_time_pass()
    heart.beat()
    assert items.release_expired() == 1
    assert len(sessions.orphaned_sessions()) == 1


def test_a_failing_statement_does_not_keep_the_others_from_being_renewed(heart, monkeypatch) -> None:
    def fail(_: list[str]) -> None:
        raise RuntimeError("the database is away")

    monkeypatch.setattr(heartbeat, "renew_leases", fail)
    sessions.note_session("mine", endpoint="")
    heart.hold("token")
    heart.hold_session("mine")
    let_time_pass()
    heart.beat()
    assert sessions.orphaned_sessions() == []


def test_the_thread_beats_more_often_than_a_lease_lasts_and_starts_again_after_a_stop(monkeypatch) -> None:
    waits: list[float] = []
    beats: list[int] = []

    class Clock:
        def wait(self, seconds: float) -> bool:
            waits.append(seconds)
            return len(waits) % 3 == 0

    monkeypatch.setattr(heartbeat, "stopping", Clock())
    monkeypatch.setattr(heartbeat.Heartbeat, "beat", lambda _: beats.append(1))
    heart = heartbeat.Heartbeat()
    for count in (2, 4):
        heart.hold("token")
        heart._thread.join(60)
        assert len(beats) == count
    assert max(waits) <= items.LEASE.total_seconds() / 3


def test_between_beats_it_holds_no_connection_to_the_database(monkeypatch) -> None:
    held: list[bool] = []

    class Clock:
        def wait(self, seconds: float) -> bool:
            held.append(connections["default"].connection is not None)
            return len(held) == 3

    monkeypatch.setattr(heartbeat, "stopping", Clock())
    monkeypatch.setattr(heartbeat.Heartbeat, "beat", lambda _: connections["default"].ensure_connection())
    heart = heartbeat.Heartbeat()
    heart.hold("token")
    heart._thread.join(60)
    assert held == [False, False, False]
