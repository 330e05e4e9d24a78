"""Where the literals of an answer come from: links to their sources, and a word on what occurs nowhere."""

import re

import pytest

from generation.conversation import Conversation, Step, Turn
from studio.review.grounding import show_grounded
from tests.standins.review_rows import call, registry, store
from tests.studio.review.conftest import Page


def conversation(answer: str, *, user: str = "How many of order AB-1234?", result: str = "total 4711") -> Conversation:
    read = call("read_file", {"file_path": "notes/a.txt"}, result, id="call00001")
    turn = Turn(user=user, steps=[Step(calls=[read])], answer=answer)
    return Conversation(system_prompt="Quote ZX-77.", tools=registry().tools, turns=[turn])


def plain(html: str) -> str:
    return re.sub(r"<[^>]*>", "", re.sub(r'<span class="hidden-text">.*?</span>', "", html))


@pytest.mark.parametrize(
    ("literal", "anchor", "source"),
    [
        ("4711", "#pair-1", "#1"),
        ("4,711", "#pair-1", "#1"),
        ("AB-1234", "#text-user-0", "user"),
        ("notes/a.txt", "#pair-1", "#1"),
        ("ZX-77", "#setting", "system"),
    ],
)
def test_a_literal_leads_to_where_it_comes_from(literal, anchor, source):
    html = show_grounded(conversation(f"It is {literal} now."), 0)
    assert f'<a class="grounded" href="{anchor}" data-source="{source}"' in html
    assert plain(html) == f"It is {literal} now."


def test_what_occurs_nowhere_says_so_in_words():
    html = show_grounded(conversation("It is 9999 now."), 0)
    assert '<span class="ungrounded">9999<span class="hidden-text"> (occurs in no result)</span></span>' in html
    assert "grounded" not in show_grounded(Conversation(turns=[Turn(user="u", answer="It is 9999.")]), 0)


def test_the_users_words_are_those_of_the_turn_that_said_them():
    first = conversation("Fine.").turns[0]
    content = conversation("Done.").model_copy(update={"turns": [first, Turn(user="And?", answer="AB-1234 is.")]})
    assert 'href="#text-user-0"' in show_grounded(content, 1)


@pytest.mark.parametrize(
    "answer",
    [
        "<b>4711</b> & `<script>4711</script>`",
        "4711\u0301 and 9999\u20dd\ufe0f done",
        "\u202e4711\x00 \ud800 9999 \u05d0\u05d1 12345",
        "👩\u200d🚀 4711 'x\x1b[31m'",
    ],
)
def test_any_text_is_whole_and_safe(answer):
    html = show_grounded(conversation(answer), 0)
    assert "<script" not in html
    assert "<b>" not in html
    html.encode()
    assert not re.search("[\x00\x1b\u202e]", html)
    assert 'href="#pair-1"' in html


def test_a_mark_stays_with_the_character_it_belongs_to():
    html = show_grounded(conversation("4711\u0301\u0302 it is"), 0)
    assert ">4711\u0301\u0302</a> it is" in html


def test_the_page_names_where_to_ask_and_strangers_to_the_answer_get_404(anna):
    page = Page(store(conversation("It is 4711.")), anna)
    assert f'data-sources="{page.url}turns/0/sources/"' in page.get().content.decode()
    assert "grounded" in page.get("turns/0/sources/").content.decode()
    assert page.get("turns/1/sources/").status_code == 404
