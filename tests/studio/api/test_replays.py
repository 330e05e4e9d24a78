"""Replays and restores through the API."""

import pytest

from studio.models import Conversation, Rerun
from studio.rerunning import work_rerun
from tests.studio.api.callers import Caller
from tests.studio.api.conftest import AddConversation


@pytest.fixture
def stored(add: AddConversation) -> Conversation:
    return add()


def test_a_replay_is_asked_for_worked_and_shown(annotator: Caller, stored: Conversation) -> None:
    path = f"/conversations/{stored.pid}/replay"
    assert annotator.get(path).status_code == 404
    asked = annotator.post(path)
    assert (asked.status_code, asked.json()["status"]) == (202, "pending")
    assert annotator.post(path).json()["id"] == asked.json()["id"]
    work_rerun(Rerun.objects.get().pk)
    shown = annotator.get(path).json()
    assert shown["status"] == "done"
    assert {result["call_id"] for result in shown["results"]} == {call.id for call in stored.content.calls}
    assert {result["replay"] for result in shown["results"]} <= {"identical", "differs", "fails"}


def test_a_revision_is_restored_as_a_new_one(annotator: Caller, stored: Conversation) -> None:
    path = f"/conversations/{stored.pid}"
    texts = [{"field": "system_prompt", "text": "Otherwise."}]
    assert annotator.patch(path, {"version": 1, "texts": texts}).status_code == 200
    restored = annotator.post(f"{path}/revisions/1/restore", {"version": 2, "reason": "was better"})
    assert restored.status_code == 200
    assert (restored.json()["version"], restored.json()["document"]["system_prompt"]) == (
        3,
        stored.content.system_prompt,
    )
    assert annotator.get(f"{path}/revisions").json()["items"][0]["reason"] == "was better"


def test_a_restore_for_an_older_version_is_a_conflict_and_an_unknown_one_is_not_there(
    annotator: Caller, stored: Conversation
) -> None:
    path = f"/conversations/{stored.pid}"
    annotator.patch(path, {"version": 1, "texts": [{"field": "system_prompt", "text": "Otherwise."}]})
    stale = annotator.post(f"{path}/revisions/1/restore", {"version": 1})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_version")
    assert annotator.post(f"{path}/revisions/7/restore", {"version": 2}).status_code == 404
