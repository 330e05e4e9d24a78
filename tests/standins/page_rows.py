"""Rows for tests of pages, made through the domain's own verbs and then set as the page needs them; each call makes a new one."""

import itertools
from typing import Any

from generation.conversation import Conversation as Content
from generation.plan import Config, Scenario
from studio.domain.catalog import ensure_registry, put_tools
from studio.domain.conversations import add_conversation
from studio.domain.datasets import add_scenarios, ensure_dataset
from studio.domain.endpoints import ensure_demo_endpoint
from studio.domain.runs import create_run
from studio.models import Conversation, Dataset, Registry, Run, User
from studio.models import Scenario as ScenarioRow
from tests.standins.conversations import SINGLE_TURN, TOOLS

PASSWORD = "correct horse battery"
_numbers = itertools.count(1)


def make_user(role: str = User.Role.ANNOTATOR, **fields: Any) -> User:
    is_admin = role == User.Role.ADMIN
    name = fields.pop("username", f"{role}-{next(_numbers)}")
    return User.objects.create_user(
        name, password=PASSWORD, role=role, **{"is_staff": is_admin, "is_superuser": is_admin} | fields
    )


def make_dataset(**fields: Any) -> Dataset:
    return ensure_dataset(fields.pop("slug", f"dataset-{next(_numbers)}"), **fields)


def make_registry(**fields: Any) -> Registry:
    registry = ensure_registry(fields.pop("slug", f"registry-{next(_numbers)}"), **fields)
    put_tools(registry, tools=TOOLS)
    return registry


def make_scenario(dataset: Dataset, **fields: Any) -> ScenarioRow:
    scenario = Scenario(**{"prompt": f"Somebody wants thing {next(_numbers)}."} | fields)
    return add_scenarios(dataset, scenarios=[scenario]).all[0]


def _worded(content: Content, words: str) -> Content:
    turns = [turn.model_copy() for turn in content.turns]
    turns[0] = turns[0].model_copy(update={"user": words or f"What is in notes-{next(_numbers)}.txt?"})
    return content.model_copy(update={"turns": turns})


def make_conversation(
    dataset: Dataset | None = None,
    *,
    words: str = "",
    content: Content = SINGLE_TURN,
    run: Run | None = None,
    scenario: ScenarioRow | None = None,
    **columns: Any,
) -> Conversation:
    """A stored conversation that begins with ``words``; ``columns`` are then set on the row as they are."""
    conversation = add_conversation(
        dataset or make_dataset(),
        content=_worded(content, words),
        run=run,
        scenario_pk=scenario.pk if scenario else None,
    )
    # What it was withheld for does not matter here; a page test says which status it wants.
    wanted = {"status": Conversation.Status.NEEDS_REVIEW, "blocking_count": 0, "warning_count": 0} | columns
    Conversation.objects.filter(pk=conversation.pk).update(**wanted)
    conversation.refresh_from_db()
    return conversation


def make_run(dataset: Dataset | None = None, *, count: int = 2, by: User | None = None, **columns: Any) -> Run:
    """A run over the offline demo endpoint, with its items; ``columns`` are then set on the row as they are."""
    dataset = dataset or make_dataset()
    run = create_run(
        dataset,
        registry=make_registry(),
        endpoint=ensure_demo_endpoint(),
        scenarios=[make_scenario(dataset)],
        config=Config(),
        count=count,
        by=by,
    )
    if columns:
        Run.objects.filter(pk=run.pk).update(**columns)
        run.refresh_from_db()
    return run
