"""Rows for tests, made as the studio makes them: through domain verbs. Everything is keyword-only and has a sensible default."""

import itertools
from typing import Any

from generation.budget import Budget
from generation.conversation import Call, Outcome, Step, Turn
from generation.conversation import Conversation as Content
from generation.coverage import Quotas
from generation.plan import Config
from generation.plan import Scenario as ScenarioValue
from studio.domain.catalog import freeze, registry_value
from studio.domain.conversations import add_conversation
from studio.domain.datasets import add_scenarios, ensure_dataset
from studio.domain.endpoints import ensure_demo_endpoint
from studio.domain.items import claim_item
from studio.domain.runs import create_run
from studio.domain.samples import ensure_sample_registry
from studio.models import Conversation, Dataset, Endpoint, Item, Registry, Run, Scenario, User

_count = itertools.count(1)

FILES = {"a.txt": "alpha", "b.txt": "beta", "c.txt": "gamma"}
"""What the sandbox of ``file_walk`` holds before the first call."""


def make_user(*, role: str = User.Role.ANNOTATOR, name: str = "") -> User:
    return User.objects.create_user(username=name or f"user{next(_count)}", role=role)


def make_dataset(*, slug: str = "") -> Dataset:
    return ensure_dataset(slug or f"dataset-{next(_count)}")


def make_registry() -> Registry:
    """The shipped ``files`` registry: read, write, list and delete files of the sandbox."""
    return ensure_sample_registry("files")


def make_scenario(*, dataset: Dataset, **members: Any) -> Scenario:
    value = ScenarioValue(**{"prompt": f"Somebody asks for a file ({next(_count)}).", "seed_files": FILES} | members)
    return add_scenarios(dataset, scenarios=[value]).all[0]


def make_run(
    *,
    count: int = 1,
    concurrency: int = 8,
    endpoint: Endpoint | None = None,
    config: Config | None = None,
    dataset: Dataset | None = None,
    seed: int = 7,
    quotas: Quotas | None = None,
    budget: Budget | None = None,
    judge: Endpoint | None = None,
    **scenario: Any,
) -> Run:
    dataset = dataset or make_dataset()
    return create_run(
        dataset,
        registry=make_registry(),
        endpoint=endpoint or ensure_demo_endpoint(),
        scenarios=[make_scenario(dataset=dataset, **scenario)],
        config=config or Config(),
        count=count,
        seed=seed,
        concurrency=concurrency,
        quotas=quotas,
        budget=budget,
        judge=judge,
    )


def claimed(run: Run, *, number: int = 0) -> Item:
    """An item of the run, claimed as a worker claims it."""
    item = claim_item(run.items.get(number=number).pk)
    assert item is not None
    return item


def make_call(number: int, tool: str, *, result: str | None = "", error: str | None = None, **arguments: Any) -> Call:
    """A call that was executed; ``result`` None: not yet."""
    outcome = None if result is None else Outcome.TOOL_ERROR if error else Outcome.OK
    return Call(
        id=f"call{number:05d}", tool=tool, arguments=arguments, result=result, outcome=outcome, error_type=error
    )


def file_walk(**members: Any) -> Content:
    """Three calls in two turns, with the results that the sandbox really gives in the world of ``FILES``.

    #1 reads a.txt; #2 writes what it read to out.txt; then, asked again, #3 reads out.txt.
    """
    read = make_call(1, "read_file", result="alpha", file_path="a.txt")
    write = make_call(
        2, "write_file", result="Successfully wrote 5 bytes to out.txt", file_path="out.txt", content="alpha"
    )
    again = make_call(3, "read_file", result="alpha", file_path="out.txt")
    turns = [
        Turn(
            user="Copy a.txt to out.txt.",
            steps=[Step(thought="I read it.", calls=[read]), Step(thought="I write it.", calls=[write])],
            answer="Done: out.txt holds alpha.",
        ),
        Turn(user="What does it hold?", steps=[Step(thought="I look.", calls=[again])], answer="It holds alpha."),
    ]
    tools = registry_value(make_registry()).tools
    values = {"system_prompt": "Be brief.", "tools": tools, "turns": turns, "mode": "multi_turn", "model": "demo"}
    return Content(**values | members)


def make_conversation(
    *, content: Content | None = None, dataset: Dataset | None = None, scenario: Scenario | None = None
) -> Conversation:
    """A conversation that waits for review, in a world of ``FILES``."""
    dataset = dataset or make_dataset()
    return add_conversation(
        dataset,
        content=content or file_walk(),
        toolset=freeze(make_registry()),
        scenario_pk=(scenario or make_scenario(dataset=dataset)).pk,
    )
