"""The team's deployment as it is written down: what is reachable from where, and as whom it runs."""

from pathlib import Path
from typing import Any

import pytest
import yaml

DOCKER = Path(__file__).resolve().parents[2] / "docker"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yml").read_text())
    return document


def test_only_the_web_server_has_a_port_and_on_loopback(compose: dict[str, Any]) -> None:
    ports = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
    assert ports == {"web": ["127.0.0.1:8000:8000"]}


def test_tools_reach_neither_the_database_nor_the_broker(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert services["spin"]["networks"] == ["tools"]
    for name in ("postgres", "redis"):
        assert services[name]["networks"] == ["data"]
    assert compose["networks"]["data"]["internal"] is True


def test_the_health_check_passes_whatever_hosts_are_allowed(compose: dict[str, Any]) -> None:
    assert "127.0.0.1" in compose["services"]["web"]["environment"]["ALLOWED_HOSTS"].split("${")[0].split(",")


def test_the_image_runs_as_somebody_without_rights(compose: dict[str, Any]) -> None:
    lines = (DOCKER / "Dockerfile").read_text().splitlines()
    assert lines.index("USER tracewright") < next(at for at, line in enumerate(lines) if line.startswith("CMD"))
    for name in ("web", "worker"):
        assert compose["services"][name]["cap_drop"] == ["ALL"]
