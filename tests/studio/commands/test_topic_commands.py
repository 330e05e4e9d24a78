"""``generate_topics``, ``generate_scenarios`` and ``generate`` with a DeepFabric file, as people run them."""

import json
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from studio.models import Dataset, Run
from tests.standins import sensible_agent
from tests.standins.openai_server import Latency, OpenAIServer
from tests.studio.commands.processes import Studio, last_line, wait_until

MakeStudio = Callable[..., Studio]


def _section(body: dict[str, Any], name: str) -> str:
    found = re.search(rf"<{name}>\n(.*?)\n</{name}>", str(body["messages"][-1]["content"]), re.DOTALL)
    return found[1] if found else ""


def author(body: dict[str, Any]) -> Any:
    """A model that divides topics and writes scenarios about them, and else does what the sensible agent does."""
    purpose = ((body.get("response_format") or {}).get("json_schema") or {}).get("name")
    topic = _section(body, "topic")
    if purpose == "subtopics":
        if topic == "RootB" and "fails" in _section(body, "guidance"):
            return "I would rather not."
        return {"subtopics": [f"{topic}{letter}" for letter in "ABC"]}
    if purpose == "scenario":
        name = topic.lower()
        return {
            "prompt": f"Mara of {topic} wants {name} read and {name} summed up because {name} is due on 3 {topic}.",
            "persona": "Mara, 38",
            "turns": None,
            "seed_files": [{"path": f"{name}.md", "content": f"# {topic}\n12\n30\n"}],
        }
    return sensible_agent.reply_to(body)


def _environment(model: OpenAIServer) -> dict[str, str]:
    return {"OPENAI_BASE_URL": model.base_url, "OPENAI_MODEL": "m1"}


def test_from_a_prompt_to_topics_to_scenarios_in_a_dataset(make_studio: MakeStudio, tmp_path: Path) -> None:
    topics = str(tmp_path / "topics.jsonl")
    with OpenAIServer(author) as model:
        studio = make_studio(**_environment(model))
        done = studio.run("generate_topics", "--prompt", "Root", "--depth", "2", "--degree", "3", "--output", topics)
        assert done.returncode == 0, done.stderr
        summary = last_line(done)
        assert (summary["topics"], summary["added"], summary["failed"], summary["llm_calls"]) == (13, 12, 0, 4)
        paths = [json.loads(line)["path"] for line in Path(topics).read_text().splitlines()]
        assert len(paths) == 9
        assert paths[0] == ["Root", "RootA", "RootAA"]
        arguments = ["--topics", topics, "--registry", "files", "--dataset", "d"]
        done = studio.run(
            "generate_scenarios",
            *arguments,
            "--count",
            "6",
            "--modes",
            "single_turn,multi_turn",
            "--patterns",
            "single",
        )
    assert done.returncode == 0, done.stderr
    assert last_line(done)["written"] == 6
    assert studio.rows("SELECT count(*), count(DISTINCT topic) FROM studio_scenario") == [(6, 6)]
    assert studio.count("scenario", "mode = 'multi_turn' AND pattern = 'single'") == 3
    (document,) = studio.rows("SELECT document FROM studio_scenario ORDER BY id LIMIT 1")[0]
    assert json.loads(document)["seed_files"] == {"rootaa.md": "# RootAA\n12\n30\n"}


def test_failed_topics_are_named_and_resumed(make_studio: MakeStudio, tmp_path: Path) -> None:
    topics = str(tmp_path / "topics.jsonl")
    arguments = ["generate_topics", "--depth", "2", "--degree", "3", "--output", topics]
    with OpenAIServer(author) as model:
        studio = make_studio(**_environment(model))
        done = studio.run(*arguments, "--prompt", "Root", "--guidance", "one fails")
        assert done.returncode == 1
        assert last_line(done)["failed"] == 1
        assert "Root > RootB: 0 of 3 subtopics: The reply holds no JSON object" in done.stderr
        again = studio.run(*arguments, "--prompt", "Root")
        assert again.returncode == 2
        assert "--resume" in again.stderr
        other = studio.run(*arguments, "--prompt", "Other", "--resume")
        assert other.returncode == 2
        assert "is about 'Root'" in other.stderr
        asked = model.counts["answered"]
        resumed = studio.run(*arguments, "--resume")
        assert resumed.returncode == 0, resumed.stderr
        assert model.counts["answered"] == asked + 1
    assert len(Path(topics).read_text().splitlines()) == 9


def test_an_interrupt_keeps_what_was_made(make_studio: MakeStudio, tmp_path: Path) -> None:
    topics = tmp_path / "topics.jsonl"
    with OpenAIServer(author, latency=Latency(median_s=0.3, sigma=0.01)) as model:
        studio = make_studio(**_environment(model))
        process = studio.start(
            *f"generate_topics --prompt Root --depth 4 --degree 3 --concurrency 2 --output {topics}".split()
        )
        wait_until(lambda: model.counts["answered"] >= 6, what="some topics")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "Traceback" not in err
    paths = [json.loads(line)["path"] for line in topics.read_text().splitlines()]
    assert len(paths) >= 3
    assert not list(tmp_path.glob("*.part"))


def test_a_graph_file_serves_scenarios_in_a_file(make_studio: MakeStudio, tmp_path: Path) -> None:
    graph, output = str(tmp_path / "graph.json"), tmp_path / "scenarios.jsonl"
    studio = make_studio()
    done = studio.run(
        *f"generate_topics --graph --prompt Gardening --depth 2 --degree 3 --endpoint demo --registry home --output {graph}".split(),
    )
    assert done.returncode == 0, done.stderr
    assert len(json.loads(Path(graph).read_text())["nodes"]) == 13
    arguments = (
        f"generate_scenarios --topics {graph} --registry home --count 4 --endpoint demo --output {output}".split()
    )
    done = studio.run(*arguments)
    assert done.returncode == 0, done.stderr
    assert len(output.read_text().splitlines()) == 4
    assert studio.run(*arguments).returncode == 2, "a file that is there is not overwritten"
    done = studio.run("import_scenarios", str(output), "--dataset", "d")
    assert "4 added" in done.stdout


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("generate_topics --output T", "--prompt is missing"),
        ("generate_topics --prompt x --depth 11 --output T", "depth is 11"),
        ("generate_topics --prompt x --depth 6 --degree 20 --output T", "choose smaller ones"),
        ("generate_topics --prompt x --degree 0 --output T", "too small"),
        ("generate_topics --prompt x --output /nowhere/at/all.jsonl", "does not exist"),
        ("generate_topics --prompt x --endpoint openai --output T", "There is no endpoint 'openai'"),
        ("generate_topics --prompt x --registry nonsense --output T", "There is no registry 'nonsense'"),
        ("generate_scenarios --topics missing --registry files --count 1 --dataset d", "can't be read"),
        ("generate_scenarios --topics BAD --registry files --count 1 --dataset d", "line 1"),
        ("generate_scenarios --topics GOOD --registry nonsense --count 1 --dataset d", "There is no registry"),
        ("generate_scenarios --topics GOOD --registry files --count 1", "one of the arguments --dataset --output"),
        ("generate_scenarios --topics GOOD --registry files --count 0 --dataset d", "too small"),
        ("generate_scenarios --topics GOOD --registry files --count 1 --dataset d --modes both", "is no share"),
        ("generate_scenarios --topics GOOD --registry files --count 1 --dataset d --modes basic=0", "shares of modes"),
        ("generate_scenarios --topics GOOD --registry files --count 1 --dataset d --threshold 2", "no share"),
        ("find_duplicates --dataset nothing", "nothing"),
    ],
)
def test_what_must_be_put_right_is_one_sentence(tmp_path: Path, command: str, words: str) -> None:
    (tmp_path / "bad").write_text('{"path": []}\n')
    (tmp_path / "good").write_text('{"path": ["a", "b"]}\n')
    files = {"T": "topics.jsonl", "BAD": "bad", "GOOD": "good"}
    arguments = [str(tmp_path / files[part]) if part in files else part for part in command.split()]
    with pytest.raises(CommandError) as refusal:
        call_command(*arguments)
    assert words in str(refusal.value)
    assert not Dataset.objects.exists()
    assert not (tmp_path / "topics.jsonl").exists()


@pytest.mark.parametrize(
    "command", ["generate_topics --prompt x --depth 11 --output topics", "generate_scenarios", "find_duplicates"]
)
def test_what_must_be_put_right_is_status_2(make_studio: MakeStudio, command: str) -> None:
    done = make_studio().run(*command.split())
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


# --- DeepFabric configurations

CONFIG = """
llm: {provider: openai, model: m1}
topics: {prompt: Root, depth: 1, degree: 3, save_as: TOPICS}
generation:
  system_prompt: You work on files.
  conversation: {type: chain_of_thought, reasoning_style: agent, agent_mode: single_turn}
  tools:
    spin_endpoint: http://localhost:3000
    components: {builtin: [read_file, list_files]}
    max_per_query: 4
    scenario_seed: {files: {readme.md: "# Read me\\n"}}
output: {num_samples: 3, save_as: out.jsonl}
surprise: 1
"""


def test_a_deepfabric_file_alone_makes_a_whole_run(make_studio: MakeStudio, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG.replace("TOPICS", str(tmp_path / "topics.jsonl")))
    arguments = f"generate --dataset d --registry files --config {tmp_path}/config.yaml --inline".split()
    with OpenAIServer(author) as model:
        studio = make_studio(**_environment(model))
        done = studio.run(*arguments)
    assert done.returncode == 0, done.stderr
    assert last_line(done)["requested"] == last_line(done)["generated"] == 3
    for line in (
        "  generation.tools.spin_endpoint: the tool service is a setting",
        "  output.save_as: conversations stand in the dataset",
        "  surprise: unknown to DeepFabric 4.4",
    ):
        assert line in done.stderr
    assert "No endpoint has the model" not in done.stderr
    assert len((tmp_path / "topics.jsonl").read_text().splitlines()) == 3
    assert studio.count("scenario") == 3
    for (document,) in studio.rows("SELECT document FROM studio_scenario"):
        assert json.loads(document)["seed_files"]["readme.md"] == "# Read me\n"
    (document,) = studio.rows("SELECT document FROM studio_conversation LIMIT 1")[0]
    assert json.loads(document)["system_prompt"] == "You work on files."


def test_a_deepfabric_file_with_scenarios_asks_for_no_topics(make_studio: MakeStudio, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG.replace("TOPICS", str(tmp_path / "topics.jsonl")))
    (tmp_path / "s.jsonl").write_text('{"prompt": "Mara wants to know which files there are."}\n')
    studio = make_studio()
    done = studio.run(
        *f"generate --dataset d --registry files --config {tmp_path}/config.yaml --inline --count 2 --seed 1".split(),
        *f"--scenarios {tmp_path}/s.jsonl --endpoint demo".split(),
    )
    assert done.returncode == 0, done.stderr
    assert last_line(done)["generated"] == 2
    assert not (tmp_path / "topics.jsonl").exists()
    assert studio.count("scenario") == 1


def test_a_registry_is_made_of_a_files_own_tools(make_studio: MakeStudio, tmp_path: Path) -> None:
    custom = "custom: [{name: ping, description: Ask whether it is there, parameters: [], returns: pong}]"
    (tmp_path / "config.yaml").write_text(
        "generation: {conversation: {agent_mode: single_turn}, tools: {components: {builtin: [list_files]}, "
        + custom
        + "}}\n"
    )
    (tmp_path / "s.jsonl").write_text('{"prompt": "Mara wants to know which files there are."}\n')
    studio = make_studio()
    done = studio.run(
        *f"generate --dataset d --registry mine --config {tmp_path}/config.yaml --inline".split(),
        *f"--scenarios {tmp_path}/s.jsonl --endpoint demo".split(),
    )
    assert done.returncode == 0, done.stderr
    tools = studio.rows(
        "SELECT t.name, t.component FROM studio_tool t JOIN studio_registry r ON t.registry_id = r.id WHERE r.slug = 'mine'"
    )
    assert sorted(tools) == [("list_files", "vfs"), ("ping", "mock")]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("topics: {prompt: x, depth: 99}", "topics.depth"),
        ("topic_tree: {topic_prompt: x}", "before version 4"),
        ("generation: {tools: {components: {github: [gh_issue]}}}\ntopics: {prompt: x}", "lacks: gh_issue"),
        ("generation: {max_tokens: 500}", "names no topics"),
    ],
)
def test_a_deepfabric_file_that_can_not_be_used_is_one_sentence(tmp_path: Path, config: str, words: str) -> None:
    (tmp_path / "config.yaml").write_text(config)
    command = f"generate --dataset d --registry files --config {tmp_path}/config.yaml --endpoint demo --inline"
    with pytest.raises(CommandError) as refusal:
        call_command(*command.split())
    assert words in str(refusal.value)
    assert refusal.value.returncode == 2
    assert not Dataset.objects.exists()
    assert not Run.objects.exists()


# --- near-duplicates


def test_near_duplicates_are_counted_on_import_and_shown(make_studio: MakeStudio, tmp_path: Path) -> None:
    text = "Mara runs a café and wants the total of last week's takings written to a short report for her bank"
    lines = [text, f"{text} soon", "Piet wants the minutes of the rowing club changed and shown to him afterwards"]
    (tmp_path / "s.jsonl").write_text("".join(json.dumps({"prompt": line}) + "\n" for line in lines))
    studio = make_studio()
    done = studio.run("import_scenarios", str(tmp_path / "s.jsonl"), "--dataset", "d")
    assert done.returncode == 0
    assert "3 added" in done.stdout, "near-duplicates stay"
    assert "2 of them are nearly the same" in done.stderr
    again = studio.run("import_scenarios", str(tmp_path / "s.jsonl"), "--dataset", "d")
    assert "nearly the same" not in again.stderr, "nothing new, nothing to say"
    shown = studio.run("find_duplicates", "--dataset", "d", "--json")
    assert shown.returncode == 1
    groups = [json.loads(line) for line in shown.stdout.splitlines()]
    pids = [pid for (pid,) in studio.rows("SELECT pid FROM studio_scenario ORDER BY id")]
    assert [(group["kind"], group["ids"]) for group in groups] == [("scenarios", pids[:2])]
    assert 0.9 < groups[0]["links"][0]["similarity"] < 1
    people = studio.run("find_duplicates", "--dataset", "d", "--scenarios")
    assert f"like {pids[0]}" in people.stdout
    assert studio.run("find_duplicates", "--dataset", "d", "--threshold", "0.99").returncode == 0
    assert studio.run("find_duplicates", "--dataset", "d", "--conversations").returncode == 0


def test_conversations_of_one_scenario_are_found(make_studio: MakeStudio, tmp_path: Path) -> None:
    (tmp_path / "s.jsonl").write_text('{"prompt": "Mara wants to know which files there are in her folder."}\n')
    studio = make_studio()
    done = studio.run(
        *f"generate --dataset d --registry files --scenarios {tmp_path}/s.jsonl --count 3 --inline".split()
    )
    assert done.returncode == 0, done.stderr
    shown = studio.run("find_duplicates", "--dataset", "d", "--json")
    assert [len(json.loads(line)["ids"]) for line in shown.stdout.splitlines()] == [3]
