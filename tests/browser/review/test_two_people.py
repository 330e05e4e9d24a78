"""Two browsers on one conversation, by keyboard alone: refused, taken over, merged, and nothing that was typed is lost."""

import pytest
from playwright.sync_api import Page, expect

from studio.models import Conversation
from tests.standins.review_rows import person, store, two_reads


@pytest.fixture
def conversation(transactional_db) -> Conversation:
    return store(two_reads())


def type_into(page: Page, field: str, text: str) -> None:
    """Press the key that edits the active part, and write its field anew."""
    page.keyboard.press("e")
    expect(page.locator(field)).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def test_a_claim_is_refused_taken_over_and_what_both_changed_is_merged(open_page, anna, conversation):
    path = f"/conversations/{conversation.pid}/"
    lena = open_page(person("lena", "lead"), path)
    annas = open_page(anna, path)
    for page in (lena, annas):
        page.locator("html[data-js]").wait_for()

    answer = "#text-answer-0 textarea"
    lena.keyboard.press("j")
    lena.keyboard.press("j")
    type_into(lena, answer, "Lena's answer")
    type_into(annas, "#pair-1 .argument-input", "notes/c.txt")
    annas.keyboard.press("Control+s")
    expect(annas.locator("#claim")).to_contain_text("by you")

    lena.keyboard.press("Control+s")
    expect(lena.locator("#messages")).to_contain_text("anna is reviewing this conversation")
    expect(lena.locator(answer)).to_have_value("Lena's answer")
    annas.keyboard.press("j")
    expect(annas.locator("#pair-2")).to_be_focused()
    type_into(annas, "#pair-2 .argument-input", "notes/a.txt")

    lena.keyboard.press("Escape")
    lena.keyboard.press("T")
    expect(lena.locator("#claim")).to_contain_text("by you")
    expect(lena.locator(answer)).to_have_value("Lena's answer")
    lena.keyboard.press("Control+s")
    expect(lena.locator("#text-answer-0 [data-meanwhile]")).to_contain_text("anna saved meanwhile")
    expect(lena.locator("#pair-1 .side").first).to_contain_text("notes/c.txt")

    annas.keyboard.press("Control+s")
    expect(annas.locator("#claim")).to_contain_text("lena is reviewing this conversation")
    annas.reload()
    expect(annas.locator("#pair-2 .argument-input").first).to_have_value("notes/a.txt")
    row = Conversation.objects.get(pk=conversation.pk)
    first, second = row.content.calls
    assert (first.arguments, second.arguments) == ({"file_path": "notes/c.txt"}, {"file_path": "notes/b.txt"})
    assert (row.version, row.content.turns[0].answer) == (3, "Lena's answer")
