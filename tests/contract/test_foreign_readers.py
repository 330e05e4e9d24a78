"""Files of ours in the hands of those they are for: DeepFabric's own model, ``datasets``, TRL's chat templates.

The readers live in an environment of their own (``make compat``), because ``datasets`` alone is larger than the studio; where it is not, these tests are skipped.
"""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from generation.conversation import Conversation, Step, Turn
from generation.formats.export import ExportReport, export_lines
from generation.formats.exportable import Exportable
from generation.formats.options import ExportOptions, Thoughts
from generation.formats.presets import preset_named
from generation.formats.tool_forms import ToolForm, write_tools
from tests.standins.conversations import CASES, TOOLS, call, conversation

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-compat" / "bin" / "python"
SCRIPTS = Path(__file__).with_name("readers")

# Of the templates TRL ships, one of each way to write tool calls.
TEMPLATES = [
    "qwen2_5",
    "qwen3",
    "qwen3_6",
    "qwen3_8",
    "glm4moe",
    "lfm2_v2",
    "gemma4_v5",
    "nemotron_3_nano",
    "muse_glimmer",
]
ONE_CALL_A_MESSAGE = ["llama3_1", "llama3_2", "gptoss"]

pytestmark = pytest.mark.service("readers")


def run(script: str, *arguments: object) -> Any:
    offline = {"HF_HUB_OFFLINE": "1", "HF_HOME": "/nonexistent", "PATH": os.environ["PATH"], "PYTHONUTF8": "1"}
    done = subprocess.run(
        [PYTHON, SCRIPTS / script, *map(str, arguments)], capture_output=True, text=True, env=offline, timeout=120
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def export(path: Path, preset: str, conversations: list[Conversation], **options: Any) -> list[dict[str, Any]]:
    """Write the file; the records it holds."""
    report = ExportReport()
    exportables = [Exportable(conversation=one, id=str(number)) for number, one in enumerate(conversations)]
    lines = list(
        export_lines(exportables, preset=preset_named(preset), options=ExportOptions(**options), report=report)
    )
    assert report.written == len(conversations), report.refusals
    path.write_bytes(b"".join(lines))
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("thoughts", list(Thoughts))
def test_deepfabric_takes_every_record_and_gives_it_back_unchanged(tmp_path: Path, thoughts: Thoughts) -> None:
    records = export(tmp_path / "train.jsonl", "deepfabric", list(CASES.values()), thoughts=thoughts)
    read = run("read_as_deepfabric.py", "records", tmp_path / "train.jsonl")
    assert read["version"] == "4.4.0"
    assert [record["dumped"] for record in read["read"]] == records
    assert all(record["tools"] == [tool.name for tool in TOOLS] for record in read["read"])


def test_deepfabric_takes_calls_its_executions_refuse(tmp_path: Path) -> None:
    """Null and empty arguments and empty results stand in the messages only; it drops a null when it loads."""
    steps = [
        Step(calls=[call(1, "search_issues", {"author": None, "limit": 0}, "none")]),
        Step(calls=[call(2, "read_file", {"file_path": ""}, "")]),
        Step(calls=[call(3, "current_time", {}, "noon")]),
    ]
    export(tmp_path / "t.jsonl", "deepfabric", [conversation(Turn(user="Try.", steps=steps, answer="Done."))])
    dumped = run("read_as_deepfabric.py", "records", tmp_path / "t.jsonl")["read"][0]["dumped"]
    calls = [call["function"]["arguments"] for message in dumped["messages"] for call in message.get("tool_calls", [])]
    assert calls == ['{"limit":0}', '{"file_path":""}', "{}"]
    assert [one["function_name"] for one in dumped["tool_context"]["executions"]] == ["current_time"]


def test_deepfabric_loads_tools_written_in_its_form(tmp_path: Path) -> None:
    (tmp_path / "tools.json").write_text(json.dumps(write_tools(TOOLS, form=ToolForm.DEEPFABRIC)))
    functions = [tool["function"] for tool in run("read_as_deepfabric.py", "tools", tmp_path / "tools.json")["read"]]
    assert [function["name"] for function in functions] == ["read_file", "search_issues", "current_time"]
    assert functions[0]["parameters"]["required"] == ["file_path"]
    assert functions[1]["parameters"]["properties"]["labels"]["type"] == "array"


@pytest.mark.parametrize("preset", ["trl", "openai", "deepfabric"])
def test_datasets_loads_exactly_what_was_written(tmp_path: Path, preset: str) -> None:
    records = export(tmp_path / "train.jsonl", preset, list(CASES.values()), thoughts=Thoughts.REASONING_CONTENT)
    rows = run("render_templates.py", tmp_path / "train.jsonl")["rows"]
    assert [without_absent(row) for row in rows] == records


def without_absent(row: dict[str, Any]) -> dict[str, Any]:
    """A row of columns without those it did not have: a table fills them with null."""
    kept = {name: value for name, value in row.items() if value is not None}
    if "agent_context" in kept:
        kept["agent_context"] = without_absent(kept["agent_context"])
    return kept


@pytest.mark.parametrize("split_parallel", [False, True])
@pytest.mark.parametrize("thoughts", list(Thoughts))
def test_trl_files_render_through_chat_templates(tmp_path: Path, split_parallel: bool, thoughts: Thoughts) -> None:
    names = TEMPLATES + ONE_CALL_A_MESSAGE * split_parallel
    conversations = list(CASES.values())
    export(tmp_path / "train.jsonl", "trl", conversations, split_parallel=split_parallel, thoughts=thoughts)
    rendered = run("render_templates.py", tmp_path / "train.jsonl", *names)["rendered"]
    assert set(rendered) == set(names)
    for name, rows in rendered.items():
        for original, row in zip(conversations, rows, strict=True):
            assert "text" in row, f"{name}: {row}"
            assert_shows(original, row["text"], name)


def assert_shows(original: Conversation, text: str, name: str) -> None:
    """Everything said, called and found stands in the rendered text, nothing is made up, no arguments are encoded twice."""
    for turn in original.turns:
        assert turn.user in text, name
        assert turn.answer in text, name
    for one in original.calls:
        assert one.tool in text, name
        for leaf in leaves(one.arguments):
            assert leaf in text, name
        assert one.result in text or json.dumps(one.result, ensure_ascii=False) in text, name
    assert "None" not in text, name
    assert "null" not in text, name
    assert '\\"file_path' not in text, name


def leaves(value: object) -> list[str]:
    """The texts and numbers in a JSON value, as they stand in a prompt."""
    if isinstance(value, dict | list):
        return [leaf for inner in (value.values() if isinstance(value, dict) else value) for leaf in leaves(inner)]
    return [str(value)]


def test_templates_show_why_arguments_are_objects(tmp_path: Path) -> None:
    """The same conversations with arguments as text do not survive, so the checks above can fail."""
    export(tmp_path / "train.jsonl", "openai", [CASES["single turn"]])
    rendered = run("render_templates.py", tmp_path / "train.jsonl", *TEMPLATES)["rendered"]
    broken = [name for name, [row] in rendered.items() if "error" in row or '\\"file_path' in row["text"]]
    assert len(broken) > len(TEMPLATES) / 2, broken


def test_some_templates_lose_parallel_calls_unless_they_are_split(tmp_path: Path) -> None:
    """What ``split_parallel`` is for: Llama 3 says so, gpt-oss keeps the first call and is silent about the second."""
    export(tmp_path / "train.jsonl", "trl", [CASES["parallel calls"]])
    rendered = run("render_templates.py", tmp_path / "train.jsonl", *ONE_CALL_A_MESSAGE)["rendered"]
    assert "single tool-calls" in rendered["llama3_1"][0]["error"]
    assert "single tool-calls" in rendered["llama3_2"][0]["error"]
    assert "b.txt" not in rendered["gptoss"][0]["text"]


@pytest.mark.parametrize("thoughts", list(Thoughts))
def test_deepfabric_takes_exchanges_without_tools_and_gives_them_back_unchanged(
    tmp_path: Path, thoughts: Thoughts
) -> None:
    turn = Turn(user="Why does ice float?", steps=[Step(thought="Ice is lighter.\nSo.")], answer="It is lighter.")
    exchanges = [
        Conversation(turns=[turn], mode="chain_of_thought", model="demo"),
        Conversation(turns=[turn.model_copy(update={"steps": []})], mode="basic", model="demo"),
    ]
    records = export(tmp_path / "train.jsonl", "deepfabric", exchanges, thoughts=thoughts)
    read = run("read_as_deepfabric.py", "records", tmp_path / "train.jsonl")
    assert [record["dumped"] for record in read["read"]] == records
