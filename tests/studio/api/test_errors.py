"""Whatever goes wrong, the answer is the same three members with the right status."""

import json
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from studio.models import Dataset, User
from tests.studio.api.callers import Caller


def _error(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status
    assert response["Content-Type"] == "application/json"
    error: dict[str, Any] = response.json()
    assert set(error) == {"code", "message", "details"}
    assert error["code"] == code
    assert error["message"]
    return error


@pytest.mark.parametrize(
    "body",
    [b"{nope", b'{"slug": NaN}', b'{"slug": 1e999}', b"[" * 100_000, b"\xff\xfe\x00", b'{"a":' * 80 + b"1" + b"}" * 80],
    ids=["no JSON", "NaN", "infinite", "endless", "no text", "deep"],
)
def test_a_body_that_is_no_json(lead: Caller, body: bytes) -> None:
    response = lead.client.post("/api/datasets", body, content_type="application/json", headers=lead.headers)
    assert _error(response, 400, "malformed_json")["details"] is None


def test_a_body_that_breaks_its_schema_is_pointed_at(lead: Caller) -> None:
    error = _error(lead.post("/datasets", {"slug": "Not a slug", "colour": 1}), 422, "invalid")
    assert {(entry["in"], entry["pointer"]) for entry in error["details"]} == {("body", "/slug"), ("body", "/colour")}


def test_a_missing_body_is_a_broken_schema(lead: Caller) -> None:
    _error(lead.post("/datasets"), 422, "invalid")


def test_a_query_that_breaks_its_schema_is_pointed_at(lead: Caller) -> None:
    error = _error(lead.get("/conversations", limit=100_000, status="odd"), 422, "invalid")
    assert {(entry["in"], entry["pointer"]) for entry in error["details"]} == {
        ("query", "/limit"),
        ("query", "/status/0"),
    }


@pytest.mark.parametrize("pid", ["zzzzzzzzzzzz", "x", "%00", "%ED%A0%80", "1%20OR%201=1", "a" * 5000])
def test_an_unknown_id_is_nothing(lead: Caller, pid: str) -> None:
    _error(lead.get(f"/runs/{pid}"), 404, "not_found")


@pytest.mark.parametrize("path", ["/", "/nothing", "/datasets/", "/conversations/zzzzzzzzzzzz/nothing"])
def test_an_unknown_address_is_nothing_for_strangers_too(stranger: Caller, path: str) -> None:
    _error(stranger.get(path), 404, "not_found")


def test_an_unknown_method_names_the_known_ones(lead: Caller) -> None:
    response = lead.put("/datasets", {})
    _error(response, 405, "method_not_allowed")
    assert response["Allow"] == "GET, POST"


def test_a_body_above_the_limit_is_refused_unread(lead: Caller) -> None:
    body = b'"' + b"x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE + b'"'
    response = lead.client.post("/api/datasets", body, content_type="application/json", headers=lead.headers)
    _error(response, 413, "too_large")


def test_an_upload_above_the_limit_is_refused_unread(lead: Caller) -> None:
    upload = SimpleUploadedFile("tools.json", b"x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1))
    response = lead.client.post("/api/registries/zzzzzzzzzzzz/import", {"file": upload}, headers=lead.headers)
    _error(response, 413, "too_large")


def test_a_form_is_no_json(lead: Caller) -> None:
    response = lead.client.post("/api/datasets", {"slug": "trips"}, headers=lead.headers)
    _error(response, 400, "malformed_json")


def test_what_breaks_inside_says_nothing_of_it(lead: Caller, dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*_: object, **__: object) -> None:
        raise RuntimeError("secret-42")

    monkeypatch.setattr("studio.domain.datasets.change_dataset", explode)
    response = lead.patch(f"/datasets/{dataset.pid}", {"name": "New"})
    _error(response, 500, "internal_error")
    assert b"secret-42" not in response.content


def _user(caller: Caller) -> User:
    assert caller.user is not None
    return caller.user


def test_a_wrong_token_is_not_made_up_for_by_a_session(annotator: Caller) -> None:
    client = Client()
    client.force_login(_user(annotator))
    assert client.get("/api/datasets").status_code == 200
    _error(client.get("/api/datasets", headers={"Authorization": "Bearer tw_wrong"}), 401, "unauthenticated")


def test_a_session_needs_its_csrf_token_to_change_something(annotator: Caller) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(_user(annotator))
    assert client.get("/api/datasets").status_code == 200
    _error(client.post("/api/queue/next"), 403, "csrf_failed")
    client.cookies["csrftoken"] = "a" * 32
    assert client.post("/api/queue/next", headers={"X-CSRFToken": "a" * 32}).status_code == 204


def test_a_session_that_sends_a_form_gets_an_error_not_a_crash(annotator: Caller) -> None:
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(_user(annotator))
    client.cookies["csrftoken"] = "a" * 32
    form = {"version": "1", "csrfmiddlewaretoken": "a" * 32}
    _error(client.post("/api/conversations/zzzzzzzzzzzz/approve", form), 400, "malformed_body")


def test_a_token_needs_no_csrf(annotator: Caller) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post("/api/queue/next", headers=annotator.headers).status_code == 204


def test_answers_are_ascii_and_not_kept_by_caches(lead: Caller, dataset: Dataset) -> None:
    lead.patch(f"/datasets/{dataset.pid}", {"name": "Größe 日本"})
    response = lead.get(f"/datasets/{dataset.pid}")
    assert response.content.isascii()
    assert json.loads(response.content)["name"] == "Größe 日本"
    assert response["Cache-Control"] == "no-store"
