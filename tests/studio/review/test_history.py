"""The history page: what differs between two revisions, shown safely, and restoring one."""

import json

import pytest

from generation.conversation import Outcome
from studio.domain import edits, reviews
from studio.domain.conversations import Change, save_change
from studio.domain.saving import Save
from studio.models import Conversation
from studio.review.history import PartView, show_differences
from tests.standins.review_rows import store, two_reads

pytestmark = pytest.mark.django_db


def shown(page, query: str = "") -> str:
    response = page.get(f"history/{query}")
    assert response.status_code == 200
    return response.content.decode()


def test_the_last_change_is_shown_with_who_and_why(page, anna):
    edits.edit_call(
        page.conversation,
        save=Save(version=1, by=anna, reason="the other note"),
        call_id=page.conversation.content.calls[0].id,
        arguments={"file_path": "notes/c.txt"},
    )
    text = shown(page)
    assert "v1 → v2" in text
    assert "the other note" in text
    assert "<del>file_path: &quot;notes/<mark>a</mark>.txt&quot;</del>" in text
    assert "<ins>file_path: &quot;notes/<mark>c</mark>.txt&quot;</ins>" in text
    assert "executed" in text
    assert "edited" in text
    assert "unchanged" in text


def test_any_two_versions_are_compared_and_unknown_ones_are_no_error(page, anna):
    page.save_arguments(1, '{"file_path": "notes/c.txt"}')
    page.post("texts/user-0/edit/", {"text": "Otherwise?", "version": 2})
    assert "notes/" in shown(page, "?from=1&to=3")
    assert "Otherwise" in shown(page, "?from=2&to=3")
    assert "Choose two different" in shown(page, "?from=2&to=2")
    for query in ("?to=99", "?from=99", "?from=x&to=-1", "?to=99999999999999"):
        shown(page, query)


def test_what_was_generated_says_that_nothing_was_before_it(page):
    assert "nothing before it" in shown(page)


def test_a_restore_is_a_new_version_with_its_reason(page):
    page.save_arguments(1, '{"file_path": "notes/c.txt"}')
    response = page.post("history/restore/", {"version": 2, "revision": 1, "reason": "was right"}, htmx=False)
    assert (response.status_code, response["Location"]) == (302, page.url)
    row = page.fresh()
    assert (row.version, row.stale_count, row.document) == (3, 0, page.conversation.document)
    assert "was right" in shown(page)


def test_when_somebody_saved_meanwhile_it_says_who_and_keeps_the_reason(page, ben):
    page.save_arguments(1, '{"file_path": "notes/c.txt"}')
    Conversation.objects.update(claimed_by=None)
    row = page.fresh()
    edits.edit_text(row, save=Save(version=2, by=ben), field="answer", turn=0, text="Other.")
    response = page.post("history/restore/", {"version": 2, "revision": 1, "reason": "typed this"}, htmx=False)
    text = response.content.decode()
    assert response.status_code == 409
    assert "ben saved version 3 meanwhile" in text
    assert 'value="typed this"' in text
    assert page.fresh().version == 3
    assert page.post("history/restore/", {"version": 3, "revision": 1}, htmx=False).status_code == 302


def test_who_does_not_hold_it_is_told_and_nothing_changes(page, ben):
    page.save_arguments(1, '{"file_path": "notes/c.txt"}')
    Conversation.objects.update(claimed_by=None)
    reviews.claim(page.fresh(), by=ben)
    response = page.post("history/restore/", {"version": 2, "revision": 1}, htmx=False)
    assert response.status_code == 409
    assert "ben is reviewing" in response.content.decode()
    assert page.fresh().version == 2


def test_hostile_text_is_shown_as_marks_and_never_as_markup(page, anna):
    evil = "<script>alert(1)</script>\x1b[31m\u202e\x00\ud800"
    row = edits.edit_text(page.conversation, save=Save(version=1, by=anna), field="answer", turn=0, text=evil)
    edits.edit_result(
        row, save=Save(version=2, by=anna), call_id=row.content.calls[0].id, result=json.dumps({"<b>": evil})
    )
    text = shown(page, "?from=1&to=3")
    assert "<script>alert" not in text
    assert "<b>" not in text
    assert "[ESC]" in text
    assert "[U+202E]" in text
    assert "[NUL]" in text
    assert "[U+D800]" in text


def test_a_megabyte_is_shown_by_what_changed_of_it():
    old = two_reads()
    old.calls[0].result = "line\n" * 200_000 + "old end"
    old.calls[1].result = "x" * 1_000_000
    new = old.model_copy(deep=True)
    new.calls[0].result = "line\n" * 200_000 + "new end"
    new.calls[1].result = "y" * 1_000_000
    differences = show_differences(old, new)
    first, second = (part for part in differences.parts if isinstance(part, PartView))
    assert [row.note for row in first.blocks[0].rows if row.kind == "gap"] == ["199997 unchanged lines"]
    assert "<mark>new</mark> end" in first.blocks[0].rows[-1].new
    assert sum(len(row.new or "") for row in second.blocks[0].rows) < 2000


def test_each_kind_of_change_has_its_row():
    old, new = two_reads(), None
    old.calls[0].arguments = {"a": 1, "gone": True, "list": [1, 2, 3], "text": "one\ntwo", "same": {"x": 1}}
    new = old.model_copy(deep=True)
    new.calls[0].arguments = {"a": "1", "list": [3, 1, 2], "text": "one\nthree", "same": {"x": 1}, "more": {"y": [1]}}
    new.calls[0].result, new.calls[0].outcome = "Error (E): no", Outcome.TOOL_ERROR
    [part] = (part for part in show_differences(old, new).parts if isinstance(part, PartView))
    kinds = {row.kind for row in part.blocks[0].rows}
    assert {"retyped", "removed", "moved", "changed", "added", "same"} <= kinds
    assert {row.note for row in part.blocks[0].rows} >= {"number → string", "moved from 3 to 1"}
    assert ("outcome", "ok", "tool_error") in part.facts


def test_settling_alone_says_that_no_word_changed(page, anna):
    page.save_arguments(1, '{"file_path": "notes/c.txt"}')
    edits.confirm_fresh(page.fresh(), version=2, by=anna, reason="Fine.", everything=True)
    assert "only what is stale was settled" in shown(page)


def test_calls_that_were_made_anew_and_gave_the_same_are_no_difference(page, anna):
    content = page.fresh().content
    for number, call in enumerate(content.calls):
        call.id = f"again000{number}"
    save_change(page.fresh(), version=1, content=content, change=Change(summary="Regenerated"), by=anna)
    text = shown(page)
    assert "The words and calls are the same: 2 calls were made anew." in text
    assert "removed" not in text


def test_another_conversations_history_needs_its_own_id(page, anna):
    other = store(two_reads(user="Another?"))
    assert "Another" not in shown(page)
    assert page.client.get(f"/conversations/{other.pid}/history/").status_code == 200
    assert page.client.get("/conversations/nothere/history/").status_code == 404


def test_the_queue_one_came_from_is_kept_through_the_revisions(page):
    page.save_arguments(1, '{"file_path": "notes/c.txt"}')
    text = shown(page, "?dataset=demo&to=2")
    assert f'href="{page.url}?dataset=demo"' in text
    assert f'href="{page.url}history/?dataset=demo&amp;to=1"' in text
    assert '<input type="hidden" name="dataset" value="demo">' in text
