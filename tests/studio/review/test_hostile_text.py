"""Tool output is hostile: it is shown, never executed, and breaks neither the page nor its encoding."""

import re

import pytest

from generation.conversation import Conversation, Step, Turn
from studio.review.payloads import PREVIEW, show_arguments, show_result
from studio.web.visible_text import show, typed, untyped
from tests.standins.review_rows import call, registry, store
from tests.studio.review.conftest import Page

NASTY = "<script>alert(1)</script> \x00 \x1b[31mred \u202eevil \ud800 \U000e0041 </textarea><b>"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<b>&", "&lt;b&gt;&amp;"),
        ("a\x00b", 'a<span class="odd">[NUL]</span>b'),
        ("\x1b[31m", '<span class="odd">[ESC]</span>[31m'),
        ("\u202e", '<span class="odd">[U+202E]</span>'),
        ("a\r\n\x7f", 'a<span class="odd">[CR]</span>\n<span class="odd">[U+007F]</span>'),
        ("\ud800", '<span class="odd">[U+D800]</span>'),
        ("\U000e0041", '<span class="odd">[U+E0041]</span>'),
        ("a\tb\nc", "a\tb\nc"),
        ("مرحبا 👩‍🚀", "مرحبا 👩‍🚀"),
    ],
)
def test_odd_characters_are_visible_marks(text, shown):
    assert show(text) == shown
    show(text).encode()


def test_a_page_of_hostile_text_is_whole_and_holds_no_markup_of_it(anna):
    read = call("read_file", {"file_path": NASTY.replace("\ud800", "")}, NASTY)
    failed = call("read_file", {"file_path": "x"}, '{"<i>": "' + "\\u202e" + '<i>"}', error="<i>Failed\x00</i>")
    turn = Turn(user=NASTY, steps=[Step(thought=NASTY, text=NASTY, calls=[read, failed])], answer=NASTY)
    content = Conversation(system_prompt=NASTY, tools=registry().tools, turns=[turn], model=NASTY)
    page = Page(store(content), anna)
    for tail in ("", f"{page.call(1)}edit/", f"{page.call(1)}write-result/", "texts/answer-0/edit/", "thread/"):
        response = page.get(tail)
        text = response.content.decode()
        assert response.status_code == 200
        for markup in ("<script>alert", "<i>", "</textarea><b>", "\x00"):
            assert markup not in text
        # What a form field holds must stay as it is, or an edit would change it unseen.
        beside_fields = re.sub(r"<textarea.*?</textarea>", "", text, flags=re.DOTALL)
        assert "\x1b" not in beside_fields
        assert "\u202e" not in beside_fields
        assert "[ESC]" in text


def test_json_is_an_outline_with_keys_apart_and_numbers_as_written():
    html = show_result('{"a": 1.10, "deep": [{"b": "true"}], "text": "one\\ntwo", "a": 2}').html
    assert html.count('<span class="jk">a:</span>') == 2
    assert '<span class="jn">1.10</span>' in html
    assert '<span class="js">&quot;true&quot;</span>' in html
    assert "one\ntwo" in html


@pytest.mark.parametrize("text", ["[" * 5000, "{" * 50, '{"a": NaN', "not json", "[1, 2"])
def test_what_is_no_json_is_text_as_it_is(text):
    payload = show_result(text)
    assert payload.kind == "text"
    assert payload.html == show(text)


def test_a_long_payload_is_sent_as_its_beginning_and_fetched_whole(anna):
    long = "x" * PREVIEW + "the end"
    turn = Turn(user="u", steps=[Step(calls=[call("read_file", {"file_path": "x"}, long)])], answer="a")
    page = Page(store(Conversation(tools=registry().tools, turns=[turn])), anna)
    assert "the end" not in page.get().content.decode()
    assert "the end" in page.get(f"{page.call(1)}result/whole/").content.decode()
    assert page.get(f"{page.call(1)}nothing/whole/").status_code == 404


def test_long_arguments_are_cut_too():
    payload = show_arguments({"content": "y" * (PREVIEW + 1)})
    assert payload.is_cut
    assert len(payload.html) <= PREVIEW + 100


def test_a_form_field_alone_changes_nothing():
    original = "a\r\nb\x00\ud800"
    assert untyped(typed(original).replace("\n", "\r\n"), original=original) == original
    assert untyped("a\r\nb", original=original) == "a\nb"
