"""A text that differs from version 1 says so beside its label, through saves, editors that are closed, and reloads."""

from playwright.sync_api import Page, expect

from tests.standins.review_rows import store, two_reads

MARK = "[data-edited] .badge"


def open_and_close(page: Page) -> None:
    page.keyboard.press("e")
    expect(page.locator("#text-answer-0 textarea")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator("form.editor")).to_have_count(0)


def rewrite(page: Page, text: str) -> None:
    page.keyboard.press("e")
    field = page.locator("#text-answer-0 textarea")
    expect(field).to_be_focused()
    field.fill(text)
    page.keyboard.press("Control+s")
    expect(field).to_have_count(0)


def test_an_answer_is_marked_as_long_as_it_is_not_as_it_was(open_page, anna):
    content = two_reads()
    page = open_page(anna, f"/conversations/{store(content).pid}/")
    marks = page.locator(f"#thread {MARK}")
    mark = page.locator(f"#text-answer-0 {MARK}")
    page.locator("#text-answer-0").focus()
    open_and_close(page)
    expect(marks).to_have_count(0)
    rewrite(page, "Both were read.")
    expect(mark).to_have_text("Edited")
    open_and_close(page)
    expect(mark).to_be_visible()
    page.reload()
    expect(mark).to_be_visible()
    expect(marks).to_have_count(1)
    page.locator("#text-answer-0").focus()
    rewrite(page, content.turns[0].answer)
    expect(marks).to_have_count(0)


def test_so_is_a_thought_also_while_it_is_folded(open_page, anna):
    page = open_page(anna, f"/conversations/{store(two_reads()).pid}/")
    page.keyboard.press("t")
    page.locator("#text-thought-0-0").get_by_role("link", name="Edit thought").click()
    field = page.locator("#text-thought-0-0 textarea")
    field.fill("I had a look.")
    page.keyboard.press("Control+s")
    mark = page.locator(f"#text-thought-0-0 {MARK}")
    expect(mark).to_be_visible()
    page.keyboard.press("t")
    expect(page.get_by_text("I had a look.")).to_be_hidden()
    expect(mark).to_be_visible()
