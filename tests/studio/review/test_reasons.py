"""Why a call was made, in the model's words: shown on its card and edited in place."""

import pytest

from studio.domain import edits
from studio.domain.saving import Save
from studio.models import Conversation
from tests.standins.review_rows import store, two_reads
from tests.studio.review.conftest import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def reasoned(anna):
    content = two_reads()
    content.calls[0].reason = "To see\x00 <b>a</b>."
    return Page(store(content), anna)


def save(page: Page, text: str, *, version: int = 1, number: int = 1, **more: object):
    return page.post(f"{page.call(number)}reason/", {"kind": "reason", "text": text, "version": version, **more})


def test_it_is_shown_where_there_is_one(reasoned):
    text = reasoned.get().content.decode()
    assert text.count('class="card-reason"') == 1
    assert "[NUL]</span> &lt;b&gt;a&lt;/b&gt;." in text


def test_it_is_edited_as_one_revision_that_makes_nothing_stale(reasoned):
    response = save(reasoned, "Because.", reason="clearer")
    row = reasoned.fresh()
    assert response.status_code == 200
    assert "Because." in response.content.decode()
    assert (row.content.calls[0].reason, row.version, row.stale_count) == ("Because.", 2, 0)
    assert row.content.calls[0].provenance == reasoned.conversation.content.calls[0].provenance
    revision = row.revisions.get(version=2)
    assert (revision.summary, revision.reason) == ("Changed the reason for #1 read_file", "clearer")


def test_one_is_written_where_there_was_none_and_taken_away(page):
    editor = page.get(f"{page.call(2)}reason/", htmx=True).content.decode()
    assert 'aria-label="Reason for #2"' in editor
    save(page, "New.", number=2)
    assert page.fresh().content.calls[1].reason == "New."
    save(page, "", version=2, number=2)
    assert page.fresh().content.calls[1].reason == ""
    assert 'class="card-reason"' not in page.get().content.decode()


def test_a_save_without_a_change_is_none_even_of_what_no_field_can_carry(reasoned):
    save(reasoned, "To see\ufffd <b>a</b>.")
    assert reasoned.fresh().version == 1
    assert reasoned.fresh().content.calls[0].reason == "To see\x00 <b>a</b>."


def test_it_is_merged_with_what_somebody_else_changed_and_collides_with_the_same(reasoned, ben):
    first = reasoned.conversation.content.calls[0].id
    edits.edit_call(
        reasoned.conversation, save=Save(version=1, by=ben), call_id=first, arguments={"file_path": "notes/c.txt"}
    )
    assert save(reasoned, "Mine.").status_code == 200
    row = reasoned.fresh()
    assert (row.version, row.content.calls[0].reason) == (3, "Mine.")
    assert row.content.calls[0].arguments == {"file_path": "notes/c.txt"}
    Conversation.objects.update(claimed_by=None)
    edits.edit_text(
        Conversation.objects.get(pk=row.pk), save=Save(version=3, by=ben), field="reason", text="Theirs.", call_id=first
    )
    response = save(reasoned, "Mine again.", version=3)
    text = response.content.decode()
    assert response.status_code == 409
    assert "ben saved version 4 meanwhile" in text
    assert "Theirs." in text
    assert "Mine again.</textarea>" in text
    assert reasoned.fresh().content.calls[0].reason == "Theirs."


def test_it_is_in_the_menu_and_in_the_history(reasoned):
    first = reasoned.conversation.content.calls[0].id
    assert "Edit reason for the call" in reasoned.get(f"beside/{first}/menu/", htmx=True).content.decode()
    save(reasoned, "Because.")
    text = reasoned.get("history/").content.decode()
    assert "<ins>Because.</ins>" in text


def test_a_call_that_is_gone_is_not_found_and_what_is_typed_for_it_is_kept(page):
    assert page.get("calls/nothere/reason/", htmx=True).status_code == 404
    assert page.post("calls/nothere/reason/", {"text": "x", "version": 1}).status_code == 409
