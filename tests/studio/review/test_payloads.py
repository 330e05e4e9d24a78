"""Payloads of any size: a beginning on the page, then all of it, of huge ones part by part."""

import html
import json
import re

import pytest

from generation.conversation import Conversation, Step, Turn
from studio.review.payloads import BEGINNING, PAGE, PART, PREVIEW, ROOMY, TIGHT, room_for, show_arguments, show_result
from studio.templatetags.stamps import Stamp
from tests.standins.review_rows import call, registry, store
from tests.studio.review.conftest import Page


def page_of(anna, result: str, arguments: dict | None = None) -> Page:
    turn = Turn(user="u", steps=[Step(calls=[call("read_file", arguments or {"file_path": "x"}, result)])], answer="a")
    return Page(store(Conversation(tools=registry().tools, turns=[turn])), anna)


def text_of(fragment: str) -> str:
    written = re.sub(r'<span class="payload-more.*', "", fragment, flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]*>", "", written))


@pytest.mark.parametrize("line", ["x" * 250_123, "a line of text\n" * 20_000, "<&\x00é🙂" * 40_000])
def test_the_parts_of_a_huge_text_are_the_text(anna, line):
    page = page_of(anna, line)
    first = page.get(f"{page.call(1)}result/whole/").content.decode()
    shown = text_of(re.search(r'<div class="payload[^>]*>(.*)', first, re.DOTALL)[1])
    parts = 1
    fragment = first
    while more := re.search(r'hx-get="([^"]+\?from=\d+)"', fragment):
        fragment = page.client.get(more[1]).content.decode()
        shown += text_of(fragment)
        parts += 1
    assert shown.rstrip() == line.replace("\x00", "[NUL]").rstrip()
    assert len(line) / PART <= parts < len(line) / PART + 2


def test_a_preview_ends_with_a_line_and_says_how_much_there_is():
    payload = show_result("0123456789\n" * 5_000)
    assert payload.is_preview
    assert payload.html.endswith("9\n")
    assert BEGINNING // 2 < payload.shown <= BEGINNING
    assert payload.size == 55_000


def test_the_preview_of_json_is_an_outline_of_its_beginning():
    rows = [{"n": number, "list": [1, 2], "say": "<b>word</b> " * 20} for number in range(200)]
    payload = show_result(json.dumps({"rows": rows}))
    assert (payload.kind, payload.is_preview, payload.size) == ("json", True, len(json.dumps({"rows": rows})))
    assert 0 < payload.shown <= BEGINNING
    assert payload.html.count("<details") == payload.html.count("</details>") > 3
    assert "<b>" not in payload.html
    shown = int(re.search(r'rows:</span> <span class="jc">\[(\d+)\+\]', payload.html)[1])
    assert payload.html.count('class="jk">n:') == shown
    assert payload.html.count("[2]</span>") >= shown - 1


def test_what_begins_like_json_and_is_none_is_shown_as_text():
    assert show_result("{ this is a log line, no JSON\n" * 2_000).kind == "text"
    assert show_result('{"a": 1}\n' * 5_000).kind == "text"


def test_a_page_of_many_long_payloads_has_less_room_for_each():
    def content(count: int, result: str) -> Conversation:
        steps = [Step(calls=[call("read_file", {"file_path": "x"}, result)]) for _ in range(count)]
        return Conversation(turns=[Turn(user="u", steps=steps, answer="a")])

    text, rows = "word " * 800, json.dumps([{"n": number} for number in range(360)])
    assert room_for(content(PAGE // len(text) - 20, text)) is ROOMY
    assert room_for(content(PAGE // len(text) + 1, text)) is TIGHT
    assert room_for(content(PAGE // len(rows) // 2, rows)) is TIGHT
    assert room_for(content(40, "x" * 5_000_000)) is ROOMY
    assert show_result(text).shown is None
    tight = show_result("0123456789\n" * 500, room=TIGHT)
    assert tight.html.endswith("9\n")
    assert TIGHT.beginning // 2 < tight.shown <= TIGHT.beginning


def test_two_hundred_long_results_are_a_small_page(anna):
    steps = [Step(calls=[call("read_file", {"file_path": "x"}, "y" * 25_000)]) for _ in range(200)]
    page = Page(store(Conversation(tools=registry().tools, turns=[Turn(user="u", steps=steps, answer="a")])), anna)
    assert page.get().content.count(b"y" * 100) < 200 * (BEGINNING // 100 + 1)


def test_payloads_of_different_lengths_share_the_markup_around_them(anna, monkeypatch):
    steps = [Step(calls=[call("read_file", {"file_path": "x"}, "y" * (25_000 + number))]) for number in range(50)]
    page = Page(store(Conversation(tools=registry().tools, turns=[Turn(user="u", steps=steps, answer="a")])), anna)
    made: list[object] = []
    make = Stamp._make
    monkeypatch.setattr(Stamp, "_make", lambda *given: made.append(given) or make(*given))
    html = page.get().content.decode()
    assert "of 25,049 characters." in html
    assert 0 < len(made) < 30


@pytest.mark.parametrize("start", ["-1", "x", "", "1" * 13, "٣"])
def test_a_part_that_is_none_is_not_found(anna, start):
    page = page_of(anna, "x" * 30_000)
    assert page.get(f"{page.call(1)}result/whole/?from={start}").status_code == 404


def test_long_json_is_an_outline_when_asked_for_whole_and_text_when_it_is_huge():
    value = {"list": [{"n": number} for number in range(3_000)]}
    assert show_arguments(value).is_preview
    assert show_arguments(value, whole=True).kind == "json"
    assert show_result(json.dumps(value), whole=True).kind == "json"
    huge = show_arguments({"list": list(range(100_000))}, whole=True)
    assert (huge.kind, huge.is_cut, huge.is_preview) == ("text", True, False)


def test_nested_members_fold_and_say_how_many_they_are():
    text = show_result('{"deep": {"a": 1, "b": [1, 2, 3]}, "none": []}').html
    assert text.count('<details class="jd" open>') == 2
    assert '<span class="jk">deep:</span> <span class="jc">{2}</span>' in text
    assert '<span class="jk">b:</span> <span class="jc">[3]</span>' in text
    assert '<span class="jp">[]</span>' in text
    assert len("x" * PREVIEW) == show_result("x" * PREVIEW).size
