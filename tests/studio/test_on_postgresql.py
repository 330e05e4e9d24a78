"""The studio's tests once more, on PostgreSQL."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVER = "postgres://postgres@127.0.0.1:5432"


@pytest.fixture
def database() -> str:
    """A name that no other run of this test uses; what is left of it goes away."""
    name = f"tracewright_{os.getpid()}"
    yield name
    with psycopg.connect(f"{SERVER}/postgres", autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "test_{name}" WITH (FORCE)')


@pytest.mark.service("postgresql")
@pytest.mark.skipif("DATABASE_URL" in os.environ, reason="these tests run on a database of somebody's choice already")
def test_the_studio_holds_on_postgresql(database: str) -> None:
    command = [sys.executable, "-m", "pytest", "tests/studio", "-q", "-p", "no:cacheprovider", "--tb=short"]
    command += ["--ignore=tests/studio/commands", f"--ignore={Path(__file__).relative_to(ROOT)}"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment["DATABASE_URL"] = f"{SERVER}/{database}"
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=1200)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
