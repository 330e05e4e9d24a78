"""The page for errors with DEBUG shows settings; no secret is among them."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

PROGRAM = """
import sys, django
django.setup()
from django.test import RequestFactory
from django.views.debug import technical_500_response
try:
    raise ValueError("it broke")
except ValueError:
    print(technical_500_response(RequestFactory().get("/"), *sys.exc_info()).content.decode())
"""

SECRETS = {
    "SECRET_KEY": "cat-1",
    "DATABASE_URL": "postgres://user:cat-2@127.0.0.1:1/x",
    "BROKER_URL": "redis://:cat-3@127.0.0.1:1/0",
    "OPENAI_API_KEY": "cat-4",
    "OPENAI_BASE_URL": "http://user:cat-5@127.0.0.1:1/v1",
    "MCP_TOKEN": "cat-6",
}


def test_no_secret_of_the_environment_is_on_the_page(tmp_path: Path) -> None:
    given = {"DJANGO_SETTINGS_MODULE": "studio.settings", "DATA_DIR": str(tmp_path), "DEBUG": "true", **SECRETS}
    page = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=os.environ | given, cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert "it broke" in page
    assert "CSRF_FAILURE_VIEW" in page
    assert "cat-" not in page
