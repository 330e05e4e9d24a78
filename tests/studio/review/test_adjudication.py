"""The adjudication pages: what waits for a lead, both sides beside each other, and the form that settles it."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from studio.domain import edits, reviews
from studio.domain.saving import Save
from studio.models import Conversation, Dataset, User
from tests.standins.review_rows import person, store, two_reads
from tests.studio.review.conftest import Page

Status = Conversation.Status
HOSTILE = "<script>alert(1)</script>\u202e"


@pytest.fixture
def dispute(conversation: Conversation, anna: User, ben: User) -> Conversation:
    """Anna approved version 1; Ben, unseen, rewrote the answer, marked a pair wrong and rejected version 2."""
    Dataset.objects.update(double_review_share=100)
    return disagree(conversation, anna, ben)


def disagree(row: Conversation, anna: User, ben: User) -> Conversation:
    call_id = row.pairs.get(number=1).call_id
    reviews.set_verdict(row, call_id=call_id, verdict="ok", by=anna)
    reviews.approve(row, version=1, by=anna)
    edits.edit_text(row, save=Save(version=1, by=ben), field="answer", turn=0, text="a says alpha, b beta.")
    reviews.set_verdict(row, call_id=call_id, verdict="wrong", tag="Wrong tool", comment=HOSTILE, by=ben)
    reviews.reject(row, version=2, by=ben, reason=f"Wrong {HOSTILE}")
    return Conversation.objects.get(pk=row.pk)


@pytest.fixture
def client(lead: User) -> Client:
    client = Client()
    client.force_login(lead)
    return client


def url(row: Conversation) -> str:
    return f"/review/adjudication/{row.pid}/"


def settle(client: Client, row: Conversation, **data: object):
    return client.post(f"{url(row)}settle/", {"version": 2, "reason": "Because.", **data})


def test_the_list_says_who_decided_what(client: Client, dispute: Conversation) -> None:
    text = client.get("/review/adjudication/").content.decode()
    assert url(dispute) in text
    assert "anna, v1" in text
    assert "ben, v2" in text
    home = client.get("/").content.decode()
    assert "/review/adjudication/" in home


def test_an_empty_list_says_what_comes_there(client: Client) -> None:
    assert "Nobody disagrees" in client.get("/review/adjudication/").content.decode()


def test_the_list_asks_as_often_for_three_as_for_one(
    client: Client, dispute: Conversation, anna: User, ben: User
) -> None:
    client.get("/review/adjudication/")
    with CaptureQueriesContext(connection) as for_one:
        client.get("/review/adjudication/")
    for _ in range(2):
        disagree(store(two_reads()), anna, ben)
    with CaptureQueriesContext(connection) as for_three:
        assert client.get("/review/adjudication/").content.decode().count("ben, v2") == 3
    assert len(for_three) == len(for_one)


def test_both_sides_stand_beside_each_other_with_what_differs(client: Client, dispute: Conversation) -> None:
    text = client.get(url(dispute)).content.decode()
    for words in (
        "They decided differently.",
        "anna",
        "ben",
        "Approve version 1",
        "Reject version 2",
        "v1 → v2",
        "Wrong tool",
    ):
        assert words in text, words
    assert "<del>" in text
    assert HOSTILE not in text
    assert "\u202e" not in text


def test_a_choice_is_settled_and_the_next_one_follows(
    client: Client, dispute: Conversation, anna: User, ben: User
) -> None:
    later = disagree(store(two_reads()), anna, ben)
    first = dispute.reviews.get(reviewer=anna)
    response = settle(client, dispute, choice=first.pk)
    assert response["Location"] == url(later)
    dispute.refresh_from_db()
    assert (dispute.status, dispute.version, dispute.content.turns[0].answer) == (
        Status.APPROVED,
        3,
        "a says alpha, b says beta.",
    )
    assert settle(client, later, choice="rejected")["Location"] == "/review/adjudication/"
    later.refresh_from_db()
    assert later.status == Status.REJECTED


def test_without_a_reason_the_choice_is_kept(client: Client, dispute: Conversation, anna: User) -> None:
    first = dispute.reviews.get(reviewer=anna)
    response = settle(client, dispute, choice=first.pk, reason=" ")
    text = response.content.decode()
    assert response.status_code == 422
    assert "Say why you decide so." in text
    assert f'value="{first.pk}" checked' in text
    assert text.count("Say why you decide so.") == 1  # at the field, and there alone
    field = re.search(r'<input id="settle-reason"[^>]*>', text)[0]
    assert 'aria-invalid="true" aria-describedby="settle-reason-error" autofocus' in field
    other = settle(client, dispute, choice="").content.decode()
    assert "settle-reason-error" not in other
    assert "Choose one of the decisions" in other


def test_what_was_edited_meanwhile_keeps_what_was_typed(client: Client, dispute: Conversation, lead: User) -> None:
    edits.edit_text(dispute, save=Save(version=2, by=lead), field="answer", turn=0, text="Both are Greek.")
    response = settle(client, dispute, choice="approved", reason="It is right.")
    text = response.content.decode()
    assert response.status_code == 409
    assert 'value="It is right."' in text
    assert "edited since both decided" in text
    assert "v2 → v3" in text


def test_what_is_settled_offers_nothing_more(client: Client, dispute: Conversation) -> None:
    settle(client, dispute, choice="rejected")
    text = client.get(url(dispute)).content.decode()
    assert "There is nothing to settle: it is rejected." in text
    assert "settle/" not in text
    client.post("/review/undo/")
    assert "They decided differently." in client.get(url(dispute)).content.decode()


@pytest.fixture
def lea(db: None) -> Client:
    """A second lead."""
    client = Client()
    client.force_login(person("lea", "lead"))
    return client


def _renew(client: Client, row: Conversation) -> str:
    return client.post(f"{url(row)}claim/renew/", headers={"HX-Request": "true"}).content.decode()


def test_an_open_page_holds_it_and_says_who_does(client: Client, lea: Client, dispute: Conversation) -> None:
    assert 'hx-trigger="load, every 20s"' in client.get(url(dispute)).content.decode()
    mine = _renew(client, dispute)
    assert "is adjudicating" not in mine
    assert "load" not in mine  # else it would claim without end
    assert "lena is adjudicating it" in _renew(lea, dispute)
    assert "is adjudicating it" in lea.get(url(dispute)).content.decode()
    listed = lea.get("/review/adjudication/").content.decode()
    assert "lena is adjudicating" in listed
    assert "Settle the first" not in listed  # there is none that is free
    assert "you are adjudicating" in client.get("/review/adjudication/").content.decode()


def test_whoever_comes_second_is_refused_with_what_they_typed_and_may_take_over(
    client: Client, lea: Client, dispute: Conversation
) -> None:
    _renew(client, dispute)
    refused = settle(lea, dispute, choice="rejected", reason="It is mine.")
    text = refused.content.decode()
    assert refused.status_code == 409
    assert "lena is adjudicating this conversation." in text
    assert 'value="It is mine."' in text
    assert 'value="rejected" checked' in text
    taken = lea.post(f"{url(dispute)}claim/take/", {"version": 2, "reason": "It is mine.", "choice": "rejected"})
    text = taken.content.decode()
    assert 'value="It is mine."' in text
    assert "is adjudicating" not in text
    assert settle(client, dispute, choice="approved").status_code == 409
    assert settle(lea, dispute, choice="rejected").status_code == 302


def test_whoever_is_too_late_is_told_who_settled_it_and_keeps_what_they_typed(
    client: Client, lea: Client, dispute: Conversation
) -> None:
    settle(client, dispute, choice="rejected", reason="Both are wrong.")
    for late in (
        settle(lea, dispute, choice="approved", reason="It is mine."),
        lea.post(f"{url(dispute)}claim/take/", {"version": 2, "reason": "It is mine."}),
    ):
        text = late.content.decode()
        assert late.status_code == 409
        assert "settled already: rejected, by lena, because “Both are wrong.”" in text
        assert "It is mine.</textarea>" in text
    assert "There is nothing to settle" in _renew(lea, dispute)
    assert "every 20s" not in _renew(lea, dispute)


@pytest.mark.parametrize("data", [{}, {"choice": "maybe"}, {"choice": "999999999"}, {"choice": "9" * 40}])
def test_what_is_no_choice_is_refused(client: Client, dispute: Conversation, data: dict[str, str]) -> None:
    assert settle(client, dispute, **data).status_code in (409, 422)
    dispute.refresh_from_db()
    assert dispute.status == Status.ADJUDICATION


def test_it_is_for_leads(dispute: Conversation, anna: User) -> None:
    page = Page(dispute, anna)
    for path in ("/review/adjudication/", url(dispute)):
        assert page.client.get(path).status_code == 403
    assert settle(page.client, dispute, choice="approved").status_code == 403
    text = page.get().content.decode()
    assert "People disagree about it" in text
    assert "/review/adjudication/" not in text
    assert "decision/approve/" not in text


def test_the_rail_leads_a_lead_there(dispute: Conversation, lead: User) -> None:
    assert url(dispute) in Page(dispute, lead).get().content.decode()


def test_nobody_decides_it_on_the_review_page(dispute: Conversation, lead: User) -> None:
    response = Page(dispute, lead).post("decision/approve/", {"version": 2})
    assert response.status_code == 409
    assert "a lead settles that under Adjudication" in response.content.decode()
