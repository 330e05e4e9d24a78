"""Runs: started by leads, refused at the field, watched while they go."""

from typing import Any

import pytest
from django.test import Client

from studio.models import Endpoint, Item, Judgement, Run, User
from tests.standins.page_rows import make_conversation, make_dataset, make_registry, make_run, make_scenario

HTMX = {"HX-Request": "true", "HX-Target": "progress"}


@pytest.fixture
def plan(db: None) -> dict[str, Any]:
    """A valid form of a new run."""
    dataset = make_dataset(slug="wanted")
    make_scenario(dataset)
    make_registry(slug="kit")
    Endpoint.objects.get_or_create(name="demo", defaults={"kind": "demo", "model": "demo"})
    return {"dataset": "wanted", "registry": "kit", "endpoint": "demo", "concurrency": "4"}


def test_a_lead_starts_a_run_that_freezes_what_was_asked(as_lead: Client, lead: User, plan: dict[str, Any]) -> None:
    form = {**plan, "count": "3", "seed": "7", "mode": "multi_turn", "config": "max_turns: 3\ntemperature: 0.1"}
    response = as_lead.post("/runs/new/", form)
    run = Run.objects.get()
    assert response["Location"] == f"/runs/{run.pid}/"
    assert (run.requested, run.seed, run.concurrency, run.created_by) == (3, 7, 4, lead)
    assert (run.config["max_turns"], run.config["temperature"]) == (3, 0.1)
    assert {item.plan["scenario"]["mode"] for item in run.items.all()} == {"multi_turn"}


def test_without_a_count_each_scenario_is_taken_once(as_lead: Client, plan: dict[str, Any]) -> None:
    as_lead.post("/runs/new/", plan)
    assert Run.objects.get().requested == 1


@pytest.mark.parametrize(("count", "said"), [("", "1 conversation: likely"), ("3", "3 conversations: likely")])
def test_an_estimate_says_for_how_many_it_is(as_lead: Client, plan: dict[str, Any], count: str, said: str) -> None:
    assert said in as_lead.post("/runs/new/", {**plan, "count": count, "estimate": "1"}).content.decode()
    assert not Run.objects.exists()


WRONG = {
    "count": ("0", "greater than or equal to 1"),
    "concurrency": ("999", "less than or equal to 256"),
    "seed": ("-1", "greater than or equal to 0"),
    "mode": ("sideways", "valid choice"),
    "dataset": ("nowhere", "valid choice"),
    "config": ("max_turns: 99", "max_turns"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(
    as_lead: Client, plan: dict[str, Any], name: str
) -> None:
    value, words = WRONG[name]
    response = as_lead.post("/runs/new/", {**plan, "seed": "12345", name: value})
    assert response.status_code == 422
    assert words in " ".join(response.context["form"].errors[name])
    assert not Run.objects.exists()
    assert name == "seed" or "12345" in response.content.decode()
    assert f'id="id_{name}_error"' in response.content.decode()


@pytest.mark.parametrize(
    "config", ["{", "- a list", "unknown_key: 1", "min_turns: 4\nmax_turns: 2", "a: &a [*a]", "just words"]
)
def test_a_configuration_that_is_none_is_refused_in_words(as_lead: Client, plan: dict[str, Any], config: str) -> None:
    response = as_lead.post("/runs/new/", {**plan, "config": config})
    assert response.status_code == 422
    assert response.context["form"].errors["config"]


def test_an_endpoint_without_a_model_is_refused_at_its_field(as_lead: Client, plan: dict[str, Any]) -> None:
    Endpoint.objects.create(name="bare")
    response = as_lead.post("/runs/new/", {**plan, "endpoint": "bare"})
    assert "names no model" in " ".join(response.context["form"].errors["endpoint"])


def test_a_dataset_without_scenarios_is_refused_at_its_field(as_lead: Client, plan: dict[str, Any]) -> None:
    make_dataset(slug="empty")
    response = as_lead.post("/runs/new/", {**plan, "dataset": "empty"})
    assert "no scenarios" in " ".join(response.context["form"].errors["dataset"])


def test_only_leads_start_and_steer_runs(as_annotator: Client, plan: dict[str, Any]) -> None:
    run = make_run()
    assert as_annotator.get("/runs/new/").status_code == 403
    assert as_annotator.post("/runs/new/", plan).status_code == 403
    for verb in ("pause", "resume", "cancel"):
        assert as_annotator.post(f"/runs/{run.pid}/{verb}/").status_code == 403
    assert list(Run.objects.values_list("status", flat=True)) == ["running"]
    page = as_annotator.get(f"/runs/{run.pid}/").content.decode()
    assert "/cancel/" not in page
    assert "/runs/new/" not in as_annotator.get("/runs/").content.decode()


def test_a_run_is_paused_resumed_and_cancelled(as_lead: Client) -> None:
    run = make_run()
    for verb, status in (("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")):
        assert as_lead.get(f"/runs/{run.pid}/{verb}/").status_code == 405
        fragment = as_lead.post(f"/runs/{run.pid}/{verb}/", headers=HTMX).content.decode()
        run.refresh_from_db()
        assert run.status == status
        assert 'id="progress"' in fragment
        assert "<html" not in fragment
        assert ("every 2s" in fragment) is (status == "running")


def test_without_htmx_a_verb_leads_back_to_the_run(as_lead: Client) -> None:
    run = make_run()
    assert as_lead.post(f"/runs/{run.pid}/pause/")["Location"] == f"/runs/{run.pid}/"


def test_the_page_shows_progress_failures_and_what_was_made(as_lead: Client) -> None:
    run = make_run(count=4)
    conversation = make_conversation(run.dataset, run=run, words="Made by this run")
    run.items.filter(number=0).update(status=Item.Status.DONE)
    run.items.filter(number=1).update(status=Item.Status.FAILED, error="No step fitted <script>", attempts=3)
    page = as_lead.get(f"/runs/{run.pid}/").content.decode()
    assert 'max="4" value="2"' in page
    assert "No step fitted &lt;script&gt;" in page
    assert f"/conversations/{conversation.pid}/" in page


def test_what_judging_cost_stands_beside_what_generating_did(as_lead: Client) -> None:
    judge = Endpoint.objects.create(name="judge", model="j")
    run, other = make_run(judge=judge), make_run()
    assert "Judge’s cost" not in as_lead.get(f"/runs/{other.pid}/").content.decode()
    for number, status in enumerate(("done", "failed")):
        Judgement.objects.create(
            conversation=make_conversation(run.dataset, run=run),
            endpoint=judge,
            version=1,
            rubric={},
            status=status,
            tokens_in=1000,
            tokens_out=number,
            cost=0.25,
        )
    judged = as_lead.get(f"/runs/{run.pid}/").context["judged"]
    assert judged == {"count": 1, "cost": 0.5, "tokens": 2001}
    assert "0.5000" in as_lead.get(f"/runs/{run.pid}/").content.decode()


def test_why_a_run_stopped_stands_on_top(as_lead: Client) -> None:
    run = make_run(status="stopped", stop_reason="401: the key is wrong")
    page = as_lead.get(f"/runs/{run.pid}/").content.decode()
    assert "401: the key is wrong" in page
    assert "Resume" in page


def test_a_run_that_is_not_there_is_not_found(as_lead: Client) -> None:
    assert as_lead.get("/runs/nothere/").status_code == 404
    assert as_lead.post("/runs/nothere/cancel/").status_code == 404


def test_a_run_that_has_ended_leads_to_the_review_of_what_it_made(as_annotator: Client) -> None:
    run = make_run(make_dataset())
    make_conversation(run.dataset, run=run, excerpt="odd \u202e order")
    there = f'href="/review/next/?run={run.pid}"'
    assert there not in as_annotator.get(f"/runs/{run.pid}/").content.decode()
    Run.objects.update(status=Run.Status.FINISHED)
    html = as_annotator.get(f"/runs/{run.pid}/").content.decode()
    assert there in html
    assert "\u202e" not in html
