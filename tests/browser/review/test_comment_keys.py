"""Comments by keyboard: one key goes through them, letters answer, edit, delete and resolve the one that has the focus."""

import re

import pytest
from playwright.sync_api import expect

from studio.domain import comments
from studio.models import Comment, Conversation, Thread
from tests.standins.review_rows import person, store, two_reads


@pytest.fixture
def talked(anna):
    """A thread of Ben and Anna on the first pair, and one of Ben on the conversation."""
    row, ben = store(two_reads()), person("ben")
    thread = comments.start_thread(row, by=ben, text="Is it?", call_id=row.content.calls[0].id)
    comments.reply(_thread(thread), by=anna, text="It is.")
    comments.start_thread(row, by=ben, text="Well done.")
    return row


def _thread(made):
    return made if isinstance(made, Thread) else made.thread


@pytest.fixture
def page(open_page, anna, talked):
    return open_page(anna, f"/conversations/{talked.pid}/")


def test_f_goes_through_the_comments_of_the_pair_and_escape_goes_back(page):
    of_pair = page.locator("#comments-pair-1 .comment")
    expect(page.locator("#comments-pair-1 [data-do=threads]")).to_have_text(re.compile(r"Go through comments\s+f"))
    page.keyboard.press("f")
    expect(of_pair.nth(0)).to_be_focused()
    page.keyboard.press("f")
    expect(of_pair.nth(1)).to_be_focused()
    page.keyboard.press("f")
    expect(of_pair.nth(0)).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#pair-1")).to_be_focused()


def test_a_pair_without_comments_leads_to_those_of_the_conversation(page):
    page.keyboard.press("j")
    page.keyboard.press("f")
    expect(page.locator("#comments-conversation .comment")).to_be_focused()


def test_letters_are_shown_in_the_comment_that_has_the_focus_and_mean_it(page):
    own = page.locator("#comments-pair-1 .comment").nth(1)
    edit = own.locator("[data-do=edit-comment]")
    expect(edit.locator("kbd")).to_be_hidden()
    page.keyboard.press("f")
    page.keyboard.press("f")
    expect(edit.locator("kbd")).to_be_visible()
    expect(edit.locator("kbd")).to_have_text("e")
    page.keyboard.press("e")
    field = own.get_by_label("Your comment", exact=True)
    expect(field).to_be_focused()
    expect(page.locator("#pair-1 form.editor")).to_have_count(0)
    field.fill("It is, indeed.")
    page.keyboard.press("Control+Enter")
    expect(own).to_contain_text("It is, indeed.")


def test_r_answers_in_a_comment_and_runs_nothing_again(page, talked):
    page.keyboard.press("f")
    page.keyboard.press("r")
    field = page.locator("#comments-pair-1").get_by_label("Reply", exact=True)
    expect(field).to_be_focused()
    page.keyboard.type("Thanks.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#comments-pair-1 .comment")).to_have_count(3)
    assert not Conversation.objects.get(pk=talked.pk).reruns.exists()


def test_v_resolves_the_thread_and_opens_it_again(page):
    page.keyboard.press("f")
    page.keyboard.press("v")
    resolved = page.locator("#comments-pair-1 .is-resolved > summary")
    expect(resolved).to_be_visible()
    expect(page.locator("#pair-1")).to_be_focused()
    page.keyboard.press("f")
    expect(resolved).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("v")
    expect(resolved).to_have_count(0)
    assert Thread.objects.filter(resolved_at=None).count() == 2


def test_delete_asks_first_and_is_for_ones_own(page):
    page.keyboard.press("f")
    page.keyboard.press("Delete")
    expect(page.get_by_role("button", name="Delete the comment")).to_be_hidden()
    page.keyboard.press("f")
    page.keyboard.press("Delete")
    expect(page.get_by_role("button", name="Delete the comment")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#comments-pair-1 .comment")).to_have_count(1)
    assert not Comment.objects.filter(text="It is.").exists()


def test_outside_of_comments_the_letters_mean_the_pair(page):
    page.keyboard.press("e")
    expect(page.locator("#pair-1 form.editor")).to_be_visible()
