"""What ``demo`` puts in place: people, registries, scenarios and runs, each only if it is not there."""

import secrets
from pathlib import Path

from django.conf import settings
from django.db import transaction

from generation.plan import CALLLESS, Config, Mode, Scenario
from studio.domain.datasets import add_scenarios, ensure_dataset
from studio.domain.runs import create_run
from studio.domain.samples import ensure_sample_registry, sample_names, sample_scenarios
from studio.environment import kept_text
from studio.models import Dataset, Endpoint, Run, User

DATASET = "demo"
SEED = 20
GUIDELINES = """Read each pair: does the call follow from what was asked, are its arguments the right ones, and does the next step use what came back?
Correct what you can and run it again. Reject what a person would not have asked, or an answer that claims what no result shows."""


def demo_password() -> str:
    """The password of the demo users of this data folder, made on first use."""
    return kept_text(Path(settings.DATA_DIR) / "demo-password", make=lambda: secrets.token_urlsafe(9))


def ensure_people(password: str) -> None:
    """The users admin, lead and annotator. Those that exist keep their password."""
    for name, role in (("admin", User.Role.ADMIN), ("lead", User.Role.LEAD), ("annotator", User.Role.ANNOTATOR)):
        if not User.objects.filter(username=name).exists():
            is_admin = role is User.Role.ADMIN
            User.objects.create_user(name, password=password, role=role, is_staff=is_admin, is_superuser=is_admin)


@transaction.atomic
def ensure_runs(count: int) -> list[Run]:
    """Runs of the offline demo model over all shipped registries that ask for ``count`` conversations together.

    What earlier calls asked for counts; only what is missing is added. Returns all of them.
    """
    dataset = ensure_dataset(
        DATASET,
        name="Demo",
        description="Made by the offline demo model; every tool result is real.",
        guidelines=GUIDELINES,
    )
    endpoint = Endpoint.objects.get(name="demo")
    names = sample_names()
    shares = [count // len(names) + (position < count % len(names)) for position in range(len(names))]
    for name, share in zip(names, shares, strict=True):
        _ensure_run(dataset, name, endpoint, share)
    return list(dataset.runs.filter(endpoint=endpoint))


def _ensure_run(dataset: Dataset, name: str, endpoint: Endpoint, share: int) -> None:
    registry = ensure_sample_registry(name)
    asked = sum(
        Run.objects.filter(dataset=dataset, registry=registry, endpoint=endpoint).values_list("requested", flat=True)
    )
    if share <= asked:
        return
    scenarios = add_scenarios(dataset, scenarios=_mixed(sample_scenarios(name))).all
    rotated = [scenarios[(asked + position) % len(scenarios)] for position in range(len(scenarios))]
    create_run(
        dataset,
        registry=registry,
        endpoint=endpoint,
        scenarios=rotated,
        config=Config(),
        count=share - asked,
        seed=SEED + asked,
        concurrency=8,
    )


def _mixed(scenarios: list[Scenario]) -> list[Scenario]:
    """Both modes from the first few on: every third is a multi-turn one as long as there are any. English comes first, because
    the demo model knows no other language, and conversations with calls, because those are what there is to see."""
    ordered = sorted(
        scenarios,
        key=lambda scenario: (scenario.language.lower() not in ("", "en", "english"), scenario.pattern in CALLLESS),
    )
    several = [scenario for scenario in ordered if scenario.mode is Mode.MULTI_TURN]
    single = [scenario for scenario in ordered if scenario.mode is not Mode.MULTI_TURN]
    mixed: list[Scenario] = []
    while single or several:
        source = several if several and (len(mixed) % 3 == 2 or not single) else single
        mixed.append(source.pop(0))
    return mixed
