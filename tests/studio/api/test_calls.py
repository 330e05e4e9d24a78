"""One call: its arguments, result and verdict changed, and run again in a real sandbox."""

from typing import Any

import pytest

from generation.plan import Config, Scenario
from studio.building import work_item
from studio.domain import reviews
from studio.domain.datasets import add_scenarios
from studio.domain.runs import create_run
from studio.models import Conversation, Dataset, Endpoint, Item, Registry, Rerun
from studio.rerunning import work_rerun
from tests.studio.api.callers import Caller
from tests.studio.api.conftest import AddConversation


@pytest.fixture
def path(add: AddConversation) -> str:
    """The first call of a fresh conversation."""
    return f"/conversations/{add().pid}/calls/call00001"


def test_new_arguments_make_the_result_stale(annotator: Caller, path: str) -> None:
    response = annotator.patch(path, {"version": 1, "arguments": {"file_path": "c.txt"}, "reason": "Wrong file"})
    assert response.status_code == 200
    call = response.json()["document"]["turns"][0]["steps"][0]["calls"][0]
    assert (call["arguments"], call["provenance"], call["result"]) == ({"file_path": "c.txt"}, "edited", "alpha")
    assert (response.json()["version"], response.json()["stale_count"]) == (2, 3)


@pytest.mark.parametrize(
    ("arguments", "pointers"),
    [
        ({}, ["/arguments/file_path"]),
        ({"file_path": 7}, ["/arguments/file_path"]),
        ({"file_path": None}, ["/arguments/file_path"]),
    ],
)
def test_arguments_that_break_the_schema_are_pointed_at(
    annotator: Caller, path: str, arguments: dict[str, Any], pointers: list[str]
) -> None:
    response = annotator.patch(path, {"version": 1, "arguments": arguments})
    assert (response.status_code, response.json()["code"]) == (422, "invalid")
    assert [entry["pointer"] for entry in response.json()["details"]] == pointers
    assert all(entry["message"] for entry in response.json()["details"])
    assert annotator.get(path.split("/calls")[0]).json()["version"] == 1


def test_another_tool_brings_its_own_schema(annotator: Caller, path: str) -> None:
    odd = annotator.patch(path, {"version": 1, "tool": "search_issues", "arguments": {"limit": 0, "state": "shut"}})
    assert {entry["pointer"] for entry in odd.json()["details"]} == {"/arguments/limit", "/arguments/state"}
    unknown = annotator.patch(path, {"version": 1, "tool": "nothing"})
    assert [entry["pointer"] for entry in unknown.json()["details"]] == ["/tool"]
    good = annotator.patch(path, {"version": 1, "tool": "search_issues", "arguments": {"limit": 1}})
    assert good.json()["pairs"][0]["tool"] == "search_issues"


def test_a_result_written_by_hand_says_so(annotator: Caller, path: str) -> None:
    body = {"version": 1, "result": "Gone.\x00\ud800", "outcome": "tool_error", "error_type": "NotFound"}
    shown = annotator.patch(path, body).json()
    call = shown["document"]["turns"][0]["steps"][0]["calls"][0]
    assert (call["result"], call["outcome"], call["error_type"]) == ("Gone.\x00\ud800", "tool_error", "NotFound")
    assert shown["pairs"][0]["provenance"] == "hand-written"


def test_a_call_and_its_result_change_together_or_not_at_all(annotator: Caller, path: str) -> None:
    body: dict[str, Any] = {"version": 1, "arguments": {"file_path": "c.txt"}, "result": "gamma", "verdict": "ok"}
    assert annotator.patch(path, {**body, "arguments": {}}).status_code == 422
    shown = annotator.patch(path, body).json()
    assert (shown["version"], shown["pairs"][0]["stale"], shown["pairs"][0]["verdict"]) == (3, "", "ok")


def test_a_verdict_and_a_comment_are_kept_apart(annotator: Caller, path: str) -> None:
    annotator.patch(path, {"version": 1, "verdict": "wrong", "comment": "Not this file."})
    kept = annotator.patch(path, {"version": 1, "comment": "Nor that."}).json()["pairs"][0]
    assert (kept["verdict"], kept["comment"]) == ("wrong", "Nor that.")
    unseen = annotator.patch(path, {"version": 1, "verdict": ""}).json()
    assert (unseen["pairs"][0]["verdict"], unseen["pairs"][0]["comment"], unseen["version"]) == ("", "Nor that.", 1)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"outcome": "tool_error"},
        {"result": "x", "error_type": "NotFound"},
        {"verdict": "good"},
        {"arguments": []},
        {"result": None},
    ],
)
def test_a_patch_that_says_nothing_sensible_is_refused(annotator: Caller, path: str, body: dict[str, Any]) -> None:
    assert annotator.patch(path, {"version": 1, **body}).status_code == 422


def test_every_change_is_refused_on_an_old_version(annotator: Caller, lead: Caller, path: str) -> None:
    lead.patch(path, {"version": 1, "result": "new"})
    for body in ({"verdict": "ok"}, {"arguments": {"file_path": "x"}}, {"result": "mine"}):
        response = annotator.patch(path, {"version": 1, **body})
        assert (response.status_code, response.json()["code"]) == (409, "stale_version")


def test_nobody_changes_what_somebody_else_reviews(annotator: Caller, lead: Caller, path: str) -> None:
    conversation = Conversation.objects.get()
    reviews.claim(conversation, by=lead.user)  # type: ignore[arg-type]  # it is somebody
    for body in ({"verdict": "ok"}, {"arguments": {"file_path": "x"}}, {"result": "mine"}):
        response = annotator.patch(path, {"version": 1, **body})
        assert (response.status_code, response.json()["code"]) == (409, "claim_held")
        assert response.json()["details"] == {"holder": "lea"}
    assert annotator.post(f"{path}/execute").status_code == 409
    assert lead.patch(path, {"version": 1, "verdict": "ok"}).status_code == 200


@pytest.mark.parametrize("call_id", ["call99999", "%00", "x" * 200])
def test_an_unknown_call_is_nothing(annotator: Caller, add: AddConversation, call_id: str) -> None:
    path = f"/conversations/{add().pid}/calls/{call_id}"
    assert annotator.patch(path, {"version": 1, "verdict": "ok"}).status_code == 404
    assert annotator.post(f"{path}/execute").status_code == 404


def test_a_call_is_run_again_looked_at_and_accepted(
    annotator: Caller, dataset: Dataset, registry: Registry, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[int] = []
    monkeypatch.setattr("studio.api.routes.reruns.send_rerun", sent.append)
    conversation, call_id = _generated(dataset, registry, endpoint)
    base = f"/conversations/{conversation.pid}"
    edited = annotator.patch(f"{base}/calls/{call_id}", {"version": 1, "arguments": {"file_path": "nothing.txt"}})
    assert edited.status_code == 200
    asked = annotator.post(f"{base}/calls/{call_id}/execute")
    assert (asked.status_code, asked.json()["status"]) == (202, "pending")
    rerun = f"{base}/reruns/{asked.json()['id']}"
    early = annotator.post(f"{rerun}/accept")
    assert (early.status_code, early.json()["code"]) == (409, "not_possible")
    assert sent == [Rerun.objects.get().pk]
    work_rerun(sent[0])
    done = annotator.get(rerun).json()
    assert (done["status"], done["results"][0]["outcome"]) == ("done", "tool_error")
    assert (done["results"][0]["call_id"], done["results"][0]["is_identical"]) == (call_id, False)
    accepted = annotator.post(f"{rerun}/accept").json()
    assert (accepted["version"], accepted["pairs"][0]["stale"]) == (3, "")
    assert annotator.get(rerun).json()["status"] == "accepted"
    assert annotator.post(f"{rerun}/accept").status_code == 409


def test_a_rerun_can_be_discarded_and_belongs_to_its_conversation(annotator: Caller, add: AddConversation) -> None:
    mine, other = add(), add()
    pid = annotator.post(f"/conversations/{mine.pid}/calls/call00001/execute").json()["id"]
    assert annotator.get(f"/conversations/{other.pid}/reruns/{pid}").status_code == 404
    discarded = annotator.post(f"/conversations/{mine.pid}/reruns/{pid}/discard").json()
    assert discarded["status"] == "discarded"
    assert annotator.get(f"/conversations/{mine.pid}").json()["version"] == 1


def _generated(dataset: Dataset, registry: Registry, endpoint: Endpoint) -> tuple[Conversation, str]:
    """A conversation made by the demo model in the embedded sandbox, and its first call that reads a file."""
    scenario = Scenario(prompt="Read notes.txt and tell me what it says.", seed_files={"notes.txt": "buy milk"})
    scenarios = add_scenarios(dataset, scenarios=[scenario]).all
    create_run(dataset, registry=registry, endpoint=endpoint, scenarios=scenarios, config=Config(), seed=3)
    work_item(Item.objects.get().pk)
    conversation = Conversation.objects.get()
    call = next(call for call in conversation.content.calls if call.tool == "read_file")
    return conversation, call.id


def test_a_stale_version_is_refused_or_merged_when_asked_for(annotator: Caller, path: str) -> None:
    page = path.split("/calls")[0]
    words = {"texts": [{"field": "answer", "turn": 0, "text": "Another answer."}]}
    assert annotator.patch(page, {"version": 1, **words}).status_code == 200
    body = {"version": 1, "arguments": {"file_path": "c.txt"}}
    assert annotator.patch(path, body).status_code == 409
    merged = annotator.patch(path, body | {"merge": True})
    assert (merged.status_code, merged.json()["version"]) == (200, 3)
    turn = merged.json()["document"]["turns"][0]
    assert turn["answer"] == "Another answer."
    assert turn["steps"][0]["calls"][0]["arguments"] == {"file_path": "c.txt"}


def test_what_collides_is_named(annotator: Caller, path: str) -> None:
    annotator.patch(path, {"version": 1, "arguments": {"file_path": "b.txt"}})
    response = annotator.patch(path, {"version": 1, "arguments": {"file_path": "c.txt"}, "merge": True})
    assert (response.status_code, response.json()["code"]) == (409, "stale_version")
    assert response.json()["details"] == {
        "current_version": 2,
        "collisions": [
            {"part": "arguments", "call_id": "call00001", "turn": None, "step": None, "pointer": "/file_path"}
        ],
    }


def test_another_tool_is_merged_with_the_arguments_it_was_chosen_for(annotator: Caller, path: str) -> None:
    annotator.patch(path, {"version": 1, "arguments": {"file_path": "b.txt"}})
    response = annotator.patch(path, {"version": 1, "tool": "delete_file", "merge": True})
    assert response.status_code in (409, 422)
    assert annotator.get(path.split("/calls")[0]).json()["version"] == 2


def test_words_and_documents_are_merged_by_the_places_of_their_version(annotator: Caller, path: str) -> None:
    page = path.split("/calls")[0]
    document = annotator.get(page).json()["document"]
    annotator.patch(path, {"version": 1, "arguments": {"file_path": "c.txt"}})
    thoughts = [
        {"field": "thought", "turn": 0, "step": 0, "text": "I look at one."},
        {"field": "system_prompt", "text": "Be long."},
    ]
    merged = annotator.patch(page, {"version": 1, "texts": thoughts, "merge": True})
    assert (merged.status_code, merged.json()["version"]) == (200, 4)
    document["turns"][0]["answer"] = "From the whole document."
    whole = annotator.patch(page, {"version": 1, "document": document, "merge": True}).json()["document"]
    assert (whole["system_prompt"], whole["turns"][0]["answer"]) == ("Be long.", "From the whole document.")
    assert whole["turns"][0]["steps"][0]["calls"][0]["arguments"] == {"file_path": "c.txt"}
