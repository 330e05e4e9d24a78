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
