"""Runs: asked for, watched, held, ended. And the endpoints they use."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from generation.plan import Scenario
from studio.building import work_item
from studio.domain.datasets import add_scenarios
from studio.models import Dataset, Endpoint, Item, Registry, Run
from tests.studio.api.callers import Caller


@pytest.fixture
def asked(dataset: Dataset, registry: Registry, endpoint: Endpoint) -> dict[str, Any]:
    """The body of a run of two conversations."""
    scenarios = [Scenario(prompt=text, seed_files={"a.txt": "one"}) for text in ("Read a.txt.", "List the files.")]
    add_scenarios(dataset, scenarios=scenarios)
    return {"dataset": "trips", "registry": "files", "endpoint": "demo", "seed": 5}


def test_a_run_is_made_from_names_or_ids(
    lead: Caller, asked: dict[str, Any], dataset: Dataset, registry: Registry, endpoint: Endpoint
) -> None:
    by_name = lead.post("/runs", asked)
    assert by_name.status_code == 201
    ids = {"dataset": dataset.pid, "registry": registry.pid, "endpoint": endpoint.pid}
    by_id = lead.post("/runs", {**asked, **ids, "count": 3, "config": {"max_agent_steps": 2}, "mode": "multi_turn"})
    assert by_id.status_code == 201
    assert {name: by_id.json()[name] for name in ids} == ids
    assert (by_name.json()["requested"], by_id.json()["requested"]) == (2, 3)
    assert by_id.json()["config"]["max_agent_steps"] == 2
    run = Run.objects.get(pid=by_id.json()["id"])
    assert run.created_by == lead.user
    assert [item.plan["scenario"]["mode"] for item in run.items.all()] == ["multi_turn"] * 3


def test_a_run_may_have_quotas_a_budget_and_a_judge(lead: Caller, asked: dict[str, Any]) -> None:
    Endpoint.objects.create(name="judge", base_url="http://127.0.0.1:9/v1", model="j")
    more = {"count": 4, "quotas": {"patterns": {"parallel": 1}}, "budget": {"tokens": 5000}, "judge": "judge"}
    created = lead.post("/runs", {**asked, **more})
    assert created.status_code == 201, created.json()
    run = Run.objects.get(pid=created.json()["id"])
    assert {item.plan["scenario"]["pattern"] for item in run.items.all()} == {"parallel"}
    assert (run.budget["tokens"], run.judge.name if run.judge else None) == (5000, "judge")
    assert created.json()["budget"]["tokens"] == 5000
    unknown = lead.post("/runs", {**asked, "quotas": {"patterns": {"nonsense": 1}}})
    assert unknown.status_code == 422


def test_an_estimate_makes_nothing(lead: Caller, asked: dict[str, Any]) -> None:
    likely = lead.post("/runs/estimate", {**asked, "count": 10}).json()
    assert likely["llm_calls"] >= 30
    assert likely["tokens_in"] > 0
    assert not Run.objects.exists()


def test_a_run_may_choose_its_scenarios(lead: Caller, asked: dict[str, Any], dataset: Dataset) -> None:
    chosen = dataset.scenarios.get(prompt="List the files.")
    created = lead.post("/runs", {**asked, "scenarios": [chosen.pid], "count": 2}).json()
    assert set(Item.objects.filter(run__pid=created["id"]).values_list("scenario", flat=True)) == {chosen.pk}
    refused = lead.post("/runs", {**asked, "scenarios": [chosen.pid, "zzzzzzzzzzzz"]})
    assert [entry["pointer"] for entry in refused.json()["details"]] == ["/scenarios/1"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"count": 0}, "/count"),
        ({"count": "3"}, "/count"),
        ({"dataset": "nothing"}, "/dataset"),
        ({"registry": "nothing"}, "/registry"),
        ({"endpoint": "nothing"}, "/endpoint"),
        ({"config": {"max_agent_steps": 99}}, "/config/max_agent_steps"),
        ({"config": {"colour": 1}}, "/config/colour"),
        ({"mode": "both"}, "/mode"),
        ({"seed": 2**63}, "/seed"),
        ({"scenarios": []}, "/scenarios"),
    ],
)
def test_a_wrong_run_is_pointed_at_and_not_made(
    lead: Caller, asked: dict[str, Any], change: dict[str, Any], pointer: str
) -> None:
    response = lead.post("/runs", {**asked, **change})
    assert response.status_code == 422
    assert [entry["pointer"] for entry in response.json()["details"]] == [pointer]
    assert not Run.objects.exists()


def test_a_run_that_could_not_begin_is_refused(lead: Caller, admin: Caller, asked: dict[str, Any]) -> None:
    Endpoint.objects.create(name="bare")
    no_model = lead.post("/runs", {**asked, "endpoint": "bare"})
    assert (no_model.status_code, "names no model" in no_model.json()["message"]) == (422, True)
    admin.post("/registries", {"slug": "empty"})
    assert lead.post("/runs", {**asked, "registry": "empty"}).status_code == 422
    admin.post("/datasets", {"slug": "empty"})
    assert lead.post("/runs", {**asked, "dataset": "empty"}).status_code == 422


def test_a_run_is_worked_and_its_progress_is_seen(lead: Caller, annotator: Caller, asked: dict[str, Any]) -> None:
    pid = lead.post("/runs", asked).json()["id"]
    work_item(Item.objects.filter(run__pid=pid).first().pk)  # type: ignore[union-attr]  # it has two
    shown = annotator.get(f"/runs/{pid}").json()
    progress = shown["progress"]
    assert (progress["done"] + progress["failed"] + progress["interrupted"], progress["waiting"]) == (1, 1)
    assert progress["llm_calls"] > 0
    assert (shown["status"], shown["done"]) == ("running", progress["done"])


def test_a_run_is_dispatched_when_it_is_made_and_when_it_goes_on(
    lead: Caller, asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    dispatched: list[int] = []
    monkeypatch.setattr("studio.api.routes.runs.dispatch_run", dispatched.append)
    pid = lead.post("/runs", asked).json()["id"]
    run = Run.objects.get(pid=pid)
    assert dispatched == [run.pk]
    assert lead.post(f"/runs/{pid}/pause").json()["status"] == "paused"
    assert lead.post(f"/runs/{pid}/resume").json()["status"] == "running"
    assert dispatched == [run.pk, run.pk]


def test_what_a_run_can_no_longer_do_is_a_conflict(lead: Caller, asked: dict[str, Any]) -> None:
    pid = lead.post("/runs", asked).json()["id"]
    assert lead.post(f"/runs/{pid}/resume").status_code == 409
    cancelled = lead.post(f"/runs/{pid}/cancel").json()
    assert (cancelled["status"], cancelled["failed"]) == ("cancelled", 2)
    assert cancelled["finished_at"].endswith("Z")
    for verb in ("pause", "resume", "cancel"):
        response = lead.post(f"/runs/{pid}/{verb}")
        assert (response.status_code, response.json()["code"]) == (409, "not_possible")


def test_the_list_asks_as_much_for_three_as_for_one_and_narrows(
    lead: Caller, asked: dict[str, Any], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first = lead.post("/runs", asked).json()["id"]
    with django_assert_num_queries(3):  # the token, its use, the rows
        assert [run["id"] for run in lead.get("/runs").json()["items"]] == [first]
    for _ in range(2):
        lead.post("/runs", asked)
    with django_assert_num_queries(3):
        listed = lead.get("/runs").json()["items"]
    assert (len(listed), listed[-1]["id"]) == (3, first)
    lead.post("/datasets", {"slug": "other"})
    assert len(lead.get("/runs", dataset="trips").json()["items"]) == 3
    assert lead.get("/runs", dataset="other").json()["items"] == []


def test_endpoints_never_show_a_key(lead: Caller, endpoint: Endpoint) -> None:
    url = "https://user:hunter2@models.example/v1?key=hunter3"
    made = Endpoint.objects.create(name="big", base_url=url, api_key="sk-hunter4", model="m")
    listed = lead.get("/endpoints")
    one = lead.get(f"/endpoints/{made.pid}")
    assert b"hunter" not in listed.content + one.content
    assert [item["name"] for item in listed.json()["items"]] == ["demo", "big"]
    assert (one.json()["base_url"], one.json()["has_key"]) == ("https://models.example/v1", True)
    assert lead.get(f"/endpoints/{endpoint.pid}").json()["has_key"] is False
