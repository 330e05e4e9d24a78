"""Health and readiness: open to probes, and silent about what stands behind."""

from typing import Any

import pytest
from django.conf import LazySettings
from django.db import OperationalError

from generation.errors import SandboxUnavailable
from studio.api.routes import health
from tests.studio.api.callers import Caller


def _fail(error: Exception) -> Any:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


def test_health_is_open_and_names_version_and_database(stranger: Caller, settings: LazySettings) -> None:
    response = stranger.get("/health")
    assert response.status_code == 200
    assert response.json() == {"status": "ok", "version": settings.VERSION, "database": "ok"}


def test_health_fails_with_its_database_and_says_no_more(stranger: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_ping_database", _fail(OperationalError("no route to db.internal:5432")))
    response = stranger.get("/health")
    assert (response.status_code, response.json()["database"]) == (503, "failed")
    assert b"db.internal" not in response.content


def test_ready_checks_what_work_needs(stranger: Caller) -> None:
    response = stranger.get("/ready")
    assert response.status_code == 200
    assert response.json() == {"ready": True, "checks": {"database": "ok", "broker": "ok", "sandbox": "ok"}}


def test_ready_fails_without_tables(stranger: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_find_tables", _fail(OperationalError("no such table")))
    response = stranger.get("/ready")
    assert (response.status_code, response.json()["checks"]["database"]) == (503, "failed")


def test_ready_fails_with_a_tool_service_that_does_not_answer(
    stranger: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = SandboxUnavailable("The tool service at http://spin.internal does not answer")
    monkeypatch.setattr(health, "check_tool_service", _fail(error))
    response = stranger.get("/ready")
    assert (response.status_code, response.json()["checks"]["sandbox"]) == (503, "failed")
    assert b"spin.internal" not in response.content


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_ready_fails_with_a_broker_that_is_not_there(stranger: Caller, settings: LazySettings, scheme: str) -> None:
    url = f"{scheme}://127.0.0.1:1/0"
    settings.BROKER_URL = url
    app = health.app
    before = app.conf.broker_write_url
    app.conf.broker_write_url = url
    try:
        response = stranger.get("/ready")
    finally:
        app.conf.broker_write_url = before
    assert (response.status_code, response.json()["checks"]["broker"]) == (503, "failed")


def test_ready_knocks_on_its_services_once_in_a_while(stranger: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    knocks: list[int] = []
    monkeypatch.setattr(health, "check_tool_service", lambda: knocks.append(1))
    for _ in range(5):
        stranger.get("/ready")
    assert len(knocks) == 1
