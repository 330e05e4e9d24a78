"""Approvals by several people, and blind double reviews: who may decide next, what a decision makes of it, what nobody sees."""

from functools import partial
from typing import Any

import pytest

from studio.domain import adjudication, edits, reviews
from studio.domain.errors import NotPossible
from studio.domain.filters import Filters
from studio.domain.history import restore_revision
from studio.domain.rounds import is_drawn, is_hidden, round_of
from studio.domain.saving import Save
from studio.models import Branch, Conversation, Dataset, Review, User
from tests.standins.racing import at_once, outcome_of
from tests.standins.studio_rows import make_conversation, make_dataset, make_user

pytestmark = pytest.mark.django_db

Status = Conversation.Status
reject = partial(reviews.reject, reason="Wrong tool")


@pytest.fixture
def anna() -> User:
    return make_user(name="anna")


@pytest.fixture
def ben() -> User:
    return make_user(name="ben")


@pytest.fixture
def carl() -> User:
    return make_user(name="carl")


@pytest.fixture
def lead() -> User:
    return make_user(name="lena", role=User.Role.LEAD)


def under(**policy: Any) -> Conversation:
    """A conversation of a dataset with this policy."""
    dataset = make_dataset()
    Dataset.objects.filter(pk=dataset.pk).update(**policy)
    return make_conversation(dataset=Dataset.objects.get(pk=dataset.pk))


def fresh(row: Conversation) -> Conversation:
    return Conversation.objects.get(pk=row.pk)


def edit(row: Conversation, by: User, *, text: str = "Another answer: alpha.") -> Conversation:
    return edits.edit_text(row, save=Save(version=row.version, by=by), field="answer", turn=1, text=text)


class TestApprovals:
    def test_as_many_different_people_as_the_policy_says_approve_it(self, anna: User, ben: User, carl: User) -> None:
        row = under(approvals_needed=3)
        for person, given in ((anna, 1), (ben, 2)):
            reviews.approve(row, version=1, by=person)
            stands = fresh(row)
            assert (stands.status, stands.decided_by, stands.claimed_by) == (Status.NEEDS_REVIEW, None, None)
            assert (round_of(stands, by=carl).given, round_of(stands, by=carl).needed) == (given, 3)
        reviews.approve(row, version=1, by=carl)
        assert (fresh(row).status, fresh(row).decided_by) == (Status.APPROVED, carl)

    def test_nobody_approves_twice_nor_is_given_it_again(self, anna: User, ben: User) -> None:
        row = under(approvals_needed=2)
        reviews.approve(row, version=1, by=anna)
        with pytest.raises(NotPossible, match=r"1 of 2 approvals\. Somebody else"):
            reviews.approve(row, version=1, by=anna)
        assert reviews.claim_next(anna) is None
        assert not reviews.claim(row, by=anna)
        assert reviews.claim_next(ben) == row

    def test_an_edit_voids_the_approvals(self, anna: User, ben: User) -> None:
        row = under(approvals_needed=2)
        reviews.approve(row, version=1, by=anna)
        edit(row, ben)
        assert round_of(fresh(row), by=ben).given == 0
        reviews.approve(row, version=2, by=ben)
        assert fresh(row).status == Status.NEEDS_REVIEW
        assert reviews.claim_next(anna) == row
        reviews.approve(row, version=2, by=anna)
        assert fresh(row).status == Status.APPROVED

    def test_a_save_that_leaves_the_content_as_it_is_voids_nothing(self, anna: User, ben: User) -> None:
        row = under(approvals_needed=2)
        reviews.approve(row, version=1, by=anna)
        stale = edits.edit_call(
            row, save=Save(version=1, by=ben), call_id="call00003", arguments={"file_path": "b.txt"}
        )
        settled = edits.edit_result(stale, save=Save(version=2, by=ben), call_id="call00003", result="beta")
        reviews.ask_second_opinion(settled, version=3, by=ben)
        edits.confirm_fresh(settled, version=3, by=ben, reason="holds", everything=True)
        assert [review.decision for review in row.reviews.filter(stands=True)] == [Review.Decision.SECOND_OPINION]
        reviews.approve(row, version=4, by=anna)
        edits.confirm_fresh(fresh(row), version=4, by=ben, reason="nothing is stale", everything=True)
        assert round_of(fresh(row), by=anna).given == 1

    def test_restoring_what_was_approved_is_an_edit_too(self, anna: User, ben: User) -> None:
        row = under(approvals_needed=2)
        reviews.approve(row, version=1, by=anna)
        edit(row, ben)
        restore_revision(fresh(row), version=2, revision=1, by=ben)
        assert round_of(fresh(row), by=ben).given == 0

    def test_an_approved_one_that_is_edited_begins_again(self, anna: User, ben: User) -> None:
        row = under(approvals_needed=2)
        reviews.approve(row, version=1, by=anna)
        reviews.approve(row, version=1, by=ben)
        edit(row, ben)
        assert (fresh(row).status, round_of(fresh(row), by=ben).given) == (Status.NEEDS_REVIEW, 0)
        assert reviews.claim_next(anna) == row

    def test_undo_takes_back_ones_own_approval_alone(self, anna: User, ben: User) -> None:
        row = under(approvals_needed=2)
        reviews.approve(row, version=1, by=anna)
        reviews.approve(row, version=1, by=ben)
        reviews.undo(ben)
        stands = fresh(row)
        assert (stands.status, stands.decided_by, round_of(stands, by=ben).given) == (Status.NEEDS_REVIEW, None, 1)
        reviews.approve(row, version=1, by=ben)
        assert fresh(row).status == Status.APPROVED

    def test_somebody_elses_skip_does_not_keep_one_from_undoing(self, anna: User, ben: User) -> None:
        row = under(approvals_needed=2)
        reviews.approve(row, version=1, by=anna)
        reviews.skip(fresh(row), by=ben)
        assert reviews.undo(anna) is not None
        assert round_of(fresh(row), by=anna).given == 0

    def test_a_rejection_against_an_approval_is_for_a_lead(self, anna: User, ben: User, lead: User) -> None:
        row = under(approvals_needed=2)
        reviews.approve(row, version=1, by=anna)
        reject(row, version=1, by=ben)
        stands = fresh(row)
        assert (stands.status, stands.decided_by) == (Status.ADJUDICATION, None)
        assert reviews.claim_next(lead) is None
        for decide in (reviews.approve, reject, reviews.ask_second_opinion):
            with pytest.raises(NotPossible, match="Adjudication"):
                decide(row, version=1, by=lead)
        reviews.undo(ben)
        assert (fresh(row).status, round_of(fresh(row), by=ben).given) == (Status.NEEDS_REVIEW, 1)

    def test_a_lead_has_the_last_word(self, anna: User, lead: User) -> None:
        row = under(approvals_needed=2)
        reviews.approve(row, version=1, by=anna)
        reject(row, version=1, by=lead)
        assert fresh(row).status == Status.REJECTED
        reviews.undo(lead)
        assert (fresh(row).status, round_of(fresh(row), by=lead).given) == (Status.NEEDS_REVIEW, 1)

    def test_who_changes_their_mind_disagrees_with_nobody(self, anna: User) -> None:
        row = under()
        reviews.approve(row, version=1, by=anna)
        reject(row, version=1, by=anna)
        assert fresh(row).status == Status.REJECTED
        reviews.undo(anna)
        assert (fresh(row).status, fresh(row).decided_by) == (Status.APPROVED, anna)

    def test_whoever_asked_for_a_second_opinion_may_approve_once_it_is_given(self, anna: User, ben: User) -> None:
        row = under(approvals_needed=2)
        reviews.ask_second_opinion(row, version=1, by=anna)
        assert reviews.claim_next(anna) is None
        reviews.approve(row, version=1, by=ben)
        assert reviews.claim_next(anna) == row
        reviews.approve(row, version=1, by=anna)
        assert fresh(row).status == Status.APPROVED

    def test_what_two_people_passed_on_goes_to_a_lead(self, anna: User, ben: User) -> None:
        row = under()
        reviews.ask_second_opinion(row, version=1, by=anna, reason="Is it?")
        reviews.ask_second_opinion(row, version=1, by=ben, reason="Who knows?")
        assert fresh(row).status == Status.ADJUDICATION
        assert [side.reviewer for side in adjudication.sides(row)] == [anna, ben]
        reviews.undo(ben)
        assert fresh(row).status == Status.SECOND_OPINION

    def test_the_author_of_an_edit_approves_only_where_the_policy_lets_them(self, anna: User, ben: User) -> None:
        allowed, forbidden = under(), under(author_may_approve=False)
        for row in (allowed, forbidden):
            edit(row, anna)
        reviews.approve(allowed, version=2, by=anna)
        with pytest.raises(NotPossible, match="You edited it, and in this dataset somebody else approves"):
            reviews.approve(forbidden, version=2, by=anna)
        assert reviews.claim_next(anna) is None
        reviews.approve(forbidden, version=2, by=ben)
        assert fresh(forbidden).status == Status.APPROVED

    def test_the_author_of_an_edit_may_always_reject(self, anna: User) -> None:
        row = under(author_may_approve=False)
        edit(row, anna)
        reject(row, version=2, by=anna)
        assert fresh(row).status == Status.REJECTED

    def test_one_who_had_their_say_keeps_what_is_assigned_to_them_from_nobody(self, anna: User, ben: User) -> None:
        row = under(approvals_needed=2)
        Conversation.objects.update(assigned_to=anna)
        assert reviews.claim_next(ben) is None
        reviews.approve(row, version=1, by=anna)
        assert reviews.claim_next(ben) == row


class TestBranches:
    @pytest.mark.parametrize(
        ("status", "words"), [("pending", "wait for it"), ("running", "wait for it"), ("done", "keep the branch")]
    )
    def test_an_undecided_branch_keeps_it_from_approval(self, anna: User, status: str, words: str) -> None:
        row = under()
        Branch.objects.create(conversation=row, version=1, turn=0, seed=1, state=row.document, status=status)
        with pytest.raises(NotPossible, match=words):
            reviews.approve(row, version=1, by=anna)
        assert fresh(row).status == Status.NEEDS_REVIEW

    @pytest.mark.parametrize("status", ["failed", "cancelled", "kept", "discarded"])
    def test_a_decided_or_failed_one_does_not(self, anna: User, status: str) -> None:
        row = under()
        Branch.objects.create(conversation=row, version=1, turn=0, seed=1, state=row.document, status=status)
        reviews.approve(row, version=1, by=anna)


class TestDraw:
    def test_it_is_the_same_for_every_higher_share_and_about_as_large_as_the_share(self) -> None:
        rows = [Conversation(pid=f"pid{number:09d}", dataset=Dataset()) for number in range(2000)]

        def drawn(share: int) -> set[str]:
            for row in rows:
                row.dataset.double_review_share = share
            return {row.pid for row in rows if is_drawn(row)}

        assert drawn(0) == set()
        assert len(drawn(100)) == len(rows)
        assert drawn(10) < drawn(25) < drawn(60)
        assert 0.07 < len(drawn(10)) / len(rows) < 0.13


class TestBlind:
    @pytest.fixture
    def row(self) -> Conversation:
        return under(double_review_share=100)

    def test_two_who_agree_decide_it(self, row: Conversation, anna: User, ben: User) -> None:
        reviews.approve(row, version=1, by=anna)
        stands = fresh(row)
        assert (stands.status, stands.is_blind, stands.decided_by) == (Status.NEEDS_REVIEW, True, None)
        reviews.approve(row, version=1, by=ben)
        assert (fresh(row).status, fresh(row).is_blind) == (Status.APPROVED, False)
        second = row.reviews.get(reviewer=ben)
        assert second.counterpart == row.reviews.get(reviewer=anna)

    def test_two_rejections_agree_whatever_their_reasons(self, row: Conversation, anna: User, ben: User) -> None:
        reviews.reject(row, version=1, by=anna, reason="Wrong tool")
        assert fresh(row).status == Status.NEEDS_REVIEW
        reviews.reject(row, version=1, by=ben, reason="Off topic")
        assert fresh(row).status == Status.REJECTED

    @pytest.mark.parametrize("first_approves", [True, False])
    def test_two_who_decide_differently_are_for_a_lead(
        self, row: Conversation, anna: User, lead: User, first_approves: bool
    ) -> None:
        first, second = (reviews.approve, reject) if first_approves else (reject, reviews.approve)
        first(row, version=1, by=anna)
        second(row, version=1, by=lead)  # who sees no more than anybody else, so has no last word here
        assert (fresh(row).status, fresh(row).is_blind) == (Status.ADJUDICATION, False)
        assert [side.reviewer for side in adjudication.sides(row)] == [anna, lead]

    def test_what_the_second_edited_was_not_approved_twice(self, row: Conversation, anna: User, ben: User) -> None:
        reviews.approve(row, version=1, by=anna)
        edit(row, ben)
        assert (fresh(row).is_blind, row.reviews.get(reviewer=anna).stands) == (True, True)
        reviews.approve(row, version=2, by=ben)
        assert fresh(row).status == Status.ADJUDICATION

    def test_what_the_second_edited_and_put_back_was(self, row: Conversation, anna: User, ben: User) -> None:
        reviews.approve(row, version=1, by=anna)
        edit(row, ben)
        restore_revision(fresh(row), version=2, revision=1, by=ben)
        reviews.approve(row, version=3, by=ben)
        assert fresh(row).status == Status.APPROVED

    def test_the_firsts_own_edit_takes_their_decision_back(self, row: Conversation, anna: User, ben: User) -> None:
        reviews.approve(row, version=1, by=anna)
        edit(row, anna)
        assert fresh(row).is_blind is False
        assert reviews.claim_next(anna) == row
        reviews.approve(row, version=2, by=anna)
        reviews.approve(row, version=2, by=ben)
        assert fresh(row).status == Status.APPROVED

    def test_the_first_neither_decides_again_nor_is_given_it(self, row: Conversation, anna: User) -> None:
        reviews.approve(row, version=1, by=anna)
        assert reviews.claim_next(anna) is None
        for decide in (reviews.approve, reject, reviews.ask_second_opinion):
            with pytest.raises(NotPossible, match="undo takes yours back"):
                decide(row, version=1, by=anna)

    def test_a_third_approval_is_given_knowingly(self, anna: User, ben: User, carl: User) -> None:
        row = under(double_review_share=100, approvals_needed=3)
        reviews.approve(row, version=1, by=anna)
        reviews.approve(row, version=1, by=ben)
        stands = fresh(row)
        assert (stands.status, is_hidden(stands), round_of(stands, by=carl).given) == (Status.NEEDS_REVIEW, False, 2)
        reviews.approve(row, version=1, by=carl)
        assert fresh(row).status == Status.APPROVED

    def test_another_share_changes_nothing_that_has_begun(self, row: Conversation, anna: User, ben: User) -> None:
        reviews.approve(row, version=1, by=anna)
        Dataset.objects.update(double_review_share=0)
        assert is_hidden(fresh(row))
        reject(row, version=1, by=ben)
        assert fresh(row).status == Status.ADJUDICATION

    def test_what_was_approved_in_the_open_is_not_drawn_later(self, anna: User, ben: User) -> None:
        row = under(approvals_needed=2)
        reviews.approve(row, version=1, by=anna)
        Dataset.objects.update(double_review_share=100)
        reviews.approve(row, version=1, by=ben)
        assert (fresh(row).status, fresh(row).is_blind) == (Status.APPROVED, False)

    def test_undoing_the_second_opens_it_again_and_undoing_the_first_begins_anew(
        self, row: Conversation, anna: User, ben: User
    ) -> None:
        reviews.approve(row, version=1, by=anna)
        reject(row, version=1, by=ben)
        reviews.undo(ben)
        assert (fresh(row).status, fresh(row).is_blind) == (Status.NEEDS_REVIEW, True)
        reviews.release(row, by=ben)
        reviews.undo(anna)
        assert (fresh(row).status, fresh(row).is_blind) == (Status.NEEDS_REVIEW, False)
        assert not row.reviews.filter(stands=True).exists()

    def test_a_question_in_between_leaves_it_blind(self, row: Conversation, anna: User, ben: User, carl: User) -> None:
        reviews.approve(row, version=1, by=anna)
        reviews.ask_second_opinion(row, version=1, by=ben, reason="Hm?")
        assert (fresh(row).status, fresh(row).is_blind) == (Status.SECOND_OPINION, True)
        reviews.undo(ben)
        assert fresh(row).is_blind
        reviews.release(row, by=ben)
        reviews.approve(row, version=1, by=carl)
        assert fresh(row).status == Status.APPROVED

    def test_no_list_finds_it_by_who_decided_edited_or_what_they_wrote(
        self, row: Conversation, anna: User, ben: User, lead: User
    ) -> None:
        edit(row, anna)
        reviews.reject(row, version=2, by=anna, reason="Preposterous")
        assert not fresh(row).is_blind or fresh(row).decided_by is None
        hidden = [
            Filters(reviewer="anna"),
            Filters(edited_by="anna"),
            Filters(q="Preposterous"),
            Filters(verdict="wrong"),
        ]
        for filters in hidden:
            for person in (ben, lead):
                assert not filters.narrow(Conversation.objects.all(), by=person).exists(), filters
        assert Filters(reviewer="me").narrow(Conversation.objects.all(), by=anna).exists()
        reviews.reject(row, version=2, by=ben, reason="Off topic")
        for filters in hidden[:3]:
            assert filters.narrow(Conversation.objects.all(), by=lead).exists(), filters


class TestVerdicts:
    def test_each_person_has_their_own_and_the_latest_stands(self, anna: User, ben: User) -> None:
        row = under()
        reviews.set_verdict(row, call_id="call00001", verdict="wrong", tag="Wrong tool", comment="why?", by=anna)
        reviews.set_verdict(row, call_id="call00001", verdict="ok", by=ben)
        pair = row.pairs.get(call_id="call00001")
        assert (pair.verdict, pair.tag, pair.comment) == ("ok", "", "why?")
        reviews.set_verdict(row, call_id="call00001", verdict="", by=ben)
        pair.refresh_from_db()
        assert (pair.verdict, pair.tag) == ("wrong", "Wrong tool")
        assert row.pair_verdicts.count() == 1

    def test_in_a_blind_review_none_stands_until_both_have_decided(self, anna: User, ben: User) -> None:
        row = under(double_review_share=100)
        reviews.set_verdict(row, call_id="call00001", verdict="wrong", comment="no", by=anna)
        assert not row.pairs.exclude(verdict="", comment="").exists()
        reject(row, version=1, by=anna)
        reviews.set_verdict(row, call_id="call00002", verdict="ok", by=ben)
        assert not row.pairs.exclude(verdict="", comment="").exists()
        reject(row, version=1, by=ben)
        assert dict(row.pairs.exclude(verdict="").values_list("call_id", "verdict")) == {
            "call00001": "wrong",
            "call00002": "ok",
        }
        reviews.undo(ben)
        assert not row.pairs.exclude(verdict="", comment="").exists()

    def test_marks_given_in_the_open_are_hidden_once_it_is_blind(self, anna: User, ben: User) -> None:
        row = under()
        reviews.set_verdict(row, call_id="call00001", verdict="wrong", by=anna)
        Dataset.objects.update(double_review_share=100)
        reviews.approve(row, version=1, by=anna)
        assert not row.pairs.exclude(verdict="").exists()

    def test_the_chosen_ones_stand_after_adjudication_and_later_ones_after_them(
        self, anna: User, ben: User, lead: User
    ) -> None:
        row = under(double_review_share=100)
        reviews.set_verdict(row, call_id="call00001", verdict="ok", by=anna)
        reviews.approve(row, version=1, by=anna)
        reviews.set_verdict(row, call_id="call00001", verdict="wrong", by=ben)
        reviews.set_verdict(row, call_id="call00002", verdict="wrong", by=ben)
        reject(row, version=1, by=ben)
        assert row.pairs.get(call_id="call00001").verdict == "wrong"
        first = row.reviews.get(reviewer=anna)
        adjudication.adjudicate(fresh(row), version=1, by=lead, choice=first.pk, reason="It is right.")
        assert [row.pairs.get(call_id=f"call0000{n}").verdict for n in (1, 2)] == ["ok", "wrong"]
        reviews.set_verdict(row, call_id="call00001", verdict="wrong", by=lead)
        assert row.pairs.get(call_id="call00001").verdict == "wrong"
        reviews.set_verdict(row, call_id="call00001", verdict="", by=lead)
        reviews.undo(lead)
        assert row.pairs.get(call_id="call00001").verdict == "wrong"

    def test_a_pair_that_comes_back_has_what_was_said_of_it(self, anna: User, ben: User) -> None:
        row = under()
        reviews.set_verdict(row, call_id="call00003", verdict="wrong", comment="why?", by=anna)
        document = row.content
        del document.turns[1]
        shorter = edits.replace_content(row, save=Save(version=1, by=ben), document=document)
        assert not row.pairs.filter(call_id="call00003").exists()
        restore_revision(shorter, version=2, revision=1, by=ben)
        pair = row.pairs.get(call_id="call00003")
        assert (pair.verdict, pair.comment) == ("wrong", "why?")

    def test_a_tag_is_one_of_the_datasets_and_on_a_mark(self, anna: User) -> None:
        row = under(pair_tags=["Too slow"])
        reviews.set_verdict(row, call_id="call00001", verdict="wrong", tag="Too slow", by=anna)
        with pytest.raises(reviews.Refused, match="no tag 'Odd' for pairs: known are Too slow"):
            reviews.set_verdict(row, call_id="call00001", verdict="wrong", tag="Odd", by=anna)
        with pytest.raises(reviews.Refused, match="Mark the pair"):
            reviews.set_verdict(row, call_id="call00001", verdict="", tag="Too slow", by=anna)
        assert row.pairs.get(call_id="call00001").tag == "Too slow"


@pytest.mark.django_db(transaction=True)
def test_sixteen_who_decide_at_once_give_as_many_approvals_as_are_needed() -> None:
    row = under(approvals_needed=3)
    people = [make_user() for _ in range(16)]
    done = at_once(*[partial(outcome_of, partial(reviews.approve, row, version=1, by=by)) for by in people])
    given = [review for review in done if isinstance(review, Review)]
    assert len(given) == 3
    assert all("approved already" in str(error) for error in done if not isinstance(error, Review))
    assert fresh(row).status == Status.APPROVED


@pytest.mark.django_db(transaction=True)
def test_two_blind_reviews_at_the_same_moment_are_compared() -> None:
    row, people = under(double_review_share=100), [make_user() for _ in range(2)]
    at_once(partial(reviews.approve, row, version=1, by=people[0]), partial(reject, row, version=1, by=people[1]))
    assert (fresh(row).status, fresh(row).is_blind) == (Status.ADJUDICATION, False)


@pytest.mark.django_db(transaction=True)
def test_each_person_gets_each_conversation_once_until_all_have_their_approvals() -> None:
    dataset = make_dataset()
    Dataset.objects.filter(pk=dataset.pk).update(approvals_needed=3)
    rows = [make_conversation(dataset=dataset) for _ in range(8)]
    people = [make_user() for _ in range(3)]

    def review_all(by: User) -> list[int]:
        got: list[int] = []
        while len(got) < len(rows):
            row = reviews.claim_next(by)
            if row is not None:
                got.append(row.pk)
                reviews.approve(row, version=1, by=by)
        return got

    for got in at_once(*[partial(review_all, by) for by in people]):
        assert sorted(got) == [row.pk for row in rows]
    assert set(Conversation.objects.values_list("status", flat=True)) == {Status.APPROVED}
