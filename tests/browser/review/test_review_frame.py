"""The frame of the review page: one scroll bar for what one reads, and words beside the keys of its head."""

import pytest
from playwright.sync_api import expect

from studio.domain import edits
from studio.domain.replays import ask_replay
from studio.domain.saving import Save
from studio.models import User
from studio.rerunning import work_rerun
from tests.standins.browsing import Studio
from tests.standins.review_rows import store, two_reads

BARS = """() => [...document.querySelectorAll("body *")].filter((one) => {
  const style = getComputedStyle(one);
  const scrolls = /auto|scroll/.test(style.overflowY) && one.scrollHeight > one.clientHeight + 1;
  return scrolls && style.scrollbarWidth !== "none" && !/^(transparent|rgba\\(0, 0, 0, 0\\))/.test(style.scrollbarColor);
}).map((one) => `${one.tagName}.${one.className}`)"""
"""What scrolls upright inside the page with a bar one sees."""
HEAD = ["pair", "finding", "thoughts", "sources", "conversation", "keys"]


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1024, 600)])
def test_only_the_page_has_a_bar_until_one_turns_to_the_rail(as_annotator: Studio, width: int, height: int) -> None:
    row = store(two_reads())
    as_annotator.page.set_viewport_size({"width": width, "height": height})
    page = as_annotator.open(f"/conversations/{row.pid}/")
    rail = page.locator("#rail")
    assert rail.evaluate("rail => rail.scrollHeight > rail.clientHeight") or height == 900
    assert page.evaluate(BARS) == []
    assert page.evaluate("document.documentElement.scrollHeight > innerHeight")
    page.locator("#approve").focus()
    assert rail.evaluate("rail => getComputedStyle(rail).scrollbarColor").split(" ", 1)[0] != "transparent"


@pytest.mark.parametrize("width", [1440, 1024, 900])
def test_the_keys_of_the_head_stand_beside_their_words(as_annotator: Studio, width: int) -> None:
    row = store(two_reads())
    as_annotator.page.set_viewport_size({"width": width, "height": 800})
    page = as_annotator.open(f"/conversations/{row.pid}/")
    head = page.locator(".review-keys")
    for word in HEAD:
        shown = head.get_by_text(word, exact=True).last
        expect(shown).to_be_visible()
        assert shown.evaluate("one => one.getBoundingClientRect().width") > 20, word
    expect(head.get_by_role("button", name="previous pair")).to_be_visible()
    expect(head.get_by_role("link", name="next conversation")).to_be_visible()
    assert as_annotator.overflow() == 0
    assert page.locator(".review-title h1").evaluate("one => one.getBoundingClientRect().width") > 150


@pytest.mark.parametrize("theme", [User.Theme.LIGHT, User.Theme.DARK])
def test_what_is_stale_or_differs_can_be_read_by_everybody(as_annotator: Studio, theme: str) -> None:
    by = as_annotator.user
    assert by is not None
    content = two_reads()
    content.calls[0].result = '{"at": 1, "names": ["anna", null, true], "text": "one\\ntwo"}'
    content.calls[1].result = '{"at": 2, "by": "ben"}'
    row = store(content)
    work_rerun(ask_replay(row, by=by).pk)
    other = store(content)
    edits.edit_call(
        other,
        save=Save(version=1, by=by),
        call_id=other.content.calls[0].id,
        arguments={"file_path": "notes/c.txt"},
    )
    User.objects.update(theme=theme)
    page = as_annotator.open(f"/conversations/{row.pid}/")
    expect(page.locator("#pair-1-diff del").first).to_be_visible()
    assert as_annotator.axe() == []
    page = as_annotator.open(f"/conversations/{other.pid}/")
    page.keyboard.press("d")
    expect(page.locator("#pair-1-diff del").first).to_be_visible()
    assert as_annotator.axe() == []
