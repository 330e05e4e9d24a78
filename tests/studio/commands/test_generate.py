"""``generate`` as people run it: against real HTTP servers, with whatever may be wrong."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from studio.domain.samples import FOLDER
from tests.standins.openai_server import OpenAIServer
from tests.standins.spin_server import SpinServer
from tests.studio.commands.processes import Studio, free_port, last_line

SCENARIOS = str(FOLDER / "files.scenarios.jsonl")
MakeStudio = Callable[..., Studio]


def test_fifty_conversations_with_a_model_and_a_spin_service_over_http(make_studio: MakeStudio) -> None:
    with OpenAIServer() as model, SpinServer() as spin:
        studio = make_studio(
            OPENAI_API_KEY="sk-secret", OPENAI_BASE_URL=model.base_url, OPENAI_MODEL="m1", SPIN_ENDPOINT=spin.url
        )
        arguments = (
            "generate --dataset d --registry files --endpoint openai --count 50 --concurrency 16 --inline".split()
        )
        done = studio.run(*arguments, "--scenarios", SCENARIOS, timeout=300)
        assert done.returncode == 0, done.stderr
        summary = last_line(done)
        assert summary["requested"] == summary["generated"] == 50
        assert (summary["failed"], summary["interrupted"]) == (0, 0)
        assert summary["tool_calls"] > 0
        assert summary["llm_calls"] == model.counts["answered"], "the ledger holds every request"
        assert summary["tokens_in"] > 0
        assert studio.count("conversation") == 50
        assert spin.sessions == {}, "sessions were left in the service"
        assert studio.count("sandboxsession") == 0
        for (document,) in studio.rows("SELECT document FROM studio_conversation"):
            _every_call_has_its_own_result(json.loads(document))
        assert "sk-secret" not in done.stdout + done.stderr


def _every_call_has_its_own_result(conversation: dict) -> None:
    for turn in conversation["turns"]:
        for call in (call for step in turn["steps"] for call in step["calls"]):
            assert call["outcome"] in ("ok", "tool_error")
            if call["tool"] == "read_file" and call["outcome"] == "tool_error":
                assert call["arguments"]["file_path"] in call["result"]
            if call["tool"] == "list_files":
                assert isinstance(json.loads(call["result"]), list)


def test_the_demo_endpoint_needs_nothing(make_studio: MakeStudio) -> None:
    studio = make_studio()
    done = studio.run(
        "generate",
        "--dataset",
        "d",
        "--registry",
        "home",
        "--scenarios",
        str(FOLDER / "home.scenarios.jsonl"),
        "--count",
        "6",
        "--seed",
        "3",
        "--inline",
    )
    assert done.returncode == 0, done.stderr
    assert last_line(done)["generated"] == 6
    assert {row[0] for row in studio.rows("SELECT DISTINCT model FROM studio_conversation")} == {"demo"}


def test_a_rejected_key_stops_the_run_with_the_providers_words(make_studio: MakeStudio) -> None:
    with OpenAIServer(api_key="right") as model:
        studio = make_studio(OPENAI_API_KEY="wrong-key", OPENAI_BASE_URL=model.base_url, OPENAI_MODEL="m1")
        done = studio.run(
            "generate",
            "--dataset",
            "d",
            "--registry",
            "files",
            "--scenarios",
            SCENARIOS,
            "--endpoint",
            "openai",
            "--inline",
        )
    assert done.returncode == 2
    assert "key" in done.stderr.lower()
    assert "wrong-key" not in done.stdout + done.stderr
    assert studio.count("conversation") == 0


@pytest.mark.parametrize(
    ("arguments", "environment", "words"),
    [
        ({"--registry": "nonsense"}, {}, "There is no registry 'nonsense'"),
        ({"--scenarios": "missing.jsonl"}, {}, "can't be read"),
        ({"--scenarios": "EMPTY"}, {}, "empty"),
        ({"--count": "0"}, {}, "--count is 0"),
        ({"--endpoint": "openai"}, {}, "There is no endpoint 'openai'"),
        ({"--endpoint": "openai"}, {"OPENAI_MODEL": "m1"}, "has no API key"),
        ({"--endpoint": "openai"}, {"OPENAI_API_KEY": "k"}, "names no model"),
        ({"--endpoint": "openai"}, {"OPENAI_BASE_URL": "http://127.0.0.1:PORT/v1", "OPENAI_MODEL": "m"}, "127.0.0.1"),
        ({}, {"SPIN_ENDPOINT": "http://127.0.0.1:PORT"}, "does not answer"),
        ({}, {"SPIN_ENDPOINT": "127.0.0.1:3000"}, "SPIN_ENDPOINT"),
        ({}, {"DATABASE_URL": "mysql://x/y"}, "DATABASE_URL"),
        ({}, {"BROKER_URL": "kafka://x"}, "BROKER_URL"),
        ({}, {"DATA_DIR": "/proc/tracewright"}, "DATA_DIR"),
        ({"--config": "CONFIG"}, {}, "max_turn is unknown"),
        ({"--concurrency": "0"}, {}, "too small"),
    ],
)
def test_what_the_user_must_fix_is_one_sentence_and_status_2(
    make_studio: MakeStudio, tmp_path: Path, arguments: dict[str, str], environment: dict[str, str], words: str
) -> None:
    (tmp_path / "empty.jsonl").write_text("\n")
    (tmp_path / "config.yaml").write_text("max_turn: 3\n")
    port = str(free_port())
    studio = make_studio(**{name: value.replace("PORT", port) for name, value in environment.items()})
    given = {"--dataset": "d", "--registry": "files", "--scenarios": SCENARIOS, **arguments}
    files = {"EMPTY": str(tmp_path / "empty.jsonl"), "CONFIG": str(tmp_path / "config.yaml")}
    flat = [part for name, value in given.items() for part in (name, files.get(value, value))]
    done = studio.run("generate", *flat, "--inline")
    assert done.returncode == 2, done.stdout + done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert studio.count("run") == studio.count("item") == studio.count("conversation") == studio.count("dataset") == 0
