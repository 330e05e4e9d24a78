"""The admin: for admins only, keys go in and never come out, endpoints can't be pointed at metadata services."""

from typing import Any

import pytest
from django.contrib import admin
from django.test import Client

from studio.models import Endpoint, Registry, Run, Tool, User
from tests.standins.page_rows import make_registry, make_run, make_user

KEY = "sk-very-secret-0123456789"
CHANGE_FORM = {
    "name": "mine",
    "kind": "openai",
    "base_url": "http://127.0.0.1:8001/v1",
    "model": "m",
    "concurrency": "4",
    "timeout_s": "60",
    "price_in": "0",
    "price_cached": "0",
    "price_out": "0",
}


def _endpoint(**fields: Any) -> Endpoint:
    return Endpoint.objects.create(**{"name": "mine", "model": "m", "api_key": KEY} | fields)


def _pages(endpoint: Endpoint) -> list[str]:
    changed = f"/admin/studio/endpoint/{endpoint.pk}"
    return ["/admin/studio/endpoint/", f"{changed}/change/", f"{changed}/history/", f"{changed}/delete/"]


def test_a_stored_key_is_never_rendered(as_admin: Client) -> None:
    endpoint = _endpoint()
    for path in _pages(endpoint):
        response = as_admin.get(path)
        assert response.status_code == 200
        assert KEY not in response.content.decode()


def test_a_key_that_was_refused_with_the_form_is_not_sent_back(as_admin: Client) -> None:
    endpoint = _endpoint(api_key="")
    form = {**CHANGE_FORM, "base_url": "nonsense", "new_key": KEY}
    page = as_admin.post(f"/admin/studio/endpoint/{endpoint.pk}/change/", form)
    assert page.status_code == 200
    assert KEY not in page.content.decode()


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ({}, KEY),
        ({"new_key": "sk-new"}, "sk-new"),
        ({"forget_key": "on"}, ""),
        ({"forget_key": "on", "new_key": "sk-new"}, "sk-new"),
    ],
    ids=["empty keeps it", "a new one replaces it", "it can be forgotten", "a new one wins"],
)
def test_what_becomes_of_a_key(as_admin: Client, typed: dict[str, str], kept: str) -> None:
    endpoint = _endpoint()
    response = as_admin.post(f"/admin/studio/endpoint/{endpoint.pk}/change/", {**CHANGE_FORM, **typed})
    assert response.status_code == 302
    endpoint.refresh_from_db()
    assert endpoint.api_key == kept
    assert endpoint.base_url == CHANGE_FORM["base_url"]


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/v1", "http://[fd00:ec2::254]/", "http://metadata.google.internal/", "ftp://host/"]
)
def test_an_endpoint_can_not_point_at_a_metadata_service(as_admin: Client, url: str) -> None:
    response = as_admin.post("/admin/studio/endpoint/add/", {**CHANGE_FORM, "base_url": url})
    assert response.status_code == 200
    assert response.context["adminform"].form.errors["base_url"]
    assert not Endpoint.objects.filter(name="mine").exists()


REGISTRY_FORM = {
    "name": "Notes",
    "slug": "notes",
    "description": "",
    "tables": "{}",
    "mcp": "{}",
    "tools-TOTAL_FORMS": "0",
    "tools-INITIAL_FORMS": "0",
}


def test_how_the_tools_of_a_registry_run_is_set_here(as_admin: Client) -> None:
    server = '{"url": "http://127.0.0.1:8000/mcp"}'
    response = as_admin.post("/admin/studio/registry/add/", {**REGISTRY_FORM, "push_mock": "on", "mcp": server})
    assert response.status_code == 302
    registry = Registry.objects.get(slug="notes")
    assert registry.push_mock
    assert registry.mcp == {"url": "http://127.0.0.1:8000/mcp"}


@pytest.mark.parametrize(
    ("server", "problem"),
    [
        ('{"url": "http://169.254.169.254/mcp"}', "metadata service"),
        ('{"url": "http://127.0.0.1/mcp", "command": "sh"}', "one of them"),
        ('{"url": 5}', "no MCP server"),
        ("[1]", "no MCP server"),
        ("{nope", "valid JSON"),
    ],
)
def test_a_registry_can_not_be_given_a_server_that_is_none_or_a_metadata_service(
    as_admin: Client, server: str, problem: str
) -> None:
    response = as_admin.post("/admin/studio/registry/add/", {**REGISTRY_FORM, "mcp": server})
    assert response.status_code == 200
    assert problem in str(response.context["adminform"].form.errors["mcp"])
    assert not Registry.objects.filter(slug="notes").exists()


def test_what_a_registry_may_lack_can_be_left_empty(as_admin: Client) -> None:
    response = as_admin.post("/admin/studio/registry/add/", {**REGISTRY_FORM, "tables": "", "mcp": ""})
    assert response.status_code == 302
    registry = Registry.objects.get(slug="notes")
    assert (registry.tables, registry.mcp_server()) == ({}, None)


def test_the_admin_is_for_admins_whatever_else_a_person_may(db: None, client: Client) -> None:
    lead = make_user(User.Role.LEAD, is_staff=True)
    client.force_login(lead)
    assert client.get("/admin/studio/endpoint/").status_code == 403
    client.force_login(make_user(User.Role.ANNOTATOR))
    assert client.get("/admin/studio/endpoint/").status_code == 302


def test_the_role_opens_and_closes_the_admin(as_admin: Client, client: Client) -> None:
    person = make_user(User.Role.LEAD)
    form = {"username": person.username, "role": "admin", "is_active": "on"}
    assert as_admin.post(f"/admin/studio/user/{person.pk}/change/", form).status_code == 302
    client.force_login(User.objects.get(pk=person.pk))
    assert client.get("/admin/studio/registry/").status_code == 200
    as_admin.post(f"/admin/studio/user/{person.pk}/change/", {**form, "role": "annotator"})
    assert client.get("/admin/studio/registry/").status_code == 302


def test_a_tool_that_no_model_could_call_is_refused(as_admin: Client) -> None:
    registry = make_registry()
    inline = {"fixtures-TOTAL_FORMS": "0", "fixtures-INITIAL_FORMS": "0"}
    form = {
        "registry": registry.pk,
        "name": "bad name!",
        "component": "mock",
        "parameters": '{"type": "strin"}',
        "position": "0",
        "annotations": "{}",
        "volatile": "[]",
    }
    errors = as_admin.post("/admin/studio/tool/add/", {**form, **inline}).context["adminform"].form.errors
    assert "name" in errors
    errors = (
        as_admin.post("/admin/studio/tool/add/", {**form, **inline, "name": "good"}).context["adminform"].form.errors
    )
    assert "parameters" in errors
    assert not Tool.objects.filter(name="good").exists()


def test_runs_items_and_ledger_are_for_looking(as_admin: Client) -> None:
    run = make_run()
    item = run.items.first()
    assert item is not None
    for model, pk in (("run", run.pk), ("item", item.pk)):
        assert as_admin.get(f"/admin/studio/{model}/{pk}/change/").status_code == 200
        assert as_admin.post(f"/admin/studio/{model}/{pk}/change/", {"status": "done"}).status_code == 403
        assert as_admin.post(f"/admin/studio/{model}/{pk}/delete/", {"post": "yes"}).status_code == 403
        assert as_admin.get(f"/admin/studio/{model}/add/").status_code == 403
    assert as_admin.get("/admin/studio/ledgerentry/").status_code == 200
    assert Run.objects.filter(pk=run.pk, status="running").exists()


def test_registries_link_to_their_tools(as_admin: Client) -> None:
    registry = make_registry()
    tool = registry.tools.first()
    assert tool is not None
    page = as_admin.get(f"/admin/studio/registry/{registry.pk}/change/").content.decode()
    assert f"/admin/studio/tool/{tool.pk}/change/" in page
    assert admin.site.is_registered(Registry)


@pytest.mark.parametrize(
    "text",
    ["NaN", "1e999", "[" * 5000 + "]" * 5000, "[" * 200_000, "9" * 5000, '{"t": 5}', '{"t": {"k": "no record"}}', "[]"],
    ids=["nan", "infinity", "deep", "bottomless", "digits", "no table", "no record", "list"],
)
def test_what_can_not_be_kept_stands_with_its_error(as_admin: Client, text: str) -> None:
    response = as_admin.post("/admin/studio/registry/add/", {**REGISTRY_FORM, "tables": text})
    assert response.status_code == 200
    assert "errorlist" in response.content.decode()
    assert not Registry.objects.exists()


def test_half_a_character_in_a_schema_is_refused_readably(as_admin: Client) -> None:
    registry = make_registry()
    form = {
        "registry": registry.pk,
        "name": "odd",
        "component": "mock",
        "parameters": '{"type": "object", "properties": {"\\ud800": {"type": "\\ud800"}}}',
        "annotations": "{}",
        "volatile": "[]",
        "position": "0",
        "fixtures-TOTAL_FORMS": "0",
        "fixtures-INITIAL_FORMS": "0",
    }
    response = as_admin.post("/admin/studio/tool/add/", form)
    assert response.status_code == 200
    assert "no valid JSON Schema" in response.content.decode()
