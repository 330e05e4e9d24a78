"""Bulk actions through the worker: small ones at once, large ones by message, lost messages by the sweeper."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from kombu.exceptions import OperationalError

from studio import tasks
from studio.domain import bulk
from studio.models import BulkAction, Conversation, Review, User
from tests.standins.bulk_rows import many
from tests.standins.studio_rows import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch, settings) -> list[dict[str, int]]:
    """What was sent, instead of a broker."""
    settings.BROKER_URL = "redis://127.0.0.1:1"
    messages: list[dict[str, int]] = []
    monkeypatch.setattr(tasks.work_bulk_action, "apply_async", lambda kwargs: messages.append(kwargs))
    return messages


def _started(count: int) -> BulkAction:
    by = make_user(role=User.Role.LEAD)
    many(count)
    return bulk.start_bulk(bulk.prepare_bulk(Conversation.objects.all(), kind="reject", by=by, reason="no"), by=by)


def test_a_small_one_is_done_without_any_worker(sent: list[dict[str, int]]) -> None:
    action = _started(bulk.AT_ONCE)
    tasks.begin_bulk(action)
    assert bulk.bulk_action(action.pk).status == "done"
    assert sent == []


def test_a_large_one_is_sent_and_worked_to_its_end(sent: list[dict[str, int]]) -> None:
    action = _started(bulk.AT_ONCE + 1)
    tasks.begin_bulk(action)
    assert sent == [{"action_pk": action.pk}]
    assert bulk.bulk_action(action.pk).changed == 0
    tasks.work_bulk_action(**sent[0])
    tasks.work_bulk_action(**sent[0])  # a message that comes twice
    done = bulk.bulk_action(action.pk)
    assert (done.status, done.changed) == ("done", bulk.AT_ONCE + 1)


def test_a_lost_message_is_sent_again_and_one_that_is_worked_is_not(sent: list[dict[str, int]], monkeypatch) -> None:
    def refuse(**_: object) -> None:
        raise OperationalError("connection refused")

    action = _started(bulk.AT_ONCE + 1)
    with monkeypatch.context() as patch:
        patch.setattr(tasks.work_bulk_action, "apply_async", refuse)
        tasks.begin_bulk(action)
    tasks.dispatch_all()
    assert sent == []  # it may still be under way
    BulkAction.objects.update(touched_at=timezone.now() - timedelta(minutes=1))
    tasks.dispatch_all()
    tasks.dispatch_all()
    assert sent == [{"action_pk": action.pk}]


def test_a_worker_that_shuts_down_stops_between_two_batches(sent: list[dict[str, int]], monkeypatch) -> None:
    monkeypatch.setattr(bulk, "BATCH", 10)
    action = _started(bulk.AT_ONCE + 1)
    tasks.worker_shutting_down.send(sender=None)
    try:
        tasks.work_bulk_action(action_pk=action.pk)
        begun = bulk.bulk_action(action.pk)
        assert begun.status == "running"
        assert 0 < begun.changed < action.total
    finally:
        tasks.stopping.clear()
    tasks.work_bulk_action(action_pk=action.pk)
    assert bulk.bulk_action(action.pk).changed == action.total


def test_what_was_prepared_and_forgotten_is_tidied(sent: list[dict[str, int]]) -> None:
    many(1)
    by = make_user(role=User.Role.LEAD)
    bulk.prepare_bulk(Conversation.objects.all(), kind="reject", by=by, reason="no")
    BulkAction.objects.update(created_at=timezone.now() - timedelta(days=2))
    assert tasks.tidy()["bulk"] == 1


WORKER = """
import django
django.setup()
from studio.domain import bulk
bulk.BATCH = 5
bulk.work_at_once(bulk.bulk_action({pk}))
"""


@pytest.mark.django_db(transaction=True)
def test_what_a_killed_process_left_is_gone_on_with_and_nothing_is_done_twice() -> None:
    action = _started(400)
    process = subprocess.Popen([sys.executable, "-c", WORKER.format(pk=action.pk)], env=_environment())
    try:
        # Until it has begun; it could end only by working off everything.
        while not (changed := bulk.bulk_action(action.pk).changed) and process.poll() is None:
            pass
    finally:
        process.kill()
        process.wait()
    assert changed > 0
    tasks.work_bulk_action(action_pk=action.pk)
    done = bulk.bulk_action(action.pk)
    assert (done.status, done.changed, done.left_out) == ("done", 400, 0)
    assert Review.objects.count() == Conversation.objects.filter(status="rejected").count() == 400


def _environment() -> dict[str, str]:
    """That of a process on the database of this test."""
    given = connection.settings_dict
    url = f"sqlite:///{given['NAME']}"
    if connection.vendor == "postgresql":
        url = f"postgres://{given['USER']}@{given['HOST']}:{given['PORT'] or 5432}/{given['NAME']}"
    return os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "studio.settings"}
