"""Topic files: DeepFabric's forms, read to be continued and written so that they are read again."""

import json

import pytest

from generation.errors import InvalidInput
from generation.formats.scenario_files import read_scenarios
from generation.topics.files import read_topics, write_graph, write_tree
from generation.topics.graph import TopicGraph

TREE = '{"path": ["Root", "A", "A1"]}\n{"path": ["Root", "A", "A2"]}\n{"path": ["Root", "B"]}\n'


def diamond(root: str = "Root") -> TopicGraph:
    graph = TopicGraph.of_prompt(root)
    left, right = graph.add("Left", parent=0), graph.add("Right", parent=0)
    both = graph.add("Both", parent=left.id)
    assert graph.connect(right.id, both.id)
    return graph


def test_a_tree_survives_the_round_trip() -> None:
    graph = read_topics(TREE, name="t.jsonl")
    assert "".join(write_tree(graph)) == TREE
    assert graph.is_tree


def test_a_graph_survives_the_round_trip() -> None:
    graph = diamond("Root \ud800 \u2028")
    again = read_topics(write_graph(graph), name="g.json")
    assert again == graph
    assert again.nodes[3].parents == [1, 2]


def test_both_forms_are_scenarios_to_the_importer() -> None:
    graph = diamond()
    for text, name in (("".join(write_tree(graph)), "t.jsonl"), (write_graph(graph), "g.json")):
        scenarios = read_scenarios(text, name=name).scenarios
        assert [scenario.topic.split(" > ")[1:] for scenario in scenarios] == [["Left", "Both"], ["Right", "Both"]]


def test_a_prompt_alone_is_a_tree_of_one_path() -> None:
    assert list(write_tree(TopicGraph.of_prompt("Root"))) == ['{"path": ["Root"]}\n']
    assert len(read_topics('{"path": ["Root"]}', name="t").nodes) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ('{"path": ["Root"]}\n{"path": ["Other"]}', "line 2: begins with 'Other'"),
        ('{"path": ["Root"]}\n{"path": []}', "line 2: write"),
        ('{"path": ["Root"]}\nnonsense', "line 2: no JSON"),
        ('{"path": ["Root", 3]}', "line 1: write"),
        ("[]", "neither"),
        ('{"nodes": {}, "root_id": 0}', "the root, node 0, is not there"),
        ('{"nodes": {"0": {"id": 0, "topic": "R", "children": [7]}}, "root_id": 0}', "leads to node 7"),
        ('{"nodes": {"0": {"id": 1, "topic": "R"}}, "root_id": 0}', "calls itself 1"),
        ('{"nodes": {"0": {"id": 0, "topic": ""}}, "root_id": 0}', "no topic"),
        ('{"nodes": {"0": {"id": 0, "topic": "R"}, "1": {"id": 1, "topic": "S"}}, "root_id": 0}', "to node 1"),
    ],
)
def test_what_is_no_topic_file_is_refused_with_the_reason(text: str, words: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        read_topics(text, name="f")
    assert words in str(refusal.value)


def test_a_circle_is_named_and_not_broken_in_silence() -> None:
    children = {0: [1], 1: [2], 2: [3], 3: [1]}
    nodes = {str(key): {"id": key, "topic": f"T{key}", "children": value} for key, value in children.items()}
    with pytest.raises(InvalidInput, match="circle: T1 > T2 > T3 > T1"):
        read_topics(json.dumps({"nodes": nodes, "root_id": 0}), name="g")


def test_no_edge_closes_a_circle() -> None:
    graph = diamond()
    assert not graph.connect(3, 0)
    assert not graph.connect(3, 1)
    assert not graph.connect(1, 1)
    assert not graph.connect(1, 3), "it stands already"


def test_a_graph_with_endless_paths_is_not_written_as_a_tree() -> None:
    graph = TopicGraph.of_prompt("0")
    above = [0]
    for level in range(1, 18):
        row = [graph.add(f"{level}.{number}", parent=above[0]).id for number in range(2)]
        for child in row:
            graph.connect(above[-1], child)
        above = row
    with pytest.raises(InvalidInput, match="write it as a graph"):
        list(write_tree(graph))
