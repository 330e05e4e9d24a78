"""The studio stops, the network goes, the login expires: what is typed stays, and is saved once when all is well again."""

import os
import re
import signal
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import Browser, Dialog, Page, Route, expect

from studio.models import Conversation, User
from tests.standins.review_rows import PASSWORD, person, store, two_reads
from tests.studio.commands.processes import Studio, free_port, wait_until

AWAY = "The studio can't be reached"


@pytest.fixture
def expected() -> tuple[str, ...]:
    return ("the server responded with a status of 4", "net::ERR_", "htmx:sendError", "htmx:afterRequest")


@pytest.fixture
def conversation(transactional_db) -> Conversation:
    return store(two_reads())


@pytest.fixture
def page(open_page, anna, conversation) -> Page:
    return open_page(anna, f"/conversations/{conversation.pid}/#text-answer-0")


def type_answer(page: Page, text: str) -> None:
    page.locator("#text-answer-0 [data-do=edit]").click()
    page.locator("#text-answer-0 textarea").fill(text)


def answers(conversation: Conversation) -> list[str]:
    """The answer in each revision, the first one first."""
    rows = Conversation.objects.get(pk=conversation.pk).revisions.order_by("version")
    return [row.document.split('"answer":"')[1].split('"')[0] for row in rows]


class Server:
    """A studio in a process of its own, on one port through all its lives."""

    def __init__(self, folder: Path) -> None:
        self.studio, self.port = Studio(folder), free_port()
        assert self.studio.run("demo", "--no-serve", "--count", "2", timeout=180).returncode == 0
        self.password = (folder / "data" / "demo-password").read_text().strip()

    def start(self) -> None:
        self.process = self.studio.start("up", "--port", str(self.port), "--concurrency", "1")
        wait_until(self._answers, seconds=90, what="the login page")

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/login/", timeout=2) as response:
                return bool(response.status == 200)
        except OSError:
            return False


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    server.start()
    yield server
    server.studio.stop()


def test_the_studio_stopped_while_typing_and_started_again(server: Server, chromium: Browser):
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{server.port}/login/?next=/review/next/")
    page.get_by_label("Username").fill("annotator")
    page.get_by_label("Password").fill(server.password)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/conversations/"))
    page.locator("#text-answer-0 [data-do=edit]").click()
    field = page.locator("#text-answer-0 textarea")
    field.fill("Typed before")
    server.kill()
    field.press("End")
    page.keyboard.type(" and while it was away")
    page.keyboard.press("Control+s")
    expect(page.locator("#text-answer-0 [data-waiting-note]")).to_contain_text(AWAY)
    expect(field).to_have_value("Typed before and while it was away")
    server.start()
    expect(page.locator("#text-answer-0 .words")).to_have_text("Typed before and while it was away", timeout=120_000)
    assert server.studio.rows("SELECT count(*), max(version) FROM studio_revision WHERE author_id IS NOT NULL") == [
        (1, 2)
    ]
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.includes('draft'))") == []
    context.close()


def test_a_lost_network_is_said_at_the_form_and_the_save_sent_when_it_is_back(page, conversation):
    type_answer(page, "Typed on the train")
    page.context.set_offline(True)
    page.keyboard.press("Control+s")
    note = page.locator("#text-answer-0 [data-waiting-note]")
    expect(note).to_contain_text(AWAY)
    expect(page.locator("#messages .message")).to_have_count(0)
    page.context.set_offline(False)
    expect(page.locator("#text-answer-0 .words")).to_have_text("Typed on the train")
    assert len(answers(conversation)) == 2


def test_what_is_typed_on_after_a_failed_save_is_not_sent_unasked(page, conversation):
    type_answer(page, "Half")
    page.context.set_offline(True)
    page.keyboard.press("Control+s")
    note = page.locator("#text-answer-0 [data-waiting-note]")
    expect(note).to_contain_text(AWAY)
    page.locator("#text-answer-0 textarea").press("End")
    page.keyboard.type(" a sentence")
    page.context.set_offline(False)
    expect(note).to_contain_text("The studio answers again.")
    assert len(answers(conversation)) == 1
    page.keyboard.press("Control+s")
    expect(page.locator("#text-answer-0 .words")).to_have_text("Half a sentence")


def lose_the_answer(page: Page, pattern: str) -> None:
    """The next save reaches the studio, but what it answers does not come back."""

    lost: list[str] = []

    def reach_and_lose(route: Route) -> None:
        if route.request.method != "POST" or lost:
            route.continue_()
            return
        lost.append(route.request.url)
        route.fetch()
        route.abort("connectionreset")

    page.route(pattern, reach_and_lose)


def test_a_save_whose_answer_was_lost_counts_once(page, conversation):
    type_answer(page, "Once")
    lose_the_answer(page, "**/texts/answer-0/edit/")
    page.keyboard.press("Control+s")
    expect(page.locator("#text-answer-0 .words")).to_have_text("Once")
    assert answers(conversation)[1:] == ["Once"]


def test_a_pair_whose_answer_was_lost_is_added_once(page, conversation):
    page.locator("#pair-1").press("m")
    expect(page.locator("#pair-1 [data-menu] button").first).to_be_focused()
    page.keyboard.press("a")
    page.locator("#pair-1-more").get_by_label("file_path", exact=True).fill("notes/c.txt")
    lose_the_answer(page, "**/beside/*/add/")
    page.keyboard.press("Control+s")
    expect(page.locator("#pair-2")).to_contain_text("Not run yet")
    assert len(Conversation.objects.get(pk=conversation.pk).content.calls) == 3


def test_a_save_that_waits_goes_on_after_a_reload(page, conversation):
    type_answer(page, "Saved after a reload")
    page.route(
        "**/texts/answer-0/edit/", lambda route: route.abort() if route.request.method == "POST" else route.continue_()
    )
    page.keyboard.press("Control+s")
    expect(page.locator("#text-answer-0 [data-waiting-note]")).to_contain_text(AWAY)
    page.unroute("**/texts/answer-0/edit/")
    page.reload()
    expect(page.locator("#text-answer-0 .words")).to_have_text("Saved after a reload")
    assert len(answers(conversation)) == 2


def test_logged_out_one_logs_in_beside_and_the_save_goes_on(page, conversation, anna):
    type_answer(page, "Typed while logged out")
    page.context.clear_cookies(name="sessionid")
    pressed: list[bool] = []
    # The page looks by itself as well whether it may go on; that is not answered, so that the button does it.
    itself = page.url.split("#")[0]
    page.route(itself, lambda route: route.continue_() if pressed else None)
    with page.expect_request(itself):
        page.keyboard.press("Control+s")
    note = page.locator("#text-answer-0 [data-waiting-note]")
    expect(note).to_contain_text("You were logged out. What you typed is kept")
    expect(page.locator("#text-answer-0 textarea")).to_have_value("Typed while logged out")
    with page.context.expect_page() as opened:
        note.get_by_role("link", name="Log in in a new tab").click()
    beside = opened.value
    beside.get_by_label("Username").fill(anna.username)
    beside.get_by_label("Password").fill(PASSWORD)
    beside.keyboard.press("Enter")
    beside.wait_for_url(re.compile(r"^http://[^/]+/$"))
    beside.goto("about:blank")
    page.bring_to_front()
    pressed.append(True)
    note.get_by_role("button", name="Try now").click()
    expect(page.locator("#text-answer-0 .words")).to_have_text("Typed while logged out")
    assert len(answers(conversation)) == 2


def test_somebody_else_who_logged_in_does_not_save_it(page, conversation):
    type_answer(page, "Anna's words")
    page.context.clear_cookies(name="sessionid")
    page.keyboard.press("Control+s")
    note = page.locator("#text-answer-0 [data-waiting-note]")
    expect(note).to_contain_text("You were logged out")
    log_in(page, person("ben"))
    note.get_by_role("button", name="Try now").click()
    expect(note).to_contain_text("Somebody else is logged in now")
    assert len(answers(conversation)) == 1


def log_in(page: Page, user: User) -> None:
    client = Client()
    client.force_login(user)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": page.url.split("/conv")[0]}
    page.context.add_cookies([cookie])


def test_a_token_that_a_new_login_made_old_costs_nothing(page, conversation, anna):
    type_answer(page, "Typed across two logins")
    page.context.clear_cookies()
    log_in(page, anna)
    beside = page.context.new_page()
    beside.goto(page.url)  # sets another token
    beside.close()
    page.keyboard.press("Control+s")
    expect(page.locator("#text-answer-0 .words")).to_have_text("Typed across two logins")
    expect(page.locator("#messages .message")).to_have_count(0)
    assert len(answers(conversation)) == 2


def test_a_poll_that_finds_one_logged_out_leaves_the_page_alone(page):
    page.locator("#pair-1-ok").click()
    expect(page.locator("#claim")).to_contain_text("by you")
    type_answer(page, "In the middle of")
    page.context.clear_cookies(name="sessionid")
    page.evaluate("htmx.trigger(document.body, 'claim:lost')")
    expect(page.locator("#text-answer-0 [data-waiting-note]")).to_contain_text(
        "You were logged out. What you type is kept"
    )
    page.locator("#text-answer-0 textarea").press("End")
    page.keyboard.type(" a sentence")
    expect(page.locator("#text-answer-0 textarea")).to_have_value("In the middle of a sentence")


def test_a_reason_to_reject_outlives_an_outage_and_a_reload(page, conversation):
    page.keyboard.press("Control+Backspace")
    page.get_by_label("Another reason").fill("It never read the file")
    page.context.set_offline(True)
    page.get_by_label("Another reason").press("Enter")
    expect(page.locator("#messages")).to_contain_text(AWAY)
    expect(page.get_by_label("Another reason")).to_have_value("It never read the file")
    page.context.set_offline(False)
    page.reload()
    page.keyboard.press("Control+Backspace")
    expect(page.get_by_label("Another reason")).to_have_value("It never read the file")
    page.get_by_label("Another reason").press("Enter")
    page.wait_for_url("**/review/next/**")
    assert conversation.reviews.get().reason == "It never read the file"


def test_a_comment_outlives_an_outage_and_a_reload(page):
    page.locator("#pair-1").press("c")
    field = page.get_by_label("Comment on #1")
    field.fill("Look at the path")
    page.context.set_offline(True)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#messages")).to_contain_text(AWAY)
    page.context.set_offline(False)
    page.reload()
    expect(field).to_be_visible()
    expect(field).to_have_value("Look at the path")
    field.press("Control+Enter")
    expect(page.locator("article.comment")).to_contain_text("Look at the path")


@pytest.fixture
def dialogs() -> list[str]:
    return []


def leave(page: Page, dialogs: list[str]) -> None:
    def note(dialog: Dialog) -> None:
        dialogs.append(dialog.type)
        dialog.accept()

    page.on("dialog", note)
    page.goto(page.url.split("/conversations/")[0] + "/login/")


def test_leaving_asks_nothing_as_long_as_the_browser_keeps_what_is_typed(page, dialogs):
    type_answer(page, "Kept")
    leave(page, dialogs)
    assert dialogs == []


def test_leaving_asks_when_the_browser_would_not_keep_it(page, dialogs):
    page.evaluate("() => { Storage.prototype.setItem = () => { throw new DOMException('full'); }; }")
    type_answer(page, "")
    page.keyboard.type("Not kept")
    expect(page.get_by_text("what you type is not kept through a reload")).to_be_visible()
    leave(page, dialogs)
    assert dialogs == ["beforeunload"]
