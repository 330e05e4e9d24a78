"""Loaded before Django's settings: tests see neither the developer's .env nor their data, and reach nothing but this machine."""

import atexit
import os
import shutil
import socket
import tempfile
from typing import Any

from studio.environment import Environment

OWN = ("DATA_DIR", "BROKER_URL", "SECRET_KEY", "DEBUG", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "LOG_FORMAT")
OPENAI = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL")

for name in (*OWN, *OPENAI):
    os.environ.pop(name, None)
Environment.model_config["env_file"] = None
folder = tempfile.mkdtemp(prefix="tracewright-tests-")
atexit.register(shutil.rmtree, folder, ignore_errors=True)
os.environ["DATA_DIR"] = folder
# The live Spin service of the contract tests, kept apart from the studio's own setting.
LIVE_SPIN_ENDPOINT = os.environ.pop("SPIN_ENDPOINT", "")
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright keeps an event loop in the test's thread

_connect = socket.socket.connect
LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")


def _connect_here(self: socket.socket, address: Any) -> None:
    if self.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(LOOPBACK):
        raise OSError(f"tests reach nothing but this machine, not {address[0]}")
    return _connect(self, address)


socket.socket.connect = _connect_here  # type: ignore[method-assign]  # the one door every client goes through
