"""Big conversations: what is not on the page until somebody asks for it."""

import json

import pytest
from playwright.sync_api import expect

from generation.conversation import Conversation as Content
from generation.conversation import Step, Turn
from tests.standins.review_rows import call, registry, store


@pytest.fixture
def open_results(open_page, anna):
    def open_it(*results: str):
        steps = [
            Step(calls=[call("read_file", {"file_path": f"{number}.txt"}, text)]) for number, text in enumerate(results)
        ]
        row = store(Content(tools=registry().tools, turns=[Turn(user="Read.", steps=steps, answer="Read.")]))
        return open_page(anna, f"/conversations/{row.pid}/")

    return open_it


def test_opening_a_payload_fetches_what_was_not_sent(open_results):
    page = open_results(
        "word\n" * 5_000 + "the end of the text", json.dumps([{"number": number} for number in range(2_000)])
    )
    card = page.locator("#pair-1")
    expect(card).to_contain_text("characters. Show all")
    expect(card).not_to_contain_text("the end of the text")
    page.keyboard.press("o")
    expect(card).to_contain_text("the end of the text")
    expect(card).not_to_contain_text("Show all")
    expect(page.locator("#pair-2")).to_contain_text("characters. Show all")
    page.keyboard.press("j")
    page.keyboard.press("o")
    expect(page.locator("#pair-2 .jl").last).to_have_text("number: 1999")
    expect(card).to_contain_text("the end of the text")


def test_no_field_is_drawn_before_somebody_writes(open_results):
    page = open_results(*["alpha\n"] * 100)
    expect(page.locator("#thread textarea")).to_have_count(0)
    page.keyboard.press("j")
    page.keyboard.press("c")
    page.keyboard.type("Why?")
    expect(page.locator("#thread textarea")).to_have_count(1)
    expect(page.locator("#comments-pair-2-text")).to_have_value("Why?")
    page.reload()
    expect(page.locator("#comments-pair-2-text")).to_have_value("Why?")
    page.locator("#comments-pair-2-text").press("Control+Enter")
    expect(page.locator("#comments-pair-2")).to_contain_text("Why?")
    expect(page.locator("#thread textarea:visible")).to_have_count(0)
