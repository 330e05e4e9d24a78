"""The list of conversations in a browser: filters and saved views by keyboard alone, and what axe says of them."""

import re

from playwright.sync_api import expect

from studio.models import SavedView
from tests.standins.browsing import Studio
from tests.standins.page_rows import make_conversation, make_dataset


def test_filters_are_set_seen_and_taken_off_by_keyboard(as_lead: Studio) -> None:
    dataset = make_dataset(slug="one")
    make_conversation(dataset, words="Feed the zebra", is_edited=True)
    make_conversation(dataset, words="Feed the lion", is_edited=True)
    make_conversation(dataset, words="Walk the zebra")
    page = as_lead.open("/conversations/")
    rows = page.locator("#results tbody tr")
    expect(rows).to_have_count(3)

    page.keyboard.press("/")
    page.keyboard.type("zeb*")
    expect(rows).to_have_count(2)
    expect(page.locator("mark").first).to_have_text("zebra")
    page.keyboard.press("Escape")

    page.keyboard.press("f")
    edited = page.get_by_label("Edited", exact=True)
    expect(edited).to_be_visible()
    edited.focus()
    page.keyboard.type("Yes")
    expect(rows).to_have_count(1)
    expect(page).to_have_url(re.compile(r"\?q=zeb\*&edited=yes$|\?q=zeb%2A&edited=yes$"))
    # The button that starts a review, outside of what was swapped, goes with the filters.
    expect(page.locator("#next")).to_have_attribute("href", re.compile(r"/review/next/\?q=zeb%2A&edited=yes$"))
    assert not as_lead.axe()

    chip = page.get_by_role("link", name=re.compile("Edited Yes"))
    chip.focus()
    page.keyboard.press("Enter")
    expect(rows).to_have_count(2)
    expect(page.locator("#id_q")).to_have_value("zeb*")


def test_a_view_is_saved_opened_made_the_first_and_reviewed_by_keyboard(as_lead: Studio) -> None:
    dataset = make_dataset(slug="one")
    wanted = make_conversation(dataset, words="Feed the zebra", warning_count=1)
    make_conversation(dataset, words="Feed the lion")
    page = as_lead.open("/conversations/?findings=warning")

    page.keyboard.press("v")
    name = page.get_by_label("Name of the view")
    expect(name).to_be_focused()
    assert not as_lead.axe()
    page.keyboard.type("To look at")
    page.keyboard.press("Enter")
    tab = page.get_by_role("link", name="To look at")
    expect(tab).to_have_attribute("aria-current", "page")

    page.wait_for_load_state()  # from then on it listens to keys
    page.keyboard.press("v")
    page.get_by_role("button", name="Open the list with it").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name=re.compile("To look at.*opens first"))).to_be_visible()
    assert SavedView.objects.get().query == "findings=warning"
    as_lead.open("/conversations/")
    expect(page).to_have_url(re.compile(r"\?findings=warning$"))
    expect(page.locator("#results tbody tr")).to_have_count(1)

    page.keyboard.press("n")
    expect(page).to_have_url(re.compile(rf"/conversations/{wanted.pid}/\?findings=warning"))


def test_the_order_of_the_queue_is_chosen_by_keyboard_and_kept(as_annotator: Studio) -> None:
    dataset = make_dataset(slug="one")
    make_conversation(dataset, words="Fine")
    worst = make_conversation(dataset, words="Warned", warning_count=3)
    page = as_annotator.open("/datasets/one/")
    page.keyboard.press("o")
    choice = page.get_by_role("link", name="Worst checks first")
    expect(choice).to_be_visible()
    assert not as_annotator.axe()
    choice.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"/conversations/{worst.pid}/\?dataset=one&sort=worst"))


def test_enter_while_a_search_is_under_way_is_no_error(as_lead: Studio) -> None:
    make_conversation(words="Feed the zebra")
    make_conversation(words="Walk the lion")
    page = as_lead.open("/conversations/")
    search = re.compile(r"\?q=zebra$")
    page.route(search, lambda _: None, times=1)  # the first one is never answered
    with page.expect_request(search):
        page.locator("#id_q").fill("zebra")
    with page.expect_request_finished(lambda request: search.search(request.url) is not None):
        page.keyboard.press("Enter")
    expect(page.locator("#results tbody tr")).to_have_count(1)
    assert as_lead.problems == []


def test_the_sheet_lists_the_keys_that_the_page_has(as_lead: Studio) -> None:
    make_conversation()
    sheet = as_lead.page.locator("#keys")
    for path, is_list in (("/", False), ("/conversations/", True)):
        as_lead.open(path).keyboard.press("?")
        expect(sheet.get_by_text("Show or hide these keys")).to_be_visible()
        expect(sheet.get_by_text("Leave a field, close what is open")).to_be_visible()
        expect(sheet.get_by_text("Review the next one", exact=True)).to_be_visible()
        for words in ("Search or filter", "Next row", "In an open panel: choose"):
            expect(sheet.get_by_text(words, exact=True)).to_be_visible(visible=is_list)
        expect(sheet.get_by_text("Next page of a list")).to_be_hidden()
        assert sheet.locator("dt:visible").count() == sheet.locator("dd:visible").count()
