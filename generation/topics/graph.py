"""TopicGraph: topics and what leads to what. A tree is a graph in which every topic but the root has one parent.

Owns the rules of the shape: one root, edges to nodes that exist, every node reachable, no cycle. Refuses to repair a
graph that breaks them.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple, Self

from pydantic import BaseModel, Field, PrivateAttr, model_validator

UNEXPANDED = "unexpanded"
"""Key of a node's metadata: why its subtopics were not asked for yet, or could not be had."""


class TopicNode(BaseModel):
    """One topic. ``children`` and ``parents`` are ids; the keys are those of DeepFabric's graph file."""

    id: int
    topic: str
    children: list[int] = Field(default_factory=list)
    parents: list[int] = Field(default_factory=list)
    metadata: dict[str, Any] = Field(default_factory=dict)


class Place(NamedTuple):
    """A node for people: its id and the topics that lead to it, itself last."""

    id: int
    path: tuple[str, ...]


class TopicGraph(BaseModel):
    """The graph. Grows only by ``add`` and ``connect``, so that it stays without cycles."""

    nodes: dict[int, TopicNode]
    root_id: int = 0
    _next_id: int = PrivateAttr()

    @classmethod
    def of_prompt(cls, prompt: str) -> Self:
        """A graph of nothing but its root."""
        return cls(nodes={0: TopicNode(id=0, topic=prompt)})

    @model_validator(mode="after")
    def _is_a_graph_with_one_root(self) -> Self:
        for key, node in self.nodes.items():
            if node.id != key:
                raise ValueError(f"node {key} calls itself {node.id}")
            if not node.topic.strip():
                raise ValueError(f"node {key} has no topic")
            unknown = [child for child in node.children if child not in self.nodes]
            if unknown:
                raise ValueError(f"node {key} leads to node {unknown[0]}, which is not there")
            node.children = list(dict.fromkeys(node.children))
        if self.root_id not in self.nodes:
            raise ValueError(f"the root, node {self.root_id}, is not there")
        cycle = self._cycle()
        if cycle:
            raise ValueError(f"the topics run in a circle: {' > '.join(self.nodes[node].topic for node in cycle)}")
        reached = self.levels()
        lost = [str(key) for key in self.nodes if key not in reached]
        if lost:
            raise ValueError(f"no way leads from the root to node {', '.join(lost[:5])}")
        self._derive_parents()
        self._next_id = max(self.nodes) + 1
        return self

    @property
    def root(self) -> TopicNode:
        return self.nodes[self.root_id]

    def add(self, topic: str, *, parent: int) -> TopicNode:
        """A new node below ``parent``."""
        node = TopicNode(id=self._next_id, topic=topic, parents=[parent])
        self._next_id += 1
        self.nodes[node.id] = node
        self.nodes[parent].children.append(node.id)
        return node

    def connect(self, parent: int, child: int) -> bool:
        """A further edge; False, and no edge, when it stands already or would close a circle."""
        if child in self.nodes[parent].children or self._leads_to(child, parent):
            return False
        self.nodes[parent].children.append(child)
        self.nodes[child].parents.append(parent)
        return True

    def levels(self) -> dict[int, int]:
        """How far each node is from the root, by the shortest way; in breadth-first order."""
        levels = {self.root_id: 0}
        for key in (queue := [self.root_id]):
            for child in self.nodes[key].children:
                if child not in levels:
                    levels[child] = levels[key] + 1
                    queue.append(child)
        return levels

    def paths(self) -> Iterator[tuple[int, ...]]:
        """Every way from the root to a leaf, as ids, depth first. A graph can have very many: take what you need."""
        stack: list[tuple[int, ...]] = [(self.root_id,)]
        while stack:
            path = stack.pop()
            children = self.nodes[path[-1]].children
            if not children:
                yield path
            stack.extend((*path, child) for child in reversed(children))

    def topic_paths(self) -> Iterator[list[str]]:
        """``paths`` in words."""
        return ([self.nodes[key].topic for key in path] for path in self.paths())

    def way(self, key: int) -> list[int]:
        """The ids from the root to the node, itself included, by first parents."""
        way = [key]
        while self.nodes[way[-1]].parents:
            way.append(self.nodes[way[-1]].parents[0])
        return way[::-1]

    def place(self, key: int) -> Place:
        """The node with the way to it by its first parents."""
        return Place(key, tuple(self.nodes[step].topic for step in self.way(key)))

    @property
    def is_tree(self) -> bool:
        return all(len(node.parents) <= 1 for node in self.nodes.values())

    def _leads_to(self, start: int, goal: int) -> bool:
        seen = {start}
        for key in (queue := [start]):
            if key == goal:
                return True
            ahead = [child for child in self.nodes[key].children if child not in seen]
            seen.update(ahead)
            queue.extend(ahead)
        return False

    def _derive_parents(self) -> None:
        # Only the children count: files say both, and may disagree.
        parents: dict[int, list[int]] = {key: [] for key in self.nodes}
        for key, node in self.nodes.items():
            for child in node.children:
                parents[child].append(key)
        for key, node in self.nodes.items():
            kept = [parent for parent in dict.fromkeys(node.parents) if parent in parents[key]]
            node.parents = kept + [parent for parent in parents[key] if parent not in kept]

    def _cycle(self) -> list[int]:
        """The ids of a circle, its first again at the end; [] when there is none."""
        done: set[int] = set()
        for start in self.nodes:
            way = [start]
            ahead = [iter(self.nodes[start].children)] if start not in done else []
            while ahead:
                child = next(ahead[-1], None)
                if child is None:
                    done.add(way.pop())
                    ahead.pop()
                elif child in way:
                    return [*way[way.index(child) :], child]
                elif child not in done:
                    way.append(child)
                    ahead.append(iter(self.nodes[child].children))
        return []
