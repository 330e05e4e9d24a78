"""The reason for a call by keyboard: written from the menu, shown with the thoughts, kept while one types."""

from playwright.sync_api import expect

from studio.models import Conversation
from tests.standins.review_rows import store, two_reads


def test_a_reason_is_written_by_keyboard_survives_a_reload_and_folds_with_the_thoughts(open_page, anna):
    row = store(two_reads())
    page = open_page(anna, f"/conversations/{row.pid}/")
    page.keyboard.press("m")
    expect(page.locator("#pair-1-more [data-letter=r]")).to_be_visible()
    page.keyboard.press("r")
    field = page.get_by_label("Reason for #1", exact=True).locator("textarea")
    expect(field).to_be_focused()
    page.keyboard.type("The user named it.")
    page.reload()
    expect(field).to_have_value("The user named it.")
    field.focus()
    page.keyboard.press("Control+s")
    shown = page.locator("#pair-1 .card-reason .words")
    expect(shown).to_have_text("The user named it.")
    expect(shown).to_be_hidden()
    page.keyboard.press("t")
    expect(shown).to_be_visible()
    assert Conversation.objects.get(pk=row.pk).content.calls[0].reason == "The user named it."


def test_a_reason_that_is_shown_stays_so_while_its_pair_is_edited(open_page, anna):
    content = two_reads()
    content.turns[0].steps[0].calls[0].reason = "The user named it."
    page = open_page(anna, f"/conversations/{store(content).pid}/")
    shown = page.locator("#pair-1 .card-reason .words")
    page.keyboard.press("t")
    expect(shown).to_be_visible()
    page.keyboard.press("e")
    expect(page.get_by_label("file_path")).to_be_focused()
    expect(shown).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator("#pair-1 form.editor")).to_have_count(0)
    expect(shown).to_be_visible()


def test_what_is_edited_stays_open_when_the_thoughts_are_folded(open_page, anna):
    page = open_page(anna, f"/conversations/{store(two_reads()).pid}/")
    page.keyboard.press("t")
    page.locator("#text-thought-0-0").get_by_role("link", name="Edit thought").click()
    field = page.locator("#text-thought-0-0 textarea")
    expect(field).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    expect(page.get_by_text("I read notes/b.txt.")).to_be_hidden()
    expect(field).to_be_visible()
