"""The list of tags on a dataset's page: everybody reads it, leads keep it."""

import pytest
from django.test import Client

from studio.domain.tags import add_tag, set_tag
from studio.models import Dataset, Tag, User
from tests.standins.page_rows import make_conversation, make_dataset


@pytest.fixture
def dataset(db: None) -> Dataset:
    return make_dataset(slug="one")


def test_a_lead_adds_changes_orders_and_deletes(as_lead: Client, dataset: Dataset) -> None:
    for name in ("great", "odd"):
        answer = as_lead.post("/datasets/one/tags/add/", {"name": name, "colour": "ok"})
        assert (answer.status_code, answer["Location"]) == (302, "/datasets/one/#tags")
    great, odd = dataset.tags.all()
    as_lead.post(f"/datasets/one/tags/{odd.pid}/change/", {"name": "strange", "colour": "flagged"})
    as_lead.post(f"/datasets/one/tags/{odd.pid}/up/")
    assert [(tag.name, tag.colour) for tag in dataset.tags.all()] == [("strange", "flagged"), ("great", "ok")]
    as_lead.post(f"/datasets/one/tags/{great.pid}/remove/")
    assert [tag.name for tag in dataset.tags.all()] == ["strange"]


def test_the_page_shows_each_tag_with_its_key_and_how_many_have_it(as_annotator: Client, lead: User) -> None:
    row = make_conversation(make_dataset(slug="one"))
    set_tag(row, name="odd", by=lead)
    html = as_annotator.get("/datasets/one/").content.decode()
    assert "<kbd>1</kbd>" in html
    assert '<a href="/conversations/?dataset=one&amp;tag=odd">1</a>' in html
    assert "tags/add/" not in html


@pytest.mark.parametrize("verb", ["add", "{tag}/change", "{tag}/up", "{tag}/remove"])
def test_annotators_change_nothing(as_annotator: Client, dataset: Dataset, lead: User, verb: str) -> None:
    tag = add_tag(dataset, name="odd", by=lead)
    answer = as_annotator.post(f"/datasets/one/tags/{verb.format(tag=tag.pid)}/", {"name": "new", "colour": "ok"})
    assert answer.status_code == 403
    assert [row.name for row in Tag.objects.all()] == ["odd"]


def test_a_name_that_is_taken_is_refused_in_words(as_lead: Client, dataset: Dataset, lead: User) -> None:
    add_tag(dataset, name="odd", by=lead)
    answer = as_lead.post("/datasets/one/tags/add/", {"name": "odd"})
    assert answer.status_code == 409
    assert "There is a tag “odd” already" in answer.content.decode()


def test_a_tag_of_another_dataset_is_not_found(as_lead: Client, dataset: Dataset, lead: User) -> None:
    foreign = add_tag(make_dataset(), name="odd", by=lead)
    assert as_lead.post(f"/datasets/one/tags/{foreign.pid}/remove/").status_code == 404
