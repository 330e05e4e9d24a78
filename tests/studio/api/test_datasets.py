"""Datasets and their scenarios."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from generation.plan import Scenario
from studio.domain.datasets import add_scenarios
from studio.models import Dataset
from tests.studio.api.callers import Caller
from tests.studio.api.conftest import AddConversation


def test_a_dataset_is_made_shown_and_changed(lead: Caller, annotator: Caller) -> None:
    created = lead.post("/datasets", {"slug": "flights", "guidelines": "Read each pair."})
    assert created.status_code == 201
    path = f"/datasets/{created.json()['id']}"
    assert created.json()["name"] == "flights"
    assert created.json()["reject_reasons"]
    changed = lead.patch(path, {"name": "Flüge", "reject_reasons": ["Dull"]})
    assert changed.status_code == 200
    shown = annotator.get(path).json()
    assert (shown["name"], shown["guidelines"], shown["reject_reasons"]) == ("Flüge", "Read each pair.", ["Dull"])


def test_a_slug_is_taken_once(lead: Caller, dataset: Dataset) -> None:
    assert lead.post("/datasets", {"slug": dataset.slug}).status_code == 409


def test_null_is_no_value_of_a_patch(lead: Caller, dataset: Dataset) -> None:
    response = lead.patch(f"/datasets/{dataset.pid}", {"name": None})
    assert [entry["pointer"] for entry in response.json()["details"]] == ["/name"]


def test_counts_are_not_multiplied_and_leave_out_what_was_withheld(
    annotator: Caller, dataset: Dataset, add: AddConversation
) -> None:
    add_scenarios(dataset, scenarios=[Scenario(prompt=text) for text in "abc"])
    for status in ("", "approved", "withheld"):
        add(status=status)
    shown = annotator.get(f"/datasets/{dataset.pid}").json()
    assert (shown["scenario_count"], shown["conversation_count"]) == (3, 2)


def test_the_list_asks_as_much_for_three_as_for_one(
    lead: Caller, dataset: Dataset, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(3):  # the token, its use, the rows
        assert len(lead.get("/datasets").json()["items"]) == 1
    for slug in ("b", "c"):
        lead.post("/datasets", {"slug": slug})
    with django_assert_num_queries(3):
        assert len(lead.get("/datasets").json()["items"]) == 3


def test_scenarios_come_in_in_bulk_and_bad_ones_are_refused_by_number(lead: Caller, dataset: Dataset) -> None:
    rows: list[Any] = [
        {"prompt": "Find a train.", "mode": "multi_turn", "turns": 2},
        {"topic": "no prompt"},
        "Only a prompt.",
        {"prompt": "x", "colour": 1},
        {"prompt": "Odd \u0000 text", "seed_files": {"a.txt": "\ud800"}},
        7,
    ]
    answer = lead.post("/scenarios", {"dataset": "trips", "scenarios": rows})
    assert answer.status_code == 200
    assert (answer.json()["added"], answer.json()["known"], len(answer.json()["ids"])) == (3, 0, 3)
    assert [refused["number"] for refused in answer.json()["refused"]] == [2, 4, 6]
    assert all(refused["reason"] for refused in answer.json()["refused"])
    again = lead.post("/scenarios", {"dataset": dataset.pid, "scenarios": rows}).json()
    assert (again["added"], again["known"], again["ids"]) == (0, 3, answer.json()["ids"])
    listed = lead.get("/scenarios", dataset="trips").json()["items"]
    assert [scenario["id"] for scenario in listed] == answer.json()["ids"]
    assert listed[2]["document"]["seed_files"] == {"a.txt": "\ud800"}


def test_scenarios_of_which_none_can_be_used_are_pointed_at(lead: Caller, dataset: Dataset) -> None:
    response = lead.post("/scenarios", {"dataset": "trips", "scenarios": [{"topic": "x"}, 3]})
    assert response.status_code == 422
    assert [entry["pointer"] for entry in response.json()["details"]] == ["/scenarios/0", "/scenarios/1"]
    assert not dataset.scenarios.exists()


@pytest.mark.parametrize("name", ["nothing", "a b", "\x00"])
def test_an_unknown_dataset_is_pointed_at(lead: Caller, name: str) -> None:
    response = lead.post("/scenarios", {"dataset": name, "scenarios": ["a"]})
    assert response.status_code == 422
    assert [entry["pointer"] for entry in response.json()["details"]] == ["/dataset"]
    assert lead.get("/scenarios", dataset=name).status_code == 404


def test_scenarios_are_listed_with_as_many_queries_for_three_as_for_one(
    lead: Caller, dataset: Dataset, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for texts in ("a", "bc"):
        add_scenarios(dataset, scenarios=[Scenario(prompt=text) for text in texts])
        with django_assert_num_queries(4):  # the token, its use, the dataset, the rows
            lead.get("/scenarios", dataset="trips")
