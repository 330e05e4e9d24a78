"""Policy, blind double reviews, adjudication and waivers as a script does them."""

from typing import Any

import pytest

from generation.conversation import from_json, to_json
from studio.domain import policies
from studio.models import Dataset, User
from tests.standins.conversations import PARALLEL
from tests.studio.api.callers import Caller
from tests.studio.api.conftest import AddConversation


@pytest.fixture
def other(db: None) -> Caller:
    return Caller(User.objects.create_user("bob"))


def test_a_lead_sets_the_policy(lead: Caller, annotator: Caller, dataset: Dataset) -> None:
    path = f"/datasets/{dataset.pid}"
    shown = annotator.get(path).json()
    assert (shown["approvals_needed"], shown["double_review_share"], shown["author_may_approve"]) == (1, 0, True)
    policy = {"approvals_needed": 2, "double_review_share": 30, "author_may_approve": False, "pair_tags": ["Slow"]}
    changed = lead.patch(path, policy).json()
    assert {name: changed[name] for name in policy} == policy
    assert annotator.patch(path, policy).status_code == 403


def test_what_a_changed_policy_has_not_reached_yet_is_counted(
    lead: Caller, dataset: Dataset, add: AddConversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/datasets/{dataset.pid}"
    add(status="needs_review")
    assert lead.patch(path, {"double_review_share": 10}).json()["settling"] == 0  # a few are settled at once
    monkeypatch.setattr(policies, "AT_ONCE", 0)
    assert lead.patch(path, {"double_review_share": 20}).json()["settling"] == 1
    settlement = policies.settlement_of(dataset)
    assert settlement is not None
    assert settlement.requested_by is not None
    policies.work_settlement(settlement.pk)
    assert lead.get(path).json()["settling"] == 0


@pytest.mark.parametrize(
    "policy",
    [{"approvals_needed": 0}, {"approvals_needed": 6}, {"double_review_share": 101}, {"author_may_approve": "yes"}],
)
def test_a_policy_that_can_not_be_is_refused(lead: Caller, dataset: Dataset, policy: dict[str, Any]) -> None:
    response = lead.patch(f"/datasets/{dataset.pid}", policy)
    assert response.status_code == 422
    assert [entry["pointer"] for entry in response.json()["details"]] == [f"/{next(iter(policy))}"]


def test_approvals_are_counted_and_taken_back(
    annotator: Caller, other: Caller, lead: Caller, dataset: Dataset, add: AddConversation
) -> None:
    lead.patch(f"/datasets/{dataset.pid}", {"approvals_needed": 2})
    path = f"/conversations/{add().pid}"
    given = annotator.post(f"{path}/approve", {"version": 1}).json()
    assert (given["status"], given["round"]) == (
        "needs_review",
        {"approvals": 1, "approvals_needed": 2, "is_blind": False},
    )
    twice = annotator.post(f"{path}/approve", {"version": 1})
    assert (twice.status_code, twice.json()["code"]) == (409, "not_possible")
    again = annotator.post(f"{path}/claim")
    assert (again.status_code, again.json()["message"][:24]) == (409, "You have had your say on")
    assert annotator.post("/queue/next").status_code == 204
    assert other.post(f"{path}/approve", {"version": 1}).json()["status"] == "approved"
    undone = other.post("/queue/undo").json()
    assert (undone["status"], undone["round"]["approvals"]) == ("needs_review", 1)
    assert other.post("/queue/undo").status_code == 204


def test_a_disagreement_is_settled_by_a_lead(
    annotator: Caller, other: Caller, lead: Caller, dataset: Dataset, add: AddConversation
) -> None:
    lead.patch(f"/datasets/{dataset.pid}", {"double_review_share": 100})
    path = f"/conversations/{add().pid}"
    annotator.post(f"{path}/approve", {"version": 1})
    assert other.get(f"{path}/reviews").json()["items"] == []
    other.post(f"{path}/reject", {"version": 1, "reason": "Off topic"})
    assert [row["id"] for row in lead.get("/conversations", status="adjudication").json()["items"]]
    second, first = lead.get(f"{path}/reviews").json()["items"]
    assert (first["by"], first["decision"], second["by"], second["reason"]) == ("ann", "approved", "bob", "Off topic")
    body = {"version": 1, "review": first["id"], "reason": "Ann is right."}
    assert annotator.post(f"{path}/adjudicate", body).status_code == 403
    settled = lead.post(f"{path}/adjudicate", body).json()
    assert (settled["status"], settled["decided_by"]) == ("approved", "lea")
    agreement = lead.get(f"/datasets/{dataset.pid}/agreement").json()
    assert (agreement["double_reviews"], agreement["agreed"], agreement["share"]) == (1, 0, 0.0)
    assert agreement["reviewers"][0] == {"reviewer": "ann", "approved": 1, "rejected": 0, "edited": 0}
    assert lead.post("/queue/undo").json()["status"] == "adjudication"


@pytest.mark.parametrize(
    "body",
    [{}, {"review": 1, "decision": "approved"}, {"decision": "second_opinion"}, {"decision": "approved", "reason": ""}],
)
def test_an_adjudication_says_one_thing_and_why(lead: Caller, add: AddConversation, body: dict[str, Any]) -> None:
    response = lead.post(f"/conversations/{add().pid}/adjudicate", {"version": 1, "reason": "So.", **body})
    assert response.status_code == 422


def test_a_finding_is_waived_and_blocks_again(lead: Caller, annotator: Caller, add: AddConversation) -> None:
    content = from_json(to_json(PARALLEL))
    content.calls[0].id = "odd"
    path = f"/conversations/{add(content).pid}"
    assert annotator.get(path).status_code == 404
    (finding,) = [found for found in lead.get(path).json()["findings"] if found["severity"] == "blocking"]
    body = {"version": 1, "finding": finding["id"], "reason": "Known."}
    waived = lead.post(f"{path}/waivers", body).json()
    assert (waived["status"], waived["obstacles"]) == ("needs_review", [])
    (shown,) = [found for found in annotator.get(path).json()["findings"] if found["severity"] == "blocking"]
    assert (shown["waiver"]["by"], shown["waiver"]["reason"]) == ("lea", "Known.")
    assert lead.post(f"{path}/waivers", body).json()["code"] == "not_possible"
    revoked = lead.delete(f"{path}/waivers/{shown['waiver']['id']}").json()
    assert (revoked["status"], len(revoked["obstacles"])) == ("withheld", 1)
    assert lead.delete(f"{path}/waivers/zzzzzzzzzzzz").status_code == 404


def test_a_mark_has_a_tag_of_the_dataset(annotator: Caller, other: Caller, add: AddConversation) -> None:
    path = f"/conversations/{add().pid}"
    call = f"{path}/calls/call00001"
    annotator.patch(call, {"version": 1, "verdict": "wrong", "tag": "Wrong tool"})
    annotator.patch(call, {"version": 1, "comment": "Not this one."})
    other.patch(call, {"version": 1, "verdict": "ok"})
    pair = other.get(path).json()["pairs"][0]
    assert (pair["verdict"], pair["tag"], pair["comment"]) == ("ok", "", "Not this one.")
    assert {said["by"]: said["verdict"] for said in pair["verdicts"]} == {"ann": "wrong", "bob": "ok"}
    refused = annotator.patch(call, {"version": 1, "verdict": "wrong", "tag": "Odd"})
    assert (refused.status_code, refused.json()["details"][0]["pointer"]) == (422, "/tag")
