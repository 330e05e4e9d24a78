"""Items under a lease: who holds the token writes, nobody else."""

from datetime import timedelta

import pytest
from django.utils import timezone

from generation.llm.client import LedgerLine
from generation.plan import Config
from studio.domain import items, runs
from studio.domain.plans import plan_of
from studio.models import Conversation, Item, LedgerEntry, Run
from tests.standins.studio_rows import claimed, file_walk, make_run

pytestmark = pytest.mark.django_db

LINE = LedgerLine(purpose="step", model="demo", tokens_in=10, tokens_out=5, cost=0.5)
LATER_VERBS = {
    "save": lambda item: items.save_state(item, content=file_walk(), ledger=[]),
    "finish": lambda item: items.finish_item(item, content=file_walk()),
    "fail": lambda item: items.fail_attempt(item, error="too late"),
    "interrupt": lambda item: items.interrupt_item(item, error="too late"),
    "release": items.release_item,
}


def expire(item: Item) -> None:
    Item.objects.filter(pk=item.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def row_of(item: Item) -> dict[str, object]:
    return Item.objects.filter(pk=item.pk).values().get()


def test_a_claimed_item_is_not_claimed_again() -> None:
    item = claimed(make_run())
    assert items.claim_item(item.pk) is None
    assert row_of(item)["token"] == item.token
    assert row_of(item)["status"] == Item.Status.BUILDING


@pytest.mark.parametrize("end", [runs.pause_run, runs.cancel_run])
def test_an_item_of_a_run_that_does_not_run_is_not_claimed(end) -> None:
    run = make_run()
    end(run)
    assert items.claim_item(run.items.get().pk) is None


def test_an_interrupted_item_is_not_claimed_before_its_time() -> None:
    item = claimed(make_run())
    items.interrupt_item(item, error="the sandbox is away")
    assert items.claim_item(item.pk) is None
    Item.objects.filter(pk=item.pk).update(not_before=timezone.now())
    assert items.claim_item(item.pk) is not None


@pytest.mark.parametrize("verb", LATER_VERBS)
def test_a_late_worker_changes_nothing(verb: str) -> None:
    late = claimed(make_run())
    expire(late)
    assert items.release_expired() == 1
    current = items.claim_item(late.pk)
    assert current is not None
    assert current.token != late.token
    before = row_of(late)
    assert not LATER_VERBS[verb](late)
    assert row_of(late) == before
    assert not Conversation.objects.exists()


def test_what_a_late_worker_paid_for_is_still_written_down() -> None:
    item = claimed(make_run())
    expire(item)
    items.release_expired()
    assert not items.save_state(item, content=file_walk(), ledger=[LINE])
    assert LedgerEntry.objects.get().cost == 0.5


def test_the_ledger_of_a_deleted_run_is_dropped_without_an_error() -> None:
    item = claimed(make_run())
    Run.objects.all().delete()
    assert not items.save_state(item, content=file_walk(), ledger=[LINE])
    assert not LedgerEntry.objects.exists()


def test_only_expired_leases_are_put_back() -> None:
    run = make_run(count=2)
    dead, alive = claimed(run), claimed(run, number=1)
    expire(dead)
    assert items.release_expired() == 1
    assert row_of(dead)["status"] == Item.Status.INTERRUPTED
    assert row_of(alive)["status"] == Item.Status.BUILDING


def test_a_renewed_lease_does_not_expire() -> None:
    run = make_run(count=2)
    held, other = claimed(run), claimed(run, number=1)
    expire(held)
    expire(other)
    assert items.renew_leases([held.token]) == 1
    assert items.release_expired() == 1
    assert row_of(held)["status"] == Item.Status.BUILDING


def test_an_interrupted_item_goes_on_from_the_state_it_was_left_in() -> None:
    item = claimed(make_run())
    state = file_walk()
    assert items.save_state(item, content=state, ledger=[LINE])
    assert items.interrupt_item(item, error="connection refused")
    Item.objects.update(not_before=timezone.now())
    taken_up = items.claim_item(item.pk)
    assert taken_up is not None
    assert items.saved_state(taken_up) == state
    assert taken_up.attempts == 0
    assert taken_up.error == "connection refused"


def test_interruptions_are_further_and_further_apart() -> None:
    pauses = []
    run = make_run()
    for _ in range(3):
        item = claimed(run)
        items.interrupt_item(item, error="away")
        item.refresh_from_db()
        pauses.append(round((item.not_before - timezone.now()).total_seconds()))
        Item.objects.update(not_before=timezone.now())
    assert pauses == [2, 4, 8]


def test_too_many_interruptions_in_a_row_stop_the_run_with_the_reason() -> None:
    run = make_run(count=2)
    for number in range(items.MAX_INTERRUPTIONS):
        run.refresh_from_db()
        assert run.status == Run.Status.RUNNING, number
        items.interrupt_item(claimed(run), error="the sandbox is \x00 away")
        Item.objects.update(not_before=timezone.now())
    run.refresh_from_db()
    assert run.status == Run.Status.STOPPED
    assert run.stop_reason == "the sandbox is \ufffd away"
    assert items.claim_item(run.items.get(number=1).pk) is None


def test_progress_between_interruptions_starts_their_count_anew() -> None:
    run = make_run()
    for number in range(items.MAX_INTERRUPTIONS + 2):
        item = claimed(run)
        if number == items.MAX_INTERRUPTIONS - 1:
            assert items.save_state(item, content=file_walk(), ledger=[])
        items.interrupt_item(item, error="away for a moment")
        Item.objects.update(not_before=timezone.now())
    run.refresh_from_db()
    assert run.status == Run.Status.RUNNING


def test_a_failed_attempt_is_tried_again_from_the_start_and_at_last_fails_the_item() -> None:
    run = make_run(config=Config(attempts=2))
    item = claimed(run)
    items.save_state(item, content=file_walk(), ledger=[])
    assert items.fail_attempt(item, error="no call was made")
    item.refresh_from_db()
    assert (item.status, item.attempts, item.state) == (Item.Status.PENDING, 1, "")
    assert items.fail_attempt(claimed(run), error="again \ud800")
    item.refresh_from_db()
    assert (item.status, item.attempts, item.error) == (Item.Status.FAILED, 2, "again \ufffd")
    assert list(item.failed_attempts.values_list("number", "error")) == [(1, "no call was made"), (2, "again \ufffd")]


def test_each_attempt_has_a_seed_of_its_own() -> None:
    run = make_run(count=2, seed=7)
    first = claimed(run)
    seeds = [plan_of(first).seed, plan_of(claimed(run, number=1)).seed]
    items.fail_attempt(first, error="no")
    seeds.append(plan_of(claimed(run)).seed)
    assert seeds == [7, 1007, 8]


def test_a_finished_item_becomes_one_conversation_and_ends_its_run() -> None:
    run = make_run()
    item = claimed(run)
    made = items.finish_item(item, content=file_walk())
    assert made is not None
    assert items.finish_item(item, content=file_walk()) is None
    assert Conversation.objects.get() == made
    assert (made.item, made.run, made.dataset) == (item, run, run.dataset)
    assert made.toolset == run.toolset
    run.refresh_from_db()
    assert run.status == Run.Status.FINISHED
    assert run.finished_at is not None


def test_an_item_put_back_at_shutdown_is_due_at_once_with_its_state() -> None:
    item = claimed(make_run())
    items.save_state(item, content=file_walk(), ledger=[])
    items.release_item(item)
    taken_up = items.claim_item(item.pk)
    assert taken_up is not None
    assert items.saved_state(taken_up) == file_walk()
    assert taken_up.interruptions == 0
