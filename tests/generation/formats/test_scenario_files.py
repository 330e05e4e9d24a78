"""Scenarios come in from four kinds of files, and a bad line costs only itself."""

import json

import pytest

from generation.errors import InvalidInput
from generation.formats import scenario_files
from generation.formats.scenario_files import read_scenarios
from generation.plan import Mode, Pattern, Scenario

FULL = Scenario(
    topic="notes",
    prompt="Tidy up the notes.",
    mode=Mode.MULTI_TURN,
    turns=3,
    seed_files={"a.txt": "one\ntwo", "b.txt": ""},
    seed_tables={"t": {"1": {"x": 1}}},
    tags=["files", "short"],
    persona="A hurried clerk",
    language="no",
    pattern=Pattern.SEQUENTIAL,
)
DOCUMENT = json.loads(FULL.model_dump_json())


def test_jsonl_is_read_line_by_line() -> None:
    text = json.dumps(DOCUMENT) + "\n\n" + '{"prompt": "b\u2028c"}\n'
    assert read_scenarios(text, name="s.jsonl").scenarios == [FULL, Scenario(prompt="b\u2028c")]


@pytest.mark.parametrize("document", [[DOCUMENT], {"scenarios": [DOCUMENT]}, DOCUMENT])
def test_json_is_a_list_an_object_with_one_or_a_scenario(document: object) -> None:
    assert read_scenarios(json.dumps(document, indent=1).encode(), name="s.json").scenarios == [FULL]


def test_yaml_means_what_it_says() -> None:
    text = """
- topic: notes
  prompt: Tidy up the notes.
  mode: multi_turn
  turns: 3
  seed_files:
    a.txt: |-
      one
      two
    b.txt: ""
  seed_tables: {t: {1: {x: 1}}}
  tags: [files, short]
  persona: A hurried clerk
  language: no
  pattern: sequential
- Only a prompt
- prompt: 2026-01-01
  topic: yes
"""
    read = read_scenarios(text, name="s.yml")
    assert read.refused == []
    assert read.scenarios == [FULL, Scenario(prompt="Only a prompt"), Scenario(prompt="2026-01-01", topic="yes")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_has_a_column_for_each_field(delimiter: str) -> None:
    header = ["Topic", "prompt", "mode", "turns", "seed files", "seed_tables", "tags", "persona", "language", "pattern"]
    cells = ["notes", "Tidy up the notes.", "multi_turn", "3"]
    cells += [json.dumps(FULL.seed_files), json.dumps(FULL.seed_tables), "files; short", "A hurried clerk", "no"]
    quoted = ['"' + cell.replace('"', '""') + '"' for cell in [*cells, "sequential"]]
    text = "\ufeff" + delimiter.join(header) + "\r\n" + delimiter.join(quoted) + "\r\n"
    assert read_scenarios(text, name="s.csv").scenarios == [FULL]
    assert read_scenarios(text, name="upload").scenarios == [FULL]


@pytest.mark.parametrize(
    "text", ['{"prompt": "a"}\n{"prompt": "b"}\n', '[{"prompt": "a"}, "b"]', "prompt\na\nb\n", "- prompt: a\n- b\n"]
)
def test_content_decides_where_the_name_does_not(text: str) -> None:
    for name in ("upload", "scenarios.txt"):
        assert [one.prompt for one in read_scenarios(text, name=name).scenarios] == ["a", "b"]


def test_a_suffix_that_is_slightly_wrong_does_no_harm() -> None:
    assert len(read_scenarios('{"prompt": "a"}\n{"prompt": "b"}', name="s.json").scenarios) == 2
    assert len(read_scenarios('[\n{"prompt": "a"},\n{"prompt": "b"}\n]', name="s.jsonl").scenarios) == 2


def test_bad_lines_are_refused_by_number_and_the_others_kept() -> None:
    lines = [
        '{"prompt": "good"}',
        "{broken",
        '{"prompt": ""}',
        '{"prompt": "  "}',
        '{"topic": "no prompt"}',
        "",
        '{"prompt": "x", "promt": "y"}',
        '{"prompt": "x", "mode": "both"}',
        '{"prompt": "x", "turns": 11}',
        '{"prompt": "x", "seed_files": {"a": 1}}',
        "[1]",
        '{"prompt": "x", "turns": NaN}',
        '{"prompt": "last", "mode": null}',
    ]
    read = read_scenarios("\n".join(lines), name="s.jsonl")
    assert [one.prompt for one in read.scenarios] == ["good", "last"]
    refused = dict(read.refused)
    assert sorted(refused) == [2, 3, 4, 5, 7, 8, 9, 10, 11, 12]
    assert "no JSON" in refused[2]
    assert "prompt" in refused[5]
    assert "promt is unknown; known are prompt, topic" in refused[7]
    assert "single_turn" in refused[8]
    assert "turns" in refused[9]
    assert "seed_files.a" in refused[10]


def test_bad_rows_of_a_table_are_refused_by_line() -> None:
    text = 'prompt,turns,seed_files\n"two\nlines",2,\nb,many,\nc,1,"{"\n\nd,1,,extra\n"e" x,1,\nf,,\n'
    read = read_scenarios(text, name="s.csv")
    assert [(one.prompt, one.turns) for one in read.scenarios] == [("two\nlines", 2), ("f", None)]
    refused = dict(read.refused)
    assert sorted(refused) == [4, 5, 7, 8]
    assert "turns" in refused[4]
    assert "seed_files is no JSON object" in refused[5]
    assert "4 cells for 3 columns" in refused[7]
    assert "no CSV" in refused[8]


def test_topic_trees_become_scenarios() -> None:
    text = '{"path": ["Work", "Files", "Renaming"]}\n{"path": ["Work"]}\n{"path": []}\n{"path": [1]}\n'
    read = read_scenarios(text, name="topics.jsonl")
    assert [(one.topic, one.prompt) for one in read.scenarios] == [
        ("Work > Files > Renaming", "Renaming (within Work > Files)"),
        ("Work", "Work"),
    ]
    assert [number for number, _ in read.refused] == [3, 4]


def test_topic_graphs_become_one_scenario_a_path() -> None:
    nodes = {
        "0": {"id": 0, "topic": "Work", "children": [1, 2]},
        "1": {"id": 1, "topic": "Files", "children": [3]},
        "2": {"id": 2, "topic": "Mail", "children": [3, 0]},
        "3": {"id": 3, "topic": "Search", "children": []},
    }
    read = read_scenarios(json.dumps({"nodes": nodes, "root_id": 0}), name="graph.json")
    assert [one.topic for one in read.scenarios] == ["Work > Files > Search", "Work > Mail > Search"]


def test_a_graph_with_countless_paths_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenario_files, "MAX_SCENARIOS", 500)
    nodes = {str(n): {"topic": f"t{n}", "children": list(range(n + 1, 40))} for n in range(40)}
    with pytest.raises(InvalidInput, match="more than 500"):
        read_scenarios(json.dumps({"nodes": nodes, "root_id": 0}), name="graph.json")


BOMB = "a: &a [x]\nb: [*a, *a]\n"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("s.jsonl", "", "is empty"),
        ("s.jsonl", " \n\n", "is empty"),
        ("s.csv", "prompt,topic\n", "holds no scenarios"),
        ("s.csv", "topic,persona\na,b\n", "no column prompt"),
        ("s.csv", "prompt,colour\na,b\n", "unknown columns colour; known are prompt"),
        ("s.csv", "prompt,prompt\na,b\n", "twice"),
        ("s.json", "[]", "holds no scenarios"),
        ("s.json", "3", "no list of scenarios"),
        ("s.json", '[{"prompt": "a"', "is no JSON"),
        ("s.yaml", "a: [", "is no YAML: line"),
        ("s.yaml", BOMB, "aliases"),
        ("s.yaml", "# nothing", "no list of scenarios"),
        ("s.yaml", "prompt: " + "[" * 500, "nested deeper"),
        ("s.yaml", "prompt: !!binary aGk=", "no counterpart"),
        ("s.yaml", "- a\n" * 600_000, "up to 2 MiB: write JSON instead"),
        ("s.jsonl", b"\xff\xfe", "no UTF-8"),
    ],
)
def test_a_file_without_scenarios_is_refused_in_one_sentence(name: str, content: str | bytes, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason) as refusal:
        read_scenarios(content, name=name)
    assert name in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_column_of_tools_is_a_list_as_tags_are() -> None:
    text = 'prompt,tools\nRead it,"read_file; list_files"\nList it,"[""list_files""]"\nAsk,\n'
    found = read_scenarios(text, name="s.csv").scenarios
    assert [scenario.tools for scenario in found] == [["read_file", "list_files"], ["list_files"], []]
