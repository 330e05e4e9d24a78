"""Bulk actions beside everybody else: people who claim meanwhile, two workers at once, ten thousand rows."""

from functools import partial
from threading import Event

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from studio.domain import bulk, reviews
from studio.domain.tags import add_tag, set_tag
from studio.models import BulkAction, Conversation, Review, User
from tests.standins.bulk_rows import many
from tests.standins.racing import at_once, outcome_of
from tests.standins.studio_rows import make_user


def _started(*, by: User, kind: str, **asked: object) -> BulkAction:
    return bulk.start_bulk(bulk.prepare_bulk(Conversation.objects.all(), kind=kind, by=by, **asked), by=by)


@pytest.mark.django_db(transaction=True)
def test_whoever_claims_meanwhile_keeps_what_they_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "BATCH", 10)
    rows = many(60)
    lead, people = make_user(role=User.Role.LEAD), [make_user() for _ in range(4)]
    action = _started(by=lead, kind="reject", reason="no")

    somebody_approved = Event()

    def work() -> list[int]:
        bulk.work_batch(action.pk)
        assert somebody_approved.wait(30)  # else it might be through before anybody had a look
        bulk.work_at_once(action)
        return []

    def review(by: User) -> list[int]:
        got = []
        while len(got) < 5 and (row := reviews.claim_next(by)) is not None:
            reviews.approve(row, version=1, by=by)
            got.append(row.pk)
            somebody_approved.set()
        return got

    shares = at_once(work, *[partial(review, by) for by in people])
    approved = sorted(pk for share in shares for pk in share)
    done = bulk.bulk_action(action.pk)
    # Rejected under their hands, it would be a disagreement; rejected after they approved it, their approval would be lost.
    assert sorted(Conversation.objects.filter(status="approved").values_list("pk", flat=True)) == approved
    assert Conversation.objects.filter(status="rejected").count() == done.changed == len(rows) - len(approved)
    assert done.left_out == len(approved)


@pytest.mark.django_db(transaction=True)
def test_two_workers_do_everything_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "BATCH", 10)
    many(40)
    action = _started(by=make_user(role=User.Role.LEAD), kind="reject", reason="no")

    def work() -> None:
        # Whoever finds the other one at it goes away; the sweeper would send another message.
        while bulk.bulk_action(action.pk).is_underway:
            bulk.work_batch(action.pk)

    at_once(work, work, work)
    done = bulk.bulk_action(action.pk)
    assert (done.status, done.changed) == ("done", 40)
    assert Review.objects.count() == 40


@pytest.mark.django_db(transaction=True)
def test_one_that_is_stopped_beside_its_worker_counts_what_it_did(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "BATCH", 5)
    many(100)
    lead = make_user(role=User.Role.LEAD)
    action = _started(by=lead, kind="reject", reason="no")
    has_begun, is_stopped = Event(), Event()

    def work() -> None:
        while bulk.work_batch(action.pk):
            has_begun.set()
        assert is_stopped.wait(30)  # either that ended the loop, or the whole was done before

    def stop() -> None:
        assert has_begun.wait(30)
        outcome_of(lambda: bulk.stop_bulk(action, by=lead))
        is_stopped.set()

    at_once(work, stop)
    over = bulk.bulk_action(action.pk)
    assert over.changed == Review.objects.count() == Conversation.objects.filter(status="rejected").count() > 0
    bulk.work_at_once(bulk.undo_bulk(over, by=lead))
    assert bulk.bulk_action(action.pk).undone == over.changed
    assert not Conversation.objects.filter(status="rejected").exists()


@pytest.mark.django_db(transaction=True)
def test_ten_thousand_are_done_in_short_transactions_and_undone() -> None:
    lead, annotator = make_user(role=User.Role.LEAD), make_user()
    many(bulk.LIMIT)
    action = _started(by=lead, kind="assign", assignee=annotator)
    with CaptureQueriesContext(connection) as queries:
        assert bulk.work_batch(action.pk)
    begun = [query["sql"] for query in queries if query["sql"].startswith("BEGIN")]
    assert len(begun) <= 1  # one transaction a batch
    assert len(queries) < 20  # and few statements, however many rows
    first = bulk.bulk_action(action.pk).changed
    assert 0 < first <= 500
    # Between two batches everybody gets their turn.
    assert reviews.claim_next(annotator) is not None
    bulk.work_at_once(action)
    assert Conversation.objects.filter(assigned_to=annotator).count() == bulk.LIMIT
    done = bulk.bulk_action(action.pk)
    assert (done.status, done.changed, done.left_out) == ("done", bulk.LIMIT, 0)
    bulk.work_at_once(bulk.undo_bulk(done, by=lead))
    assert bulk.bulk_action(action.pk).undone == bulk.LIMIT
    assert not Conversation.objects.exclude(assigned_to=None).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["approve", "reject", "reopen"])
def test_a_batch_of_decisions_costs_few_statements_however_many_it_holds(kind: str) -> None:
    lead = make_user(role=User.Role.LEAD)
    many(bulk.BATCH, status="approved" if kind == "reopen" else "needs_review")
    action = _started(by=lead, kind=kind, reason="no")
    with CaptureQueriesContext(connection) as queries:
        assert bulk.work_batch(action.pk)
    assert len(queries) < 40
    bulk.work_at_once(action)
    bulk.undo_bulk(bulk.bulk_action(action.pk), by=lead)
    with CaptureQueriesContext(connection) as queries:
        assert bulk.work_batch(action.pk)
    assert len(queries) < 40
    assert bulk.bulk_action(action.pk).undone == bulk.BATCH


@pytest.mark.django_db(transaction=True)
def test_somebody_who_sets_the_same_tag_at_once_is_no_deadlock() -> None:
    [row] = many(1)
    lead, ann = make_user(role=User.Role.LEAD), make_user()
    add_tag(row.dataset, name="odd", by=lead)
    action = _started(by=lead, kind="tag", tag="odd")
    is_set = Event()

    def tag() -> None:
        with transaction.atomic():
            set_tag(row, name="odd", by=ann)
            is_set.set()
            # Nothing tells that the other one waits now; it has a second to come so far.
            Event().wait(1)

    def work() -> None:
        assert is_set.wait(30)
        bulk.work_at_once(action)

    at_once(tag, work)
    assert [one.name for one in row.tags.all()] == ["odd"]
    assert bulk.bulk_action(action.pk).status == "done"
