"""Keys of one's own: changed by pressing them, refused when another action has them, and in force everywhere."""

import re

import pytest
from playwright.sync_api import Page, expect

from studio.models import User
from tests.standins.browsing import Studio
from tests.standins.page_rows import make_conversation, make_dataset, make_run


def _row(page: Page, words: str):
    return page.locator(".keymap tr").filter(has_text=re.compile(f"^\\s*{re.escape(words)}"))


def _change(page: Page, words: str, key: str) -> None:
    page.wait_for_load_state()  # after another change: the page that shows it listens from then on
    change = _row(page, words).get_by_role("button", name="Change")
    change.press("Enter")
    expect(_row(page, words).locator("[data-press]")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press(key)


def test_a_key_is_changed_by_pressing_it_and_works_where_it_is_shown(as_annotator: Studio) -> None:
    row = make_conversation(make_dataset())
    page = as_annotator.open("/settings/")
    _change(page, "Show or hide thoughts", "i")
    expect(_row(page, "Show or hide thoughts")).to_contain_text("Changed")
    expect(page.locator("#messages")).to_contain_text("Show or hide thoughts: i.")
    page = as_annotator.open(f"/conversations/{row.pid}/")
    thoughts = page.locator('[data-do="toggle-thoughts"]')
    expect(thoughts.locator("kbd")).to_have_text("i")
    expect(thoughts).to_have_attribute("aria-keyshortcuts", "i")
    page.keyboard.press("t")
    expect(thoughts).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("i")
    expect(thoughts).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("?")
    shown = page.locator("#keys dt", has=page.get_by_text("i", exact=True))
    expect(shown).to_have_count(1)


def test_a_key_that_another_action_has_is_refused_by_its_name(as_annotator: Studio) -> None:
    page = as_annotator.open("/settings/")
    _change(page, "Show or hide thoughts", "e")
    row = _row(page, "Show or hide thoughts")
    expect(row.get_by_role("alert")).to_contain_text(
        "e belongs to “Edit the arguments or the answer”. Choose another key"
    )
    as_annotator.forget("422")
    expect(row.locator("[data-press]")).to_be_focused()
    assert as_annotator.user is not None
    assert User.objects.get(pk=as_annotator.user.pk).preferences.get("keys", {}) == {}


def test_escape_keeps_the_key_and_reset_brings_the_first_one_back(as_annotator: Studio) -> None:
    page = as_annotator.open("/settings/")
    _change(page, "Skip", "Escape")
    expect(_row(page, "Skip").locator("[data-press]")).to_have_text("Change")
    _change(page, "Skip", "Control+b")
    expect(_row(page, "Skip").locator("kbd")).to_have_text("Ctrl B")
    _row(page, "Skip").get_by_role("button", name="Reset").press("Enter")
    expect(_row(page, "Skip").locator("kbd")).to_have_text("s")
    _change(page, "Skip", "b")
    page.get_by_role("button", name="Reset all").press("Enter")
    expect(_row(page, "Skip").locator("kbd")).to_have_text("s")
    expect(page.get_by_role("button", name="Reset all")).to_have_count(0)


@pytest.mark.parametrize(
    "pressed",
    [
        {"key": "\u0435", "code": "KeyT"},  # a Russian layout's letter on the key of "t"
        {"key": "T", "code": "KeyT", "modifierCapsLock": True},
    ],
)
def test_a_layout_without_latin_letters_and_caps_lock_change_nothing(
    as_annotator: Studio, pressed: dict[str, object]
) -> None:
    row = make_conversation(make_dataset())
    page = as_annotator.open(f"/conversations/{row.pid}/")
    thoughts = page.locator('[data-do="toggle-thoughts"]')
    expect(thoughts).to_have_attribute("aria-pressed", "false")
    page.evaluate(
        "init => document.body.dispatchEvent(new KeyboardEvent('keydown', { bubbles: true, cancelable: true, ...init }))",
        pressed,
    )
    expect(thoughts).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_the_settings_are_accessible_and_fit(as_annotator: Studio, theme: str, width: int) -> None:
    assert as_annotator.user is not None
    User.objects.filter(pk=as_annotator.user.pk).update(theme=theme, preferences={"keys": {"skip": "b"}})
    as_annotator.page.set_viewport_size({"width": width, "height": 900})
    page = as_annotator.open("/settings/")
    _change(page, "Show or hide thoughts", "e")
    expect(page.get_by_role("alert")).to_be_visible()
    as_annotator.forget("422")
    assert as_annotator.axe() == []
    assert as_annotator.overflow() == 0


def test_a_run_is_estimated_and_held_by_keys(as_lead: Studio) -> None:
    run = make_run()
    page = as_lead.open(f"/runs/new/?dataset={run.dataset.slug}")
    expect(page.get_by_role("button", name="Estimate").locator("kbd")).to_have_text("Ctrl ⇧ ↵")
    page.locator("input[type=number]").first.focus()
    with page.expect_navigation(), page.expect_request(lambda request: request.method == "POST") as asked:
        page.keyboard.press("Control+Shift+Enter")
    assert "estimate=1" in (asked.value.post_data or "")
    page = as_lead.open(f"/runs/{run.pid}/")
    page.keyboard.press("p")
    expect(page.locator("#resume")).to_be_visible()
    page.keyboard.press("x")
    expect(page.get_by_role("button", name="Cancel the run")).to_be_visible()
    page.keyboard.press("r")
    expect(page.locator("#pause")).to_be_visible()
