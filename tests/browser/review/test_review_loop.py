"""The review loop by keyboard alone, in a real browser: read, edit, run again, settle, approve, next."""

import re
import time

import pytest
from playwright.sync_api import expect

from studio.domain.edits import edit_text
from studio.domain.saving import Save
from studio.models import Conversation, Rerun
from studio.rerunning import work_rerun
from tests.standins.review_rows import person, store, two_reads

Status = Conversation.Status


@pytest.fixture
def first(transactional_db):
    return store(two_reads())


@pytest.fixture
def second(first):
    return store(two_reads(user="The second conversation"))


def work_what_was_asked(within: float = 60) -> None:
    """Do what a worker does with the rerun the page asked for."""
    deadline = time.monotonic() + within
    while not (pending := Rerun.objects.filter(status=Rerun.Status.PENDING).first()):
        assert time.monotonic() < deadline, "no rerun was asked for"
        time.sleep(0.05)
    work_rerun(pending.pk)


def test_a_conversation_is_reviewed_by_keyboard_alone(open_page, anna, first, second):
    page = open_page(anna, "/review/next/?dataset=demo")
    keys = page.keyboard
    expect(page).to_have_url(re.compile(first.pid))
    expect(page.locator("#pair-1")).to_have_class(re.compile("is-active"))
    keys.press("j")
    expect(page).to_have_url(re.compile("#pair-2$"))
    expect(page.locator("#pair-2")).to_be_focused()
    keys.press("k")
    keys.press("a")
    expect(page.locator("#pair-1-ok")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#pair-2")).to_have_class(re.compile("is-active"))
    keys.press("k")

    keys.press("e")
    field = page.get_by_label("file_path")
    expect(field).to_be_focused()
    keys.press("Control+A")
    keys.press("Delete")
    keys.press("Control+s")
    expect(page.locator("#pair-1 .field-error")).to_be_visible()
    expect(field).to_be_focused()
    keys.type("notes/c.txt")
    keys.press("Control+s")
    expect(page.locator("#pair-1 form.editor")).to_have_count(0)
    for stale in ("#pair-1", "#pair-2", "#text-answer-0"):
        expect(page.locator(f"{stale} .badge.state-stale")).to_be_visible()

    keys.press("Control+Enter")
    expect(page.locator("#rail [role=alert]")).to_contain_text("can't be approved yet")
    keys.press("r")
    expect(page.locator("#pair-1-rerun")).to_contain_text("Asked to run again")
    work_what_was_asked()
    expect(page.locator("#pair-1-rerun ins")).to_have_text("gamma")
    keys.press("Enter")
    expect(page.locator("#pair-1 .side-result")).to_contain_text("gamma")
    expect(page.locator("#pair-2 .badge.state-stale")).to_have_count(0)

    keys.press("j")
    keys.press("j")
    expect(page.locator("#text-answer-0")).to_be_focused()
    keys.press("e")
    expect(page.locator("#text-answer-0 textarea")).to_be_focused()
    keys.press("Control+A")
    keys.type("c says gamma, b says beta.")
    keys.press("Control+Enter")
    expect(page).to_have_url(re.compile(f"{second.pid}/\\?dataset=demo"))
    row = Conversation.objects.get(pk=first.pk)
    assert row.status == Status.APPROVED
    assert row.content.turns[0].answer == "c says gamma, b says beta."
    assert row.content.calls[0].result == "gamma\n"

    page.wait_for_load_state()  # from then on the next one listens to keys
    keys.press("u")
    expect(page).to_have_url(re.compile(first.pid))
    assert Conversation.objects.get(pk=first.pk).status == Status.NEEDS_REVIEW


def test_rejecting_takes_two_keys(open_page, anna, first, second):
    page = open_page(anna, f"/conversations/{first.pid}/")
    page.keyboard.press("Control+Backspace")
    expect(page.get_by_role("button", name="Wrong arguments")).to_be_visible()
    page.keyboard.press("2")
    expect(page).to_have_url(re.compile(second.pid))
    review = Conversation.objects.get(pk=first.pk).reviews.get()
    assert (review.decision, review.reason) == ("rejected", "Wrong arguments")


@pytest.mark.parametrize("key", ["Enter", "Control+Enter"])
def test_a_reason_that_is_typed_rejects_and_never_approves(open_page, anna, first, second, key):
    page = open_page(anna, f"/conversations/{first.pid}/")
    page.keyboard.press("Control+Backspace")
    page.get_by_label("Another reason").fill("Not what we want")
    page.keyboard.press(key)
    expect(page).to_have_url(re.compile(second.pid))
    review = Conversation.objects.get(pk=first.pk).reviews.get()
    assert (review.decision, review.reason) == ("rejected", "Not what we want")


def test_a_reason_half_typed_outlives_a_save(open_page, anna, first):
    page = open_page(anna, f"/conversations/{first.pid}/")
    page.keyboard.press("Control+Backspace")
    page.get_by_label("Another reason").fill("Half a rea")
    page.locator("#pair-1-ok").click()
    expect(page.get_by_text("1 of 2 pairs marked")).to_be_visible()
    expect(page.get_by_label("Another reason")).to_have_value("Half a rea")


def test_the_end_of_the_queue_says_so(open_page, anna, first):
    page = open_page(anna, "/review/next/")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Nothing waits for review")).to_be_visible()


def test_two_people_edit_the_same_answer_and_neither_loses_a_word(open_page, anna, first):
    ben = person("ben")
    pages = [open_page(user, f"/conversations/{first.pid}/#text-answer-0") for user in (anna, ben)]
    for page, words in zip(pages, ("Anna's words", "Ben's words"), strict=True):
        page.keyboard.press("e")
        page.locator("#text-answer-0 textarea").fill(words)
    pages[0].keyboard.press("Control+s")
    expect(pages[0].locator("#text-answer-0 .words")).to_have_text("Anna's words")
    Conversation.objects.update(claimed_by=None, claim_until=None)
    pages[1].keyboard.press("Control+s")
    conflict = pages[1].locator("#text-answer-0 .conflict")
    expect(conflict).to_contain_text("anna saved version 2 meanwhile")
    expect(conflict).to_contain_text("Anna's words")
    expect(pages[1].locator("#text-answer-0 textarea")).to_have_value("Ben's words")
    pages[1].reload()
    expect(pages[1].locator("#text-answer-0 textarea")).to_have_value("Ben's words")
    pages[1].locator("#text-answer-0 textarea").press("Control+s")
    expect(pages[1].locator("#text-answer-0 .words")).to_have_text("Ben's words")
    assert Conversation.objects.get(pk=first.pk).version == 3


def test_a_draft_survives_a_reload_and_is_gone_after_the_save(open_page, anna, first):
    page = open_page(anna, f"/conversations/{first.pid}/")
    page.keyboard.press("e")
    page.get_by_label("file_path").fill("notes/c.txt")
    page.reload()
    field = page.get_by_label("file_path")
    expect(field).to_have_value("notes/c.txt")
    expect(page.get_by_text("was restored")).to_be_visible()
    field.press("Control+s")
    expect(page.locator("#pair-1 form.editor")).to_have_count(0)
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.includes('draft'))") == []
    page.reload()
    expect(page.locator("form.editor")).to_have_count(0)


def test_what_was_typed_on_an_older_version_comes_back_as_such(open_page, anna, first):
    page = open_page(anna, f"/conversations/{first.pid}/#text-answer-0")
    page.keyboard.press("e")
    page.locator("#text-answer-0 textarea").fill("Typed on version 1")
    edit_text(first, save=Save(version=1, by=person("ben")), field="answer", text="Ben's answer")
    page.reload()
    expect(page.get_by_text("typed on version 1 before was restored")).to_be_visible()
    page.locator("#text-answer-0 textarea").press("Control+s")
    expect(page.locator("#text-answer-0 .conflict")).to_contain_text("Ben's answer")


def test_a_closed_editor_opens_again_with_what_was_typed(open_page, anna, first):
    page = open_page(anna, f"/conversations/{first.pid}/")
    page.keyboard.press("e")
    page.get_by_label("file_path").fill("notes/c.txt")
    page.keyboard.press("Escape")
    expect(page.locator("#pair-1")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("form.editor")).to_have_count(0)
    page.keyboard.press("e")
    expect(page.get_by_label("file_path")).to_have_value("notes/c.txt")
    page.get_by_role("button", name="Start over").click()
    expect(page.get_by_label("file_path")).to_have_value("notes/a.txt")


def test_fields_turn_into_raw_json_with_what_was_typed(open_page, anna, first):
    page = open_page(anna, f"/conversations/{first.pid}/")
    page.keyboard.press("e")
    page.get_by_label("file_path").fill("notes/c.txt")
    page.keyboard.press("Escape")
    page.keyboard.press("E")
    expect(page.locator("#pair-1 [name=text]")).to_have_value(re.compile("notes/c.txt"))


def test_saving_one_card_leaves_what_is_typed_in_another(open_page, anna, first):
    page = open_page(anna, f"/conversations/{first.pid}/#text-answer-0")
    page.keyboard.press("e")
    page.locator("#text-answer-0 textarea").fill("Half an answer")
    page.keyboard.press("Escape")
    page.keyboard.press("k")
    page.keyboard.press("e")
    page.get_by_label("file_path").fill("notes/c.txt")
    page.keyboard.press("Control+s")
    expect(page.locator("#pair-2 .badge.state-stale")).to_be_visible()
    expect(page.locator("#text-answer-0 textarea")).to_have_value("Half an answer")
    page.locator("#text-answer-0 textarea").press("Control+s")
    expect(page.locator("#text-answer-0 .words")).to_have_text("Half an answer")
