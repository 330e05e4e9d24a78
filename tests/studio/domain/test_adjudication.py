"""Adjudication: a lead chooses between two decisions and their versions, for good, and can take that back."""

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from generation.conversation import from_json
from studio.domain import adjudication, edits, reviews
from studio.domain.errors import ClaimHeld, NotAllowed, NotPossible, Refused, StaleVersion
from studio.domain.saving import Save
from studio.models import Conversation, Dataset, Review, User
from tests.standins.racing import at_once, outcome_of
from tests.standins.studio_rows import make_conversation, make_dataset, make_user

pytestmark = pytest.mark.django_db

Status = Conversation.Status


@pytest.fixture
def lead() -> User:
    return make_user(name="lena", role=User.Role.LEAD)


@pytest.fixture
def row() -> Conversation:
    """Anna approved version 1; Ben, who saw nothing of it, rewrote the answer and approved version 2."""
    dataset = make_dataset()
    Dataset.objects.filter(pk=dataset.pk).update(double_review_share=100)
    conversation = make_conversation(dataset=Dataset.objects.get(pk=dataset.pk))
    anna, ben = make_user(name="anna"), make_user(name="ben")
    reviews.approve(conversation, version=1, by=anna)
    edits.edit_text(conversation, save=Save(version=1, by=ben), field="answer", turn=1, text="Alpha.")
    reviews.approve(conversation, version=2, by=ben)
    return fresh(conversation)


def fresh(row: Conversation) -> Conversation:
    return Conversation.objects.get(pk=row.pk)


def answer_of(row: Conversation) -> str:
    return from_json(fresh(row).document).turns[1].answer or ""


def of(row: Conversation, name: str) -> int:
    return row.reviews.get(reviewer__username=name, decision__in=Review.Decision.final()).pk


def test_the_standing_version_is_chosen_without_a_new_one(row: Conversation, lead: User) -> None:
    review = adjudication.adjudicate(row, version=2, by=lead, choice=of(row, "ben"), reason="Shorter.")
    stands = fresh(row)
    assert (stands.status, stands.version, stands.decided_by) == (Status.APPROVED, 2, lead)
    assert (review.is_adjudication, review.reason, review.restored_over) == (True, "Shorter.", None)
    assert [other.stands for other in row.reviews.order_by("pk")] == [False, False, True]


def test_an_older_version_is_restored_as_a_new_one(row: Conversation, lead: User) -> None:
    adjudication.adjudicate(row, version=2, by=lead, choice=of(row, "anna"), reason="Complete.")
    stands = fresh(row)
    assert (stands.status, stands.version) == (Status.APPROVED, 3)
    assert answer_of(row) == "It holds alpha."
    assert stands.revisions.get(version=3).reason == "Complete."


def test_undo_puts_version_and_disagreement_back(row: Conversation, lead: User) -> None:
    adjudication.adjudicate(row, version=2, by=lead, choice=of(row, "anna"), reason="Complete.")
    reviews.undo(lead)
    stands = fresh(row)
    assert (stands.status, stands.version, answer_of(row)) == (Status.ADJUDICATION, 4, "Alpha.")
    assert [side.reviewer.username for side in adjudication.sides(row)] == ["anna", "ben"]
    adjudication.adjudicate(stands, version=4, by=lead, choice=of(row, "ben"), reason="Shorter, after all.")
    assert (fresh(row).status, fresh(row).version) == (Status.APPROVED, 4)


def test_a_lead_takes_a_decision_of_their_own_about_what_they_edited(row: Conversation, lead: User) -> None:
    edits.edit_text(row, save=Save(version=2, by=lead), field="answer", turn=1, text="It holds alpha, alone.")
    assert fresh(row).status == Status.ADJUDICATION
    assert len(adjudication.sides(row)) == 2
    adjudication.adjudicate(fresh(row), version=3, by=lead, decision="approved", reason="Both were half right.")
    assert (fresh(row).status, answer_of(row)) == (Status.APPROVED, "It holds alpha, alone.")


def test_only_leads_change_or_settle_it(row: Conversation) -> None:
    ben = User.objects.get(username="ben")
    with pytest.raises(NotAllowed):
        adjudication.adjudicate(row, version=2, by=ben, choice=of(row, "ben"), reason="Mine.")
    with pytest.raises(NotAllowed):
        adjudication.to_adjudicate(ben)
    with pytest.raises(NotPossible, match="only leads change it"):
        edits.edit_text(row, save=Save(version=2, by=ben), field="answer", turn=1, text="Mine.")


def test_a_reason_and_a_choice_are_needed(row: Conversation, lead: User) -> None:
    with pytest.raises(Refused, match="Say why"):
        adjudication.adjudicate(row, version=2, by=lead, choice=of(row, "ben"), reason=" ")
    for decision in ("", "second_opinion"):
        with pytest.raises(Refused, match="Choose one"):
            adjudication.adjudicate(row, version=2, by=lead, decision=decision, reason="So.")
    with pytest.raises(NotPossible, match="Reload"):
        adjudication.adjudicate(row, version=2, by=lead, choice=0, reason="So.")
    assert fresh(row).status == Status.ADJUDICATION


def test_it_is_about_the_version_that_stands_and_nobody_elses_claim(row: Conversation, lead: User) -> None:
    with pytest.raises(StaleVersion):
        adjudication.adjudicate(row, version=1, by=lead, choice=of(row, "ben"), reason="So.")
    other = make_user(name="lea", role=User.Role.LEAD)
    reviews.take_over(row, by=other)
    with pytest.raises(ClaimHeld, match="lea"):
        adjudication.adjudicate(row, version=2, by=lead, choice=of(row, "ben"), reason="So.")


def test_what_can_not_be_approved_is_not_approved_by_choice(row: Conversation, lead: User) -> None:
    stale = edits.edit_call(row, save=Save(version=2, by=lead), call_id="call00003", arguments={"file_path": "b.txt"})
    with pytest.raises(NotPossible, match="stale parts"):
        adjudication.adjudicate(stale, version=3, by=lead, decision="approved", reason="So.")
    assert fresh(row).version == 3
    adjudication.adjudicate(stale, version=3, by=lead, choice=of(row, "anna"), reason="As it was.")
    assert (fresh(row).status, fresh(row).stale_count) == (Status.APPROVED, 0)


def test_the_longest_waiting_comes_first(row: Conversation, lead: User) -> None:
    other = make_conversation()
    reviews.ask_second_opinion(other, version=1, by=make_user())
    reviews.ask_second_opinion(other, version=1, by=make_user())
    assert list(adjudication.to_adjudicate(lead)) == [row, other]


def test_who_has_it_open_holds_it_until_they_go_on_or_somebody_takes_it_over(row: Conversation, lead: User) -> None:
    lea = make_user(name="lea", role=User.Role.LEAD)
    assert adjudication.claim_dispute(row, by=lead)
    assert adjudication.claim_dispute(row, by=lead)
    assert not adjudication.claim_dispute(row, by=lea)
    assert fresh(row).claimed_by == lead
    with pytest.raises(ClaimHeld, match="lena is adjudicating this conversation"):
        adjudication.adjudicate(row, version=2, by=lea, choice=of(row, "ben"), reason="So.")
    adjudication.take_dispute(row, by=lea)
    assert not adjudication.claim_dispute(row, by=lead)
    other = make_conversation()
    Conversation.objects.filter(pk=other.pk).update(status=Status.ADJUDICATION)
    assert adjudication.claim_dispute(other, by=lea)
    assert adjudication.claim_dispute(row, by=lead)  # lea went on to the other one


def test_an_abandoned_claim_frees_itself(row: Conversation, lead: User) -> None:
    adjudication.claim_dispute(row, by=make_user(role=User.Role.LEAD))
    Conversation.objects.update(claim_until=timezone.now() - timedelta(seconds=1))
    assert adjudication.claim_dispute(row, by=lead)


def test_the_next_one_is_one_that_nobody_else_is_at(row: Conversation, lead: User) -> None:
    others = [make_conversation() for _ in range(2)]
    Conversation.objects.filter(pk__in=[other.pk for other in others]).update(
        status=Status.ADJUDICATION, updated_at=timezone.now()
    )
    assert adjudication.next_dispute(lead, after=row) == others[0]
    adjudication.claim_dispute(others[0], by=make_user(role=User.Role.LEAD))
    assert adjudication.next_dispute(lead, after=row) == others[1]
    adjudication.claim_dispute(row, by=lead)
    assert adjudication.next_dispute(lead) == row  # one's own


def test_what_is_settled_is_claimed_and_taken_over_by_nobody(row: Conversation, lead: User) -> None:
    adjudication.adjudicate(row, version=2, by=lead, choice=of(row, "ben"), reason="Shorter.")
    lea = make_user(name="lea", role=User.Role.LEAD)
    assert not adjudication.claim_dispute(row, by=lea)
    for late in (
        partial(adjudication.take_dispute, row, by=lea),
        partial(adjudication.adjudicate, row, version=2, by=lea, decision="rejected", reason="So."),
    ):
        with pytest.raises(NotPossible, match=r"settled already: approved, by lena, because “Shorter\.”"):
            late()
    assert fresh(row).claimed_by is None


def test_claiming_is_for_leads(row: Conversation) -> None:
    ben = User.objects.get(username="ben")
    for verb in (adjudication.claim_dispute, adjudication.take_dispute):
        with pytest.raises(NotAllowed):
            verb(row, by=ben)


@pytest.mark.django_db(transaction=True)
def test_of_two_leads_at_once_one_settles_it(row: Conversation, lead: User) -> None:
    leads = [lead, make_user(role=User.Role.LEAD)]
    settle = [
        partial(adjudication.adjudicate, row, version=2, by=by, choice=of(row, name), reason="So.")
        for by, name in zip(leads, ("anna", "ben"), strict=True)
    ]
    done = at_once(*[partial(outcome_of, action) for action in settle])
    assert sum(isinstance(review, Review) for review in done) == 1
    assert any(isinstance(error, NotPossible) and "settled already: approved" in str(error) for error in done)
