"""Rows that are read and written without Django's queries are what Django's queries read and write."""

from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from studio.domain import reviews, search, statements
from studio.domain.filters import Filters
from studio.domain.rounds import standing
from studio.models import Conversation, Review
from tests.standins.studio_rows import make_conversation, make_user

pytestmark = pytest.mark.django_db


def columns_of(row: Model) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


class TestLockConversation:
    def test_it_is_the_row_with_its_dataset(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        stands = make_conversation()
        with django_assert_num_queries(1):
            row = statements.lock_conversation(stands.pk)
            dataset = row.dataset
        stands.refresh_from_db()
        assert columns_of(row) == columns_of(stands)
        assert columns_of(dataset) == columns_of(stands.dataset)

    def test_one_that_is_not_there(self) -> None:
        with pytest.raises(Conversation.DoesNotExist):
            statements.lock_conversation(0)


def test_reviews_that_stand_are_those_that_count() -> None:
    row, by = make_conversation(), make_user()
    for stands in (True, False, True):
        Review.objects.create(
            conversation=row, reviewer=by, decision="approved", previous_status="", version=1, stands=stands, reason="Ü"
        )
    found = statements.reviews_that_stand(row.pk)
    assert [columns_of(review) for review in found] == [columns_of(review) for review in standing(row)]
    assert len(found) == 2


def test_a_decision_is_returned_as_it_is_stored() -> None:
    row = make_conversation()
    review = reviews.reject(row, version=1, by=make_user(), reason="Off topic")
    assert columns_of(review) == columns_of(Review.objects.get())
    assert columns_of(review.conversation) == columns_of(Conversation.objects.get())
    review.save()  # it is known as a row that is there
    assert Review.objects.count() == 1


def test_what_is_found_in_many_is_counted_once_in_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MANY", 1)
    monkeypatch.setattr(search, "_many_until", {})
    by, rows = make_user(), [make_conversation() for _ in range(2)]
    filters = Filters(tool="read_file")

    def narrowed() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert set(filters.narrow(Conversation.objects.all(), by=by)) == set(Conversation.objects.all())
        return len(queries) - 2

    assert [narrowed(), narrowed()] == [1, 0]
    rows[0].delete()  # fewer now, but a moment ago they were many
    assert narrowed() == 0
    monkeypatch.setattr(search, "_many_until", {})
    other = Filters(tool="write_file", pairs_min=5000)
    assert not other.narrow(Conversation.objects.all(), by=by).exists()
