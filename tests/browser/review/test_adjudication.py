"""Adjudication by keyboard alone: choose, say why, settle, go on to the next, undo; accessible and fitting everywhere."""

import re

import pytest
from playwright.sync_api import expect

from studio.domain import adjudication, edits, reviews
from studio.domain.saving import Save
from studio.models import Conversation, Dataset, User
from tests.standins.browsing import Studio
from tests.standins.page_rows import make_user
from tests.standins.review_rows import store, two_reads


def disagree(row: Conversation, first: User, second: User) -> Conversation:
    call_id = row.pairs.get(number=0).call_id
    reviews.set_verdict(row, call_id=call_id, verdict="ok", by=first)
    reviews.approve(row, version=1, by=first)
    edits.edit_text(row, save=Save(version=1, by=second), field="answer", turn=0, text="a says alpha, and b beta.")
    reviews.set_verdict(row, call_id=call_id, verdict="wrong", tag="Wrong tool", comment="It is not read.", by=second)
    reviews.reject(row, version=2, by=second, reason="Wrong arguments")
    return Conversation.objects.get(pk=row.pk)


@pytest.fixture
def disputes(as_lead: Studio) -> list[Conversation]:
    rows = [store(two_reads()), store(two_reads(user="And the other two?"))]
    Dataset.objects.update(double_review_share=100)
    first, second = make_user(username="anna"), make_user(username="ben")
    return [disagree(row, first, second) for row in rows]


def test_disagreements_are_settled_by_keyboard(as_lead: Studio, disputes: list[Conversation]) -> None:
    page, keys = as_lead.open("/review/adjudication/"), as_lead.page.keyboard
    expect(page.get_by_text("2 to settle")).to_be_visible()
    keys.press("n")
    expect(page.get_by_text("They decided differently.")).to_be_visible()
    page.wait_for_load_state()  # from then on it listens to keys
    keys.press("2")
    expect(page.get_by_label("Reject version 2")).to_be_checked()
    keys.press("1")
    expect(page.get_by_label("Approve version 1")).to_be_checked()
    keys.press("r")
    expect(page.locator("#settle-reason")).to_be_focused()
    keys.type("Ann read it all: 2 x.")  # 2 and x are typed, not pressed
    expect(page.get_by_label("Approve version 1")).to_be_checked()
    keys.press("Control+Enter")
    expect(page.get_by_text("Settled: approved.")).to_be_visible()
    page.wait_for_load_state()
    disputes[0].refresh_from_db()
    assert (disputes[0].status, disputes[0].version) == (Conversation.Status.APPROVED, 3)
    assert disputes[0].reviews.get(is_adjudication=True).reason == "Ann read it all: 2 x."
    expect(page.get_by_role("heading", level=1)).to_contain_text("And the other two?")
    keys.press("x")
    keys.press("r")
    keys.type("Neither.")
    keys.press("Enter")
    expect(page.get_by_text("Nobody disagrees")).to_be_visible()
    disputes[1].refresh_from_db()
    assert disputes[1].status == Conversation.Status.REJECTED


def test_what_another_lead_is_at_is_refused_taken_over_and_settled(
    as_lead: Studio, disputes: list[Conversation]
) -> None:
    adjudication.claim_dispute(disputes[0], by=make_user(User.Role.LEAD, username="lea"))
    page, keys = as_lead.open(f"/review/adjudication/{disputes[0].pid}/"), as_lead.page.keyboard
    expect(page.get_by_text("lea is adjudicating it")).to_be_visible()
    assert as_lead.axe() == []
    keys.press("x")
    keys.press("r")
    keys.type("Neither.")
    keys.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("lea is adjudicating this conversation.")
    as_lead.forget("409")
    expect(page.locator("#settle-reason")).to_have_value("Neither.")
    page.wait_for_load_state()
    keys.press("T")
    expect(page.get_by_text("lea is adjudicating")).to_have_count(0)
    expect(page.locator("#settle-reason")).to_have_value("Neither.")
    expect(page.get_by_label("Reject it")).to_be_checked()
    page.get_by_role("button", name="Settle and next").click()
    expect(page.get_by_text("Settled: rejected.")).to_be_visible()
    # The page that came next is held by who has it open.
    expect(page.get_by_role("heading", level=1)).to_contain_text("And the other two?")
    with page.expect_response(lambda response: response.url.endswith("/claim/renew/")):
        page.reload()
    assert Conversation.objects.get(pk=disputes[1].pk).claimed_by == as_lead.user


def test_what_is_missing_is_said_where_it_is_missing(as_lead: Studio, disputes: list[Conversation]) -> None:
    page, keys = as_lead.open(f"/review/adjudication/{disputes[0].pid}/"), as_lead.page.keyboard
    keys.press("r")
    keys.type("Because.")
    keys.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Choose one of the decisions")
    expect(page.locator("#settle-reason")).to_have_value("Because.")
    as_lead.forget("422")


def test_a_reason_is_marked_as_required_and_asked_for_where_it_belongs(
    as_lead: Studio, disputes: list[Conversation]
) -> None:
    page, keys = as_lead.open(f"/review/adjudication/{disputes[0].pid}/"), as_lead.page.keyboard
    field = page.get_by_label("Why")
    expect(page.locator("label[for=settle-reason]")).to_contain_text("required")
    expect(field).to_have_attribute("aria-required", "true")
    keys.press("1")
    keys.press("Control+Enter")
    expect(page.locator("#settle-reason-error")).to_have_text("Say why you decide so.")
    as_lead.forget("422")
    expect(page.get_by_role("alert")).to_have_count(1)
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Approve version 1")).to_be_checked()
    assert not as_lead.axe()
    keys.type("Complete.")
    keys.press("Enter")
    expect(page.get_by_text("Settled: approved.")).to_be_visible()


def test_what_is_about_one_content_is_read_by_a_key_that_is_shown(as_lead: Studio) -> None:
    row = store(two_reads())
    Dataset.objects.update(double_review_share=100)
    first, second = make_user(username="anna"), make_user(username="ben")
    reviews.approve(row, version=1, by=first)
    reviews.reject(row, version=1, by=second, reason="Wrong arguments")
    as_lead.user.preferences = {"keys": {"open-for-edit": "i"}}
    as_lead.user.save()
    page = as_lead.open(f"/review/adjudication/{row.pid}/")
    link = page.get_by_role("link", name="Read the conversation")
    expect(link.locator("kbd")).to_have_text("i")
    expect(link).to_have_attribute("aria-keyshortcuts", "i")
    page.keyboard.press("i")
    expect(page.locator("#pair-1")).to_be_visible()
    expect(page).to_have_url(re.compile(f"/conversations/{row.pid}/$"))


def test_it_is_opened_for_edit_and_settled_as_it_then_stands(as_lead: Studio, disputes: list[Conversation]) -> None:
    page, keys = as_lead.open(f"/review/adjudication/{disputes[0].pid}/"), as_lead.page.keyboard
    keys.press("e")
    expect(page.get_by_text("People disagree about it")).to_be_visible()
    edits.edit_text(disputes[0], save=Save(version=2, by=as_lead.user), field="answer", turn=0, text="Alpha and beta.")
    page.get_by_role("link", name="Settle it").click()
    expect(page.get_by_text("edited since both decided")).to_be_visible()
    page.wait_for_load_state()
    keys.press("a")
    keys.press("r")
    keys.type("Shorter.")
    keys.press("Control+Enter")
    expect(page.get_by_text("Settled: approved.")).to_be_visible()
    page.wait_for_load_state()
    keys.press("u")
    expect(page.get_by_text("Taken back: approved.")).to_be_visible()
    disputes[0].refresh_from_db()
    assert (disputes[0].status, disputes[0].version) == (Conversation.Status.ADJUDICATION, 3)


@pytest.mark.parametrize("theme", [User.Theme.LIGHT, User.Theme.DARK])
def test_the_pages_are_accessible_and_fit(as_lead: Studio, disputes: list[Conversation], theme: str) -> None:
    User.objects.update(theme=theme)
    slug = disputes[0].dataset.slug
    for width, height in ((1440, 900), (1024, 768), (390, 844)):
        as_lead.page.set_viewport_size({"width": width, "height": height})
        for path in ("/review/adjudication/", f"/review/adjudication/{disputes[0].pid}/", f"/datasets/{slug}/"):
            page = as_lead.open(path)
            for closed in page.locator("details.policy:not([open]) > summary").all():
                closed.click()
            assert not as_lead.overflow(), path
            assert not as_lead.axe(), path


def test_what_is_wrong_with_a_pair_is_said_by_keyboard(as_annotator: Studio) -> None:
    row = store(two_reads())
    page, keys = as_annotator.open(f"/conversations/{row.pid}/"), as_annotator.page.keyboard
    keys.press("x")  # marks the first and goes on to the second
    expect(page.locator("#pair-1-wrong")).to_have_attribute("aria-pressed", "true")
    keys.press("k")
    keys.press("X")
    expect(page.locator("#pair-1-tag-1")).to_be_focused()
    keys.press("Tab")
    keys.press("Enter")
    expect(page.locator("#pair-1-tag-2")).to_have_attribute("aria-pressed", "true")
    assert row.pair_verdicts.get().tag == "Wrong tool"
    assert not as_annotator.axe()


def test_a_finding_is_waived_and_that_is_taken_back(as_lead: Studio) -> None:
    content = two_reads()
    content.calls[0].id = "odd"
    row = store(content)
    page, keys = as_lead.open(f"/conversations/{row.pid}/"), as_lead.page.keyboard
    page.get_by_text("Waive…").click()
    page.get_by_placeholder("Why it may pass").focus()
    keys.type("Ids of the old system.")
    keys.press("Control+Enter")
    expect(page.get_by_text("“Ids of the old system.”")).to_be_visible()
    expect(page.locator("#pair-1 .card-finding").first).to_contain_text("Waived")
    row.refresh_from_db()
    assert row.status == Conversation.Status.NEEDS_REVIEW
    assert not as_lead.axe()
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("Waive…")).to_be_visible()
    expect(page.locator("#pair-1 .card-finding").first).to_contain_text("Blocking")
