"""Runs of conversations without tools: asked for by command, API and page without a registry, worked, reviewed, exported."""

import json
import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from generation.errors import InvalidInput
from generation.plan import Config, Mode
from studio.building import work_item
from studio.domain.endpoints import ensure_demo_endpoint
from studio.domain.reviews import approve
from studio.domain.runs import create_run
from studio.models import Conversation, Dataset, Registry, Run, User
from tests.standins.studio_rows import make_dataset, make_registry, make_scenario, make_user
from tests.studio.api.callers import Caller

pytestmark = pytest.mark.django_db

MODES = ["basic", "chain_of_thought"]


@pytest.fixture
def lead() -> User:
    return make_user(role=User.Role.LEAD)


@pytest.fixture
def page(lead: User) -> Client:
    client = Client()
    client.force_login(lead)
    return client


@pytest.fixture
def dataset() -> Dataset:
    dataset = make_dataset(slug="questions")
    make_scenario(dataset=dataset, prompt="Why is the sky blue?", topic="light", seed_files={})
    ensure_demo_endpoint()
    return dataset


def worked(run: Run) -> Conversation:
    for item in run.items.all():
        work_item(item.pk)
    run.refresh_from_db()
    assert (run.status, run.stop_reason) == (Run.Status.FINISHED, "")
    return run.conversations.get()


@pytest.mark.parametrize("mode", MODES)
def test_a_page_starts_one_and_it_is_reviewed_and_exported(
    mode: str, page: Client, lead: User, dataset: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    form = {"dataset": "questions", "registry": "", "endpoint": "demo", "concurrency": "1", "mode": mode, "seed": "3"}
    estimated = page.post("/runs/new/", {**form, "estimate": "1"})
    assert "1 conversation: likely <b>1</b> model call" in estimated.content.decode()
    response = page.post("/runs/new/", form)
    run = Run.objects.get()
    assert response["Location"] == f"/runs/{run.pid}/"
    assert (run.registry, run.toolset.document["tools"]) == (None, [])
    conversation = worked(run)
    assert (conversation.mode, conversation.status) == (mode, Conversation.Status.NEEDS_REVIEW)
    assert conversation.blocking_count == 0
    for url in (
        f"/runs/{run.pid}/", "/runs/", "/", "/datasets/questions/", "/conversations/", f"/conversations/{conversation.pid}/"
    ):  # fmt: skip
        assert page.get(url).status_code == 200, url
    approve(conversation, by=lead, version=conversation.version)
    for format_ in ("openai", "trl", "deepfabric", "native"):
        call_command("export", dataset="questions", format=format_, output="-")
        (line,) = capsys.readouterr().out.splitlines()
        assert conversation.content.turns[0].answer in json.dumps(json.loads(line), ensure_ascii=False)


def test_the_page_of_such_a_run_speaks_of_no_tools(page: Client, dataset: Dataset) -> None:
    config = Config(mode=Mode.BASIC)
    run = create_run(
        dataset, registry=None, endpoint=ensure_demo_endpoint(), scenarios=list(dataset.scenarios.all()), config=config
    )
    worked(run)
    html = page.get(f"/runs/{run.pid}/").content.decode()
    assert "questions without tools" in html
    for words in ("Tool calls", ">Pairs<", "None"):
        assert words not in html


def test_the_page_of_such_a_conversation_speaks_of_no_calls(page: Client, dataset: Dataset) -> None:
    scenarios = list(dataset.scenarios.all())
    plain = create_run(
        dataset, registry=None, endpoint=ensure_demo_endpoint(), scenarios=scenarios, config=Config(mode=Mode.BASIC)
    )
    calling = create_run(
        dataset, registry=make_registry(), endpoint=ensure_demo_endpoint(), scenarios=scenarios, config=Config()
    )
    shown = []
    for run in (plain, calling):
        html = page.get(f"/conversations/{worked(run).pid}/").content.decode()
        shown.append([bool(re.search(words, html)) for words in ('id="replay"', r"\d pairs?\b", "System prompt and")])
    assert shown == [[False, False, False], [True, True, True]]


def test_a_new_run_offers_the_first_registry(page: Client) -> None:
    make_registry()
    assert '<option value="files" selected>' in page.get("/runs/new/").content.decode()


def test_the_api_makes_one_and_shows_that_it_has_no_registry(lead: User, dataset: Dataset) -> None:
    caller = Caller(lead)
    asked: dict[str, Any] = {"dataset": "questions", "endpoint": "demo", "config": {"mode": "chain_of_thought"}}
    assert caller.post("/runs/estimate", asked).json()["llm_calls"] == 1
    made = caller.post("/runs", asked)
    assert (made.status_code, made.json()["registry"]) == (201, None)
    assert caller.get(f"/runs/{made.json()['id']}").json()["registry"] is None
    assert [row["registry"] for row in caller.get("/runs").json()["items"]] == [None]


@pytest.mark.django_db(transaction=True)
def test_the_command_makes_one(tmp_path: Path) -> None:
    scenarios = tmp_path / "s.jsonl"
    scenarios.write_text('{"prompt": "Why is the sky blue?"}\n', encoding="utf-8")
    out = StringIO()
    call_command(
        "generate", dataset="plain", scenarios=str(scenarios), endpoint="demo", mode="basic", inline=True, stdout=out
    )
    assert json.loads(out.getvalue().splitlines()[-1])["generated"] == 1
    assert Run.objects.get().registry is None


def test_a_registry_that_was_chosen_all_the_same_is_left_out(dataset: Dataset) -> None:
    empty = Registry.objects.create(slug="empty", name="Empty")
    run = create_run(
        dataset,
        registry=empty,
        endpoint=ensure_demo_endpoint(),
        scenarios=list(dataset.scenarios.all()),
        config=Config(),
        mode=Mode.BASIC,
    )
    assert run.registry is None


def test_scenarios_that_call_tools_still_need_a_registry(page: Client, dataset: Dataset) -> None:
    make_scenario(dataset=dataset, mode="basic")
    scenarios = list(dataset.scenarios.all())
    with pytest.raises(InvalidInput, match="1 of 2 conversations are of a mode that calls tools: choose a registry"):
        create_run(dataset, registry=None, endpoint=ensure_demo_endpoint(), scenarios=scenarios, config=Config())
    form = {"dataset": "questions", "registry": "", "endpoint": "demo", "concurrency": "1"}
    refused = page.post("/runs/new/", form)
    assert refused.status_code == 422
    assert "choose a registry" in " ".join(refused.context["form"].errors["registry"])
    mixed = create_run(
        dataset, registry=make_registry(), endpoint=ensure_demo_endpoint(), scenarios=scenarios, config=Config()
    )
    assert mixed.registry == make_registry()
    assert mixed.requested == 2


@pytest.mark.django_db(transaction=True)
def test_a_deepfabric_file_of_plain_chat_and_its_scenarios_need_no_registry(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(
        "topics: {prompt: Rivers of Europe, depth: 1, degree: 2}\n"
        "generation: {conversation: {type: chain_of_thought}}\n"
        "output: {num_samples: 2}\n",
        encoding="utf-8",
    )
    out = StringIO()
    call_command("generate", dataset="rivers", config=str(config), endpoint="demo", inline=True, seed=3, stdout=out)
    assert json.loads(out.getvalue().splitlines()[-1])["generated"] == 2
    assert {row.mode for row in Conversation.objects.all()} == {"chain_of_thought"}
    agent = config.read_text("utf-8").replace(
        "{type: chain_of_thought}", "{type: chain_of_thought, agent_mode: single_turn}"
    )
    config.write_text(agent, encoding="utf-8")
    with pytest.raises(CommandError, match="--registry is missing"):
        call_command("generate", dataset="rivers", config=str(config), endpoint="demo", inline=True)


@pytest.mark.django_db(transaction=True)
def test_scenarios_for_modes_without_tools_are_written_without_a_registry(tmp_path: Path) -> None:
    topics = tmp_path / "topics.jsonl"
    topics.write_text('{"path": ["Rivers", "The Danube"]}\n', encoding="utf-8")
    given: dict[str, Any] = {"topics": str(topics), "count": 1, "dataset": "rivers", "endpoint": "demo"}
    call_command("generate_scenarios", modes={Mode.BASIC: 1.0}, stdout=StringIO(), **given)
    assert Dataset.objects.get(slug="rivers").scenarios.get().mode == "basic"
    with pytest.raises(CommandError, match="--registry is missing: scenarios of the mode single_turn"):
        call_command("generate_scenarios", **given)
