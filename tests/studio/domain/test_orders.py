"""Orders of the list and the queue: each whole, each with its neighbours, skips last in all of them."""

from datetime import timedelta
from typing import get_args

import pytest
from django.utils import timezone

from studio.api.filters import ConversationFilters, QueueFilters
from studio.domain import reviews
from studio.domain.orders import LISTED, ORDERS, QUEUED, in_order, neighbours_of
from studio.models import Conversation
from tests.standins.studio_rows import make_conversation, make_dataset, make_scenario, make_user

pytestmark = pytest.mark.django_db


def make_rows() -> list[Conversation]:
    """Six, of which each order makes something else; two without a scenario."""
    dataset = make_dataset()
    one, two = make_scenario(dataset=dataset), make_scenario(dataset=dataset)
    rows = [make_conversation(dataset=dataset, scenario=scenario) for scenario in (two, one, two, one, one, one)]
    counts = [(0, 1), (0, 3), (1, 0), (0, 3), (0, 0), (0, 2)]
    for number, (row, (blocking, warning)) in enumerate(zip(rows, counts, strict=True)):
        Conversation.objects.filter(pk=row.pk).update(
            blocking_count=blocking,
            warning_count=warning,
            stale_count=number % 3,
            pair_count=number % 2,
            token_count=number * 7 % 5,
            updated_at=timezone.now() - timedelta(minutes=number * 5 % 7),
        )
    Conversation.objects.filter(pk__in=[rows[0].pk, rows[5].pk]).update(scenario=None)
    return list(Conversation.objects.order_by("pk"))


def queue_of(by, order: str, *, after: Conversation | None = None) -> list[Conversation]:
    given, left = [], after
    while (row := reviews.claim_next(by, order=ORDERS[order], after=left.pk if left else None)) not in (None, *given):
        given.append(row)
        left = row
    return given


@pytest.mark.parametrize("name", LISTED)
def test_walking_from_neighbour_to_neighbour_goes_through_the_whole_list(name: str) -> None:
    make_rows()
    order, rows = ORDERS[name], Conversation.objects.all()
    listed = list(in_order(rows, order.columns))
    there = [neighbours_of(row, rows=rows, order=order) for row in listed]
    pids = [row.pid for row in listed]
    assert there == list(zip([None, *pids[:-1]], [*pids[1:], None], strict=True))


def test_the_orders_are_what_they_say() -> None:
    rows = make_rows()
    ways = {
        name: [rows.index(row) for row in in_order(Conversation.objects.all(), ORDERS[name].columns)] for name in LISTED
    }
    assert ways["newest"] == [5, 4, 3, 2, 1, 0]
    assert ways["oldest"] == [0, 1, 2, 3, 4, 5]
    assert ways["worst"] == [2, 3, 1, 5, 0, 4]
    assert ways["stale"] == [5, 2, 4, 1, 3, 0]
    assert ways["pairs"] == [5, 3, 1, 4, 2, 0]
    assert ways["tokens"] == [2, 4, 1, 3, 5, 0]
    assert ways["changed"] == [0, 3, 2, 5, 1, 4]
    assert ways["scenario"] == [1, 3, 4, 2, 0, 5]


@pytest.mark.parametrize("name", QUEUED)
def test_the_queue_gives_out_everything_once_in_its_order(name: str) -> None:
    make_rows()
    given = queue_of(make_user(), name)
    assert len(given) == 6
    if name != "random":
        assert given == list(in_order(Conversation.objects.all(), ORDERS[name].columns))


@pytest.mark.parametrize("name", QUEUED)
def test_behind_the_one_just_left_come_the_next_then_the_first(name: str) -> None:
    make_rows()
    by = make_user()
    given = queue_of(by, name)
    Conversation.objects.update(claimed_by=None)
    assert queue_of(by, name, after=given[2]) == [*given[3:], *given[:3]]


@pytest.mark.parametrize("name", QUEUED)
def test_a_skipped_one_comes_last_in_every_order_to_who_skipped_it(name: str) -> None:
    make_rows()
    by = make_user()
    first = queue_of(by, name)[0]
    Conversation.objects.update(claimed_by=None)
    reviews.skip(first, by=by)
    given: list[Conversation] = []
    while (row := reviews.claim_next(by, order=ORDERS[name])) is not None:
        given.append(row)
        reviews.reject(row, version=row.version, by=by, reason="Off topic")
    assert given[-1] == first
    assert len(given) == 6


def test_random_is_the_same_all_day_and_another_for_the_next_person_and_the_next_day(monkeypatch) -> None:
    for _ in range(30):
        make_conversation()
    ann, others = make_user(), [make_user() for _ in range(8)]
    order = ORDERS["random"]

    def first(by) -> int:
        row = reviews.claim_next(by, order=order)
        Conversation.objects.update(claimed_by=None)
        return row.pk

    today = first(ann)
    assert first(ann) == today
    assert len({first(by) for by in others}) > 1
    days = set()
    for day in range(8):
        monkeypatch.setattr("studio.domain.orders.timezone.localdate", lambda day=day: f"day {day}")
        days.add(first(ann))
    assert len(days) > 1


def test_the_api_offers_every_order() -> None:
    assert get_args(QueueFilters.model_fields["sort"].annotation) == ("", *ORDERS)
    assert get_args(ConversationFilters.model_fields["sort"].annotation) == ("", *LISTED)


def test_random_neighbours_go_round() -> None:
    rows = [make_conversation() for _ in range(4)]
    order, all_rows = ORDERS["random"], Conversation.objects.all()
    row, seen = rows[0], []
    for _ in range(4):
        seen.append(row.pid)
        row = Conversation.objects.get(pid=neighbours_of(row, rows=all_rows, order=order)[1])
    assert row == rows[0]
    assert sorted(seen) == sorted(row.pid for row in rows)
