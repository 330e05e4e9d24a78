"""A policy that changes while conversations wait under the old one."""

from typing import Any

import pytest

from studio.domain import edits, reviews
from studio.domain.policies import change_policy
from studio.domain.saving import Save
from studio.models import Conversation, Dataset, User
from tests.standins.studio_rows import make_conversation, make_dataset, make_user

pytestmark = pytest.mark.django_db

Status = Conversation.Status


def under(**policy: Any) -> Conversation:
    dataset = make_dataset()
    Dataset.objects.filter(pk=dataset.pk).update(**policy)
    return make_conversation(dataset=Dataset.objects.get(pk=dataset.pk))


def change(row: Conversation, **policy: Any) -> Conversation:
    change_policy(row.dataset, **policy)
    return Conversation.objects.get(pk=row.pk)


@pytest.fixture
def people() -> list[User]:
    return [make_user() for _ in range(2)]


def test_what_has_its_approvals_from_now_on_is_approved(people: list[User]) -> None:
    row, other = under(approvals_needed=3), under(approvals_needed=3)
    for by in people:
        reviews.approve(row, version=1, by=by)
        reviews.approve(other, version=1, by=by)
    stands = change(row, approvals_needed=2)
    assert (stands.status, stands.decided_by) == (Status.APPROVED, people[1])
    assert Conversation.objects.get(pk=other.pk).status == Status.NEEDS_REVIEW
    reviews.undo(people[1])
    reviews.undo(people[1])
    assert Conversation.objects.get(pk=row.pk).status == Status.NEEDS_REVIEW


def test_what_lacks_some_waits_on(people: list[User]) -> None:
    row = under(approvals_needed=3)
    reviews.approve(row, version=1, by=people[0])
    assert change(row, approvals_needed=2).status == Status.NEEDS_REVIEW


def test_a_blind_review_that_has_begun_is_finished(people: list[User]) -> None:
    row = under(double_review_share=100)
    reviews.approve(row, version=1, by=people[0])
    assert change(row, double_review_share=0).is_blind
    reviews.approve(row, version=1, by=people[1])
    assert Conversation.objects.get(pk=row.pk).status == Status.APPROVED


def test_what_an_edit_voided_counts_for_nothing(people: list[User]) -> None:
    row = under(approvals_needed=2)
    reviews.approve(row, version=1, by=people[0])
    edits.edit_text(row, save=Save(version=1, by=people[1]), field="answer", turn=1, text="Alpha.")
    assert change(row, approvals_needed=1).status == Status.NEEDS_REVIEW


def test_what_somebody_has_open_is_left_to_them(people: list[User]) -> None:
    row = under(approvals_needed=2)
    reviews.approve(row, version=1, by=people[0])
    reviews.claim_next(people[1])
    assert change(row, approvals_needed=1).status == Status.NEEDS_REVIEW
    reviews.approve(row, version=1, by=people[1])
    assert Conversation.objects.get(pk=row.pk).status == Status.APPROVED


def test_more_approvals_take_nothing_back(people: list[User]) -> None:
    row = under()
    reviews.approve(row, version=1, by=people[0])
    assert change(row, approvals_needed=2).status == Status.APPROVED
