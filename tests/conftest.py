"""What every test may need: services that are there or are not."""

import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connections
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent

# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


SERVICES: dict[str, Callable[[], bool]] = {
    "postgresql": lambda: _listens(5432),
    "redis": lambda: _listens(6379),
    "rabbitmq": lambda: _listens(5672),
    "chromium": lambda: shutil.which("chromium") is not None,
    "readers": lambda: (ROOT / ".venv-compat" / "bin" / "python").exists(),
}
_found: dict[str, bool] = {}


def is_there(name: str) -> bool:
    """Whether a service can be used on this machine, looked up once."""
    if name not in _found:
        _found[name] = SERVICES[name]()
    return _found[name]


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("service"):
        for name in marker.args:
            if is_there(name):
                continue
            sentence = f"needs {name}, which is not on this machine"
            if os.environ.get("REQUIRE_SERVICES") == "1":
                pytest.fail(f"{sentence}, and REQUIRE_SERVICES=1 forbids skipping")
            pytest.skip(sentence)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """SQLite in a file, as in production: in memory, threads would share one cache and get errors instead of waiting."""
    default = connections.databases["default"]
    if "sqlite" in default["ENGINE"]:
        default["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "tests.sqlite3")
