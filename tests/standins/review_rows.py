"""Rows for tests of the review page: people, a dataset, and conversations whose files really exist in their sandbox."""

import json
from itertools import count
from pathlib import Path
from typing import Any

from generation.conversation import Call, Conversation, Ending, Outcome, Step, Turn
from generation.plan import Scenario as ScenarioValue
from generation.tools import ToolRegistry
from studio.domain.catalog import ensure_registry, freeze, put_tools
from studio.domain.conversations import add_conversation
from studio.domain.datasets import add_scenarios, ensure_dataset
from studio.models import Conversation as Row
from studio.models import Dataset, User

SAMPLES = Path(__file__).resolve().parents[2] / "studio" / "samples"
PASSWORD = "correct horse battery"
SEED_FILES = {"notes/a.txt": "alpha\n", "notes/b.txt": "beta\n", "notes/c.txt": "gamma\n"}
_numbers = count(1)


def person(name: str, role: str = "annotator") -> User:
    """A user who can log in with ``PASSWORD``."""
    return User.objects.create_user(username=name, password=PASSWORD, role=role)


def registry(name: str = "files") -> ToolRegistry:
    """A shipped registry as a value."""
    return ToolRegistry.model_validate(json.loads((SAMPLES / f"{name}.registry.json").read_text("utf-8")))


def call(tool: str, arguments: dict[str, Any], result: str | None, *, error: str | None = None, id: str = "") -> Call:
    """A call with a fresh id and its result."""
    outcome = None if result is None else Outcome.TOOL_ERROR if error else Outcome.OK
    return Call(
        id=id or f"call{next(_numbers):05d}",
        tool=tool,
        arguments=arguments,
        result=result,
        outcome=outcome,
        error_type=error,
        duration_ms=41,
    )


def reading(*paths: str) -> list[Step]:
    """A step for each file that is read, and the final one."""
    steps = [
        Step(thought=f"I read {path}.", calls=[call("read_file", {"file_path": path}, SEED_FILES[path])])
        for path in paths
    ]
    return [*steps, Step(thought="That is all.")]


def two_reads(*, user: str = "What do notes/a.txt and notes/b.txt say?") -> Conversation:
    """Two files read, one answer; running it again gives the same."""
    turn = Turn(
        user=user,
        steps=reading("notes/a.txt", "notes/b.txt"),
        answer="a says alpha, b says beta.",
        ending=Ending.FINAL,
    )
    return Conversation(system_prompt="Be brief.", tools=registry().tools, turns=[turn], model="demo")


def dataset(slug: str = "demo") -> Dataset:
    return ensure_dataset(slug, name=slug.title(), guidelines="Every number of an answer stands in a result.")


def store(content: Conversation, *, registry_name: str = "files", slug: str = "demo") -> Row:
    """The conversation as it is stored after a run: with its tool set and a scenario that seeds ``SEED_FILES``."""
    value = registry(registry_name)
    row = ensure_registry(registry_name)
    put_tools(row, tools=value.tools, fixtures=value.fixtures, tables=value.tables)
    into = dataset(slug)
    scenario = add_scenarios(into, scenarios=[ScenarioValue(prompt="Read notes.", seed_files=SEED_FILES)]).all[0]
    return add_conversation(into, content=content, scenario_pk=scenario.pk, toolset=freeze(row))
