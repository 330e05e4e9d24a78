"""Where an answer's literals come from, in the browser: marked when seen, followed to the place, copied as plain text."""

import re

import pytest
from playwright.sync_api import expect

from generation.conversation import Conversation as Content
from generation.conversation import Step, Turn
from tests.standins.browsing import Held
from tests.standins.review_rows import call, registry, store

FILLER = "y" * 21_000


@pytest.fixture
def page(open_page, anna):
    calls = [
        call("read_file", {"file_path": "notes/a.txt"}, '{"total": 4711, "name": "alpha"}'),
        call("read_file", {"file_path": "notes/b.txt"}, f"{FILLER} order QX-9 is late"),
    ]
    turn = Turn(user="How many?", steps=[Step(calls=calls)], answer="There are 4,711, QX-9 is late and 9999 are lost.")
    row = store(Content(tools=registry().tools, turns=[turn]))
    return open_page(anna, f"/conversations/{row.pid}/#text-answer-0", reduced_motion="reduce")


def lit(page) -> list[str]:
    return page.evaluate("[...(CSS.highlights.get('source') ?? [])].map(String)")


def test_following_a_literal_activates_its_pair_and_lights_up_where_it_stands(page):
    page.get_by_role("link", name="4,711").click()
    expect(page.locator("#pair-1")).to_have_class(re.compile("is-active"))
    assert lit(page) == ["4711"]


def test_what_stands_behind_a_preview_is_fetched_first(page):
    page.locator("a.grounded", has_text="QX-9").click()
    expect(page.locator("#pair-2")).to_have_class(re.compile("is-active"))
    expect(page.locator("#pair-2 .side-result")).to_contain_text("order QX-9 is late")
    page.wait_for_function("CSS.highlights.get('source')?.size === 1")
    assert lit(page) == ["QX-9"]


def test_what_occurs_nowhere_is_said_and_the_text_is_copied_as_it_is(page):
    lost = page.locator(".ungrounded")
    expect(lost).to_have_text("9999 (occurs in no result)")
    words = page.locator("#text-answer-0 .words")
    words.evaluate("(element) => getSelection().selectAllChildren(element)")
    assert page.evaluate("String(getSelection())") == "There are 4,711, QX-9 is late and 9999 are lost."


def test_the_key_shows_all_sources_and_is_remembered(page):
    link = page.get_by_role("link", name="4,711")
    expect(link).to_have_attribute("tabindex", "-1")
    page.keyboard.press("l")
    expect(page.locator("#thread")).to_have_class(re.compile("shows-sources"))
    expect(link).to_have_attribute("tabindex", "0")
    page.reload()
    expect(page.locator("#thread")).to_have_class(re.compile("shows-sources"))


def write_result(page, result: str) -> None:
    page.locator("#pair-1 [data-do=write]").click()
    page.locator("#pair-1-text").fill(result)
    page.keyboard.press("Control+s")
    expect(page.locator("#pair-1-text")).to_have_count(0)


def test_a_result_that_changed_is_a_source_at_once(page):
    page.set_viewport_size({"width": 1440, "height": 3000})  # the answer is in sight all the time
    answer, lost = page.locator("#text-answer-0"), page.locator(".ungrounded")
    for result in (
        '{"total": 4711}',
        '{"total": 4711, "lost": 9999}',
    ):  # the first makes the answer stale, and so drawn anew
        write_result(page, result)
        expect(answer.locator(".badge.state-stale")).to_be_visible()
        if "9999" not in result:
            expect(lost).to_have_text("9999 (occurs in no result)")
    expect(answer.locator("a.grounded", has_text="9999")).to_have_attribute("data-source", "#1")
    expect(lost).to_have_count(0)


def test_sources_that_came_late_do_not_take_the_place_of_later_ones(page):
    page.set_viewport_size({"width": 1440, "height": 3000})  # the answer is in sight all the time
    answer, lost = page.locator("#text-answer-0"), page.locator(".ungrounded")
    write_result(page, '{"total": 4711}')
    expect(answer.locator(".badge.state-stale")).to_be_visible()
    expect(lost).to_have_text("9999 (occurs in no result)")
    late = Held(page, "**/sources/")
    write_result(page, '{"total": 4712}')
    late.wait()
    write_result(page, '{"total": 4711, "lost": 9999}')
    expect(lost).to_have_count(0)
    late.let_go()
    page.evaluate("fetch(location.href).then((answer) => answer.text())")  # by then it was read
    expect(answer.locator("a.grounded", has_text="9999")).to_have_attribute("data-source", "#1")
