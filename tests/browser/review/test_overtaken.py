"""On a slow studio answers come late: what was pressed meanwhile counts, and nothing older takes its place."""

import pytest
from playwright.sync_api import Page, expect

from studio.models import Conversation
from tests.standins.browsing import Held
from tests.standins.review_rows import store, two_reads


@pytest.fixture
def page(open_page, anna, transactional_db) -> Page:
    conversation: Conversation = store(two_reads())
    return open_page(anna, f"/conversations/{conversation.pid}/")


@pytest.fixture
def thread(page: Page) -> Held:
    """The thread after the first pair was saved, which makes the second and the answer stale."""
    held = Held(page, "**/thread/")
    page.keyboard.press("e")
    page.get_by_label("file_path").fill("notes/c.txt")
    page.keyboard.press("Control+s")
    expect(page.locator("#pair-1 form.editor")).to_have_count(0)
    held.wait()
    page.locator("#pair-1").press("j")
    expect(page.locator("#pair-2")).to_be_focused()
    return held


def test_a_mark_outlives_a_thread_that_does_not_know_it(page: Page, thread: Held):
    page.keyboard.press("a")
    expect(page.locator("#pair-2-ok")).to_have_attribute("aria-pressed", "true")
    thread.let_go()
    expect(page.locator("#pair-2 .badge.state-stale")).to_be_visible()
    expect(page.locator("#pair-2-ok")).to_have_attribute("aria-pressed", "true")


def test_an_editor_that_was_asked_for_comes_after_the_thread(page: Page, thread: Held):
    editor = Held(page, "**/calls/*/edit/")
    page.keyboard.press("e")
    editor.wait()
    thread.let_go()
    expect(page.locator("#text-answer-0 .badge.state-stale")).to_be_visible()
    editor.let_go()
    expect(page.locator("#pair-2").get_by_label("file_path")).to_be_focused()
    expect(page.locator("#pair-2 .badge.state-stale")).to_be_visible()


def test_a_part_is_renewed_after_what_was_asked_for_it(page: Page, thread: Held):
    menu = Held(page, "**/menu/")
    page.keyboard.press("m")
    menu.wait()
    thread.let_go()
    expect(page.locator("#text-answer-0 .badge.state-stale")).to_be_visible()
    menu.let_go()
    expect(page.locator("#pair-2 [data-menu] button").first).to_be_focused()
    expect(page.locator("#pair-2 .badge.state-stale")).to_be_visible()
    expect(page.locator("#pair-2 [data-menu] button").first).to_be_focused()


def test_a_menu_stays_open_when_its_pair_is_renewed(page: Page, thread: Held):
    page.keyboard.press("m")
    first = page.locator("#pair-2 [data-menu] button").first
    expect(first).to_be_focused()
    thread.let_go()
    expect(page.locator("#pair-2 .badge.state-stale")).to_be_visible()
    expect(first).to_be_focused()
    expect(page.locator("#pair-2 .card-foot [data-do=structure]")).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(page.locator("#pair-2")).to_be_focused()
    expect(page.locator("#pair-2 [data-menu]")).to_have_count(0)


def test_what_is_typed_while_a_save_is_under_way_comes_back_on_what_was_saved(page: Page):
    page.keyboard.press("e")
    field = page.get_by_label("file_path")
    field.fill("notes/c.txt")
    answer = Held(page, "**/calls/*/edit/")
    page.keyboard.press("Control+s")
    answer.wait()
    page.keyboard.press("Control+A")
    page.keyboard.type("notes/b.txt")
    answer.let_go()
    expect(page.locator("#pair-1 form[data-version='2']")).to_have_count(1)
    expect(field).to_have_value("notes/b.txt")
    expect(field).to_be_focused()
    expect(page.get_by_text("What you typed before was restored.")).to_be_visible()
    page.keyboard.press("Control+s")
    expect(page.locator("#pair-1 form.editor")).to_have_count(0)
    expect(page.locator("#pair-1 .side").first).to_contain_text("notes/b.txt")
    versions = [call.arguments for call in Conversation.objects.get().content.calls]
    assert versions[0] == {"file_path": "notes/b.txt"}
    assert Conversation.objects.get().version == 3


def test_a_save_that_nobody_typed_on_closes_its_editor(page: Page):
    page.keyboard.press("E")
    answer = Held(page, "**/calls/*/edit/")
    page.locator("#pair-1-text").fill('{"file_path":   "notes/c.txt"}')
    page.keyboard.press("Control+s")
    answer.let_go()
    expect(page.locator("#pair-1 form.editor")).to_have_count(0)
    expect(page.locator("#pair-1 .side").first).to_contain_text("notes/c.txt")


def test_what_is_typed_while_a_save_is_refused_stays(page: Page):
    page.keyboard.press("e")
    field = page.get_by_label("file_path")
    field.fill("")
    refusal = Held(page, "**/calls/*/edit/")
    page.keyboard.press("Control+s")
    refusal.wait()
    page.keyboard.type("notes/c.txt")
    refusal.let_go()
    expect(page.locator("#pair-1 form[data-unsaved]")).to_have_count(1)
    expect(field).to_have_value("notes/c.txt")
    expect(field).to_be_focused()
    expect(page.locator("#pair-1 .field-error")).to_have_count(0)
    page.keyboard.press("Control+s")
    expect(page.locator("#pair-1 .side").first).to_contain_text("notes/c.txt")
