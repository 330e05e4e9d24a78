"""``export`` as people run it: files that are whole, lines on standard output, refusals that leave nothing behind."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from studio.domain.samples import FOLDER
from tests.studio.commands.processes import Studio

GENERATE = ["generate", "--dataset", "d", "--registry", "files", "--count", "4", "--seed", "5", "--inline"]
SCENARIOS = str(FOLDER / "files.scenarios.jsonl")


@pytest.fixture
def studio(make_studio: Callable[..., Studio]) -> Studio:
    """A studio whose dataset ``d`` holds four conversations, none of them approved."""
    studio = make_studio()
    made = studio.run(*GENERATE, "--scenarios", SCENARIOS, "--endpoint", "demo")
    assert made.returncode == 0, made.stderr
    return studio


def test_conversations_are_written_to_a_folder_and_to_standard_output(studio: Studio, tmp_path: Path) -> None:
    chosen = ["export", "--dataset", "d", "--format", "trl", "--status", "any"]
    whole = studio.run(*chosen, "--output", "-")
    assert whole.returncode == 0, whole.stderr
    lines = [json.loads(line) for line in whole.stdout.splitlines()]
    assert len(lines) == 4
    assert all(message["role"] in ("system", "user", "assistant", "tool") for message in lines[0]["messages"])
    split = studio.run(*chosen, "--output", str(tmp_path / "out"), "--split", "0.5")
    assert split.returncode == 0, split.stderr
    files = {path.name: path.read_text().splitlines() for path in (tmp_path / "out").glob("*.jsonl")}
    assert set(files) == {"train.jsonl", "validation.jsonl"}
    assert sorted(line for part in files.values() for line in part) == sorted(whole.stdout.splitlines())


def test_the_filters_of_the_list_narrow_it(studio: Studio) -> None:
    chosen = ["export", "--dataset", "d", "--format", "native", "--status", "any", "--output", "-"]
    lines = [json.loads(line) for line in studio.run(*chosen).stdout.splitlines()]
    calls = [
        sum(len(step["calls"]) for turn in line["conversation"]["turns"] for step in turn["steps"]) for line in lines
    ]
    least = max(calls)
    narrowed = studio.run(*chosen, "--filter", f"pairs_min={least}&edited=no")
    assert [json.loads(line)["id"] for line in narrowed.stdout.splitlines()] == [
        line["id"] for line, count in zip(lines, calls, strict=True) if count == least
    ]
    assert len(narrowed.stdout.splitlines()) < len(lines)


def test_a_file_of_options_asks_for_weights(studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "options.yaml").write_text("weights: true")
    options = ["--options", str(tmp_path / "options.yaml")]
    done = studio.run("export", "--dataset", "d", "--format", "openai", "--status", "any", "--output", "-", *options)
    assert done.returncode == 0, done.stderr
    for line in done.stdout.splitlines():
        weighed = ["weight" in message for message in json.loads(line)["messages"] if message["role"] == "assistant"]
        assert weighed
        assert all(weighed)


def test_what_can_not_be_exported_is_one_sentence_and_leaves_nothing(studio: Studio, tmp_path: Path) -> None:
    target = tmp_path / "out"
    (tmp_path / "odd.yaml").write_text("{nope")
    (tmp_path / "on.yaml").write_text("weights: true")
    refused = {
        "has no conversations": ["--dataset", "d"],
        "There is no dataset 'e': known are d": ["--dataset", "e"],
        "There is no status 'good'": ["--dataset", "d", "--status", "good"],
        "The format trl has no weights": ["--dataset", "d", "--status", "any", "--options", str(tmp_path / "on.yaml")],
        "with any status that pass the filter": ["--dataset", "d", "--status", "any", "--filter", "tool=no_such"],
        "There is no filter colour=red": ["--dataset", "d", "--status", "any", "--filter", "colour=red"],
        "The filter reviewer asks what a person sees": ["--dataset", "d", "--status", "any", "--filter", "reviewer=me"],
        "neither YAML nor JSON": ["--dataset", "d", "--status", "any", "--options", str(tmp_path / "odd.yaml")],
    }
    for words, arguments in refused.items():
        done = studio.run("export", "--format", "trl", "--output", str(target), *arguments)
        assert done.returncode == 2, words
        assert words in done.stderr
        assert "Traceback" not in done.stderr
        assert not target.exists()
