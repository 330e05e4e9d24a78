"""Bulk actions by keyboard: select, reject with a reason, look, do, undo; and by mouse, and on every width."""

import re

import pytest
from playwright.sync_api import Page, expect

from studio.domain.bulk import work_at_once, work_batch
from studio.models import BulkAction, Conversation, Tag, User
from tests.standins.browsing import Studio
from tests.standins.bulk_rows import many
from tests.standins.page_rows import make_conversation, make_dataset, make_user

WIDTHS = [(1440, 900), (1024, 768), (390, 844)]


@pytest.fixture
def rows(studio: Studio) -> list[Conversation]:
    """Four conversations, the newest first, as a lead sees them; the third is rejected already."""
    studio.log_in(role=User.Role.LEAD)
    dataset = make_dataset(slug="one")
    Tag.objects.create(dataset=dataset, name="odd")
    make_user(username="mara")
    made = [make_conversation(dataset, words=f"Question {number}") for number in range(4)]
    Conversation.objects.filter(pk=made[1].pk).update(status="rejected")
    return made[::-1]


def _counted(page: Page, words: str) -> None:
    expect(page.locator("#bulk-count")).to_have_text(words)


def test_select_reject_with_a_reason_and_undo_without_a_mouse(studio: Studio, rows: list[Conversation]) -> None:
    page = studio.open("/conversations/?dataset=one")
    expect(page.get_by_role("group", name="With the selected ones")).to_be_hidden()
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="Question 3")).to_be_focused()
    page.keyboard.press("x")
    _counted(page, "1 selected")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    _counted(page, "3 selected")
    expect(page.get_by_role("link", name="Question 1")).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("x")
    _counted(page, "2 selected")
    page.keyboard.press("Control+Backspace")
    assert studio.axe() == []
    page.keyboard.press("1")
    expect(page.get_by_role("heading", name="Reject: Wrong tool")).to_be_visible()
    expect(page.get_by_text("It is rejected already.")).to_be_visible()
    assert studio.axe() == []
    assert Conversation.objects.filter(status="rejected").count() == 1
    page.wait_for_load_state()  # a page that came listens to keys once it is loaded
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="Done")).to_be_visible()
    rows[0].refresh_from_db()
    assert rows[0].status == "rejected"
    page.wait_for_load_state()
    page.keyboard.press("u")
    expect(page.get_by_role("heading", name="It was undone")).to_be_visible()
    rows[0].refresh_from_db()
    assert rows[0].status == "needs_review"
    page.wait_for_load_state()
    page.keyboard.press("h")
    expect(page.get_by_role("heading", name="Conversations", level=1)).to_be_visible()
    assert "dataset=one" in page.url  # the list it was selected in


def test_another_reason_is_typed_and_sent_by_key(studio: Studio, rows: list[Conversation]) -> None:
    page = studio.open("/conversations/")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("Control+Backspace")
    reason = page.get_by_label("Another reason")
    reason.focus()
    page.keyboard.type("x j 1 A")  # keys are letters while one types
    expect(reason).to_have_value("x j 1 A")
    _counted(page, "1 selected")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="Reject: x j 1 A")).to_be_visible()
    page.wait_for_load_state()
    page.keyboard.press("z")
    expect(page.get_by_role("heading", name="Conversations", level=1)).to_be_visible()
    assert not Conversation.objects.filter(status="rejected").exclude(pk=rows[2].pk).exists()


def test_enter_means_the_reason_one_is_in_and_nothing_on_a_box(studio: Studio, rows: list[Conversation]) -> None:
    page = studio.open("/conversations/")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.locator(".pick input[name=id]").nth(0).focus()
    page.keyboard.press("Enter")  # the first button of the form would set a tag
    page.keyboard.press("Control+Backspace")
    page.get_by_label("Another reason").fill("Nobody asks so")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Reject: Nobody asks so")).to_be_visible()
    assert BulkAction.objects.count() == 1


def test_escape_closes_the_panel_and_gives_the_focus_back(studio: Studio, rows: list[Conversation]) -> None:
    page = studio.open("/conversations/")
    page.keyboard.press("X")
    _counted(page, "4 selected")
    page.keyboard.press("t")
    expect(page.get_by_role("button", name="odd", exact=True)).to_be_visible()
    page.keyboard.press("a")  # one panel at a time
    expect(page.get_by_role("button", name="odd", exact=True)).to_be_hidden()
    expect(page.get_by_role("button", name="mara")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="mara")).to_be_hidden()
    expect(page.locator("summary", has_text="Assign")).to_be_focused()
    page.keyboard.press("X")
    _counted(page, "None selected")


def test_boxes_a_range_and_everything_by_mouse(studio: Studio, rows: list[Conversation]) -> None:
    page = studio.open("/conversations/")
    boxes = page.locator(".pick input[name=id]")
    boxes.nth(0).check()
    boxes.nth(2).click(modifiers=["Shift"])
    _counted(page, "3 selected")
    page.get_by_label("Select all of this page").check()
    _counted(page, "4 selected")
    page.get_by_label("All 4 that pass").check()
    _counted(page, "4 selected")
    boxes.nth(1).uncheck()
    _counted(page, "3 selected")
    expect(page.get_by_label("All 4 that pass")).not_to_be_checked()
    boxes.nth(2).uncheck()
    page.locator("summary", has_text="Assign").click()
    page.get_by_role("button", name="mara").click()
    expect(page.get_by_role("heading", name="Assign to mara")).to_be_visible()
    page.get_by_role("button", name="Assign 2").click()
    expect(page.get_by_role("heading", name="Done")).to_be_visible()
    assigned = Conversation.objects.filter(assigned_to__username="mara")
    assert set(assigned.values_list("pk", flat=True)) == {rows[0].pk, rows[3].pk}


def test_a_changed_filter_starts_from_nothing_selected(studio: Studio, rows: list[Conversation]) -> None:
    page = studio.open("/conversations/")
    page.keyboard.press("X")
    _counted(page, "4 selected")
    page.locator("#id_q").fill("Question 2")
    expect(page.locator(".pick input[name=id]")).to_have_count(1)
    _counted(page, "None selected")
    page.keyboard.press("Escape")
    page.keyboard.press("A")
    _counted(page, "1 selected")


def test_a_running_one_is_stopped_by_key_and_undone(studio: Studio) -> None:
    studio.log_in(role=User.Role.LEAD)
    many(120)
    page = studio.open("/conversations/")
    page.keyboard.press("A")
    page.keyboard.press("Control+Backspace")
    page.keyboard.press("1")
    page.get_by_role("button", name="Reject 120").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    page.wait_for_load_state()
    assert studio.axe() == []
    work_batch(BulkAction.objects.get().pk)  # what a worker does; there is none in this test
    page.keyboard.press("s")
    expect(page.get_by_role("heading", name="Stopped")).to_be_visible()
    expect(page.get_by_text("Not reached", exact=True)).to_be_visible()
    assert Conversation.objects.filter(status="rejected").count() == 100
    assert studio.axe() == []
    page.get_by_role("button", name="Undo all 100").click()
    work_at_once(BulkAction.objects.get())
    expect(page.get_by_role("heading", name="It was undone")).to_be_visible()
    assert not Conversation.objects.filter(status="rejected").exists()


def test_a_selection_by_hand_survives_pages_and_reloads_until_it_is_cleared_or_dealt_with(studio: Studio) -> None:
    studio.log_in(role=User.Role.LEAD)
    many(60)
    page = studio.open("/conversations/")
    boxes = page.locator(".pick input[name=id]")
    chosen = [boxes.nth(at).get_attribute("value") for at in (0, 2)]
    for at in (0, 2):
        boxes.nth(at).check()
    _counted(page, "2 selected")
    page.locator(".pager [rel=next]").click()
    expect(page.locator(".pager [rel=prev]")).to_be_visible()
    _counted(page, "2 selected, 2 on other pages")
    boxes.nth(1).check()
    _counted(page, "3 selected, 2 on other pages")
    chosen.append(boxes.nth(1).get_attribute("value"))
    page.reload()
    _counted(page, "3 selected, 2 on other pages")
    expect(boxes.nth(1)).to_be_checked()
    page.locator(".pager [rel=prev]").click()
    _counted(page, "3 selected, 1 on other pages")
    assert studio.axe() == []
    page.keyboard.press("b")  # sent to review: they are not decided, so nothing of it can be done
    page.get_by_role("button", name="Cancel").click()
    _counted(page, "3 selected, 1 on other pages")
    page.keyboard.press("Control+Backspace")
    page.keyboard.press("1")
    page.get_by_role("button", name="Reject 3").click()
    expect(page.get_by_role("heading", name="Done")).to_be_visible()
    assert set(Conversation.objects.filter(status="rejected").values_list("pid", flat=True)) == set(chosen)
    page.wait_for_load_state()
    page.keyboard.press("h")
    _counted(page, "None selected")
    page.wait_for_load_state()
    page.keyboard.press("X")
    page.locator(".pager [rel=next]").click()
    expect(page.locator(".pager [rel=prev]")).to_be_visible()
    expect(page.locator("#bulk-count")).to_have_text(re.compile(r"^\d+ selected, \d+ on other pages$"))
    page.keyboard.press("Z")
    _counted(page, "None selected")
    page.locator(".pager [rel=prev]").click()
    _counted(page, "None selected")


def test_a_large_one_shows_its_progress_and_ends(studio: Studio) -> None:
    studio.log_in(role=User.Role.LEAD)
    many(60)
    page = studio.open("/conversations/")
    page.keyboard.press("A")
    page.keyboard.press("Control+Backspace")
    page.keyboard.press("1")
    page.get_by_role("button", name="Reject 60").click()
    expect(page.get_by_role("progressbar", name="Progress")).to_be_visible()
    work_at_once(BulkAction.objects.get())  # what a worker does; there is none in this test
    expect(page.get_by_role("heading", name="Done")).to_be_visible()
    expect(page.get_by_role("button", name="Undo all 60")).to_be_visible()


@pytest.mark.parametrize("theme", [User.Theme.LIGHT, User.Theme.DARK])
def test_its_pages_fit_every_window(studio: Studio, rows: list[Conversation], theme: str) -> None:
    User.objects.update(theme=theme)
    found = []
    for width, height in WIDTHS:
        studio.page.set_viewport_size({"width": width, "height": height})
        page = studio.open("/conversations/")
        page.keyboard.press("A")
        page.locator("summary", has_text="Reject").click()
        found += [f"list {width}: {studio.overflow()} px"] * bool(studio.overflow()) + studio.axe()
        page.get_by_role("button", name="Wrong tool").click()
        expect(page.get_by_role("heading", name="Reject: Wrong tool")).to_be_visible()
        found += [f"action {width}: {studio.overflow()} px"] * bool(studio.overflow()) + studio.axe()
        page.locator("#start").click()
        expect(page.locator("#undo")).to_be_visible()
        page.locator("#undo").click()
        expect(page.get_by_role("heading", name="It was undone")).to_be_visible()
        studio.open("/bulk/")
        found += [f"past {width}: {studio.overflow()} px"] * bool(studio.overflow()) + studio.axe()
    assert found == []
