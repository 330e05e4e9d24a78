"""Regenerate from here by keyboard alone, in a real browser: ask, watch, keep one of the two, approve."""

import re
import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from studio.branching import work_branch
from studio.domain.endpoints import ensure_demo_endpoint
from studio.models import Branch, Conversation, Endpoint
from tests.standins.review_rows import store, two_reads


@pytest.fixture
def first(transactional_db):
    ensure_demo_endpoint()
    return store(two_reads())


def asked(within: float = 30.0) -> Branch:
    """The branch the page asked for."""
    deadline = time.monotonic() + within
    while not (pending := Branch.objects.filter(status=Branch.Status.PENDING).first()):
        assert time.monotonic() < deadline, "no branch was asked for"
        time.sleep(0.05)
    return pending


def serious(page: Page) -> list[str]:
    """What axe finds serious on the page as it stands."""
    found = Axe().run(page).response["violations"]
    return [finding["id"] for finding in found if finding["impact"] in ("serious", "critical")]


def test_a_conversation_is_regenerated_kept_and_approved_by_keyboard_alone(open_page, anna, first):
    page: Page = open_page(anna, f"/conversations/{first.pid}/")
    keys, place = page.keyboard, page.locator("#branch-pair-1")
    expect(page.locator("#pair-1")).to_have_class(re.compile("is-active"))
    keys.press("g")
    expect(place.get_by_label("Instruction")).to_be_focused()
    keys.type("Read the others as well.")
    assert serious(page) == []
    page.reload()
    expect(place.get_by_label("Instruction")).to_have_value("Read the others as well.")
    place.get_by_label("Instruction").focus()
    keys.press("Control+Enter")
    expect(place).to_contain_text("Asked to go on")
    branch = asked()
    assert branch.instruction == "Read the others as well."
    page.reload()
    expect(place).to_contain_text("Asked to go on")
    work_branch(branch.pk)
    expect(place.locator(".branch-new").first).to_be_visible()
    expect(place.locator(".branch-old").first).to_be_visible()
    expect(place.locator("ins").first).to_be_visible()
    assert serious(page) == []
    keys.press("y")
    expect(page.locator("#rail .history")).to_contain_text("Regenerated from #1 read_file")
    expect(page.locator("#rail .history")).to_contain_text("Read the others as well.")
    row = Conversation.objects.get(pk=first.pk)
    assert (row.version, row.stale_count) == (2, 0)
    expect(page.locator("form.branch-form")).to_have_count(0)
    keys.press("Control+Enter")
    expect(page).to_have_url(re.compile("/review/next/"))
    assert Conversation.objects.get(pk=first.pk).status == Conversation.Status.APPROVED


def test_it_is_stopped_while_it_runs_and_the_original_kept_when_it_is_done(open_page, anna, first):
    page: Page = open_page(anna, f"/conversations/{first.pid}/#pair-1")
    keys, place = page.keyboard, page.locator("#branch-pair-1")
    keys.press("g")
    expect(place.get_by_label("Instruction")).to_be_focused()
    keys.press("Control+Enter")
    expect(place).to_contain_text("Asked to go on")
    keys.press("z")
    expect(place).to_be_empty()
    assert Branch.objects.get().status == Branch.Status.CANCELLED
    expect(page.locator("#pair-1")).to_be_focused()
    keys.press("g")
    expect(place.get_by_label("Instruction")).to_be_focused()
    keys.press("Control+Enter")
    work_branch(asked().pk)
    expect(place.get_by_role("button", name="Keep the original")).to_be_visible()
    keys.press("z")
    expect(place).to_be_empty()
    row = Conversation.objects.get(pk=first.pk)
    assert row.version == 1


def test_another_model_is_chosen_by_keyboard(open_page, anna, first):
    other = Endpoint.objects.create(name="other", base_url="http://127.0.0.1:9/v1", model="other-1")
    page: Page = open_page(anna, f"/conversations/{first.pid}/#pair-1")
    keys, place = page.keyboard, page.locator("#branch-pair-1")
    keys.press("g")
    expect(place.get_by_label("Instruction")).to_be_focused()
    keys.press("Tab")
    keys.press("Tab")
    expect(place.locator("select[name=endpoint]")).to_be_focused()
    keys.type("other")
    keys.press("Control+Enter")
    expect(place).to_contain_text("with other")
    assert asked().endpoint == other


def test_the_form_is_left_by_keyboard_without_a_trace(open_page, anna, first):
    page: Page = open_page(anna, f"/conversations/{first.pid}/#pair-2")
    keys, place = page.keyboard, page.locator("#branch-pair-2")
    keys.press("g")
    expect(place.get_by_label("Instruction")).to_be_focused()
    keys.type("Never mind")
    keys.press("Escape")
    keys.press("Escape")
    expect(place).to_be_empty()
    keys.press("g")
    expect(place.get_by_label("Instruction")).to_have_value("")


def test_on_a_phone_one_of_the_two_is_shown_at_a_time(open_page, anna, first):
    page: Page = open_page(anna, f"/conversations/{first.pid}/#pair-1", viewport={"width": 390, "height": 844})
    page.locator("#pair-1 [data-do=regenerate]").click()
    page.locator("#branch-pair-1").get_by_role("button", name="Regenerate").click()
    work_branch(asked().pk)
    place = page.locator("#branch-pair-1")
    expect(place.locator(".branch-old:visible").first).to_be_visible()
    place.get_by_role("radio", name="New").check()
    expect(place.locator(".branch-old:visible")).to_have_count(0)
    place.get_by_role("radio", name="Original").check()
    expect(place.locator(".branch-new:visible")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
