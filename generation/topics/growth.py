"""Growing a topic graph: subtopics of each topic are asked for, level by level, until the depth is reached.

A wave asks for all topics of a level at once; the answers are used in the order of the topics, so the outcome depends
on the answers alone. Topics that gave too few subtopics are asked once more, told what was wrong. Nothing is filled in:
a topic without usable answer stays a leaf and is reported. The graph is changed in place, so whatever interrupts the
growth leaves what was made; calling ``grow`` with it again goes on where it stopped.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import NamedTuple

from generation.errors import InvalidInput, LLMReplyError
from generation.llm.client import LLM
from generation.plan import Rng
from generation.tools import ToolDefinition
from generation.topics.graph import UNEXPANDED, Place, TopicGraph
from generation.topics.naming import KnownTopics, UnusableTopic, cleaned
from generation.topics.subtopics import MAX_KNOWN, SubtopicsReply, subtopics_messages, subtopics_schema
from generation.topics.waves import Ask, Failure, ask_each, is_worth_repairing, pool_of

MAX_TOPICS = 100_000
_PENDING = "not asked yet"


@dataclass(frozen=True, kw_only=True)
class GrowthSettings:
    """``depth`` is the number of levels below the root (1 to 10), ``degree`` the subtopics of a topic (1 to 50).

    ``with_connections`` lets topics lead to each other across branches (a graph). ``guidance`` and ``tools`` say what the
    topics are for. Raises InvalidInput for what can't be grown.
    """

    depth: int
    degree: int
    with_connections: bool = False
    guidance: str = ""
    tools: Sequence[ToolDefinition] = ()
    temperature: float = 0.7
    max_tokens: int = 2000
    seed: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.depth <= 10:
            raise InvalidInput(f"depth is {self.depth}: choose 1 to 10")
        if not 1 <= self.degree <= 50:
            raise InvalidInput(f"degree is {self.degree}: choose 1 to 50")
        if self.topics_at_most > MAX_TOPICS:
            raise InvalidInput(
                f"depth {self.depth} with degree {self.degree} asks for {self.topics_at_most:,} topics: "
                f"choose smaller ones, for at most {MAX_TOPICS:,}"
            )

    @property
    def topics_at_most(self) -> int:
        return sum(self.degree**level for level in range(1, self.depth + 1))

    @property
    def expansions_at_most(self) -> int:
        """Topics that are asked about when each gives as many subtopics as wanted; each costs one model call or two."""
        return sum(self.degree**level for level in range(self.depth))


class Shortfall(NamedTuple):
    """A topic that gave fewer subtopics than wanted, and why; ``got`` none: it failed and stays a leaf."""

    place: Place
    got: int
    reason: str


class LeftOut(NamedTuple):
    """A suggestion below ``place`` that was not taken."""

    place: Place
    topic: str
    reason: str


@dataclass
class Growth:
    """What a growth did. ``connections`` counts the edges across branches; ``left_out`` also names the connections
    that would have closed a circle."""

    expanded: int = 0
    added: int = 0
    connections: int = 0
    shortfalls: list[Shortfall] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)

    @property
    def failed(self) -> list[Shortfall]:
        return [shortfall for shortfall in self.shortfalls if not shortfall.got]


@dataclass
class _Expansion:
    """One topic on its way through a wave."""

    node: int
    taken: list[int] = field(default_factory=list)
    problem: str = ""
    rejected: str = ""
    is_final: bool = False

    @property
    def got(self) -> int:
        return len(self.taken)


Progress = Callable[[Growth], None]


def grow(
    graph: TopicGraph,
    settings: GrowthSettings,
    *,
    llm: LLM,
    executor: Executor | None = None,
    max_workers: int = 4,
    growth: Growth | None = None,
    on_progress: Progress | None = None,
) -> Growth:
    """Ask for subtopics until the graph has its depth. Returns ``growth`` (or a new one), filled as it goes.

    Topics above the depth that have no subtopics yet are asked about, those that have some are left as they are.
    ``on_progress`` is called after each topic that is done with. Raises LLMRejected and LLMUnavailable when the endpoint
    stops everything; the graph then holds what was made.
    """
    grower = _Grower(graph, settings, llm, growth if growth is not None else Growth(), on_progress)
    with pool_of(executor, max_workers=max_workers) as pool:
        for level in range(settings.depth):
            grower.expand(unexpanded(graph, level=level), pool=pool)
    return grower.growth


def unexpanded(graph: TopicGraph, *, level: int) -> list[int]:
    """The topics of a level that were not asked about yet, or in vain, in breadth-first order."""
    return [
        key
        for key, at in graph.levels().items()
        if at == level and (not graph.nodes[key].children or UNEXPANDED in graph.nodes[key].metadata)
    ]


class _Grower:
    def __init__(
        self, graph: TopicGraph, settings: GrowthSettings, llm: LLM, growth: Growth, on_progress: Progress | None
    ) -> None:
        self.graph = graph
        self.settings = settings
        self.llm = llm
        self.growth = growth
        self.on_progress = on_progress
        self.known = KnownTopics()
        self._before: set[int] = set()
        for key in graph.levels():
            self.known.add(key, graph.nodes[key].topic)

    def expand(self, nodes: list[int], *, pool: Executor) -> None:
        """Ask about these topics, those that gave too little a second time."""
        expansions = [_Expansion(node) for node in nodes]
        for node in nodes:
            self.graph.nodes[node].metadata[UNEXPANDED] = _PENDING
        for attempt in (0, 1):
            # All questions of a wave see the graph as it was before the wave.
            self._before = set(self.graph.nodes)
            asks = [self._ask(expansion, attempt) for expansion in expansions]
            for expansion, answer in zip(expansions, ask_each(asks, llm=self.llm, pool=pool), strict=True):
                self._use(expansion, answer)
                if expansion.is_final or attempt == 1:
                    self._close(expansion)
            expansions = [expansion for expansion in expansions if not expansion.is_final]

    def _ask(self, expansion: _Expansion, attempt: int) -> Ask[SubtopicsReply]:
        settings = self.settings
        path = self.graph.place(expansion.node).path
        messages = subtopics_messages(
            path,
            count=settings.degree - expansion.got,
            known=itertools.islice(self._nearest(expansion.node), MAX_KNOWN),
            with_connections=settings.with_connections,
            tools=settings.tools,
            guidance=settings.guidance,
            problem=expansion.problem,
            rejected=expansion.rejected,
        )
        return Ask(
            purpose="subtopics",
            messages=messages,
            reply=SubtopicsReply,
            schema=subtopics_schema(with_connections=settings.with_connections),
            seed=Rng(settings.seed).at("subtopics", *path, attempt).randrange(2**31),
            temperature=settings.temperature,
            max_tokens=settings.max_tokens,
        )

    def _nearest(self, node: int) -> Iterator[tuple[int, str]]:
        """Topics that are there, nearest first: the node's own subtopics, its siblings, then upwards, then the rest."""
        nodes = self.graph.nodes
        shown = {node, self.graph.root_id}
        at: int | None = node
        while at is not None:
            for key in nodes[at].children:
                if key not in shown:
                    shown.add(key)
                    yield key, nodes[key].topic
            at = nodes[at].parents[0] if nodes[at].parents else None
        yield from ((key, other.topic) for key, other in nodes.items() if key not in shown)

    def _use(self, expansion: _Expansion, answer: SubtopicsReply | Failure) -> None:
        """Take from an answer what can be taken, and note what was wrong with the rest."""
        if not isinstance(answer, SubtopicsReply):
            expansion.problem = answer.problem if isinstance(answer, LLMReplyError) else str(answer)
            expansion.rejected = answer.text if isinstance(answer, LLMReplyError) else ""
            expansion.is_final = not is_worth_repairing(answer)
            return
        problems = []
        for subtopic in answer.subtopics:
            if expansion.got >= self.settings.degree:
                break
            try:
                topic = cleaned(subtopic.topic)
                self._take(expansion, topic, subtopic.connections)
            except UnusableTopic as error:
                problems.append(str(error))
                self.growth.left_out.append(
                    LeftOut(self.graph.place(expansion.node), " ".join(subtopic.topic.split()), str(error))
                )
        expansion.is_final = expansion.got >= self.settings.degree
        wanted = self.settings.degree
        expansion.problem = "; ".join([f"only {expansion.got} of {wanted} subtopics could be used", *problems])
        expansion.rejected = "\n".join(subtopic.topic for subtopic in answer.subtopics)

    def _take(self, expansion: _Expansion, topic: str, connections: list[int]) -> None:
        same = self.known.find(topic, above=self.graph.way(expansion.node))
        if same is None:
            node = self.graph.add(topic, parent=expansion.node)
            self.known.add(node.id, topic)
            expansion.taken.append(node.id)
            self.growth.added += 1
            if self.settings.with_connections:
                self._connect(node.id, connections)
            return
        told = f"{topic!r} repeats {self.graph.nodes[same].topic!r}"
        if not self.settings.with_connections or same in expansion.taken:
            raise UnusableTopic(told)
        # In a graph a topic that is there already is a way to it, unless that way leads back.
        if self.graph.connect(expansion.node, same):
            self.growth.connections += 1
        elif same not in self.graph.nodes[expansion.node].children:
            raise UnusableTopic(f"{told}, from which the way leads here")
        expansion.taken.append(same)

    def _connect(self, node: int, connections: list[int]) -> None:
        for other in dict.fromkeys(connections):
            # A number that was not there when the model was asked is made up. A new node has no children, so that
            # no circle can close.
            if other not in self._before:
                place = self.graph.place(node)
                self.growth.left_out.append(LeftOut(place, f"connection to {other}", "no topic of this number"))
            elif other != self.graph.root_id and self.graph.connect(other, node):
                self.growth.connections += 1

    def _close(self, expansion: _Expansion) -> None:
        node = self.graph.nodes[expansion.node]
        node.metadata.pop(UNEXPANDED, None)
        self.growth.expanded += 1
        if expansion.got < self.settings.degree:
            reason = expansion.problem
            self.growth.shortfalls.append(Shortfall(self.graph.place(node.id), expansion.got, reason))
            if not expansion.got:
                node.metadata[UNEXPANDED] = reason
        if self.on_progress is not None:
            self.on_progress(self.growth)
