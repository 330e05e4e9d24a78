"""Tags: a dataset's list, and what its conversations have of it."""

import pytest

from studio.domain import tags
from studio.domain.claims import claim
from studio.domain.errors import ClaimHeld, NotAllowed, NotPossible, Refused
from studio.models import Conversation, Tag, User
from tests.standins.review_rows import person, store, two_reads


@pytest.fixture
def conversation(db: None) -> Conversation:
    return store(two_reads())


@pytest.fixture
def anna(db: None) -> User:
    return person("anna")


@pytest.fixture
def lead(db: None) -> User:
    return person("lena", "lead")


def _names(conversation: Conversation) -> list[str]:
    return [tag.name for tag in conversation.tags.all()]


def test_leads_keep_the_list(conversation, anna, lead) -> None:
    with pytest.raises(NotAllowed, match="Only a lead may add a tag"):
        tags.add_tag(conversation.dataset, name="great", by=anna)
    first = tags.add_tag(conversation.dataset, name="  great   one ", by=lead, colour="ok")
    second = tags.add_tag(conversation.dataset, name="odd", by=lead)
    assert [(tag.name, tag.colour) for tag in conversation.dataset.tags.all()] == [
        ("great one", "ok"),
        ("odd", "plain"),
    ]
    tags.raise_tag(second, by=lead)
    tags.raise_tag(second, by=lead)
    assert [tag.name for tag in conversation.dataset.tags.all()] == ["odd", "great one"]
    for verb in (tags.change_tag, tags.raise_tag, tags.remove_tag):
        with pytest.raises(NotAllowed):
            verb(first, by=anna)


def test_a_changed_tag_stays_on_its_conversations_and_a_removed_one_goes(conversation, anna, lead) -> None:
    tag = tags.add_tag(conversation.dataset, name="odd", by=lead)
    tags.set_tag(conversation, name="odd", by=anna)
    tags.change_tag(tag, by=lead, name="strange", colour="flagged")
    assert _names(conversation) == ["strange"]
    tags.remove_tag(tag, by=lead)
    assert _names(conversation) == []


@pytest.mark.parametrize(("name", "colour"), [("", "plain"), ("x" * 41, "plain"), ("odd", "pink")])
def test_what_is_no_tag_is_refused(conversation, lead, name: str, colour: str) -> None:
    with pytest.raises(Refused):
        tags.add_tag(conversation.dataset, name=name, by=lead, colour=colour)


def test_a_name_that_is_taken_is_refused(conversation, lead) -> None:
    tags.add_tag(conversation.dataset, name="odd", by=lead)
    other = tags.add_tag(conversation.dataset, name="even", by=lead)
    with pytest.raises(NotPossible, match="There is a tag “odd” already"):
        tags.add_tag(conversation.dataset, name="odd", by=lead)
    with pytest.raises(NotPossible, match="There is a tag “odd” already"):
        tags.change_tag(other, by=lead, name="odd")
    assert Tag.objects.get(pk=other.pk).name == "even"


def test_tags_are_set_and_taken_off_without_a_new_version(conversation, anna, lead) -> None:
    tags.add_tag(conversation.dataset, name="odd", by=lead)
    tags.set_tag(conversation, name="odd", by=anna)
    tags.set_tag(conversation, name="odd", by=anna)
    assert _names(conversation) == ["odd"]
    tags.set_tag(conversation, name="odd", by=anna, is_set=False)
    tags.set_tag(conversation, name="unknown", by=anna, is_set=False)
    assert _names(conversation) == []
    assert Conversation.objects.get(pk=conversation.pk).version == 1


def test_a_new_word_is_for_leads(conversation, anna, lead) -> None:
    with pytest.raises(Refused, match="This dataset has no tag “new”"):
        tags.set_tag(conversation, name="new", by=anna)
    tags.set_tag(conversation, name="new", by=lead)
    assert _names(conversation) == ["new"]
    assert [tag.name for tag in conversation.dataset.tags.all()] == ["new"]


def test_what_somebody_else_reviews_is_theirs_to_tag(conversation, anna, lead) -> None:
    tags.add_tag(conversation.dataset, name="odd", by=lead)
    claim(conversation, by=anna)
    held = Conversation.objects.get(pk=conversation.pk)
    with pytest.raises(ClaimHeld):
        tags.set_tag(held, name="odd", by=lead)
    tags.set_tag(held, name="odd", by=anna)
