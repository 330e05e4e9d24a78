"""A changed policy and what waits under it: marks and words hidden or shown anew; many in batches, by a worker that may die."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from kombu.exceptions import OperationalError

from studio import tasks
from studio.domain import policies, reviews
from studio.domain.comments import start_thread
from studio.domain.filters import Filters
from studio.domain.policies import change_policy, settlement_of, work_settlement
from studio.domain.rounds import draw_of
from studio.models import Conversation, Dataset, Settlement, User
from tests.standins.bulk_rows import many
from tests.standins.studio_rows import make_conversation, make_dataset, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset() -> Dataset:
    return make_dataset()


@pytest.fixture
def by_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is too much to do at once."""
    monkeypatch.setattr(policies, "AT_ONCE", 0)
    monkeypatch.setattr(policies, "BATCH", 10)


def talked_about(dataset: Dataset, *, by: User) -> Conversation:
    """A waiting conversation with a mark, words and a question of ``by``."""
    row = make_conversation(dataset=dataset)
    pair = row.pairs.first()
    assert pair is not None
    reviews.set_verdict(row, call_id=pair.call_id, verdict="wrong", by=by, comment="heron")
    start_thread(row, text="ibis", by=by)
    return row


def seen(row: Conversation) -> tuple[set[str], list[bool]]:
    """What lists, filters and the search give away of it: verdicts, and whether each word is found."""
    found = [
        Filters(q=word).narrow(Conversation.objects.all(), by=make_user()).filter(pk=row.pk).exists()
        for word in ("heron", "ibis")
    ]
    return set(row.pairs.exclude(verdict="").values_list("verdict", flat=True)), found


def test_what_is_newly_reviewed_blind_gives_nothing_away_and_what_is_so_no_more_does(dataset: Dataset) -> None:
    row = talked_about(dataset, by=make_user())
    assert seen(row) == ({"wrong"}, [True, True])
    change_policy(dataset, double_review_share=100)
    assert seen(row) == (set(), [False, False])
    change_policy(dataset, double_review_share=draw_of(row))  # the largest share that doesn't hold it
    assert seen(row) == ({"wrong"}, [True, True])
    change_policy(dataset, double_review_share=draw_of(row) + 1)
    assert seen(row) == (set(), [False, False])


def test_what_was_decided_openly_stays_open(dataset: Dataset) -> None:
    change_policy(dataset, approvals_needed=2)
    row = talked_about(dataset, by=make_user())
    reviews.approve(row, version=1, by=make_user())
    change_policy(dataset, double_review_share=100)
    assert seen(row) == ({"wrong"}, [True, True])


def test_nothing_is_gone_through_when_neither_approvals_nor_share_change(dataset: Dataset, by_worker: None) -> None:
    make_conversation(dataset=dataset)
    change_policy(dataset, guidelines="Be kind.", approvals_needed=1, double_review_share=0)
    assert not Settlement.objects.exists()


def test_many_are_left_to_a_worker_who_may_die(dataset: Dataset, by_worker: None) -> None:
    change_policy(dataset, approvals_needed=2)
    for row in many(25, dataset=dataset):
        reviews.approve(row, version=1, by=make_user(name=f"r{row.pk}"))
    change_policy(dataset, approvals_needed=1)
    settlement = settlement_of(dataset)
    assert settlement is not None
    assert (settlement.total, settlement.done) == (25, 0)
    assert work_settlement(settlement.pk)
    settlement.refresh_from_db()
    assert settlement.done == Conversation.objects.filter(status="approved").count() == 10
    tasks.settle_policy(settlement_pk=settlement.pk)
    tasks.settle_policy(settlement_pk=settlement.pk)  # a message that comes twice
    settlement.refresh_from_db()
    assert (settlement.done, settlement.finished_at is not None) == (25, True)
    assert settlement_of(dataset) is None
    assert {row.decided_by.username == f"r{row.pk}" for row in Conversation.objects.select_related("decided_by")} == {
        True
    }


def test_another_change_meanwhile_begins_anew_and_covers_both(dataset: Dataset, by_worker: None) -> None:
    rows = [talked_about(dataset, by=make_user()) for _ in range(12)]
    change_policy(dataset, double_review_share=100)
    begun = settlement_of(dataset)
    assert begun is not None
    work_settlement(begun.pk)
    change_policy(dataset, double_review_share=50)
    assert settlement_of(dataset) == begun
    while work_settlement(begun.pk):
        pass
    hidden = {row.pk for row in rows if draw_of(row) < 50}
    assert {row.pk for row in rows if seen(row) == (set(), [False, False])} == hidden
    assert {row.pk for row in rows if seen(row) == ({"wrong"}, [True, True])} == {row.pk for row in rows} - hidden


def test_a_batch_costs_few_statements(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policies, "AT_ONCE", 0)
    change_policy(dataset, approvals_needed=2)
    by = make_user()
    for row in many(30, dataset=dataset):
        reviews.approve(row, version=1, by=by)
    change_policy(dataset, approvals_needed=1)
    settlement = settlement_of(dataset)
    assert settlement is not None
    with CaptureQueriesContext(connection) as queries:
        work_settlement(settlement.pk)
    assert len(queries) < 20
    assert Conversation.objects.filter(status="approved").count() == 30


def test_what_is_open_or_has_an_obstacle_is_not_approved(dataset: Dataset) -> None:
    change_policy(dataset, approvals_needed=2)
    by = make_user()
    rows = many(3, dataset=dataset)
    for row in rows:
        reviews.approve(row, version=1, by=by)
    reviews.claim(rows[0], by=make_user())
    Conversation.objects.filter(pk=rows[1].pk).update(stale_count=1)
    change_policy(dataset, approvals_needed=1)
    assert list(Conversation.objects.filter(status="approved")) == [rows[2]]


def test_a_lost_message_is_sent_again(dataset: Dataset, by_worker: None, monkeypatch, settings) -> None:
    settings.BROKER_URL = "redis://127.0.0.1:1"
    sent: list[dict[str, int]] = []

    def refuse(**_: object) -> None:
        raise OperationalError("connection refused")

    make_conversation(dataset=dataset)
    with monkeypatch.context() as patch:
        patch.setattr(tasks.settle_policy, "apply_async", refuse)
        tasks.send_settlement(change_policy(dataset, approvals_needed=2))
    monkeypatch.setattr(tasks.settle_policy, "apply_async", lambda kwargs: sent.append(kwargs))
    tasks.dispatch_all()
    assert sent == []  # it may still be under way
    Settlement.objects.update(touched_at=timezone.now() - timedelta(minutes=1))
    tasks.dispatch_all()
    tasks.dispatch_all()
    assert sent == [{"settlement_pk": Settlement.objects.get().pk}]
