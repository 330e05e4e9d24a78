"""Claims, the queue, decisions, and confirming what went stale."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from studio.models import Conversation
from tests.standins.conversations import MULTI_TURN
from tests.studio.api.callers import Caller
from tests.studio.api.conftest import AddConversation


@pytest.mark.parametrize(
    ("verb", "body", "status"),
    [
        ("approve", {}, "approved"),
        ("reject", {"reason": "Off topic"}, "rejected"),
        ("second-opinion", {"reason": "Unsure"}, "second_opinion"),
    ],
)
def test_a_decision_is_about_one_version(
    annotator: Caller, add: AddConversation, verb: str, body: dict[str, Any], status: str
) -> None:
    conversation = add()
    path = f"/conversations/{conversation.pid}/{verb}"
    stale = annotator.post(path, {"version": 2, **body})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_version")
    decided = annotator.post(path, {"version": 1, **body})
    assert decided.status_code == 200
    assert (decided.json()["status"], decided.json()["decided_by"]) == (status, "ann")
    review = conversation.reviews.get()
    assert (review.decision, review.reason, review.reviewer) == (status, body.get("reason", ""), annotator.user)


@pytest.mark.parametrize("verb", ["approve", "reject", "second-opinion", "confirm-stale"])
def test_a_decision_names_its_version(annotator: Caller, add: AddConversation, verb: str) -> None:
    response = annotator.post(f"/conversations/{add().pid}/{verb}", {"reason": "x"} if verb != "approve" else {})
    assert "/version" in [entry["pointer"] for entry in response.json()["details"]]


@pytest.mark.parametrize("reason", ["", "   "])
def test_who_rejects_says_why(annotator: Caller, add: AddConversation, reason: str) -> None:
    response = annotator.post(f"/conversations/{add().pid}/reject", {"version": 1, "reason": reason})
    assert response.status_code == 422
    assert [entry["pointer"] for entry in response.json()["details"]] == ["/reason"]


def test_stale_parts_stand_in_the_way_until_they_are_settled(annotator: Caller, add: AddConversation) -> None:
    base = f"/conversations/{add(MULTI_TURN).pid}"
    annotator.patch(f"{base}/calls/call00001", {"version": 1, "result": "[]"})
    edited = annotator.patch(f"{base}/calls/call00001", {"version": 2, "arguments": {"state": "closed"}})
    version = edited.json()["version"]
    refused = annotator.post(f"{base}/approve", {"version": version})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_possible")
    assert len(refused.json()["details"]) == 1
    own = annotator.post(f"{base}/confirm-stale", {"version": version, "reason": "Same", "call_ids": ["call00001"]})
    assert (own.status_code, own.json()["code"]) == (409, "not_possible")
    annotator.patch(f"{base}/calls/call00001", {"version": version, "result": "[7]"})
    body = {"version": version + 1, "reason": "Same", "call_ids": ["call00002"], "turns": [0]}
    some = annotator.post(f"{base}/confirm-stale", body).json()
    assert [bool(pair["stale"]) for pair in some["pairs"]] == [False, False, True]
    assert some["stale_answers"].keys() == {"1"}
    rest = annotator.post(f"{base}/confirm-stale", {"version": some["version"], "reason": "Ok", "everything": True})
    assert rest.json()["stale_count"] == 0
    assert annotator.post(f"{base}/approve", {"version": rest.json()["version"]}).status_code == 200


def test_what_is_not_stale_can_not_be_confirmed(annotator: Caller, add: AddConversation) -> None:
    path = f"/conversations/{add().pid}/confirm-stale"
    body = {"version": 1, "reason": "x", "call_ids": ["call00001", "nothing"], "turns": [0]}
    pointers = [entry["pointer"] for entry in annotator.post(path, body).json()["details"]]
    assert pointers == ["/call_ids/0", "/call_ids/1", "/turns/0"]
    assert annotator.post(path, {"version": 1, "reason": "x"}).status_code == 422


def test_a_claim_keeps_others_out_until_it_is_released(annotator: Caller, lead: Caller, add: AddConversation) -> None:
    path = f"/conversations/{add().pid}"
    claimed = annotator.post(f"{path}/claim").json()
    assert claimed["claim"]["by"] == "ann"
    assert annotator.post(f"{path}/claim", {}).status_code == 200
    for verb, body in (("claim", None), ("approve", {"version": 1}), ("reject", {"version": 1, "reason": "x"})):
        held = lead.post(f"{path}/{verb}", body)
        assert (held.status_code, held.json()["code"]) == (409, "claim_held")
        assert held.json()["details"] == {"holder": "ann"}
    edit = {"version": 1, "texts": [{"field": "answer", "text": "Mine."}]}
    assert lead.patch(path, edit).json()["code"] == "claim_held"
    assert lead.post(f"{path}/release").json()["claim"]["by"] == "ann"
    assert annotator.post(f"{path}/release").json()["claim"] is None
    assert lead.post(f"{path}/approve", {"version": 1}).status_code == 200


def test_a_lead_takes_a_claim_over_and_an_annotator_does_not(
    annotator: Caller, lead: Caller, add: AddConversation
) -> None:
    path = f"/conversations/{add().pid}/claim"
    annotator.post(path)
    assert lead.post(path, {"take_over": True}).json()["claim"]["by"] == "lea"
    refused = annotator.post(path, {"take_over": True})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


def test_a_claim_that_ran_out_holds_nobody_up(annotator: Caller, lead: Caller, add: AddConversation) -> None:
    conversation = add()
    annotator.post(f"/conversations/{conversation.pid}/claim")
    Conversation.objects.update(claim_until=timezone.now() - timedelta(seconds=1))
    assert lead.get(f"/conversations/{conversation.pid}").json()["claim"] is None
    assert lead.post(f"/conversations/{conversation.pid}/claim").json()["claim"]["by"] == "lea"


def test_what_is_decided_can_not_be_claimed(annotator: Caller, add: AddConversation) -> None:
    response = annotator.post(f"/conversations/{add(status='approved').pid}/claim")
    assert (response.status_code, response.json()["code"]) == (409, "not_possible")


def test_the_queue_gives_each_conversation_to_one_person(annotator: Caller, lead: Caller, add: AddConversation) -> None:
    first, second = add(), add()
    add(status="withheld")
    assert annotator.post("/queue/next").json()["id"] == first.pid
    assert lead.post("/queue/next").json()["id"] == second.pid
    assert lead.post("/queue/next", after=second.pid).status_code in (200, 204)
    lead.post(f"/conversations/{second.pid}/approve", {"version": 1})
    empty = lead.post("/queue/next")
    assert (empty.status_code, empty.content) == (204, b"")


def test_the_queue_goes_on_behind_the_one_just_left_and_can_be_narrowed(
    annotator: Caller, add: AddConversation
) -> None:
    first, several, third = add(), add(MULTI_TURN), add()
    assert annotator.post("/queue/next", after=first.pid).json()["id"] == several.pid
    assert annotator.post("/queue/next", after=several.pid).json()["id"] == third.pid
    assert annotator.post("/queue/next", mode="multi_turn").json()["id"] == several.pid
    assert annotator.post("/queue/next", tool="nothing").status_code == 204
    assert annotator.post("/queue/next", after="zzzzzzzzzzzz").status_code == 404
