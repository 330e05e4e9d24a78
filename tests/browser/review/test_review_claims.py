"""What the review page offers while somebody else holds the conversation, on a phone, and at 200 % zoom."""

import pytest
from playwright.sync_api import expect

from studio.domain import reviews
from tests.standins.review_rows import person, store, two_reads


@pytest.fixture
def conversation(transactional_db):
    return store(two_reads())


@pytest.fixture
def path(conversation):
    return f"/conversations/{conversation.pid}/"


def test_a_conversation_of_somebody_else_is_there_to_read(open_page, anna, conversation, path):
    reviews.claim(conversation, by=person("ben"))
    page = open_page(anna, path)
    expect(page.locator("#claim")).to_contain_text("ben is reviewing this conversation")
    for name in ("Edit", "Run again", "Ok", "Wrong"):
        expect(page.locator("#pair-1").get_by_text(name, exact=True)).to_be_hidden()


def test_a_claim_lost_meanwhile_shows_at_the_first_refusal(open_page, anna, conversation, path):
    page = open_page(anna, path)
    expect(page.locator("#approve")).to_be_visible()
    reviews.claim(conversation, by=person("ben"))
    page.keyboard.press("a")
    expect(page.locator("#claim")).to_contain_text("ben is reviewing this conversation")
    expect(page.locator("#approve")).to_be_hidden()


def test_a_second_opinion_is_asked_by_key(open_page, anna, conversation, path):
    page = open_page(anna, path)
    page.keyboard.press("q")
    expect(page.get_by_label("What to look at")).to_be_focused()
    page.keyboard.type("is c.txt meant?")
    page.keyboard.press("Enter")
    page.wait_for_url("**/review/next/**")
    conversation.refresh_from_db()
    assert conversation.status == "second_opinion"
    assert conversation.reviews.get().reason == "is c.txt meant?"


def test_an_editor_stands_instead_of_the_buttons_of_its_pair(open_page, anna, path):
    page = open_page(anna, path)
    again = page.locator("#pair-1 > footer [data-do=rerun]")
    expect(again).to_be_visible()
    page.keyboard.press("e")
    expect(page.locator("#pair-1 form.editor")).to_be_visible()
    expect(again).to_be_hidden()


def test_an_editor_that_was_resized_may_be_refused(open_page, anna, path):
    """Dragging a field's corner styles it; to carry that over into the refused form would break the page's policy."""
    page = open_page(anna, path)
    page.keyboard.press("w")
    field = page.locator("#pair-1-text")
    expect(field).to_be_focused()
    field.evaluate("field => { field.style.height = '200px'; }")
    page.get_by_label("Tool error", exact=True).check()
    page.locator("#pair-1-editor").evaluate("form => form.elements.version.value = '0'")
    field.fill("typed")
    page.keyboard.press("Control+s")
    expect(page.locator("#pair-1 form[data-unsaved]")).to_have_count(1)  # a refused policy fails the test at its end


def test_the_menu_of_a_phone_has_words_on_this_page_too(open_page, anna, path):
    page = open_page(anna, path, viewport={"width": 390, "height": 844})
    page.get_by_role("button", name="Menu").click()
    box = page.locator("#nav-menu").get_by_text("Conversations", exact=True).bounding_box()
    assert box is not None
    assert box["width"] > 40


def test_at_200_percent_most_of_the_window_is_for_reading(open_page, anna, path):
    page = open_page(anna, path, viewport={"width": 720, "height": 450})
    box = page.locator(".rail-decision").bounding_box()
    assert box is not None
    assert box["height"] < 450 / 3
