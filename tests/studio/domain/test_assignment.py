"""Who is given what is assigned to somebody."""

import pytest

from studio.domain import reviews
from studio.models import Conversation, User
from tests.standins.studio_rows import make_conversation, make_user

pytestmark = pytest.mark.django_db


def _assigned(to: User) -> Conversation:
    row = make_conversation()
    Conversation.objects.filter(pk=row.pk).update(assigned_to=to)
    return row


def test_what_is_assigned_to_one_comes_before_what_is_older() -> None:
    by = make_user()
    make_conversation()
    mine = _assigned(by)
    assert reviews.claim_next(by) == mine


def test_what_is_assigned_to_somebody_else_is_never_given() -> None:
    theirs = _assigned(make_user())
    by = make_user()
    assert reviews.claim_next(by) is None
    assert not reviews.claim(theirs, by=by)


def test_an_assigned_one_that_was_skipped_comes_behind_the_rest_and_then_again() -> None:
    by = make_user()
    mine, other = _assigned(by), make_conversation()
    reviews.skip(mine, by=by)
    assert reviews.claim_next(by, after=mine.pk) == other
    reviews.approve(other, version=1, by=by)
    assert reviews.claim_next(by, after=other.pk) == mine


def test_who_left_keeps_nothing_from_the_others() -> None:
    gone = make_user()
    row = _assigned(gone)
    gone.is_active = False
    gone.save()
    assert reviews.claim_next(make_user()) == row


def test_a_lead_takes_over_what_an_assignee_has_open() -> None:
    assignee, lead = make_user(), make_user(role=User.Role.LEAD)
    row = _assigned(assignee)
    assert reviews.claim_next(assignee) == row
    reviews.take_over(row, by=lead)
    row.refresh_from_db()
    assert row.claimed_by == lead
