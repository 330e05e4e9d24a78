"""Items under real threads: each is worked once, whoever races for it."""

from collections import Counter
from functools import partial

import pytest

from studio.domain import items, runs
from studio.domain.errors import NotPossible
from studio.models import Conversation, Item, Run
from tests.standins.racing import at_once, outcome_of
from tests.standins.studio_rows import claimed, file_walk, make_run

pytestmark = pytest.mark.django_db(transaction=True)

THREADS = 12


def test_many_threads_that_claim_everything_get_each_item_once() -> None:
    run = make_run(count=20)
    keys = list(run.items.values_list("pk", flat=True))

    def claim_all() -> list[tuple[int, str]]:
        return [(item.pk, item.token) for pk in keys if (item := items.claim_item(pk)) is not None]

    taken = [pair for pairs in at_once(*[claim_all] * THREADS) for pair in pairs]
    assert sorted(pk for pk, _ in taken) == keys
    assert dict(taken) == dict(Item.objects.values_list("pk", "token"))


def test_an_item_finished_by_many_at_once_is_one_conversation() -> None:
    run = make_run()
    item = claimed(run)
    made = at_once(*[partial(items.finish_item, item, content=file_walk())] * 6)
    assert sum(one is not None for one in made) == 1
    assert Conversation.objects.count() == 1


@pytest.mark.parametrize(
    ("end", "statuses"),
    [
        (runs.pause_run, {Item.Status.PENDING, Item.Status.INTERRUPTED}),
        (runs.cancel_run, {Item.Status.CANCELLED}),
        (lambda run: runs.stop_run(run.pk, reason="wrong key"), {Item.Status.PENDING, Item.Status.INTERRUPTED}),
    ],
)
def test_nothing_is_left_building_when_a_run_ends_while_its_items_are_claimed(end, statuses) -> None:
    run = make_run(count=12)
    keys = list(run.items.values_list("pk", flat=True))
    claims = [partial(items.claim_item, pk) for pk in keys]
    at_once(*claims[:6], partial(end, run), *claims[6:])
    assert set(Item.objects.values_list("status", flat=True)) <= statuses
    assert not Item.objects.exclude(token="").exists()


def test_senders_at_once_send_no_more_than_the_run_may_work() -> None:
    run = make_run(count=30, concurrency=5)
    sent = [pk for chosen in at_once(*[partial(items.take_for_dispatch, run.pk)] * THREADS) for pk in chosen]
    assert len(sent) == len(set(sent)) == 5


def test_a_run_is_paused_once() -> None:
    run = make_run()
    outcomes = at_once(*[partial(outcome_of, partial(runs.pause_run, run))] * 6)
    assert Counter(type(outcome) for outcome in outcomes) == {type(None): 1, NotPossible: 5}


def test_the_run_ends_when_its_last_items_end_together() -> None:
    run = make_run(count=8)
    held = [claimed(run, number=number) for number in range(8)]
    at_once(*[partial(items.finish_item, item, content=file_walk()) for item in held])
    run.refresh_from_db()
    assert run.status == Run.Status.FINISHED


def test_leases_are_renewed_while_they_are_released() -> None:
    run = make_run(count=40)
    held = [claimed(run, number=number) for number in range(40)]
    forwards = [item.token for item in held]
    renew = [partial(items.renew_leases, tokens) for tokens in (forwards, forwards[::-1])] * 3
    at_once(*renew, partial(items.release_expired, everything=True), *renew)
    assert not run.items.filter(status=Item.Status.BUILDING).exists()
