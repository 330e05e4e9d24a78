"""Which scenarios a registry can serve: said before anything is spent, wherever a run is asked for."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from generation.errors import InvalidInput
from generation.plan import Config, Mode
from studio.domain.endpoints import ensure_demo_endpoint
from studio.domain.fitting import Fit, fit_of
from studio.domain.runs import create_run
from studio.domain.samples import ensure_sample_registry
from studio.models import Dataset, LedgerEntry, Run, User
from tests.standins.studio_rows import make_dataset, make_registry, make_scenario, make_user
from tests.studio.api.callers import Caller

pytestmark = pytest.mark.django_db

WARNING = (
    "2 of 3 scenarios name tools that registry 'files' lacks: get_weather (2), set_light (1). They are left out; 1 fit."
)


@pytest.fixture
def dataset() -> Dataset:
    dataset = make_dataset(slug="mixed")
    make_scenario(dataset=dataset, prompt="Read a.txt.", tools=["read_file"])
    make_scenario(dataset=dataset, prompt="Is it warm?", tools=["get_weather", "read_file"])
    make_scenario(
        dataset=dataset, prompt="Light it.", tools=["get_weather"], faults=[{"kind": "timeout", "tool": "set_light"}]
    )
    make_registry()
    ensure_demo_endpoint()
    return dataset


def fit(dataset: Dataset, **changes: Any) -> Fit:
    given: dict[str, Any] = {"registry": make_registry(), "config": Config(), "mode": None}
    return fit_of(list(dataset.scenarios.all()), **given | changes)


def test_what_a_scenario_names_must_be_there(dataset: Dataset) -> None:
    found = fit(dataset)
    assert [scenario.prompt for scenario in found.scenarios] == ["Read a.txt."]
    assert (found.unfit, found.missing, found.warning) == (2, {"get_weather": 2, "set_light": 1}, WARNING)


def test_what_names_no_tools_fits_anywhere(dataset: Dataset) -> None:
    dataset.scenarios.all().delete()
    make_scenario(dataset=dataset, prompt="Read something.")
    assert (fit(dataset).unfit, fit(dataset).warning) == (0, "")


def test_a_mode_without_tools_misses_none(dataset: Dataset) -> None:
    assert len(fit(dataset, mode=Mode.BASIC).scenarios) == 3


def test_a_run_holds_only_what_fits(dataset: Dataset) -> None:
    given: dict[str, Any] = {"endpoint": ensure_demo_endpoint(), "config": Config()}
    run = create_run(dataset, registry=make_registry(), scenarios=list(dataset.scenarios.all()), count=2, **given)
    assert {item.plan["scenario"]["prompt"] for item in run.items.all()} == {"Read a.txt."}
    assert create_run(dataset, registry=make_registry(), scenarios=dataset.scenarios.all(), **given).requested == 1


def test_where_nothing_fits_nothing_is_made(dataset: Dataset) -> None:
    with pytest.raises(InvalidInput, match=r"None of the 3 scenarios fits registry 'issue-tracker'.*get_weather \(2\)"):
        create_run(
            dataset,
            registry=ensure_sample_registry("issue-tracker"),
            scenarios=list(dataset.scenarios.all()),
            endpoint=ensure_demo_endpoint(),
            config=Config(),
        )
    assert not Run.objects.exists()


def test_the_page_warns_and_starts_only_when_that_is_accepted(dataset: Dataset) -> None:
    client = Client()
    client.force_login(make_user(role=User.Role.LEAD))
    form = {"dataset": "mixed", "registry": "files", "endpoint": "demo", "concurrency": "1"}
    for button in ({"estimate": "1"}, {}, {"accept": "something else"}):
        shown = client.post("/runs/new/", {**form, **button})
        assert shown.context["fit"].warning == WARNING
        assert "Start with the 1 that fit" in shown.content.decode()
        assert not Run.objects.exists()
    assert client.post("/runs/new/", {**form, "accept": WARNING}).status_code == 302
    assert Run.objects.get().requested == 1


def test_the_page_refuses_at_the_registry_when_nothing_fits(dataset: Dataset) -> None:
    ensure_sample_registry("issue-tracker")
    client = Client()
    client.force_login(make_user(role=User.Role.LEAD))
    form = {"dataset": "mixed", "registry": "issue-tracker", "endpoint": "demo", "concurrency": "1"}
    refused = client.post("/runs/new/", form)
    assert refused.status_code == 422
    assert "None of the 3 scenarios fits" in " ".join(refused.context["form"].errors["registry"])


def test_the_api_says_it_with_the_estimate(dataset: Dataset) -> None:
    caller = Caller(make_user(role=User.Role.LEAD))
    asked = {"dataset": "mixed", "registry": "files", "endpoint": "demo"}
    likely = caller.post("/runs/estimate", asked).json()
    assert (likely["warning"], likely["unfit"]) == (WARNING, 2)
    assert likely["missing_tools"] == {"get_weather": 2, "set_light": 1}
    ensure_sample_registry("issue-tracker")
    refused = caller.post("/runs/estimate", {**asked, "registry": "issue-tracker"})
    assert (refused.status_code, "None of the 3 scenarios fits" in refused.json()["message"]) == (422, True)


@pytest.mark.django_db(transaction=True)
def test_the_command_says_it_before_it_begins(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    lines = [
        {"prompt": "Read a.txt.", "seed_files": {"a.txt": "1"}},
        {"prompt": "Is it warm?", "tools": ["get_weather"]},
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    said = StringIO()
    given: dict[str, Any] = {
        "dataset": "c",
        "scenarios": str(path),
        "endpoint": "demo",
        "inline": True,
        "stdout": StringIO(),
    }
    call_command("generate", registry="files", stderr=said, **given)
    assert "1 of 2 scenarios name tools that registry 'files' lacks: get_weather (1)" in said.getvalue()
    assert Run.objects.get().requested == 1
    spent = LedgerEntry.objects.count()
    path.write_text(json.dumps(lines[1]) + "\n", encoding="utf-8")
    with pytest.raises(CommandError, match="None of the 1 scenarios fits"):
        call_command("generate", registry="files", **given)
    assert LedgerEntry.objects.count() == spent
