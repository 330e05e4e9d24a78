"""A dataset's page: how it is reviewed, changed by leads, and how its reviewers agree."""

from typing import Any

import pytest
from django.test import Client

from studio.domain import policies, reviews
from studio.models import Dataset, User
from tests.standins.page_rows import make_conversation, make_dataset, make_user

pytestmark = pytest.mark.django_db

VALUES: dict[str, Any] = {
    "approvals_needed": 2,
    "double_review_share": 25,
    "author_may_approve": "on",
    "reject_reasons": "Wrong tool\r\n\r\n  Off topic \nWrong tool",
    "pair_tags": "Too slow",
    "guidelines": "Be kind.\r\nBe right.",
}


def client_of(role: str) -> Client:
    client = Client()
    client.force_login(make_user(role))
    return client


@pytest.fixture
def dataset() -> Dataset:
    return make_dataset(slug="one")


def save(client: Client, **values: Any):
    return client.post("/datasets/one/policy/", VALUES | values)


def test_a_lead_changes_how_it_is_reviewed(dataset: Dataset) -> None:
    client = client_of(User.Role.LEAD)
    assert save(client)["Location"] == "/datasets/one/"
    dataset.refresh_from_db()
    assert (dataset.approvals_needed, dataset.double_review_share, dataset.author_may_approve) == (2, 25, True)
    assert dataset.reject_reasons == ["Wrong tool", "Off topic"]
    assert dataset.pair_tags == ["Too slow"]
    text = client.get("/datasets/one/").content.decode()
    assert "2 approvals for each conversation; 25 % reviewed twice, blind; whoever edited one may approve it." in text
    assert "Be kind." in text
    unticked = {name: value for name, value in VALUES.items() if name != "author_may_approve"}
    client.post("/datasets/one/policy/", unticked)
    assert "whoever edited one may not approve it" in client.get("/datasets/one/").content.decode()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"approvals_needed": 0}, "greater than or equal to 1"),
        ({"approvals_needed": 6}, "less than or equal to 5"),
        ({"double_review_share": 101}, "less than or equal to 100"),
        ({"double_review_share": "many"}, "whole number"),
        ({"pair_tags": "x" * 81}, "has 81 characters; 80 are possible"),
        ({"reject_reasons": "\n".join(map(str, range(51)))}, "These are 51 lines; 50 are possible"),
    ],
)
def test_what_can_not_be_is_said_at_its_field_and_nothing_is_lost(
    dataset: Dataset, values: dict[str, Any], words: str
) -> None:
    response = save(client_of(User.Role.LEAD), **values, guidelines="Typed & kept")
    text = response.content.decode()
    assert response.status_code == 422
    assert words in text
    assert "Nothing was saved" in text
    assert "Typed &amp; kept" in text
    dataset.refresh_from_db()
    assert (dataset.approvals_needed, dataset.guidelines) == (1, "")


def test_annotators_read_it_and_change_nothing(dataset: Dataset) -> None:
    client = client_of(User.Role.ANNOTATOR)
    text = client.get("/datasets/one/").content.decode()
    assert "1 approval for each conversation" in text
    assert "/policy/" not in text
    assert save(client).status_code == 403
    dataset.refresh_from_db()
    assert dataset.approvals_needed == 1


def test_leads_see_how_reviewers_agree(dataset: Dataset) -> None:
    Dataset.objects.update(double_review_share=100)
    people = [make_user(username=name) for name in ("anna", "ben")]
    for second_approves in (True, False):
        row = make_conversation(Dataset.objects.get())
        reviews.approve(row, version=1, by=people[0])
        if second_approves:
            reviews.approve(row, version=1, by=people[1])
        else:
            reviews.reject(row, version=1, by=people[1], reason="Off topic")
    text = client_of(User.Role.LEAD).get("/datasets/one/").content.decode()
    assert "1 of 2 blind double reviews agree (50 %), Cohen’s κ 0.00" in text
    assert "anna" in text
    assert "Reviewers" not in client_of(User.Role.ANNOTATOR).get("/datasets/one/").content.decode()


def test_how_far_a_settlement_is_stands_on_the_page_until_it_is_over(dataset: Dataset, monkeypatch) -> None:
    monkeypatch.setattr(policies, "AT_ONCE", 0)
    make_conversation(dataset)
    client = client_of(User.Role.LEAD)
    assert 'id="settlement" aria-live="polite">' in client.get("/datasets/one/").content.decode()
    save(client)
    assert "0 of 1 conversations" in client.get("/datasets/one/").content.decode()
    headers = {"HX-Request": "true", "HX-Target": "settlement"}
    fragment = client.get("/datasets/one/", headers=headers).content.decode()
    assert fragment.lstrip().startswith('<div id="settlement"')
    assert "every 2s" in fragment
    settlement = policies.settlement_of(dataset)
    assert settlement is not None
    policies.work_settlement(settlement.pk)
    over = client.get("/datasets/one/", headers=headers).content.decode()
    assert "every 2s" not in over
    assert "progress" not in over
