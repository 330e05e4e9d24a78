"""Tags in a blind double review: each sees their own, lists and filters none, until both have decided; then the latest word stands."""

import pytest

from studio.domain import adjudication, bulk, reviews, tags
from studio.domain.edits import edit_text
from studio.domain.filters import Filters
from studio.domain.policies import change_policy
from studio.domain.rounds import is_hidden
from studio.domain.saving import Save
from studio.domain.taggings import tags_seen
from studio.models import Conversation, Tagging, User
from tests.standins.review_rows import person, store, two_reads

pytestmark = pytest.mark.django_db


@pytest.fixture
def row(lead: User) -> Conversation:
    """A conversation that two people review blind, with the tags ``old``, ``new`` and ``odd`` to choose from; it has ``old``."""
    row = store(two_reads())
    for name in ("old", "new", "odd"):
        tags.add_tag(row.dataset, name=name, by=lead)
    tags.set_tag(row, name="old", by=lead)
    change_policy(row.dataset, double_review_share=100)
    return Conversation.objects.get(pk=row.pk)


@pytest.fixture
def lead() -> User:
    return person("lena", "lead")


@pytest.fixture
def anna() -> User:
    return person("anna")


@pytest.fixture
def ben() -> User:
    return person("ben")


def fresh(row: Conversation) -> Conversation:
    return Conversation.objects.get(pk=row.pk)


def of(row: Conversation, by: User) -> list[str]:
    """The names of the tags as ``by`` sees them."""
    row = fresh(row)
    return [tag.name for tag in tags_seen(row, by=by, is_hidden=is_hidden(row))]


def listed(row: Conversation) -> list[str]:
    """Those by which the list, the queue and exports find it."""
    rows = Conversation.objects.filter(pk=row.pk)
    return [
        name
        for name in ("old", "new", "odd")
        if Filters(tag=name).narrow(rows, by=person(f"x{name}{User.objects.count()}")).exists()
    ]


def test_the_first_ones_tags_are_theirs_alone_until_both_decided(row, anna, ben, lead) -> None:
    tags.set_tag(row, name="new", by=anna)
    tags.set_tag(row, name="old", by=anna, is_set=False)
    reviews.reject(row, version=1, by=anna, reason="No.")
    assert of(row, anna) == ["new"]
    for other in (ben, lead):
        assert of(row, other) == ["old"]
    assert listed(row) == ["old"]
    tags.set_tag(row, name="odd", by=ben)
    assert of(row, ben) == ["old", "odd"]
    assert of(row, anna) == ["new"]
    reviews.reject(fresh(row), version=1, by=ben, reason="No.")
    for by in (anna, ben, lead):
        assert of(row, by) == ["new", "odd"]
    assert listed(row) == ["new", "odd"]


def test_the_latest_word_on_a_tag_stands(row, anna, ben) -> None:
    tags.set_tag(row, name="new", by=anna)
    tags.set_tag(row, name="odd", by=anna)
    reviews.reject(row, version=1, by=anna, reason="No.")
    tags.set_tag(row, name="new", by=ben)
    tags.set_tag(row, name="new", by=ben, is_set=False)
    assert of(row, ben) == ["old"]
    reviews.reject(fresh(row), version=1, by=ben, reason="No.")
    assert listed(row) == ["old", "odd"]


def test_taking_the_second_decision_back_hides_them_again(row, anna, ben) -> None:
    tags.set_tag(row, name="new", by=anna)
    reviews.reject(row, version=1, by=anna, reason="No.")
    second = reviews.reject(fresh(row), version=1, by=ben, reason="No.")
    assert listed(row) == ["old", "new"]
    reviews.take_back(second, by=ben)
    assert listed(row) == ["old"]
    assert of(row, anna) == ["old", "new"]
    assert of(row, ben) == ["old"]


def test_who_adjudicates_sees_all_of_them(row, anna, ben, lead) -> None:
    tags.set_tag(row, name="new", by=anna)
    reviews.reject(row, version=1, by=anna, reason="No.")
    reviews.approve(fresh(row), version=1, by=ben)
    assert of(row, lead) == ["old", "new"]
    adjudication.adjudicate(fresh(row), version=1, by=lead, decision="rejected", reason="So.")
    assert listed(row) == ["old", "new"]


def test_an_edit_that_begins_the_review_anew_hides_them_on(row, anna, ben) -> None:
    reviews.reject(row, version=1, by=anna, reason="No.")
    tags.set_tag(fresh(row), name="new", by=ben)
    reviews.reject(fresh(row), version=1, by=ben, reason="No.")
    assert listed(row) == ["old", "new"]
    edit_text(fresh(row), save=Save(version=1, by=ben), field="answer", turn=0, text="a says alpha.")
    assert listed(row) == ["old"]


def test_a_share_that_holds_it_no_more_shows_them(row, anna) -> None:
    tags.set_tag(row, name="new", by=anna)
    assert listed(row) == ["old"]
    change_policy(row.dataset, double_review_share=0)
    assert listed(row) == ["old", "new"]


def test_what_is_set_openly_overrules_what_was_said_blind(row, anna, ben) -> None:
    tags.set_tag(row, name="new", by=anna)
    reviews.reject(row, version=1, by=anna, reason="No.")
    reviews.reject(fresh(row), version=1, by=ben, reason="No.")
    tags.set_tag(fresh(row), name="new", by=ben, is_set=False)
    assert listed(row) == ["old"]
    assert not Tagging.objects.filter(tag__name="new").exists()


def test_in_bulk_only_leads_tag_what_nobody_has_decided_and_nobody_what_is_half_decided(row, anna, ben, lead) -> None:
    def tag(by: User) -> bulk.BulkAction:
        action = bulk.prepare_bulk(Conversation.objects.filter(pk=row.pk), kind="tag", tag="odd", by=by)
        if action.left_out == 0:
            bulk.work_at_once(bulk.start_bulk(action, by=by))
        return bulk.bulk_action(action.pk)

    assert tag(anna).entries.get().note == "It is reviewed twice, blind: tag it on its own page."
    tags.set_tag(row, name="odd", by=anna)
    done = tag(lead)
    assert done.changed == 1
    assert of(row, ben) == ["old", "odd"]
    bulk.work_at_once(bulk.undo_bulk(done, by=lead))
    assert of(row, ben) == ["old"]
    assert of(row, anna) == ["old", "odd"]
    reviews.reject(fresh(row), version=1, by=anna, reason="No.")
    assert tag(lead).left_out == 1
