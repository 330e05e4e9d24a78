"""Reruns as rows: asked for, claimed, ended under their token, accepted."""

from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from studio.domain import edits, reruns, reviews
from studio.domain.errors import ClaimHeld, NotPossible, StaleVersion
from studio.domain.saving import Save
from studio.models import Conversation, Rerun, User
from tests.standins.racing import at_once, outcome_of
from tests.standins.studio_rows import make_conversation, make_user

RESULT = {
    "call_id": "call00003",
    "text": "beta",
    "outcome": "ok",
    "error_type": None,
    "duration_ms": 1.0,
    "is_identical": False,
}


def ask(row: Conversation, by: User) -> Rerun:
    return reruns.ask_rerun(row, call_id="call00003", by=by)


def done(row: Conversation, by: User) -> Rerun:
    rerun = reruns.claim_rerun(ask(row, by).pk)
    assert rerun is not None
    assert reruns.finish_rerun(rerun, results=[RESULT], drift=[])
    return Rerun.objects.select_related("conversation").get(pk=rerun.pk)


def fresh(rerun: Rerun) -> Rerun:
    return Rerun.objects.get(pk=rerun.pk)


@pytest.mark.django_db
class TestRows:
    def test_a_rerun_is_claimed_once(self) -> None:
        rerun = ask(make_conversation(), make_user())
        assert reruns.claim_rerun(rerun.pk) is not None
        assert reruns.claim_rerun(rerun.pk) is None

    def test_a_rerun_whose_worker_died_is_taken_over_and_the_late_worker_writes_nothing(self) -> None:
        late = reruns.claim_rerun(ask(make_conversation(), make_user()).pk)
        Rerun.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        current = reruns.claim_rerun(late.pk)
        assert not reruns.finish_rerun(late, results=[], drift=[])
        assert not reruns.fail_rerun(late, error="late")
        assert reruns.finish_rerun(current, results=[RESULT], drift=[])
        assert fresh(current).status == Rerun.Status.DONE

    def test_one_that_failed_does_not_come_back_when_the_next_one_is_dismissed(self) -> None:
        row, by = make_conversation(), make_user()
        failed = reruns.claim_rerun(ask(row, by).pk)
        assert failed is not None
        assert reruns.fail_rerun(failed, error="The tool service is down.")
        reruns.discard_rerun(done(row, by))
        assert not row.reruns.filter(status__in=reruns.OPEN).exists()

    def test_a_rerun_that_is_kept_alive_is_not_taken_over(self) -> None:
        held = reruns.claim_rerun(ask(make_conversation(), make_user()).pk)
        Rerun.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        assert reruns.renew_reruns([held.token]) == 1
        assert reruns.claim_rerun(held.pk) is None

    def test_asking_again_discards_what_was_asked_before(self) -> None:
        row, by = make_conversation(), make_user()
        first = reruns.claim_rerun(ask(row, by).pk)
        second = ask(row, by)
        assert not reruns.finish_rerun(first, results=[RESULT], drift=[])
        assert (fresh(first).status, second.status) == (Rerun.Status.DISCARDED, Rerun.Status.PENDING)

    def test_only_what_is_there_and_free_is_run_again(self) -> None:
        row, by = make_conversation(), make_user()
        with pytest.raises(NotPossible):
            reruns.ask_rerun(row, call_id="gone", by=by)
        reviews.claim(row, by=make_user())
        row.refresh_from_db()
        with pytest.raises(ClaimHeld):
            ask(row, by)

    def test_nothing_changes_before_it_is_accepted_and_a_discarded_one_is_not(self) -> None:
        row, by = make_conversation(), make_user()
        rerun = done(row, by)
        row.refresh_from_db()
        assert row.version == 1
        reruns.discard_rerun(rerun)
        with pytest.raises(NotPossible):
            reruns.accept_rerun(rerun, by=by)  # the row in hand still says done
        row.refresh_from_db()
        assert row.version == 1

    @pytest.mark.parametrize("status", ["pending", "running", "failed"])
    def test_only_a_done_one_is_accepted(self, status: str) -> None:
        row, by = make_conversation(), make_user()
        rerun = done(row, by)
        rerun.status = status
        with pytest.raises(NotPossible):
            reruns.accept_rerun(rerun, by=by)

    def test_what_ran_for_another_version_is_not_accepted(self) -> None:
        row, by = make_conversation(), make_user()
        rerun = done(row, by)
        edits.edit_text(row, save=Save(version=1, by=by), field="answer", turn=1, text="new")
        with pytest.raises(NotPossible, match="changed since"):
            reruns.accept_rerun(fresh(rerun), by=by)
        with pytest.raises(StaleVersion):
            reruns.accept_rerun(rerun, by=by)  # the conversation in hand is the old one
        assert fresh(rerun).status == Rerun.Status.DONE

    def test_a_lost_message_is_sent_again_but_not_every_second(self) -> None:
        rerun = ask(make_conversation(), make_user())
        assert reruns.take_reruns_for_dispatch() == []  # its own message is under way
        Rerun.objects.update(created_at=timezone.now() - timedelta(seconds=10))
        assert reruns.take_reruns_for_dispatch() == [rerun.pk]
        assert reruns.take_reruns_for_dispatch() == []
        Rerun.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        assert reruns.take_reruns_for_dispatch() == [rerun.pk]
        assert reruns.claim_rerun(rerun.pk) is not None
        assert reruns.take_reruns_for_dispatch() == []

    def test_a_rerun_whose_worker_died_is_sent_again(self) -> None:
        rerun = ask(make_conversation(), make_user())
        reruns.claim_rerun(rerun.pk)
        Rerun.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        assert reruns.take_reruns_for_dispatch() == [rerun.pk]


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_one_of_many_workers_gets_it(self) -> None:
        rerun = ask(make_conversation(), make_user())
        taken = at_once(*[partial(reruns.claim_rerun, rerun.pk)] * 8)
        assert sum(one is not None for one in taken) == 1

    def test_one_of_many_acceptances_counts(self) -> None:
        row, by = make_conversation(), make_user()
        rerun = done(row, by)
        outcomes = at_once(*[partial(outcome_of, partial(reruns.accept_rerun, fresh(rerun), by=by)) for _ in range(6)])
        kinds = Counter(type(outcome) for outcome in outcomes)
        assert kinds[Conversation] == 1
        assert set(kinds) <= {Conversation, NotPossible, StaleVersion}
        row.refresh_from_db()
        assert (row.version, row.content.pair("call00003").call.result) == (2, "beta")
