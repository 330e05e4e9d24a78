"""``judge`` as people run it, and how a run is made while other processes write."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from generation.judge import DEFAULT_RUBRIC
from studio.domain.samples import FOLDER
from studio.management.commands import generate
from studio.models import Endpoint, Run
from tests.standins.openai_server import OpenAIServer
from tests.studio.commands.processes import Studio

SCENARIOS = str(FOLDER / "files.scenarios.jsonl")
SCORES = {
    "scores": [{"criterion": criterion.name, "score": 4, "reason": "r"} for criterion in DEFAULT_RUBRIC.criteria],
    "summary": "Fine.",
}
MADE = ["generate", "--dataset", "d", "--registry", "files", "--scenarios", SCENARIOS, "--count", "3", "--inline"]


def test_a_datasets_conversations_are_judged_once(make_studio: Callable[..., Studio]) -> None:
    with OpenAIServer(lambda _: SCORES, api_key="right") as model:
        environment = {"OPENAI_BASE_URL": model.base_url, "OPENAI_MODEL": "m1"}
        studio = make_studio(OPENAI_API_KEY="right", **environment)
        assert studio.run(*MADE, "--endpoint", "demo").returncode == 0
        wrong = make_studio(OPENAI_API_KEY="wrong", **environment).run(
            "judge", "--dataset", "d", "--endpoint", "openai"
        )
        assert wrong.returncode == 2
        assert studio.count("judgement") == 0, "nothing is asked of an endpoint that refuses the key"
        done = studio.run("judge", "--dataset", "d", "--endpoint", "openai")
        assert done.returncode == 0, done.stderr
        assert "d: 3 asked, 3 judged, 0 failed" in done.stdout
        assert studio.rows("SELECT DISTINCT status, overall, version FROM studio_judgement") == [("done", 4.0, 1)]
        again = studio.run("judge", "--dataset", "d", "--endpoint", "openai")
        assert "d: 0 asked, 3 judged, 0 failed" in again.stdout
    assert studio.rows("SELECT DISTINCT status FROM studio_conversation") == [("needs_review",)]


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_with_writing_while_the_endpoints_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, bool]] = []
    monkeypatch.setattr(
        generate, "check_model_endpoint", lambda row: asked.append((row.name, connection.in_atomic_block))
    )
    Endpoint.objects.create(name="judge", base_url="http://127.0.0.1:9/v1", model="j")
    options: dict[str, Any] = dict.fromkeys(["config", "mode", "seed"])
    options |= {"dataset": "d", "registry": "files", "scenarios": SCENARIOS, "endpoint": "demo", "judge": "judge"}
    run = generate.make_run(options | {"count": 2, "concurrency": 3}, say=lambda _: None)
    assert asked == [("demo", False), ("judge", False)]
    assert (Run.objects.get(), run.items.count(), run.concurrency) == (run, 2, 3)
