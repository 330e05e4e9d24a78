"""How far reviewers agree: the figures by hand, and what of the stored decisions goes into them."""

from collections import Counter

import pytest

from studio.domain import adjudication, edits, reviews
from studio.domain.agreement import Work, agreement, agreement_of, work_of_reviewers
from studio.domain.saving import Save
from studio.models import Conversation, Dataset, User
from tests.standins.studio_rows import make_conversation, make_dataset, make_user

YES, NO = "approved", "rejected"


@pytest.mark.parametrize(
    ("counts", "share", "kappa"),
    [
        # Cohen's own kind of table: 20 + 15 of 50 agree, chance is 0.5 * 0.6 + 0.5 * 0.4.
        ({(YES, YES): 20, (YES, NO): 5, (NO, YES): 10, (NO, NO): 15}, 0.7, 0.4),
        ({(YES, YES): 1, (NO, NO): 1}, 1.0, 1.0),
        ({(YES, NO): 1, (NO, YES): 1}, 0.0, -1.0),
        ({(YES, YES): 3}, 1.0, None),
        ({}, None, None),
    ],
)
def test_share_and_kappa(counts: dict[tuple[str, str], int], share: float | None, kappa: float | None) -> None:
    found = agreement(Counter(counts))
    assert found.share == share
    assert found.kappa == (None if kappa is None else pytest.approx(kappa))


@pytest.mark.django_db
def test_of_the_stored_reviews_those_that_are_blind_and_complete_count() -> None:
    dataset = make_dataset()
    Dataset.objects.filter(pk=dataset.pk).update(double_review_share=100)
    dataset.refresh_from_db()
    anna, ben, lead = make_user(name="anna"), make_user(name="ben"), make_user(name="lena", role=User.Role.LEAD)

    def review(first: str, second: str = "") -> Conversation:
        row = make_conversation(dataset=dataset)
        for by, decision in ((anna, first), (ben, second)):
            if decision == YES:
                reviews.approve(row, version=1, by=by)
            elif decision:
                reviews.reject(row, version=1, by=by, reason="Off topic")
        return Conversation.objects.get(pk=row.pk)

    review(YES, YES)
    review(NO, NO)
    disputed = review(YES, NO)
    adjudication.adjudicate(disputed, version=1, by=lead, decision=YES, reason="It is fine.")
    edited = review(NO)  # open: nothing of it may show
    edits.edit_text(edited, save=Save(version=1, by=ben), field="answer", turn=1, text="Alpha.")
    review(YES, YES)
    reviews.undo(ben)
    found = agreement_of(dataset)
    assert (found.pairs, found.agreed) == (3, 2)
    assert work_of_reviewers(dataset) == [
        Work(reviewer="anna", approved=2, rejected=1, edited=0),
        Work(reviewer="ben", approved=1, rejected=2, edited=0),
        Work(reviewer="lena", approved=1, rejected=0, edited=0),
    ]
    reviews.reject(edited, version=2, by=ben, reason="Off topic")
    assert (agreement_of(dataset).pairs, agreement_of(dataset).agreed) == (4, 3)
    assert work_of_reviewers(dataset)[1] == Work(reviewer="ben", approved=1, rejected=3, edited=1)
    assert agreement_of(make_dataset()).pairs == 0
