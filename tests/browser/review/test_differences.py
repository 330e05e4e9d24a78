"""Differences of a pair by key: shown and hidden, said when there are none, and the way from one replayed pair to the next."""

import re

import pytest
from playwright.sync_api import expect

from studio.domain import edits
from studio.domain.replays import ask_replay
from studio.domain.reruns import ask_rerun
from studio.domain.saving import Save
from studio.models import User
from studio.rerunning import work_rerun
from tests.standins.review_rows import store, two_reads

ACTIVE = re.compile("is-active")


@pytest.fixture
def replayed(transactional_db):
    """The second of two pairs came out otherwise in the replay."""
    content = two_reads()
    content.calls[1].result = "omega\n"
    row = store(content)
    work_rerun(ask_replay(row, by=None).pk)
    return row


def test_d_says_that_there_are_none_and_closes_again(open_page, anna):
    page = open_page(anna, f"/conversations/{store(two_reads()).pid}/")
    button, panel = page.locator("#pair-1 [data-do=diff]"), page.locator("#pair-1-diff")
    expect(button).to_have_text(re.compile(r"Diff\s+d"))
    expect(panel).to_be_hidden()
    page.keyboard.press("d")
    expect(panel).to_contain_text("Not replayed as it stands, and no new result waits.")
    expect(panel).to_contain_text("Nothing of it was changed since version 1")
    expect(button).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("d")
    expect(panel).to_be_hidden()
    expect(button).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("d")
    expect(panel).to_be_visible()


def test_a_replay_that_differs_is_open_and_d_hides_and_shows_it(open_page, anna, replayed):
    page = open_page(anna, f"/conversations/{replayed.pid}/#pair-2")
    panel = page.locator("#pair-2-diff")
    expect(panel.locator("del")).to_have_text("omega")
    expect(panel.locator("ins")).to_have_text("beta")
    page.keyboard.press("d")
    expect(panel).to_be_hidden()
    page.keyboard.press("d")
    expect(panel.locator("del")).to_have_text("omega")


def test_d_folds_what_was_run_again_as_well(open_page, anna):
    row = store(two_reads())
    first = row.content.calls[0].id
    row = edits.edit_call(row, save=Save(version=1, by=anna), call_id=first, arguments={"file_path": "notes/c.txt"})
    work_rerun(ask_rerun(row, call_id=first, by=anna).pk)
    page = open_page(anna, f"/conversations/{row.pid}/")
    rerun, panel = page.locator("#pair-1-rerun"), page.locator("#pair-1-diff")
    expect(rerun.locator("ins").first).to_be_visible()
    page.keyboard.press("d")
    expect(rerun.locator("ins").first).to_be_hidden()
    expect(rerun.get_by_role("button", name="Accept")).to_be_visible()
    page.keyboard.press("d")
    expect(rerun.locator("ins").first).to_be_visible()
    expect(panel).to_contain_text("Since it was imported")
    expect(panel).not_to_contain_text("Not replayed")


def test_shift_d_goes_to_the_pair_that_came_out_otherwise_and_is_shown_only_then(open_page, anna, replayed):
    page = open_page(anna, f"/conversations/{replayed.pid}/#pair-1")
    expect(page.locator("#replay")).to_contain_text("1 differ")
    expect(page.locator("#replay [data-do=next-difference] kbd")).to_have_text("D")
    page.keyboard.press("D")
    expect(page.locator("#pair-2")).to_have_class(ACTIVE)
    page.keyboard.press("k")
    expect(page.locator("#pair-1")).to_have_class(ACTIVE)
    page.locator("#replay [data-do=next-difference]").click()
    expect(page.locator("#pair-2")).to_have_class(ACTIVE)
    page = open_page(anna, f"/conversations/{store(two_reads()).pid}/")
    expect(page.locator("[data-do=next-difference]")).to_have_count(0)


def test_both_keys_are_in_the_sheet_and_can_be_changed(open_page, anna, replayed):
    User.objects.filter(pk=anna.pk).update(preferences={"keys": {"diff": "i", "next-difference": "I"}})
    page = open_page(anna, f"/conversations/{replayed.pid}/#pair-1")
    page.keyboard.press("I")
    expect(page.locator("#pair-2")).to_have_class(ACTIVE)
    page.keyboard.press("i")
    expect(page.locator("#pair-2-diff")).to_be_hidden()
    expect(page.locator("#pair-2 [data-do=diff] kbd")).to_have_text("i")
    page.keyboard.press("?")
    expect(page.locator("#keys dt", has=page.get_by_text("i", exact=True))).to_have_count(1)
    expect(page.locator("#keys")).to_contain_text("Show or hide how the pair differs")
