"""Saves that race: none is lost, none is half."""

import json
from collections import Counter
from functools import partial

import pytest

from studio.domain import edits, reviews
from studio.domain.errors import NotPossible, StaleVersion
from studio.domain.saving import Save
from studio.models import Conversation, Revision, User
from tests.standins.racing import at_once, outcome_of
from tests.standins.studio_rows import make_conversation, make_user

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS, SAVES = 5, 40


def append_words(pk: int, by: User, writer: int) -> int:
    """Append ``SAVES`` words to the answer, each as one save; how often it had to begin anew."""
    refused = 0
    for number in range(SAVES):
        while True:
            row = Conversation.objects.get(pk=pk)
            text = f"{row.content.turns[1].answer} {writer}.{number}"
            try:
                edits.edit_text(row, save=Save(version=row.version, by=by), field="answer", turn=1, text=text)
                break
            except StaleVersion:
                refused += 1
    return refused


def test_of_two_hundred_racing_saves_none_is_lost() -> None:
    row, by = make_conversation(), make_user()
    refused = at_once(*[partial(append_words, row.pk, by, writer) for writer in range(WRITERS)])
    row.refresh_from_db()
    words = (row.content.turns[1].answer or "").split()[3:]
    assert sorted(words) == sorted(f"{writer}.{number}" for writer in range(WRITERS) for number in range(SAVES))
    assert row.version == 1 + WRITERS * SAVES
    assert list(row.revisions.values_list("version", flat=True)) == list(range(row.version, 0, -1))
    assert sum(refused) > 0  # else nothing raced


def test_each_revision_holds_what_its_version_was() -> None:
    row, by = make_conversation(), make_user()
    at_once(*[partial(append_words, row.pk, by, writer) for writer in range(3)])
    lengths = [
        len(json.loads(document)["turns"][1]["answer"].split())
        for document in Revision.objects.filter(conversation=row).order_by("version").values_list("document", flat=True)
    ]
    assert lengths == list(range(3, 3 + len(lengths)))


def test_of_many_saves_of_one_version_exactly_one_stands() -> None:
    row, by = make_conversation(), make_user()
    save = partial(edits.edit_text, row, save=Save(version=1, by=by), field="answer", turn=1)
    outcomes = at_once(*[partial(outcome_of, partial(save, text=f"answer {number}")) for number in range(8)])
    assert Counter(type(outcome) for outcome in outcomes) == {Conversation: 1, StaleVersion: 7}
    row.refresh_from_db()
    winner = next(outcome for outcome in outcomes if isinstance(outcome, Conversation))
    assert (row.document, row.version) == (winner.document, 2)


def test_nothing_is_approved_that_was_edited_at_the_same_moment() -> None:
    for _ in range(5):
        row, by = make_conversation(), make_user()
        edit = partial(
            edits.edit_call, row, save=Save(version=1, by=by), call_id="call00001", arguments={"file_path": "b.txt"}
        )
        outcomes = at_once(
            partial(outcome_of, edit), partial(outcome_of, partial(reviews.approve, row, version=1, by=by))
        )
        row.refresh_from_db()
        assert not [one for one in outcomes if isinstance(one, Exception) and not isinstance(one, StaleVersion)]
        assert (row.version, row.status, row.stale_count) == (2, Conversation.Status.NEEDS_REVIEW, 5)


def test_a_double_click_approves_once() -> None:
    row, by = make_conversation(), make_user()
    approve = partial(outcome_of, partial(reviews.approve, row, version=1, by=by))
    outcomes = at_once(*[approve] * 4)
    assert sum(isinstance(outcome, NotPossible) for outcome in outcomes) == 3
    assert row.reviews.count() == 1
