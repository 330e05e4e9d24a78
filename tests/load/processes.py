"""What the benchmarks start: a model server in a process of its own, studios on data folders of their own, and what they cost."""

import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import connection

from studio.domain.samples import FOLDER
from tests.conftest import is_there
from tests.load.figures import Figure, Options, from_lines
from tests.studio.commands.processes import ROOT, Studio, last_line

SCENARIOS = str(FOLDER / "files.scenarios.jsonl")
TICKS = os.sysconf("SC_CLK_TCK")


class ModelServer:
    """The stand-in for a model as a process of its own, so that its work is not counted as the studio's."""

    def __init__(self, *, latency_ms: float = 0.0) -> None:
        command = ["-m", "tests.standins.openai_server", "--port", "0", "--latency-ms", str(latency_ms)]
        self._process = subprocess.Popen([sys.executable, *command], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        found = re.search(r"OPENAI_BASE_URL=(\S+)", self._process.stdout.readline())
        assert found is not None, "the model server did not start"
        self.base_url = found[1]

    def counts(self) -> dict[str, float]:
        """How many requests it answered, and the seconds it let them wait in all."""
        with urllib.request.urlopen(f"{self.base_url}/counts", timeout=10) as response:
            return dict(json.load(response))

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate()


@contextmanager
def model_server(*, latency_ms: float = 0.0) -> Iterator[ModelServer]:
    server = ModelServer(latency_ms=latency_ms)
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def studio_on(**environment: str) -> Iterator[Studio]:
    """A studio with an empty data folder, which is gone afterwards, as is whatever still runs in it."""
    with tempfile.TemporaryDirectory(prefix="tracewright-bench-") as folder:
        studio = Studio(Path(folder), **environment)
        try:
            done = studio.run("migrate")
            assert done.returncode == 0, done.stderr
            yield studio
        finally:
            studio.stop()


def generate_command(*, count: int, concurrency: int, inline: bool = True, endpoint: str = "openai") -> list[str]:
    """``generate`` of single-turn conversations over the ``files`` registry: about 5 model calls each from the stand-in."""
    return [
        *["generate", "--dataset", "bench", "--registry", "files", "--scenarios", SCENARIOS, "--endpoint", endpoint],
        *["--mode", "single_turn", "--seed", "1", "--count", str(count), "--concurrency", str(concurrency)],
        *(["--inline"] if inline else []),
    ]


def generate(studio: Studio, *, timeout: float = 900, **options: Any) -> tuple[dict[str, Any], float]:
    """Run ``generate`` to its end: the summary it prints, and the CPU seconds of its process."""
    before = _cpu_of_children()
    done = studio.run(*generate_command(**options), timeout=timeout)
    assert done.stdout.strip(), done.stderr
    return last_line(done), _cpu_of_children() - before


def seconds_of_work(studio: Studio, run_pid: str) -> float:
    """From the first item begun to the last one ended, by the studio's own clock."""
    query = f"SELECT min(i.started_at), max(i.finished_at) FROM studio_item i JOIN studio_run r ON r.id = i.run_id WHERE r.pid = '{run_pid}'"
    first, last = studio.rows(query)[0]
    return (datetime.fromisoformat(last) - datetime.fromisoformat(first)).total_seconds()


def cpu_of(pid: int) -> float:
    """CPU seconds of a running process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_mb(pid: int) -> float:
    """Resident memory of a running process in MiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise ProcessLookupError(pid)


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def on_postgresql(bench: str, options: Options) -> Iterator[Figure]:
    """The same benchmark in a process that is set to the PostgreSQL of this machine, where there is one; not from there again."""
    if connection.vendor != "sqlite" or not is_there("postgresql"):
        return
    url = f"postgres://postgres@127.0.0.1:5432/tracewright_bench_{os.getpid()}"
    command = [sys.executable, "-m", "tests.load", bench, "--json", *(["--quick"] if options.is_quick else [])]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "DATABASE_URL": url}, capture_output=True, text=True, check=False
    )
    figures = [
        figure if "PostgreSQL" in figure.name else replace(figure, name=f"{figure.name} (PostgreSQL)")
        for figure in from_lines(done.stdout)
    ]
    yield from figures or [Figure(name=f"{bench} on PostgreSQL", measured=done.stderr[-300:], is_broken=True)]
