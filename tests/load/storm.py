"""The fault storm: everything that can go wrong with model and tool service, at the rates the engine has to come through.

The figures of correctness are also a test (``tests/studio/commands/test_storm.py``), at a smaller size.
"""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from tests.load.figures import Figure, Options, at_most, exactly
from tests.load.processes import generate, studio_on
from tests.standins import faults
from tests.standins.openai_server import OpenAIServer
from tests.standins.spin_server import SpinServer
from tests.studio.commands.processes import Studio

SPIN_RATE = 0.05
TIMEOUT_S = 1.0
"""The model endpoint's; the storm's hangs are longer."""
SPENT = 1.6
INFRASTRUCTURE = re.compile(
    "component trapped|Bad Gateway|Bad Request|doctype|\\bNot Found|broke off|can't be reached|Traceback|Unavailable|Rate limit"
    "|server had an error|no connection|timed out|no answer within|disconnected|Server error|can't be rebuilt|that is no tool result"
)
"""Words of the faults and of errors about them. None of them stands in the scenarios."""


@dataclass(frozen=True, kw_only=True)
class Weathered:
    """What came of a run: ``words`` are those of infrastructure found in documents."""

    summary: dict[str, object]
    requests: int
    made: int
    words: list[str]
    sessions_left: int
    noted_left: int
    faults_met: int


def measure(options: Options) -> Iterator[Figure]:
    """The same run without and with the storm."""
    count = options.size(200, 40)
    calm = weather(count, is_stormy=False)
    storm = weather(count, is_stormy=True)
    yield exactly("storm: conversations made", storm.made, count)
    yield exactly("storm: infrastructure words in documents", ", ".join(storm.words) or "none", "none")
    yield exactly("storm: sessions left in the tool service", storm.sessions_left, 0)
    yield exactly("storm: sessions left to sweep", storm.noted_left, 0)
    note = f"{storm.requests} against {calm.requests}; {storm.faults_met} faults met"
    yield at_most("storm: model calls against the calm run", storm.requests / calm.requests, SPENT, note=note)


def weather(count: int, *, is_stormy: bool, concurrency: int = 32) -> Weathered:
    """Make ``count`` conversations with and without everything going wrong."""
    storm = faults.STORM if is_stormy else {}
    with (
        OpenAIServer(storm=storm, keep_requests=False) as model,
        SpinServer(storm=SPIN_RATE if is_stormy else 0.0, hang_s=1.0) as spin,
        studio_on(OPENAI_BASE_URL=model.base_url, OPENAI_MODEL="standin", SPIN_ENDPOINT=spin.url) as studio,
    ):
        shorten_timeout(studio, base_url=model.base_url)
        summary, _ = generate(studio, count=count, concurrency=concurrency)
        spin.storm = 0.0
        return Weathered(
            summary=summary,
            requests=model.counts.total(),
            made=studio.count("conversation"),
            words=infrastructure_words(studio),
            sessions_left=len(spin.sessions),
            noted_left=studio.count("sandboxsession"),
            faults_met=model.counts.total() - model.counts["answered"] + spin.storm_counts.total(),
        )


def shorten_timeout(studio: Studio, *, base_url: str) -> None:
    """Make the environment's endpoint with the short timeout, as somebody would in the admin."""
    code = (
        "from studio.domain.endpoints import ensure_environment_endpoint as ensure\n"
        f"row = ensure(base_url={base_url!r}, model='standin')\n"
        f"row.timeout_s = {TIMEOUT_S}\nrow.save()"
    )
    done = studio.run("shell", "--no-imports", "--command", code)
    assert done.returncode == 0, done.stderr


def infrastructure_words(studio: Studio) -> list[str]:
    """Words of infrastructure in what the assistant, its user or its tools said, each once."""
    path = studio.folder / "data" / "tracewright.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        documents = [json.loads(text) for (text,) in connection.execute("SELECT document FROM studio_conversation")]
    said = "\n".join(text for document in documents for turn in document["turns"] for text in _texts(turn))
    return sorted({found[0] for found in INFRASTRUCTURE.finditer(said)})


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for part in inner:
        yield from _texts(part)
