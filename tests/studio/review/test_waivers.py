"""Waivers on the page: a lead lets a finding pass, the rail says who and why, and it can be taken back."""

import re

import pytest

from studio.models import Conversation, User
from tests.standins.review_rows import store, two_reads
from tests.studio.review.conftest import Page

Status = Conversation.Status


@pytest.fixture
def withheld(db: None) -> Conversation:
    content = two_reads()
    content.calls[0].id = "odd"
    return store(content)


@pytest.fixture
def page(withheld: Conversation, lead: User) -> Page:
    return Page(withheld, lead)


def finding_of(page: Page) -> str:
    (digest,) = re.findall(r'name="finding" value="([0-9a-f]{64})"', page.get().content.decode())
    return digest


def test_a_lead_waives_a_finding_and_revokes_that(page: Page, anna: User) -> None:
    finding = finding_of(page)
    response = page.post("waivers/waive/", {"version": 1, "finding": finding, f"reason-{finding}": "Old <ids>."})
    text = response.content.decode()
    assert response.status_code == 200
    assert "Waived by lena" in text
    assert "“Old &lt;ids&gt;.”" in text
    assert "HX-Trigger-After-Settle" in response
    assert page.fresh().status == Status.NEEDS_REVIEW
    seen = Page(page.conversation, anna).get().content.decode()
    assert "Waived by lena" in seen
    assert "Revoke" not in seen
    (revoke,) = re.findall(r'hx-post="(/conversations/[^"]*/revoke/)"', text)
    text = page.client.post(revoke, headers={"HX-Request": "true"}).content.decode()
    assert "Waived" not in text
    assert page.fresh().status == Status.WITHHELD


def test_enter_in_the_field_waives_what_was_written_for(page: Page) -> None:
    finding = finding_of(page)
    page.post("waivers/waive/", {"version": 1, f"reason-{finding}": "Known."}, htmx=False)
    assert page.fresh().blocking_count == 0


def test_what_is_refused_says_so_in_the_rail(page: Page) -> None:
    finding = finding_of(page)
    for data, status, words in (
        ({"version": 1, "finding": finding}, 422, "Say why it may pass."),
        ({"version": 7, "finding": finding, f"reason-{finding}": "x"}, 409, "saved version 1 meanwhile"),
        ({"version": 1, "finding": "f" * 64, f"reason-{'f' * 64}": "x"}, 409, "no such blocking finding"),
    ):
        response = page.post("waivers/waive/", data)
        assert response.status_code == status
        assert words in response.content.decode().replace("&#x27;", "'")


def test_it_is_for_leads(conversation: Conversation, anna: User) -> None:
    page = Page(conversation, anna)
    assert page.post("waivers/waive/", {"version": 1, "finding": "x"}).status_code == 403
    assert "Waive…" not in page.get().content.decode()
