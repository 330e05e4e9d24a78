"""Decisions: what may be approved, what each does, and undoing the last one."""

from datetime import timedelta

import pytest
from django.utils import timezone

from studio.domain import edits, reviews
from studio.domain.errors import ClaimHeld, NotAllowed, NotPossible, Refused, StaleVersion
from studio.domain.saving import Save
from studio.models import Conversation, Review, User
from tests.standins.studio_rows import file_walk, make_conversation, make_user

pytestmark = pytest.mark.django_db

Status = Conversation.Status


@pytest.fixture
def by() -> User:
    return make_user()


@pytest.fixture
def row() -> Conversation:
    return make_conversation()


def fresh(row: Conversation) -> Conversation:
    return Conversation.objects.get(pk=row.pk)


def test_each_decision_sets_the_status_notes_who_and_lets_the_claim_go(row: Conversation, by: User) -> None:
    reviews.claim(row, by=by)
    for decide, status in (
        (reviews.ask_second_opinion, Status.SECOND_OPINION),
        (lambda *args, **kwargs: reviews.reject(*args, reason="Wrong tool", **kwargs), Status.REJECTED),
        (reviews.approve, Status.APPROVED),
    ):
        review = decide(row, version=1, by=by)
        stands = fresh(row)
        assert (stands.status, stands.decided_by, stands.claimed_by) == (status, by, None)
        assert (review.decision, review.version, review.reviewer) == (status, 1, by)
    assert row.reviews.count() == 3


def test_a_rejection_needs_a_reason(row: Conversation, by: User) -> None:
    with pytest.raises(Refused):
        reviews.reject(row, version=1, by=by, reason=" ")
    assert fresh(row).status == Status.NEEDS_REVIEW


def test_a_decision_is_about_the_version_that_stands(row: Conversation, by: User) -> None:
    edits.edit_text(row, save=Save(version=1, by=make_user(name="Ada")), field="answer", turn=1, text="new")
    with pytest.raises(StaleVersion, match="Ada"):
        reviews.approve(row, version=1, by=by)
    assert not Review.objects.exists()


def test_nobody_decides_what_somebody_else_has_claimed(row: Conversation, by: User) -> None:
    reviews.claim(row, by=make_user(name="Grace"))
    with pytest.raises(ClaimHeld, match="Grace"):
        reviews.approve(row, version=1, by=by)


def test_stale_parts_keep_a_conversation_from_approval_until_they_are_settled(row: Conversation, by: User) -> None:
    arguments = {"file_path": "b.txt"}
    edited = edits.edit_call(row, save=Save(version=1, by=by), call_id="call00003", arguments=arguments)
    with pytest.raises(NotPossible, match="2 stale parts") as refused:
        reviews.approve(edited, version=2, by=by)
    assert refused.value.details == reviews.obstacles(edited)
    settled = edits.edit_result(edited, save=Save(version=2, by=by), call_id="call00003", result="beta")
    settled = edits.edit_text(settled, save=Save(version=3, by=by), field="answer", turn=1, text="beta.")
    assert reviews.obstacles(settled) == []
    reviews.approve(settled, version=4, by=by)


def test_blocking_findings_keep_a_conversation_from_approval(by: User) -> None:
    content = file_walk()
    content.turns[1].answer = None
    row = make_conversation(content=content)
    with pytest.raises(NotPossible):
        reviews.approve(row, version=1, by=by)
    assert fresh(row).status == Status.WITHHELD


def test_the_same_decision_twice_is_refused(row: Conversation, by: User) -> None:
    reviews.approve(row, version=1, by=by)
    with pytest.raises(NotPossible, match="approved already"):
        reviews.approve(row, version=1, by=by)
    reviews.reject(row, version=1, by=by, reason="on second thoughts")
    with pytest.raises(NotPossible, match="rejected already"):
        reviews.reject(row, version=1, by=by, reason="again")


def test_undo_brings_the_last_decision_back_to_the_one_who_took_it(row: Conversation, by: User) -> None:
    reviews.ask_second_opinion(row, version=1, by=by)
    reviews.reject(row, version=1, by=by, reason="no")
    assert reviews.undo(by).decision == Review.Decision.REJECTED
    stands = fresh(row)
    assert (stands.status, stands.claimed_by, stands.decided_by) == (Status.SECOND_OPINION, by, None)
    assert reviews.undo(by).decision == Review.Decision.SECOND_OPINION
    assert fresh(row).status == Status.NEEDS_REVIEW
    assert reviews.undo(by) is None
    assert row.reviews.filter(undone_at=None).count() == 0


def test_undo_is_for_ones_own_decisions(row: Conversation, by: User) -> None:
    reviews.approve(row, version=1, by=make_user())
    assert reviews.undo(by) is None
    assert fresh(row).status == Status.APPROVED


def test_a_decision_that_somebody_followed_up_can_not_be_undone(row: Conversation, by: User) -> None:
    reviews.ask_second_opinion(row, version=1, by=by)
    reviews.approve(row, version=1, by=make_user())
    with pytest.raises(NotPossible, match="decided"):
        reviews.undo(by)
    assert fresh(row).status == Status.APPROVED


def test_a_decision_about_what_was_edited_since_can_not_be_undone(row: Conversation, by: User) -> None:
    reviews.approve(row, version=1, by=by)
    edits.edit_text(fresh(row), save=Save(version=1, by=make_user()), field="answer", turn=1, text="new")
    with pytest.raises(NotPossible, match="edited"):
        reviews.undo(by)


def test_undo_does_not_take_the_conversation_out_of_somebodys_hands(row: Conversation, by: User) -> None:
    other = make_user(name="Grace")
    reviews.ask_second_opinion(row, version=1, by=by)
    assert reviews.claim(row, by=other)
    with pytest.raises(ClaimHeld, match="Grace"):
        reviews.undo(by)
    assert fresh(row).claimed_by == other


def test_a_lead_takes_a_claim_over_and_nobody_else_does(row: Conversation, by: User) -> None:
    reviews.claim(row, by=by)
    with pytest.raises(NotAllowed):
        reviews.take_over(row, by=make_user())
    lead = make_user(role=User.Role.LEAD)
    reviews.take_over(row, by=lead)
    assert fresh(row).claimed_by == lead
    with pytest.raises(ClaimHeld):
        reviews.approve(row, version=1, by=by)


def test_a_claim_that_ran_out_holds_nobody_up(row: Conversation, by: User) -> None:
    other = make_user()
    assert reviews.claim(row, by=other)
    assert not reviews.claim(row, by=by)
    Conversation.objects.update(claim_until=timezone.now() - timedelta(seconds=1))
    reviews.require_free(fresh(row), by=by)
    assert reviews.claim(row, by=by)
    assert not reviews.claim(row, by=other)


def test_only_ones_own_claim_is_let_go(row: Conversation, by: User) -> None:
    reviews.claim(row, by=by)
    reviews.release(row, by=make_user())
    assert fresh(row).is_claimed
    reviews.release(row, by=by)
    assert not fresh(row).is_claimed


def test_old_claims_are_tidied_and_live_ones_stay(by: User) -> None:
    old, live = make_conversation(), make_conversation()
    reviews.claim(old, by=by)
    reviews.claim(live, by=by)
    Conversation.objects.filter(pk=old.pk).update(claim_until=timezone.now() - reviews.CLAIM * 2)
    assert reviews.release_old_claims() == 1
    assert (fresh(old).claimed_by, fresh(live).claimed_by) == (None, by)


def test_a_decided_conversation_is_not_claimed(row: Conversation, by: User) -> None:
    reviews.approve(row, version=1, by=by)
    assert not reviews.claim(row, by=by)


def test_a_verdict_keeps_its_comment_until_a_new_one_is_given(row: Conversation, by: User) -> None:
    reviews.set_verdict(row, call_id="call00002", verdict="wrong", by=by, comment="why?")
    pair = reviews.set_verdict(row, call_id="call00002", verdict="ok", by=by)
    assert (pair.verdict, pair.comment) == ("ok", "why?")
    with pytest.raises(Refused):
        reviews.set_verdict(row, call_id="call00002", verdict="great", by=by)
    with pytest.raises(NotPossible):
        reviews.set_verdict(row, call_id="gone", verdict="ok", by=by)
