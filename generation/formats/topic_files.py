"""DeepFabric's topic files: a tree's paths (``{"path": […]}`` a line) and a graph (nodes with children), as scenarios.

A path from the root to a leaf is one topic; its scenario's prompt names the leaf within what leads to it.
"""

from collections.abc import Iterator
from typing import Any

MAX_PATH = 64


def is_graph(document: object) -> bool:
    return isinstance(document, dict) and isinstance(document.get("nodes"), dict) and "root_id" in document


def scenario_of_path(path: object) -> dict[str, Any]:
    """The scenario of a path of topics. Raises ValueError when it is none."""
    if not isinstance(path, list) or not path or not all(isinstance(topic, str) and topic.strip() for topic in path):
        raise ValueError("path is no list of topics")
    *parents, leaf = path
    topic = " > ".join(path)
    return {"topic": topic, "prompt": f"{leaf} (within {' > '.join(parents)})" if parents else leaf}


def topic_paths(graph: Any) -> Iterator[list[Any]]:
    """Every path from a graph's root to a leaf, cycles left out; a node without topic gives None there.

    A graph can have more paths than anyone wants: they come one by one, and the caller stops.
    """
    nodes = {str(key): node for key, node in graph["nodes"].items() if isinstance(node, dict)}
    stack: list[tuple[str, ...]] = [(str(graph["root_id"]),)]
    while stack:
        path = stack.pop()
        children = [str(child) for child in nodes.get(path[-1], {}).get("children") or []]
        ahead = [child for child in children if child in nodes and child not in path]
        if not ahead or len(path) >= MAX_PATH:
            yield [nodes.get(node, {}).get("topic") for node in path]
        stack.extend((*path, child) for child in reversed(ahead))
