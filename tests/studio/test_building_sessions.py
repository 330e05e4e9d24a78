"""Sandbox sessions of items and reruns in a real tool service: written down before use, forgotten when seen clean."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from generation.errors import SandboxUnavailable
from generation.sandbox import cleanup, session
from generation.sandbox.backoff import Backoff
from studio import building, rerunning, tasks, wiring, work
from studio.domain.reruns import ask_rerun
from studio.models import Conversation, Item, Rerun, SandboxSession
from tests.standins.spin_server import SpinServer
from tests.standins.studio_rows import make_conversation, make_run, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def spin(settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[SpinServer]:
    for module in (session, cleanup):
        monkeypatch.setattr(module, "Backoff", partial(Backoff, sleep=lambda _: None))
    monkeypatch.setattr(wiring, "_services", {})
    work.stopping.clear()
    with SpinServer() as server:
        settings.SPIN_ENDPOINT = server.url
        yield server


def overdue() -> None:
    SandboxSession.objects.update(keep_until=timezone.now() - timedelta(seconds=1))


def test_a_conversation_made_in_a_spin_service_leaves_nothing_behind(spin: SpinServer) -> None:
    run = make_run()
    building.work_item(run.items.get().pk)
    assert Conversation.objects.get().pair_count >= 1
    assert spin.calls("write_file")
    assert spin.sessions == {}
    assert not SandboxSession.objects.exists()


def test_a_session_is_written_down_before_anything_is_put_into_it(spin: SpinServer, monkeypatch) -> None:
    known_at_first_request: list[bool] = []
    execute = spin._execute_vfs

    def watch(body):
        if not known_at_first_request:
            known_at_first_request.append(body["session_id"] in noted)
        return execute(body)

    noted: list[str] = []
    note = work.note_session

    def note_it(session_id: str, **given: object) -> None:
        note(session_id, **given)
        noted.append(session_id)

    monkeypatch.setattr(work, "note_session", note_it)
    monkeypatch.setattr(spin, "_execute_vfs", watch)
    run = make_run()
    building.work_item(run.items.get().pk)
    assert known_at_first_request == [True]


def test_a_dead_workers_session_is_swept_when_nobody_speaks_for_it_any_more(spin: SpinServer, monkeypatch) -> None:
    class Killed(BaseException):
        """What no handler of ours catches, like SIGKILL."""

    def die(plan, *, session, **_: object) -> None:
        session.seed()
        raise Killed

    monkeypatch.setattr(building, "run_attempt", die)
    run = make_run()
    with pytest.raises(Killed):
        building.work_item(run.items.get().pk)
    row = SandboxSession.objects.get()
    assert (row.endpoint, row.item.run) == (spin.url, run)
    assert list(spin.sessions) == [row.session_id]
    assert tasks.tidy()["sessions"] == 0  # its worker may be alive
    overdue()
    assert tasks.tidy()["sessions"] == 1
    assert spin.sessions == {}
    assert not SandboxSession.objects.exists()


def test_a_session_whose_cleanup_failed_is_not_forgotten_until_it_is_clean(spin: SpinServer) -> None:
    spin.fail_next("500", count=99, tool="delete_file")
    run = make_run()
    building.work_item(run.items.get().pk)
    assert run.items.get().status == Item.Status.DONE  # the conversation is whole whatever is left over there
    assert SandboxSession.objects.count() == 1
    overdue()
    assert tasks.tidy()["sessions"] == 0
    assert SandboxSession.objects.count() == 1
    spin.heal()
    assert tasks.tidy()["sessions"] == 0  # left alone for a while
    overdue()
    assert tasks.tidy()["sessions"] == 1
    assert (spin.sessions, SandboxSession.objects.count()) == ({}, 0)


def test_one_look_cleans_up_for_a_bounded_time(spin: SpinServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        SandboxSession.objects.create(
            session_id=f"00000000-0000-4000-8000-00000000000{number}", endpoint=spin.url, keep_until=timezone.now()
        )
    monkeypatch.setattr(tasks, "SWEEP_SESSIONS", 0.0)
    assert tasks.tidy()["sessions"] == 0
    monkeypatch.setattr(tasks, "SWEEP_SESSIONS", 60.0)
    assert tasks.tidy()["sessions"] == 3


def test_a_service_that_is_away_is_tried_once_a_sweep(spin: SpinServer) -> None:
    for number in range(5):
        SandboxSession.objects.create(
            session_id=f"00000000-0000-4000-8000-00000000000{number}", endpoint=spin.url, keep_until=timezone.now()
        )
    spin.fail_next("500", count=99)
    assert tasks.tidy()["sessions"] == 0
    assert len(spin.requests) <= 2
    spin.heal()
    assert tasks.tidy()["sessions"] == 4  # the one that was tried waits
    overdue()
    assert tasks.tidy()["sessions"] == 1


def test_a_service_that_stays_away_interrupts_the_item_with_its_state(spin: SpinServer) -> None:
    run = make_run()
    spin.fail_next("502", count=999, skip=7)
    building.work_item(run.items.get().pk)
    item = run.items.get()
    assert item.status == Item.Status.INTERRUPTED
    assert "502" in item.error or "Bad Gateway" in item.error
    spin.heal()
    Item.objects.update(not_before=timezone.now())
    building.work_item(item.pk)
    content = Conversation.objects.get().content
    assert content.is_complete
    assert not any("Bad Gateway" in (call.result or "") for call in content.calls)


def test_a_rerun_in_a_spin_service_leaves_nothing_behind(spin: SpinServer) -> None:
    rerun = ask_rerun(make_conversation(), call_id="call00003", by=make_user())
    rerunning.work_rerun(rerun.pk)
    rerun.refresh_from_db()
    assert (rerun.status, rerun.results[0]["text"]) == (Rerun.Status.DONE, "alpha")
    assert (spin.sessions, SandboxSession.objects.count()) == ({}, 0)


def test_a_rerun_that_a_service_fails_says_so_and_changes_nothing(spin: SpinServer) -> None:
    spin.fail_next("reset", count=999)
    row = make_conversation()
    rerun = ask_rerun(row, call_id="call00003", by=make_user())
    rerunning.work_rerun(rerun.pk)
    rerun.refresh_from_db()
    assert rerun.status == Rerun.Status.FAILED
    assert rerun.error
    assert SandboxSession.objects.count() == 1
    row.refresh_from_db()
    assert row.version == 1


def test_the_check_before_a_run_says_what_to_do_when_the_service_is_away(spin: SpinServer) -> None:
    wiring.check_tool_service()
    spin.fail_next("500", count=9)
    with pytest.raises(SandboxUnavailable, match="SPIN_ENDPOINT"):
        wiring.check_tool_service()
