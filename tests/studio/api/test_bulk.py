"""Bulk actions by script: prepared, started, read, stopped, undone."""

from typing import Any

import pytest

from studio.domain.bulk import work_batch
from studio.models import BulkAction, Conversation, Tag
from tests.standins.bulk_rows import many
from tests.studio.api.callers import Caller
from tests.studio.api.conftest import AddConversation

URL = "/bulk-actions"


def _prepared(caller: Caller, body: dict[str, Any]) -> dict[str, Any]:
    response = caller.post(URL, body)
    assert response.status_code == 201, response.content
    answer: dict[str, Any] = response.json()
    return answer


def test_it_is_prepared_started_and_undone(lead: Caller, add: AddConversation) -> None:
    rows = [add(status="needs_review"), add(status="rejected")]
    action = _prepared(lead, {"kind": "reject", "ids": [row.pid for row in rows], "reason": "Off topic"})
    assert (action["status"], action["total"], action["left_out"]) == ("prepared", 2, 1)
    assert action["why_left_out"] == [{"reason": "It is rejected already.", "count": 1}]
    assert Conversation.objects.filter(status="rejected").count() == 1
    done = lead.post(f"{URL}/{action['id']}/start").json()
    assert (done["status"], done["changed"], done["reason"]) == ("done", 1, "Off topic")
    assert lead.post(f"{URL}/{action['id']}/start").status_code == 409
    undone = lead.post(f"{URL}/{action['id']}/undo").json()
    assert (undone["status"], undone["undone"], undone["undone_by"]) == ("undone", 1, "lea")
    entries = lead.get(f"{URL}/{action['id']}/entries").json()["items"]
    assert [(entry["conversation"], entry["outcome"]) for entry in entries] == [
        (rows[0].pid, "undone"),
        (rows[1].pid, "left_out"),
    ]
    assert len(lead.get(f"{URL}/{action['id']}/entries", outcome="left_out").json()["items"]) == 1


def test_all_that_pass_the_filters_are_meant(lead: Caller, add: AddConversation) -> None:
    wanted, _ = add(status="needs_review"), add(status="approved")
    action = _prepared(lead, {"kind": "assign", "filters": {"status": ["needs_review"]}, "assignee": "me"})
    assert action["total"] == 1
    lead.post(f"{URL}/{action['id']}/start")
    assert list(Conversation.objects.exclude(assigned_to=None)) == [wanted]
    assert lead.get(f"/conversations/{wanted.pid}").json()["assigned_to"] == "lea"


def test_a_large_one_is_left_to_a_worker(lead: Caller) -> None:
    many(41)
    action = _prepared(lead, {"kind": "reject", "filters": {}, "reason": "no"})
    assert lead.post(f"{URL}/{action['id']}/start").json()["status"] == "running"
    assert lead.post(f"{URL}/{action['id']}/undo").status_code == 409


def test_a_running_one_is_stopped_and_undone(lead: Caller) -> None:
    many(101)
    action = _prepared(lead, {"kind": "reject", "filters": {}, "reason": "no"})
    assert lead.post(f"{URL}/{action['id']}/stop").status_code == 409
    lead.post(f"{URL}/{action['id']}/start")
    work_batch(BulkAction.objects.get().pk)
    stopped = lead.post(f"{URL}/{action['id']}/stop").json()
    assert (stopped["status"], stopped["changed"], stopped["total"]) == ("stopped", 100, 101)
    assert lead.post(f"{URL}/{action['id']}/stop").status_code == 409
    assert lead.post(f"{URL}/{action['id']}/undo").json()["status"] == "undoing"


def test_annotators_tag_and_take_for_themselves(annotator: Caller, lead: Caller, add: AddConversation) -> None:
    row = add(status="needs_review")
    Tag.objects.create(dataset=row.dataset, name="odd")
    for body in (
        {"kind": "approve"},
        {"kind": "reject", "reason": "no"},
        {"kind": "reopen"},
        {"kind": "assign", "assignee": "lea"},
    ):
        assert annotator.post(URL, {**body, "ids": [row.pid]}).status_code == 403, body
    mine = _prepared(annotator, {"kind": "tag", "tag": "odd", "ids": [row.pid]})
    theirs = _prepared(lead, {"kind": "tag", "tag": "odd", "ids": [row.pid]})
    assert annotator.post(f"{URL}/{mine['id']}/start").json()["changed"] == 1
    assert [one["id"] for one in annotator.get(URL).json()["items"]] == [mine["id"]]
    assert {one["id"] for one in lead.get(URL).json()["items"]} == {mine["id"], theirs["id"]}
    assert annotator.get(f"{URL}/{theirs['id']}").status_code == 404


def test_what_is_withheld_is_not_there_for_annotators(annotator: Caller, add: AddConversation) -> None:
    row = add(status="withheld")
    response = annotator.post(URL, {"kind": "assign", "assignee": "me", "ids": [row.pid]})
    assert (response.status_code, response.json()["details"][0]["pointer"]) == (422, "/ids/0")


def test_one_that_was_not_started_is_dropped(lead: Caller, add: AddConversation) -> None:
    row = add(status="needs_review")
    action = _prepared(lead, {"kind": "assign", "assignee": "me", "ids": [row.pid]})
    assert lead.delete(f"{URL}/{action['id']}").status_code == 204
    assert lead.get(f"{URL}/{action['id']}").status_code == 404


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"kind": "reject", "reason": "no"}, ""),
        ({"kind": "reject", "reason": "no", "ids": [], "filters": {}}, ""),
        ({"kind": "reject", "ids": ["zzzzzzzzzzzz"], "reason": "no"}, "/ids/0"),
        ({"kind": "reject", "ids": []}, "/reason"),
        ({"kind": "delete", "ids": []}, "/kind"),
        ({"kind": "assign", "ids": [], "assignee": "nobody"}, "/assignee"),
        ({"kind": "tag", "ids": []}, "/tag"),
        ({"kind": "reopen", "filters": {"stauts": "x"}}, "/filters/stauts"),
    ],
)
def test_a_wrong_order_is_refused_at_its_place(lead: Caller, body: dict[str, Any], pointer: str) -> None:
    response = lead.post(URL, body)
    assert response.status_code == 422
    assert response.json()["details"][0]["pointer"] == pointer
