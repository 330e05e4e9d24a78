"""Next: which conversation, and never one for two people."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from studio.domain import claims, reviews
from studio.models import Conversation, User
from tests.standins.racing import at_once
from tests.standins.studio_rows import file_walk, make_conversation, make_user


def make_queue(count: int) -> list[Conversation]:
    return [make_conversation() for _ in range(count)]


@pytest.mark.django_db
class TestOrder:
    def test_the_oldest_comes_first_and_ones_own_claim_is_kept(self) -> None:
        first, _ = make_queue(2)
        by = make_user()
        assert reviews.claim_next(by) == first
        assert reviews.claim_next(by) == first

    def test_others_get_what_is_free(self) -> None:
        first, second = make_queue(2)
        assert reviews.claim_next(make_user()) == first
        assert reviews.claim_next(make_user()) == second
        assert reviews.claim_next(make_user()) is None

    def test_after_the_one_just_left_come_those_behind_it_then_the_earlier_ones(self) -> None:
        rows, by = make_queue(3), make_user()
        seen = [rows[1]]
        for _ in range(3):
            seen.append(reviews.claim_next(by, after=seen[-1].pk))
        assert seen[1:] == [rows[2], rows[0], rows[1]]

    def test_a_skipped_one_comes_round_last(self) -> None:
        rows, by = make_queue(3), make_user()
        reviews.skip(rows[0], by=by)
        assert reviews.claim_next(by, after=rows[0].pk) == rows[1]
        reviews.approve(rows[1], version=1, by=by)
        assert reviews.claim_next(by, after=rows[1].pk) == rows[2]
        reviews.approve(rows[2], version=1, by=by)
        assert reviews.claim_next(by, after=rows[2].pk) == rows[0]

    def test_the_only_one_comes_back_to_who_skipped_it(self) -> None:
        (row,), by = make_queue(1), make_user()
        reviews.skip(row, by=by)
        assert reviews.claim_next(by, after=row.pk) == row

    def test_what_one_person_skipped_is_free_for_the_others(self) -> None:
        (row,), by = make_queue(1), make_user()
        reviews.claim_next(by)
        reviews.skip(row, by=by)
        assert reviews.claim_next(make_user()) == row

    def test_a_skip_taken_back_comes_in_its_old_place(self) -> None:
        rows, by = make_queue(2), make_user()
        reviews.skip(rows[0], by=by)
        reviews.undo(by)
        assert reviews.claim_next(by) == rows[0]

    def test_whoever_asks_for_a_second_opinion_does_not_give_it(self) -> None:
        (row,), by = make_queue(1), make_user()
        reviews.ask_second_opinion(row, version=1, by=by)
        assert reviews.claim_next(by) is None
        assert reviews.claim_next(make_user()) == row

    def test_decided_and_withheld_ones_are_not_in_the_queue(self) -> None:
        unfinished = file_walk()
        unfinished.turns[1].answer = None
        make_conversation(content=unfinished)
        decided = make_conversation()
        reviews.approve(decided, version=1, by=make_user())
        assert reviews.claim_next(make_user(role=User.Role.LEAD)) is None

    def test_an_abandoned_claim_frees_itself(self) -> None:
        (row,) = make_queue(1)
        reviews.claim_next(make_user())
        Conversation.objects.update(claim_until=timezone.now() - timedelta(seconds=1))
        assert reviews.claim_next(make_user()) == row

    def test_the_queue_is_narrowed_by_filters(self) -> None:
        _, second = make_queue(2)
        among = Conversation.objects.filter(dataset=second.dataset, pairs__tool="write_file")
        assert reviews.claim_next(make_user(), among=among) == second
        assert reviews.claim_next(make_user(), among=among) is None
        assert reviews.claim_next(make_user(), among=Conversation.objects.none()) is None

    def test_what_is_assigned_to_somebody_comes_first_even_in_a_long_queue(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(claims, "FEW", 1)
        first, _, third = make_queue(3)
        by = make_user()
        Conversation.objects.filter(pk=third.pk).update(assigned_to=by)
        claimed = reviews.claim_next(by)
        assert claimed == third
        assert claimed.is_claimed
        assert claimed.claimed_by == by
        assert reviews.claim_next(make_user()) == first

    def test_a_claim_waits_for_the_database_a_few_times(self) -> None:
        make_queue(1)
        by = make_user()
        with CaptureQueriesContext(connection) as queries:
            assert reviews.claim_next(by) is not None
        # SQLite locks in a transaction, and is asked in process.
        assert len(queries) == (2 if connection.vendor == "postgresql" else 5)

    @pytest.mark.parametrize("few", [0, 2000])
    def test_what_is_claimed_is_the_whole_row_as_it_then_stands(
        self, few: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(claims, "FEW", few)
        make_queue(2)
        claimed = reviews.claim_next(make_user())
        assert claimed is not None
        stands = Conversation.objects.get(pk=claimed.pk)
        assert {field.name: getattr(claimed, field.attname) for field in Conversation._meta.concrete_fields} == {
            field.name: getattr(stands, field.attname) for field in Conversation._meta.concrete_fields
        }
        claimed.save()  # it is known as a row that is there
        assert Conversation.objects.count() == 2

    def test_the_conditions_of_a_claim_hold_of_the_rows_of_a_subquery(self) -> None:
        free, taken = make_queue(2)
        by = make_user()
        assert reviews.claim(taken, by=make_user())
        own = Conversation.objects.claimable(by=by).approvable(by=by).values("pk")
        assert list(Conversation.objects.filter(pk__in=own)) == [free]
        assert list(Conversation.objects.exclude(pk__in=own)) == [taken]


@pytest.mark.django_db(transaction=True)
def test_sixteen_people_at_once_never_get_the_same_one() -> None:
    rows = make_queue(40)
    people = [make_user() for _ in range(16)]

    def review_all(by: User) -> list[int]:
        got = []
        while (row := reviews.claim_next(by)) is not None:
            got.append(row.pk)
            reviews.approve(row, version=1, by=by)
        return got

    shares = at_once(*[partial(review_all, by) for by in people])
    assert sorted(pk for share in shares for pk in share) == [row.pk for row in rows]
    assert sum(bool(share) for share in shares) > 1  # else nothing raced


@pytest.mark.django_db(transaction=True)
def test_of_sixteen_who_open_the_same_conversation_one_holds_it() -> None:
    (row,) = make_queue(1)
    people = [make_user() for _ in range(16)]
    held = at_once(*[partial(reviews.claim, row, by=by) for by in people])
    assert sum(held) == 1
    row.refresh_from_db()
    assert row.claimed_by == people[held.index(True)]
