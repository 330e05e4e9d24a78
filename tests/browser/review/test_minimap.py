"""The minimap: a mark for each pair in the state of its card, reached by one stop of the Tab key."""

import re

import pytest
from playwright.sync_api import expect

from generation.conversation import Conversation as Content
from generation.conversation import Step, Turn
from studio.domain.reruns import ask_rerun
from tests.standins.review_rows import call, registry, store


def conversation(pairs: int, *, turns: int = 1) -> Content:
    def turn(number: int) -> Turn:
        calls = [call("read_file", {"file_path": f"notes/{number}-{pair}.txt"}, "alpha\n") for pair in range(pairs)]
        return Turn(user="Read.", steps=[Step(calls=[one]) for one in calls], answer="Read.")

    return Content(tools=registry().tools, turns=[turn(number) for number in range(turns)])


@pytest.fixture
def open_row(open_page, anna):
    def open_it(content: Content, *, prepare=lambda _: None, **options):
        row = store(content)
        prepare(row)
        return open_page(anna, f"/conversations/{row.pid}/", **options)

    return open_it


def test_arrows_go_from_mark_to_mark_and_enter_seeks(open_row):
    page = open_row(conversation(3, turns=2))
    marks = page.locator("#minimap a.mark")
    expect(marks).to_have_count(6)
    expect(page.locator("#minimap a.minimap-turn")).to_have_count(2)
    expect(page.locator('#minimap a[tabindex="0"]')).to_have_count(1)
    marks.first.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("#pair-4")).to_have_class(re.compile("is-active"))
    expect(marks.nth(3)).to_have_attribute("aria-current", "true")
    page.locator("#pair-4").press("j")
    expect(marks.nth(4)).to_have_attribute("tabindex", "0")
    expect(page.locator('#minimap a[tabindex="0"]')).to_have_count(1)


def test_a_call_that_is_run_again_is_marked_as_running(open_row, anna):
    page = open_row(conversation(2), prepare=lambda row: ask_rerun(row, call_id=row.content.calls[1].id, by=anna))
    mark = page.locator('#minimap a[href="#pair-2"]')
    expect(mark).to_have_attribute("data-state", "running")
    expect(mark).to_contain_text("running")
    page.locator("#pair-2-rerun").get_by_role("button", name="Stop waiting").click()
    expect(mark).not_to_have_attribute("data-state", "running")
    expect(mark).not_to_contain_text("running")


def test_two_hundred_marks_fit_side_by_side_and_the_current_one_is_in_view(open_row):
    page = open_row(conversation(200), reduced_motion="reduce")
    for key in ("End", "Enter"):
        page.locator('#minimap a[tabindex="0"]').press(key)
    expect(page.locator("#pair-200")).to_have_class(re.compile("is-active"))
    expect(page.locator('#minimap a[href="#pair-200"]')).to_be_in_viewport()
    box = page.locator('#minimap a[href="#pair-200"]').bounding_box()
    assert min(box["width"], box["height"]) >= 24


def test_below_1280_pixels_it_folds_away(open_row):
    page = open_row(conversation(2), viewport={"width": 1279, "height": 800})
    expect(page.locator("#minimap")).to_be_hidden()
