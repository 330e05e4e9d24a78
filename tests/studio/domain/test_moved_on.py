"""Decisions taken back, in person and in bulk, after a lead moved the conversation on: what was done since stands."""

import pytest

from studio.domain import bulk, policies, reviews, waivers
from studio.domain.edits import edit_text
from studio.domain.errors import NotAllowed, NotPossible
from studio.domain.saving import Save
from studio.models import BulkAction, Conversation, SearchText, User
from tests.standins.bulk_rows import many
from tests.standins.studio_rows import make_conversation, make_user
from tests.studio.domain.test_waivers import blocking, odd_walk

pytestmark = pytest.mark.django_db

Status = Conversation.Status


@pytest.fixture
def lead() -> User:
    return make_user(role=User.Role.LEAD)


@pytest.fixture
def anna() -> User:
    return make_user()


def fresh(row: Conversation) -> Conversation:
    return Conversation.objects.get(pk=row.pk)


def reopen(row: Conversation, *, by: User) -> BulkAction:
    rows = Conversation.objects.filter(pk=row.pk)
    action = bulk.start_bulk(bulk.prepare_bulk(rows, kind="reopen", by=by), by=by)
    bulk.work_at_once(action)
    return bulk.bulk_action(action.pk)


def undo(action: BulkAction, *, by: User) -> BulkAction:
    bulk.work_at_once(bulk.undo_bulk(action, by=by))
    return bulk.bulk_action(action.pk)


def test_taking_a_skip_back_lets_nothing_withheld_into_review(lead: User, anna: User) -> None:
    row = make_conversation(content=odd_walk("one"))
    waiver = waivers.waive(row, version=1, finding=blocking(row)[0], by=lead, reason="Known.")
    reviews.skip(fresh(row), by=anna)
    waivers.revoke_waiver(waiver, by=lead)
    with pytest.raises(NotPossible, match="A lead moved that conversation on"):
        reviews.undo(anna)
    assert (fresh(row).status, fresh(row).claimed_by) == (Status.WITHHELD, None)


def test_taking_a_skip_back_leaves_what_another_policy_approved(anna: User) -> None:
    row = make_conversation()
    policies.change_policy(row.dataset, approvals_needed=2)
    reviews.approve(fresh(row), version=1, by=make_user())
    reviews.skip(fresh(row), by=anna)
    policies.change_policy(row.dataset, approvals_needed=1)
    with pytest.raises(NotPossible):
        reviews.undo(anna)
    assert fresh(row).status == Status.APPROVED


def test_what_was_sent_to_review_anew_is_taken_back_by_its_lead_alone(lead: User, anna: User) -> None:
    [row] = many(1)
    reviews.approve(row, version=1, by=anna)
    action = reopen(row, by=lead)
    with pytest.raises(NotPossible, match="A lead moved that conversation on"):
        reviews.undo(anna)
    assert undo(action, by=lead).undone == 1
    assert fresh(row).status == Status.APPROVED
    assert [(one.stands, one.undone_at) for one in row.reviews.all()] == [(True, None)]


@pytest.mark.parametrize("policy", [{"approvals_needed": 2}, {"double_review_share": 100}])
def test_an_approval_given_since_is_not_passed_over(lead: User, anna: User, policy: dict[str, int]) -> None:
    [row] = many(1)
    reviews.approve(row, version=1, by=anna)
    policies.change_policy(row.dataset, **policy)
    action = reopen(row, by=lead)
    reviews.approve(fresh(row), version=1, by=make_user())
    is_blind = fresh(row).is_blind
    action = undo(action, by=lead)
    assert (action.undone, action.kept) == (0, 1)
    assert (fresh(row).status, fresh(row).is_blind) == (Status.NEEDS_REVIEW, is_blind)
    assert row.reviews.filter(stands=True).count() == 1


def test_who_leads_no_more_starts_nothing_that_they_prepared(lead: User) -> None:
    [row] = many(1)
    action = bulk.prepare_bulk(Conversation.objects.all(), kind="reject", reason="No.", by=lead)
    lead.role = User.Role.ANNOTATOR
    lead.save()
    with pytest.raises(NotAllowed):
        bulk.start_bulk(action, by=lead)
    assert fresh(row).status == Status.NEEDS_REVIEW


@pytest.mark.parametrize("how", ["reopened", "edited"])
def test_a_blind_review_that_begins_anew_shows_nothing_of_the_last(lead: User, anna: User, how: str) -> None:
    [row] = many(1)
    call_id = row.pairs.first().call_id
    reviews.set_verdict(row, call_id=call_id, verdict="wrong", by=anna)
    reviews.reject(fresh(row), version=1, by=anna, reason="Zanzibar")
    policies.change_policy(row.dataset, double_review_share=100)
    action = None
    if how == "reopened":
        action = reopen(row, by=lead)
    else:
        edit_text(fresh(row), save=Save(version=1, by=make_user()), field="user", text="Another question")
    assert row.pairs.get(call_id=call_id).verdict == ""
    assert "Zanzibar" not in SearchText.objects.get(conversation=row).words
    if action is not None:
        undo(action, by=lead)
        assert row.pairs.get(call_id=call_id).verdict == "wrong"
        assert "Zanzibar" in SearchText.objects.get(conversation=row).words
