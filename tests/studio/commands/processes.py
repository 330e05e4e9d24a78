"""Running the studio's commands as processes of their own, as people do."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]


class Studio:
    """A data folder and the commands run on it. ``environment`` is added to a clean one."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "DATA_DIR": str(folder / "data"),
            "PYTHONUNBUFFERED": "1",
            **environment,
        }
        self._processes: list[subprocess.Popen[str]] = []

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start ``manage.py`` with these arguments and let it run."""
        return self._start(str(ROOT / "manage.py"), *arguments)

    def worker(self) -> subprocess.Popen[str]:
        """Start a worker as ``make worker`` does."""
        return self._start(*"-m celery --app studio worker --pool threads --concurrency 8 --loglevel WARNING".split())

    def _start(self, *arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=_let_interrupts_in,
        )
        self._processes.append(process)
        return process

    def run(self, *arguments: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Run ``manage.py`` to its end."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=timeout)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def rows(self, query: str) -> list[Any]:
        """What the SQLite database holds."""
        with sqlite3.connect(
            f"file:{self.folder / 'data' / 'tracewright.sqlite3'}?mode=ro", uri=True, timeout=20
        ) as connection:
            return connection.execute(query).fetchall()

    def count(self, table: str, where: str = "1=1") -> int:
        try:
            return int(self.rows(f"SELECT count(*) FROM studio_{table} WHERE {where}")[0][0])
        except sqlite3.OperationalError:
            return 0

    def stop(self) -> None:
        """End whatever still runs."""
        for process in self._processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()


def _let_interrupts_in() -> None:
    """Ctrl+C reaches the command even where the tests themselves run in the background, which ignores it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def last_line(completed: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The JSON object on the last line of standard output."""
    lines = completed.stdout.strip().splitlines()
    assert lines, completed.stderr
    parsed = json.loads(lines[-1])
    assert isinstance(parsed, dict)
    return parsed


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Any, *, seconds: float = 120, what: str = "it") -> None:
    """Wait for a condition; fails when it does not come true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError(f"{what} did not happen within {seconds:g} s")
