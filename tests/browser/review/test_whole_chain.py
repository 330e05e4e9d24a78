"""The whole chain in one go, by keyboard alone: from the dashboard to approved, with raw JSON that is refused; and on a phone, by taps."""

import re

import pytest
from playwright.sync_api import expect

from studio.models import Conversation
from tests.browser.review.test_review_loop import work_what_was_asked
from tests.standins.review_rows import store, two_reads

Status = Conversation.Status


@pytest.fixture
def first(transactional_db):
    return store(two_reads())


def test_from_the_dashboard_to_approved_with_json_that_is_refused(open_page, anna, first):
    page = open_page(anna, "/")
    keys = page.keyboard
    page.locator("html[data-js]").wait_for()
    keys.press("n")
    expect(page).to_have_url(re.compile(first.pid))
    expect(page.locator("#pair-1")).to_have_class(re.compile("is-active"))

    keys.press("E")
    raw = page.locator("#pair-1 [name=text]")
    expect(raw).to_be_focused()
    for typed, said in (("{", "line 1"), ('{"file_path": 7}', "file_path")):
        keys.press("Control+A")
        keys.insert_text(typed)
        keys.press("Control+s")
        expect(page.locator("#pair-1 [data-problems]")).to_contain_text(said)
        expect(raw).to_have_value(typed)
    assert Conversation.objects.get(pk=first.pk).version == 1

    keys.press("Control+A")
    keys.insert_text('{"file_path": "notes/c.txt"}')
    keys.press("Control+Shift+Enter")
    expect(page.locator("#pair-1-rerun")).to_contain_text("Asked to run again")
    work_what_was_asked()
    expect(page.locator("#pair-1-rerun ins")).to_have_text("gamma")
    keys.press("z")
    expect(page.locator("#pair-1-rerun")).to_be_empty()
    keys.press("r")
    expect(page.locator("#pair-1-rerun")).to_contain_text("Asked to run again")
    work_what_was_asked()
    expect(page.locator("#pair-1-rerun ins")).to_have_text("gamma")
    keys.press("Enter")
    expect(page.locator("#pair-2 .badge.state-stale")).to_have_count(0)
    expect(page.locator(".obstacles")).to_contain_text("1 stale part must be run again, rewritten or confirmed.")

    keys.press("J")
    expect(page.locator("#text-answer-0")).to_be_focused()
    keys.press("v")
    expect(page.get_by_label("still holds").first).to_be_focused()
    keys.type("It was about b.")
    keys.press("Enter")
    expect(page.locator(".obstacles")).to_have_count(0)
    keys.press("Control+Enter")
    expect(page.get_by_text("Nothing waits for review")).to_be_visible()
    row = Conversation.objects.get(pk=first.pk)
    assert (row.status, row.stale_count, row.content.calls[0].result) == (Status.APPROVED, 0, "gamma\n")


def test_on_a_phone_it_is_read_and_rejected_by_taps(open_page, anna, first):
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    page = open_page(anna, "/review/next/", **phone)
    expect(page.locator("#pair-1")).to_be_visible()
    expect(page.locator("#approve kbd")).to_be_hidden()
    page.locator("#pair-2-wrong").tap()
    expect(page.locator("#pair-2-wrong")).to_have_attribute("aria-pressed", "true")
    page.get_by_text("Reject…").tap()
    page.get_by_role("button", name="Wrong arguments").tap()
    expect(page.get_by_text("Nothing waits for review")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert Conversation.objects.get(pk=first.pk).status == Status.REJECTED
