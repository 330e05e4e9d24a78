"""What a call gave when it was run again is decided about without scrolling: its buttons come into view, the focus stays."""

import pytest
from playwright.sync_api import Page, Route, expect

from generation.conversation import Conversation as Content
from studio.models import Conversation, Rerun, User
from studio.rerunning import work_rerun
from tests.standins.review_rows import SEED_FILES, call, store, two_reads

LINES = "".join(f"line {number}\n" for number in range(400))


def with_long_result() -> Content:
    """The first of two pairs is recorded with another, long result: what comes back differs from it by hundreds of lines."""
    content = two_reads()
    content.turns[0].steps[0].calls[0] = call("read_file", {"file_path": "notes/a.txt"}, LINES)
    content.turns[0].steps[1].calls[0] = call("read_file", {"file_path": "notes/b.txt"}, SEED_FILES["notes/b.txt"])
    return content


@pytest.fixture
def conversation(transactional_db: None) -> Conversation:
    return store(with_long_result())


def ask(page: Page) -> None:
    """Edit the arguments of the first pair, save them and run the call again, by key."""
    expect(page.locator("#pair-1")).to_be_visible()
    page.keyboard.press("e")
    expect(page.get_by_label("file_path")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("notes/c.txt")
    page.keyboard.press("Control+Shift+Enter")
    expect(page.locator("#pair-1-rerun")).to_contain_text("Asked to run again")


def work() -> None:
    work_rerun(Rerun.objects.get(status=Rerun.Status.PENDING).pk)


def test_the_buttons_that_decide_about_it_come_into_view(open_page, anna: User, conversation: Conversation) -> None:
    page = open_page(anna, f"/conversations/{conversation.pid}/")
    ask(page)
    page.evaluate("scrollTo(0, 0)")
    work()
    accept = page.locator("#pair-1-accept")
    expect(accept).to_be_visible()
    expect(page.locator("#pair-1-rerun del").first).to_be_visible()
    expect(accept).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.activeElement.closest('#pair-1') !== null")
    page.keyboard.press("Enter")
    expect(page.locator("#pair-1 .side-result")).to_contain_text("gamma")


def test_they_do_as_well_when_the_outcome_comes_along_with_the_saved_card(
    open_page, anna: User, conversation: Conversation
) -> None:
    """After the save the page fetches the thread: on a busy server that answer may be the first to hold the outcome."""
    page = open_page(anna, f"/conversations/{conversation.pid}/")
    held: list[Route] = []
    page.route("**/thread/", lambda route: held.append(route))
    page.route("**/reruns/*/", lambda route: held.append(route))
    ask(page)
    page.evaluate("scrollTo(0, 0)")
    work()
    page.unroute("**/thread/")
    next(route for route in held if route.request.url.endswith("/thread/")).continue_()
    expect(page.locator("#pair-1-accept")).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.activeElement.closest('#pair-1') !== null")


def test_whoever_went_on_to_another_pair_stays_there(open_page, anna: User, conversation: Conversation) -> None:
    page = open_page(anna, f"/conversations/{conversation.pid}/")
    ask(page)
    page.keyboard.press("j")
    expect(page.locator("#pair-2")).to_be_focused()
    page.evaluate("scrollTo(0, 0)")
    work()
    expect_no_scroll(page)
    expect(page.locator("#pair-2")).to_be_focused()


def test_whoever_types_meanwhile_stays_there(open_page, anna: User, conversation: Conversation) -> None:
    page = open_page(anna, f"/conversations/{conversation.pid}/")
    ask(page)
    page.keyboard.press("e")
    expect(page.get_by_label("file_path")).to_be_focused()
    page.evaluate("scrollTo(0, 0)")
    work()
    expect_no_scroll(page)
    expect(page.get_by_label("file_path")).to_be_focused()


def expect_no_scroll(page: Page) -> None:
    """What came back is there and settled, below the window, which stands where it stood."""
    accept = page.locator("#pair-1-rerun:not(.htmx-settling) #pair-1-accept")
    expect(accept).to_be_visible()
    expect(accept).not_to_be_in_viewport()
    assert page.evaluate("scrollY") == 0
