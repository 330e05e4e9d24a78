"""The tasks and who sends them. The broker is replaced by a list where only the sending matters."""

from datetime import timedelta

import pytest
from django.utils import timezone
from kombu.exceptions import OperationalError

from studio import tasks, work
from studio.domain import items, reruns
from studio.models import Conversation, Item, Rerun, Run
from tests.standins.studio_rows import claimed, make_conversation, make_run, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch, settings) -> list[tuple[str, dict[str, int]]]:
    """What was sent, instead of a broker."""
    settings.BROKER_URL = "redis://127.0.0.1:1"
    messages: list[tuple[str, dict[str, int]]] = []
    for task in (tasks.build_item, tasks.run_again):
        name = task.name
        monkeypatch.setattr(task, "apply_async", lambda kwargs, name=name: messages.append((name, kwargs)))
    work.stopping.clear()
    return messages


def test_a_run_is_sent_item_by_item_up_to_its_concurrency(sent) -> None:
    run = make_run(count=5, concurrency=2)
    assert tasks.dispatch_run(run.pk) == 2
    keys = list(run.items.values_list("pk", flat=True))
    assert sent == [("studio.build_item", {"item_pk": pk}) for pk in keys[:2]]


def test_an_item_that_ended_is_followed_by_the_next_of_its_run(sent) -> None:
    run, other = make_run(count=2, concurrency=1), make_run(count=1)
    tasks.dispatch_run(run.pk)
    first, second = run.items.values_list("pk", flat=True)
    tasks.build_item(item_pk=first)
    assert [row.item_id for row in Conversation.objects.order_by("pk")] == [first, second]
    assert sent == [("studio.build_item", {"item_pk": first})]
    assert other.items.get().status == Item.Status.PENDING


def test_after_a_while_a_message_is_sent_for_the_next_so_that_other_tasks_get_their_turn(sent, monkeypatch) -> None:
    monkeypatch.setattr(tasks, "GO_ON", 0.0)
    run = make_run(count=3, concurrency=1)
    tasks.dispatch_run(run.pk)
    first, second, third = run.items.values_list("pk", flat=True)
    tasks.build_item(item_pk=first)
    assert Conversation.objects.get().item_id == first
    assert sent == [("studio.build_item", {"item_pk": first}), ("studio.build_item", {"item_pk": second})]
    assert Item.objects.get(pk=second).sent_at is not None
    assert Item.objects.get(pk=third).sent_at is None


def test_a_run_that_was_paused_is_not_gone_on_with(sent) -> None:
    run = make_run(count=2, concurrency=1)
    Run.objects.update(status=Run.Status.PAUSED)
    assert items.take_next(run.pk) is None


def test_an_item_whose_message_was_lost_is_taken_when_no_other_is_due() -> None:
    run = make_run(count=2)
    first, second = run.items.order_by("number")
    Item.objects.filter(pk=first.pk).update(sent_at=timezone.now() - items.MESSAGE_LOST_AFTER - timedelta(seconds=1))
    assert items.take_next(run.pk) == second.pk
    assert items.take_next(run.pk) == first.pk
    assert items.take_next(run.pk) is None


def test_a_message_that_comes_twice_is_worked_once(sent) -> None:
    run = make_run()
    pk = run.items.get().pk
    tasks.build_item(item_pk=pk)
    tasks.build_item(item_pk=pk)
    assert Conversation.objects.count() == 1


def test_without_a_broker_only_the_process_with_the_worker_sends(sent, settings, monkeypatch) -> None:
    settings.BROKER_URL = ""
    run, rerun = make_run(), reruns.ask_rerun(make_conversation(), call_id="call00003", by=make_user())
    tasks.dispatch_run(run.pk)
    tasks.send_rerun(rerun.pk)
    assert tasks.dispatch_all() == 0
    assert sent == []
    assert run.items.get().sent_at is None  # it waits for the process that can
    tasks._has_worker.set()
    monkeypatch.setattr(tasks, "_has_worker", tasks._has_worker)
    try:
        tasks.dispatch_run(run.pk)
    finally:
        tasks._has_worker.clear()
    assert len(sent) == 1


def test_a_broker_that_is_away_breaks_nothing_and_the_items_are_sent_later(sent, monkeypatch) -> None:
    def refuse(**_: object) -> None:
        raise OperationalError("connection refused")

    run = make_run(count=2)
    with monkeypatch.context() as patch:
        patch.setattr(tasks.build_item, "apply_async", refuse)
        assert tasks.dispatch_run(run.pk) == 0
    Item.objects.update(sent_at=timezone.now() - items.MESSAGE_LOST_AFTER * 2)
    assert tasks.dispatch_all() == 2


def test_everything_that_is_due_is_sent_once(sent) -> None:
    runs = [make_run(), make_run()]
    rerun = reruns.ask_rerun(make_conversation(), call_id="call00003", by=make_user())
    Rerun.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    tasks.dispatch_all()
    tasks.dispatch_all()
    assert sorted(name for name, _ in sent) == ["studio.build_item"] * 2 + ["studio.run_again"]
    assert {"rerun_pk": rerun.pk} in [arguments for _, arguments in sent]
    assert {run.items.get().pk for run in runs} == {given["item_pk"] for _, given in sent if "item_pk" in given}


def test_what_a_dead_worker_left_is_put_right_and_sent(sent) -> None:
    run = make_run()
    tasks.dispatch_run(run.pk)
    claimed(run)
    Item.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert tasks.tidy()["leases"] == 1
    assert tasks.dispatch_run(run.pk) == 1


def test_a_worker_that_shuts_down_puts_its_items_back(sent) -> None:
    tasks.worker_shutting_down.send(sender=None)
    try:
        run = make_run()
        tasks.build_item(item_pk=run.items.get().pk)
        assert run.items.get().status == Item.Status.INTERRUPTED
        assert Run.objects.get().status == Run.Status.RUNNING
    finally:
        work.stopping.clear()
    Item.objects.update(not_before=timezone.now())
    tasks.build_item(item_pk=run.items.get().pk)
    assert Conversation.objects.count() == 1
