"""Registries, their tools and fixtures, and imports into them."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import DjangoAssertNumQueries

from generation.formats.tool_forms import ToolForm, write_tools
from generation.plan import Config, Scenario
from studio.domain.catalog import registry_value
from studio.domain.datasets import add_scenarios
from studio.domain.runs import create_run
from studio.models import Dataset, Endpoint, Registry
from tests.standins.conversations import READ, SEARCH, TOOLS
from tests.studio.api.callers import Caller

FIXTURE = {"tool": "search_issues", "match": {"state": "open"}, "response": [{"id": 7}]}


@pytest.fixture
def empty(admin: Caller) -> str:
    """The id of a registry without tools."""
    created = admin.post(
        "/registries", {"slug": "trips", "name": "Trips", "tables": {"cities": {"1": {"name": "Ulm"}}}}
    )
    assert created.status_code == 201
    pid: str = created.json()["id"]
    return pid


def test_a_registry_is_made_shown_changed_and_deleted(admin: Caller, annotator: Caller, empty: str) -> None:
    shown = annotator.get(f"/registries/{empty}").json()
    assert (shown["slug"], shown["name"], shown["tool_count"]) == ("trips", "Trips", 0)
    assert shown["tables"] == {"cities": {"1": {"name": "Ulm"}}}
    changed = admin.patch(f"/registries/{empty}", {"description": "About trips."}).json()
    assert (changed["name"], changed["description"], changed["tables"]) == ("Trips", "About trips.", shown["tables"])
    assert admin.delete(f"/registries/{empty}").status_code == 204
    assert annotator.get(f"/registries/{empty}").status_code == 404


def test_a_slug_is_taken_once(admin: Caller, empty: str) -> None:
    response = admin.post("/registries", {"slug": "trips"})
    assert (response.status_code, response.json()["code"]) == (409, "not_possible")


def test_text_that_no_column_takes_is_refused_at_its_place(admin: Caller) -> None:
    for text in ("a\x00b", "a\ud800b"):
        response = admin.post("/registries", {"slug": "odd", "description": text})
        assert response.status_code == 422
        assert [entry["pointer"] for entry in response.json()["details"]] == ["/description"]


def test_a_registry_with_runs_stays(admin: Caller, registry: Registry, dataset: Dataset, endpoint: Endpoint) -> None:
    scenarios = add_scenarios(dataset, scenarios=[Scenario(prompt="Go.")]).all
    create_run(dataset, registry=registry, endpoint=endpoint, scenarios=scenarios, config=Config())
    assert admin.delete(f"/registries/{registry.pid}").status_code == 409
    assert Registry.objects.filter(pk=registry.pk).exists()


def test_a_tool_is_made_replaced_and_deleted(admin: Caller, annotator: Caller, empty: str) -> None:
    path = f"/registries/{empty}/tools/read_file"
    document = READ.model_dump()
    created = admin.put(path, document)
    assert (created.status_code, created.json()) == (201, document)
    document["description"] = "Read one file."
    replaced = admin.put(path, document)
    assert (replaced.status_code, replaced.json()["description"]) == (200, "Read one file.")
    assert annotator.get(path).json() == document
    assert annotator.get(f"/registries/{empty}/tools").json() == {"items": [document], "next": None}
    assert admin.delete(path).status_code == 204
    assert annotator.get(path).status_code == 404


def test_a_tool_keeps_the_name_of_its_address(admin: Caller, empty: str) -> None:
    response = admin.put(f"/registries/{empty}/tools/other", READ.model_dump())
    assert response.status_code == 422
    assert [entry["pointer"] for entry in response.json()["details"]] == ["/name"]


def test_parameters_that_are_no_schema_are_pointed_at(admin: Caller, empty: str) -> None:
    body = {"name": "odd", "parameters": {"type": "object", "properties": {"a": {"type": "nothing"}}}}
    response = admin.put(f"/registries/{empty}/tools/odd", body)
    assert response.status_code == 422
    assert [entry["pointer"] for entry in response.json()["details"]] == ["/parameters"]


def test_a_description_of_any_characters_can_be_kept(admin: Caller, empty: str) -> None:
    path = f"/registries/{empty}/tools/odd"
    assert admin.put(path, {"name": "odd", "description": "a\x00\ud800b"}).status_code == 201
    assert admin.get(path).json()["description"] == "a\ufffd\ufffdb"
    assert admin.put(path, {"name": "odd", "component": "x" * 65}).status_code == 422


def test_the_fixtures_of_a_tool_are_replaced_as_one_list(admin: Caller, annotator: Caller, empty: str) -> None:
    for tool in (READ, SEARCH):
        admin.put(f"/registries/{empty}/tools/{tool.name}", tool.model_dump())
    path = f"/registries/{empty}/fixtures"
    second = {**FIXTURE, "match": {"state": "closed"}, "response": []}
    put = admin.put(f"{path}/search_issues", [FIXTURE, second])
    assert put.status_code == 200
    assert [fixture["match"] for fixture in put.json()["items"]] == [{"state": "open"}, {"state": "closed"}]
    assert len(admin.put(f"{path}/search_issues", [second]).json()["items"]) == 1
    admin.put(f"{path}/read_file", [{"tool": "read_file", "response": "text"}])
    assert [fixture["tool"] for fixture in annotator.get(path).json()["items"]] == ["read_file", "search_issues"]
    assert [fixture["tool"] for fixture in annotator.get(path, tool="read_file").json()["items"]] == ["read_file"]
    assert admin.delete(f"{path}/search_issues").status_code == 204
    assert annotator.get(path, tool="search_issues").json()["items"] == []


def test_fixtures_of_another_tool_or_shape_are_refused(admin: Caller, empty: str) -> None:
    admin.put(f"/registries/{empty}/tools/read_file", READ.model_dump())
    path = f"/registries/{empty}/fixtures/read_file"
    assert admin.put(path, [FIXTURE]).status_code == 422
    odd = admin.put(path, [{"tool": "read_file"}, {"tool": "read_file", "action": {"do": "get", "table": "t"}}])
    assert [entry["pointer"] for entry in odd.json()["details"]] == ["/1/action"]
    assert admin.put(f"/registries/{empty}/fixtures/nothing", []).status_code == 404


@pytest.mark.parametrize("form", [ToolForm.MCP, ToolForm.OPENAI, ToolForm.TRACEWRIGHT])
def test_tools_come_in_from_any_form(lead: Caller, empty: str, form: ToolForm) -> None:
    response = lead.post(f"/registries/{empty}/import", write_tools(TOOLS, form=form))
    assert response.status_code == 200
    assert response.json() == {"form": form.value, "added": 3, "changed": 0, "unchanged": 0, "refused": []}
    stored = lead.get(f"/registries/{empty}/tools").json()["items"]
    assert [tool["parameters"] for tool in stored] == [tool.parameters for tool in TOOLS]
    again = lead.post(f"/registries/{empty}/import", write_tools(TOOLS, form=form)).json()
    assert (again["added"], again["unchanged"]) == (0, 3)


def test_deepfabric_tools_come_in(lead: Caller, empty: str) -> None:
    response = lead.post(f"/registries/{empty}/import", write_tools([READ], form=ToolForm.DEEPFABRIC))
    assert (response.json()["form"], response.json()["added"]) == ("deepfabric", 1)


def test_an_upload_is_an_import(lead: Caller, empty: str) -> None:
    upload = SimpleUploadedFile("tools.yaml", b"tools:\n- name: ping\n  inputSchema: {type: object}\n")
    path = f"/api/registries/{empty}/import?component=net"
    response = lead.client.post(path, {"file": upload}, headers=lead.headers)
    assert (response.status_code, response.json()["added"]) == (200, 1)
    assert lead.get(f"/registries/{empty}/tools/ping").json()["component"] == "net"


def test_an_upload_without_its_file_is_no_request(lead: Caller, empty: str) -> None:
    response = lead.client.post(f"/api/registries/{empty}/import", {"other": "x"}, headers=lead.headers)
    assert response.status_code == 400


def test_a_bad_tool_is_refused_by_number_and_the_others_load(lead: Caller, empty: str) -> None:
    tools: list[Any] = [{"name": "good", "inputSchema": {"type": "object"}}, {"name": "not good"}]
    answer = lead.post(f"/registries/{empty}/import", tools).json()
    assert answer["added"] == 1
    assert [(refused["number"], refused["name"]) for refused in answer["refused"]] == [(2, "not good")]


@pytest.mark.parametrize("body", [[], {}, "text", [{"name": "not good"}], {"tools": 3}])
def test_a_body_without_a_usable_tool_is_refused(lead: Caller, empty: str, body: Any) -> None:
    assert lead.post(f"/registries/{empty}/import", body).status_code == 422
    assert lead.get(f"/registries/{empty}/tools").json()["items"] == []


def test_a_shipped_registry_goes_in_whole_and_comes_out_whole(lead: Caller, registry: Registry, empty: str) -> None:
    document = json.loads(registry_value(registry).model_dump_json())
    assert lead.post(f"/registries/{empty}/import", document).status_code == 200
    copy = registry_value(Registry.objects.get(pid=empty))
    assert copy.tools == registry_value(registry).tools
    assert copy.fixtures == registry_value(registry).fixtures


def test_the_list_asks_as_much_for_three_as_for_one(
    admin: Caller, empty: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    admin.get("/registries")
    with django_assert_num_queries(3):  # the token, its use, the rows
        assert len(admin.get("/registries").json()["items"]) == 1
    for slug in ("b", "c"):
        admin.post("/registries", {"slug": slug})
    with django_assert_num_queries(3):
        assert len(admin.get("/registries").json()["items"]) == 3
