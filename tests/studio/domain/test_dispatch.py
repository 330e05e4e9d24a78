"""Which items messages are sent for."""

from datetime import timedelta

import pytest
from django.utils import timezone

from studio.domain import items, runs
from studio.models import Item
from tests.standins.studio_rows import claimed, make_run

pytestmark = pytest.mark.django_db


def test_no_more_messages_are_sent_than_the_run_may_work_at_once() -> None:
    run = make_run(count=5, concurrency=2)
    first = items.take_for_dispatch(run.pk)
    assert len(first) == 2
    assert items.take_for_dispatch(run.pk) == []


def test_items_under_way_take_up_room() -> None:
    run = make_run(count=5, concurrency=3)
    claimed(run)
    claimed(run, number=1)
    assert items.take_for_dispatch(run.pk) == [run.items.get(number=2).pk]


def test_a_finished_item_makes_room_for_the_next() -> None:
    run = make_run(count=3, concurrency=1)
    assert items.take_for_dispatch(run.pk) == [run.items.get(number=0).pk]
    items.fail_attempt(claimed(run), error="no")
    assert items.take_for_dispatch(run.pk) == [run.items.get(number=0).pk]


def test_a_lost_message_is_sent_again_after_a_while() -> None:
    run = make_run(count=1)
    sent = items.take_for_dispatch(run.pk)
    assert items.take_for_dispatch(run.pk) == []
    Item.objects.update(sent_at=timezone.now() - items.MESSAGE_LOST_AFTER - timedelta(seconds=1))
    assert items.take_for_dispatch(run.pk) == sent


def test_an_interrupted_item_is_sent_when_its_pause_is_over() -> None:
    run = make_run(count=1)
    items.interrupt_item(claimed(run), error="away")
    assert items.take_for_dispatch(run.pk) == []
    assert items.runs_with_work() == []
    Item.objects.update(not_before=timezone.now())
    assert items.runs_with_work() == [run.pk]
    assert len(items.take_for_dispatch(run.pk)) == 1


def test_nothing_is_sent_for_a_paused_run_and_all_at_once_when_it_goes_on() -> None:
    run = make_run(count=2)
    assert len(items.take_for_dispatch(run.pk)) == 2
    runs.pause_run(run)
    assert items.take_for_dispatch(run.pk) == []
    assert items.runs_with_work() == []
    runs.resume_run(run)
    assert len(items.take_for_dispatch(run.pk)) == 2


def test_after_a_restart_of_the_only_process_everything_is_sent_again() -> None:
    run = make_run(count=2)
    items.take_for_dispatch(run.pk)
    claimed(run)
    assert items.release_expired(everything=True) == 1
    assert len(items.take_for_dispatch(run.pk)) == 2
