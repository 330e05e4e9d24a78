"""What was typed and cancelled stays aside until its part is edited again; what was restored can be dropped by key."""

import pytest
from playwright.sync_api import Page, expect

from studio.models import Conversation
from tests.standins.review_rows import store, two_reads

BROKEN = '{"file_path": "notes/'


@pytest.fixture
def page(open_page, anna, transactional_db) -> Page:
    conversation: Conversation = store(two_reads())
    return open_page(anna, f"/conversations/{conversation.pid}/")


@pytest.fixture
def opened(page: Page) -> list[str]:
    """The addresses that editors were fetched from."""
    found: list[str] = []
    page.on("request", lambda request: found.append(request.url) if "/edit/" in request.url else None)
    return found


def cancel_an_edit(page: Page) -> None:
    page.keyboard.press("E")
    field = page.locator("#pair-1 textarea[name=text]")
    expect(field).to_be_focused()
    field.fill(BROKEN)
    page.keyboard.press("Escape")
    expect(page.locator("#pair-1")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("form.editor")).to_have_count(0)


def edit_the_answer(page: Page, text: str) -> None:
    page.locator("#text-answer-0 [data-do=edit]").click()
    page.locator("#text-answer-0 textarea").fill(text)


def test_a_cancelled_edit_stays_closed_after_a_reload_and_is_there_when_edited_again(page: Page, opened: list[str]):
    cancel_an_edit(page)
    edit_the_answer(page, "Not cancelled")
    opened.clear()
    page.reload()
    expect(page.locator("#text-answer-0 textarea")).to_have_value("Not cancelled")
    assert [url for url in opened if "/texts/answer-0/" not in url] == []
    page.locator("#pair-1").press("E")
    expect(page.locator("#pair-1 textarea[name=text]")).to_have_value(BROKEN)
    expect(page.locator("#pair-1 [data-draft-note]")).to_contain_text("What you typed before was restored.")


def test_a_cancelled_edit_stays_closed_when_the_thread_is_swapped(page: Page, opened: list[str]):
    cancel_an_edit(page)
    page.locator("#pair-1").press("m")
    expect(page.locator("#pair-1 [data-menu] button").first).to_be_focused()
    page.keyboard.press("a")
    page.locator("#pair-1-more").get_by_label("file_path", exact=True).fill("notes/c.txt")
    opened.clear()
    page.keyboard.press("Control+s")
    expect(page.locator("#pair-2")).to_contain_text("Not run yet")
    expect(page.locator("#pair-2")).to_be_focused()
    assert opened == []


def test_what_was_put_aside_and_opened_again_is_open_after_a_reload(page: Page):
    cancel_an_edit(page)
    page.keyboard.press("E")
    expect(page.locator("#pair-1 textarea[name=text]")).to_have_value(BROKEN)
    page.reload()
    expect(page.locator("#pair-1 textarea[name=text]")).to_have_value(BROKEN)


@pytest.mark.parametrize("way", ["button", "key"])
def test_starting_over_goes_back_to_the_field(page: Page, way: str):
    edit_the_answer(page, "To be dropped")
    page.reload()
    field, note = page.locator("#text-answer-0 textarea"), page.locator("#text-answer-0 [data-draft-note]")
    expect(note).to_be_visible()
    expect(field).to_have_value("To be dropped")
    if way == "button":
        note.get_by_role("button", name="Start over").click()
    else:
        expect(note.locator("kbd")).to_have_text("Ctrl .")
        page.locator("#text-answer-0 [name=reason]").press("Control+.")
    expect(note).to_be_hidden()
    expect(field).to_be_focused()
    expect(field).not_to_have_value("To be dropped")
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.includes('draft'))") == []
