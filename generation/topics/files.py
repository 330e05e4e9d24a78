"""Topic files: DeepFabric's tree (one ``{"path": […]}`` a line) and graph (JSON), read to be continued, and written.

Reading topics as scenarios is ``generation.formats.scenario_files``; this is for graphs that are to grow.
"""

import json
from collections.abc import Iterator

from pydantic import ValidationError

from generation.errors import InvalidInput
from generation.formats.documents import parse_json, read_text
from generation.formats.topic_files import is_graph
from generation.plan import explain
from generation.topics.graph import TopicGraph, TopicNode

MAX_PATHS = 100_000


def read_topics(content: str | bytes, *, name: str) -> TopicGraph:
    """The graph in a tree or graph file. Raises InvalidInput that says what is wrong, by line where there are lines."""
    text = read_text(content, name=name).strip()
    if not text:
        raise InvalidInput(f"{name} is empty")
    try:
        document = parse_json(text)
    except ValueError:
        return _read_tree(text, name=name)
    if isinstance(document, dict) and "path" in document:
        return _read_tree(text, name=name)
    if not is_graph(document):
        raise InvalidInput(
            f'{name} is neither a topic tree ({{"path": […]}} a line) nor a topic graph (nodes, root_id)'
        )
    try:
        return TopicGraph.model_validate(document)
    except ValidationError as error:
        raise InvalidInput(
            f"{name} is no topic graph that can be used: {explain(error, known=list(TopicNode.model_fields))}"
        ) from error


def write_tree(graph: TopicGraph) -> Iterator[str]:
    """The lines of a tree file, one a path, each with its line end. A graph's topic stands in every path that leads to it.

    Raises InvalidInput beyond ``MAX_PATHS``.
    """
    for number, path in enumerate(graph.topic_paths()):
        if number >= MAX_PATHS:
            raise InvalidInput(f"The graph has more than {MAX_PATHS} paths: write it as a graph, or grow a smaller one")
        yield json.dumps({"path": path}, ensure_ascii=True) + "\n"


def write_graph(graph: TopicGraph) -> str:
    """The text of a graph file."""
    return json.dumps(graph.model_dump(mode="python"), ensure_ascii=True, indent=2) + "\n"


def _read_tree(text: str, *, name: str) -> TopicGraph:
    graph: TopicGraph | None = None
    known: dict[tuple[str, ...], int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        path = _path(line, place=f"{name}, line {number}")
        if graph is None:
            graph = TopicGraph.of_prompt(path[0])
            known[path[:1]] = graph.root_id
        if path[:1] not in known:
            raise InvalidInput(
                f"{name}, line {number}: begins with {path[0]!r}, not with the root {graph.root.topic!r}"
            )
        for length in range(2, len(path) + 1):
            if path[:length] not in known:
                known[path[:length]] = graph.add(path[length - 1], parent=known[path[: length - 1]]).id
    assert graph is not None, "the text is not empty"
    return graph


def _path(line: str, *, place: str) -> tuple[str, ...]:
    try:
        value = parse_json(line)
    except ValueError as error:
        raise InvalidInput(f"{place}: no JSON: {error}") from error
    path = value.get("path") if isinstance(value, dict) else None
    if not isinstance(path, list) or not path or not all(isinstance(topic, str) and topic.strip() for topic in path):
        raise InvalidInput(f'{place}: write {{"path": ["root", "topic", …]}}')
    return tuple(path)
