"""History and replay by keyboard alone: h, the changes one by one, restore; R until every pair says what became of it."""

import threading

import pytest
from django.db import close_old_connections
from playwright.sync_api import Page, expect

from studio.domain import edits
from studio.domain.saving import Save
from studio.models import Conversation, Rerun, User
from studio.rerunning import work_rerun
from tests.standins.browsing import Studio
from tests.standins.review_rows import store, two_reads


@pytest.fixture
def conversation(as_annotator: Studio) -> Conversation:
    content = two_reads()
    content.calls[1].result = "omega\n"
    row = store(content)
    call = row.content.calls[0]
    row = edits.edit_call(
        row,
        save=Save(version=1, by=as_annotator.user, reason="typo"),
        call_id=call.id,
        arguments={"file_path": "notes/c.txt"},
    )
    return edits.edit_text(
        row, save=Save(version=2, by=as_annotator.user), field="answer", turn=0, text="a says gamma."
    )


def test_the_history_is_read_and_a_revision_restored_by_keyboard(
    as_annotator: Studio, conversation: Conversation
) -> None:
    page, keys = as_annotator.open(f"/conversations/{conversation.pid}/"), as_annotator.page.keyboard
    _press(page, "h", "v2 → v3")
    _press(page, "j", "v1 → v2")
    expect(page.locator(".is-newer")).to_contain_text("typo")
    section = page.locator("#differences")
    keys.press("d")
    expect(section).to_have_attribute("data-layout", "inline")
    page.reload()
    expect(section).to_have_attribute("data-layout", "inline")
    page.wait_for_load_state()
    _press(page, "k", "v2 → v3")
    _press(page, "j", "v1 → v2")
    keys.press("r")
    expect(page.locator("#restore-1")).to_be_focused()
    keys.type("It was right.")
    keys.press("Enter")
    expect(page.get_by_text("Restored version 1 as version 4.")).to_be_visible()
    conversation.refresh_from_db()
    assert (conversation.version, conversation.stale_count) == (4, 0)
    page.wait_for_load_state()
    _press(page, "h", "v3 → v4")
    expect(page.get_by_text("“It was right.”")).to_be_visible()
    keys.press("h")
    expect(page.locator("#pair-1")).to_be_visible()


def test_either_version_is_restored_by_the_key_on_its_button(as_annotator: Studio, conversation: Conversation) -> None:
    page, keys = (
        as_annotator.open(f"/conversations/{conversation.pid}/history/?from=1&to=2"),
        as_annotator.page.keyboard,
    )
    expect(page.get_by_role("button", name="Restore v1 as v4").locator("kbd")).to_have_text("r")
    expect(page.get_by_role("button", name="Restore v2 as v4").locator("kbd")).to_have_text("R")
    keys.press("R")
    expect(page.locator("#restore-2")).to_be_focused()
    keys.press("Enter")
    expect(page.get_by_text("Restored version 2 as version 4.")).to_be_visible()
    page.wait_for_load_state()
    as_annotator.user.preferences = {"keys": {"restore-older": "i"}}
    as_annotator.user.save()
    _press(page, "h", "v3 → v4")
    keys.press("i")
    expect(page.locator("#restore-3")).to_be_focused()
    keys.press("Enter")
    expect(page.get_by_text("Restored version 3 as version 5.")).to_be_visible()


def test_replay_by_keyboard_marks_every_pair(as_annotator: Studio, conversation: Conversation) -> None:
    page = as_annotator.open(f"/conversations/{conversation.pid}/")
    page.keyboard.press("R")
    expect(page.locator("#replay")).to_have_attribute("aria-busy", "true")
    _work()
    expect(page.locator("#replay")).not_to_have_attribute("aria-busy", "true")
    expect(page.locator("#pair-2-head")).to_contain_text("replay differs")
    expect(page.locator("#pair-2 .replayed ins")).to_have_text("beta")
    assert not as_annotator.axe()


@pytest.mark.parametrize("theme", [User.Theme.LIGHT, User.Theme.DARK])
def test_the_history_is_accessible_and_fits(as_annotator: Studio, conversation: Conversation, theme: str) -> None:
    User.objects.update(theme=theme)
    for width, height in ((1440, 900), (1024, 768), (390, 844)):
        as_annotator.page.set_viewport_size({"width": width, "height": height})
        as_annotator.open(f"/conversations/{conversation.pid}/history/?from=1&to=3")
        assert not as_annotator.overflow()
        assert not as_annotator.axe()


def _press(page: Page, key: str, heading: str) -> None:
    """Press a key that leads to the differences of these two versions, and wait until that page listens to keys."""
    page.keyboard.press(key)
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    page.wait_for_load_state()


def _work() -> None:
    """Work the replay as a worker does: in a thread of its own, with a connection of its own."""

    def work() -> None:
        work_rerun(Rerun.objects.get(status=Rerun.Status.PENDING).pk)
        close_old_connections()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
