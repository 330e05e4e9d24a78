"""Writing scenarios with a model: a brief in, a checked Scenario out, or the reason why not.

Briefs are asked about in windows, many at once; what is wrong with a reply, a near-duplicate included, is told to the
model once. What still can't be used is refused with its reason, and a near-duplicate is dropped and reported with
what it resembles. Nothing is made up in its place.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import NamedTuple

from generation.builders.shown_tools import tools_block
from generation.errors import LLMReplyError
from generation.llm.client import LLM, Message
from generation.plan import Mode, Rng, Scenario
from generation.prompts import pattern_prompt, prompt, section
from generation.similarity import THRESHOLD, SimilarityIndex, scenario_fingerprint
from generation.tools import ToolRegistry
from generation.topics.scenario_mix import Brief
from generation.topics.scenario_reply import (
    MAX_FILES,
    MAX_RECORDS,
    ScenarioReply,
    ScenarioWorld,
    UnusableScenario,
    scenario_of,
)
from generation.topics.waves import Ask, Failure, ask_each, is_worth_repairing, pool_of

WINDOW = 32
"""Scenarios asked for without knowing of each other; those of earlier windows on the same topic are shown."""
MAX_WRITTEN_SHOWN = 12
MAX_REJECTED_CHARACTERS = 8_000
MAX_TABLES_CHARACTERS = 16_000
RECORDS_SHOWN = 6


class RefusedBrief(NamedTuple):
    """A scenario that was not written. ``number`` is its brief's."""

    number: int
    topic: str
    reason: str


class DroppedDuplicate(NamedTuple):
    """A scenario that was written, and dropped because it resembles another one (``like``)."""

    number: int
    topic: str
    prompt: str
    like: str
    similarity: float


@dataclass
class WrittenScenarios:
    """What came of the briefs, in their order as far as repairs allow."""

    scenarios: list[Scenario] = field(default_factory=list)
    refused: list[RefusedBrief] = field(default_factory=list)
    duplicates: list[DroppedDuplicate] = field(default_factory=list)

    @property
    def done(self) -> int:
        """How many briefs are done with."""
        return len(self.scenarios) + len(self.refused) + len(self.duplicates)


@dataclass(frozen=True, kw_only=True)
class WritingSettings:
    """``instructions`` are added to every request. ``threshold`` is the share of common shingles from which a scenario is
    a near-duplicate. ``max_tokens`` has to hold the seed files too."""

    instructions: str = ""
    temperature: float = 0.9
    max_tokens: int = 4000
    threshold: float = THRESHOLD
    seed: int = 0


@dataclass
class _Draft:
    """One brief on its way."""

    brief: Brief
    problem: str = ""
    rejected: str = ""
    is_final: bool = False
    duplicate: DroppedDuplicate | None = None


def write_scenarios(
    briefs: Sequence[Brief],
    *,
    registry: ToolRegistry,
    llm: LLM,
    settings: WritingSettings | None = None,
    known: Iterable[Scenario] = (),
    executor: Executor | None = None,
    max_workers: int = 4,
    written: WrittenScenarios | None = None,
    on_progress: Callable[[WrittenScenarios], None] | None = None,
) -> WrittenScenarios:
    """Ask for a scenario for each brief. Returns ``written`` (or a new one), filled as it goes.

    ``known`` are scenarios that are there already and must not be resembled. Raises LLMRejected and LLMUnavailable when
    the endpoint stops everything; ``written`` then holds what was made.
    """
    writer = _Writer(registry, llm, settings or WritingSettings(), written or WrittenScenarios(), on_progress)
    for scenario in known:
        writer.remember(scenario)
    size = max(WINDOW, len({brief.path for brief in briefs}))
    with pool_of(executor, max_workers=max_workers) as pool:
        for start in range(0, len(briefs), size):
            writer.write(briefs[start : start + size], pool=pool)
    return writer.written


class _Writer:
    def __init__(
        self,
        registry: ToolRegistry,
        llm: LLM,
        settings: WritingSettings,
        written: WrittenScenarios,
        on_progress: Callable[[WrittenScenarios], None] | None,
    ) -> None:
        self.world = ScenarioWorld.of(registry)
        self.schema = self.world.reply_schema()
        self.static = "\n\n".join(
            part for part in (tools_block(registry.tools), _tables_block(registry), prompt("scenario")) if part
        )
        self.llm = llm
        self.settings = settings
        self.written = written
        self.on_progress = on_progress
        self.index: SimilarityIndex[int] = SimilarityIndex(threshold=settings.threshold)
        self.prompts: list[str] = []
        self.by_topic: dict[str, list[str]] = {}

    def remember(self, scenario: Scenario) -> None:
        self.index.add(len(self.prompts), scenario_fingerprint(scenario))
        self.prompts.append(scenario.prompt)
        self.by_topic.setdefault(scenario.topic, []).append(scenario.prompt)

    def write(self, briefs: Sequence[Brief], *, pool: Executor) -> None:
        drafts = [_Draft(brief) for brief in briefs]
        for attempt in (0, 1):
            asks = [self._ask(draft, attempt) for draft in drafts]
            for draft, answer in zip(drafts, ask_each(asks, llm=self.llm, pool=pool), strict=True):
                self._use(draft, answer)
                if draft.problem and (draft.is_final or attempt == 1):
                    self._give_up(draft)
                if draft.is_final or attempt == 1:
                    self._tell()
            drafts = [draft for draft in drafts if not draft.is_final]

    def _ask(self, draft: _Draft, attempt: int) -> Ask[ScenarioReply]:
        brief = draft.brief
        return Ask(
            purpose="scenario",
            messages=self._messages(draft),
            reply=ScenarioReply,
            schema=self.schema,
            seed=Rng(self.settings.seed).at("scenario", brief.number, attempt).randrange(2**31),
            temperature=self.settings.temperature,
            max_tokens=self.settings.max_tokens,
        )

    def _messages(self, draft: _Draft) -> list[Message]:
        brief = draft.brief
        guidance = pattern_prompt(brief.pattern, "overview") if brief.pattern else ""
        sections = [
            section("topic", brief.path[-1]),
            section("way", " > ".join(brief.path[:-1])),
            section("mode", _mode_words(brief)),
            section("pattern", brief.pattern or ""),
            section("guidance", guidance),
            section("persona", brief.persona),
            section("language", brief.language),
            section("instructions", self.settings.instructions),
            section("seeds", self._seed_words()),
            section("written", "\n".join(self.by_topic.get(brief.topic, [])[-MAX_WRITTEN_SHOWN:])),
        ]
        if draft.problem:
            sections += [prompt("repair"), section("problem", draft.problem)]
            sections.append(section("rejected", draft.rejected[:MAX_REJECTED_CHARACTERS]))
        sections.append(prompt("scenario_task"))
        return [
            {"role": "system", "content": self.static},
            {"role": "user", "content": "\n".join(part for part in sections if part)},
        ]

    def _seed_words(self) -> str:
        least = ", at least one" if self.world.has_only_files else ""
        lines = [f"seed_files: at most {MAX_FILES}{least}"] if self.world.has_files else []
        if self.world.shapes:
            lines.append(f"seed_records: at most {MAX_RECORDS}, for {', '.join(self.world.shapes)}")
        return "\n".join(lines)

    def _use(self, draft: _Draft, answer: ScenarioReply | Failure) -> None:
        """Take the scenario, or note what is wrong with it."""
        draft.duplicate = None
        if not isinstance(answer, ScenarioReply):
            draft.problem = answer.problem if isinstance(answer, LLMReplyError) else str(answer)
            draft.rejected = answer.text if isinstance(answer, LLMReplyError) else ""
            draft.is_final = not is_worth_repairing(answer)
            return
        draft.rejected = json.dumps(answer.model_dump(mode="python"), ensure_ascii=False)
        try:
            scenario = scenario_of(answer, draft.brief, world=self.world)
        except UnusableScenario as error:
            draft.problem = str(error)
            return
        match = next(iter(self.index.matches(scenario_fingerprint(scenario))), None)
        if match is not None:
            like = self.prompts[match.key]
            draft.problem = f"it resembles one that is there already, write something else: {like}"
            draft.duplicate = DroppedDuplicate(
                draft.brief.number, draft.brief.topic, scenario.prompt, like, match.similarity
            )
            return
        draft.problem, draft.is_final = "", True
        self.written.scenarios.append(scenario)
        self.remember(scenario)

    def _give_up(self, draft: _Draft) -> None:
        if draft.duplicate is not None:
            self.written.duplicates.append(draft.duplicate)
        else:
            self.written.refused.append(RefusedBrief(draft.brief.number, draft.brief.topic, draft.problem))

    def _tell(self) -> None:
        if self.on_progress is not None:
            self.on_progress(self.written)


def _mode_words(brief: Brief) -> str:
    if brief.mode is Mode.MULTI_TURN:
        return f"{brief.mode}, 2 to {brief.turns_at_most} turns"
    return str(brief.mode) if brief.mode.calls_tools else f"{brief.mode}: one question that needs no tool"


def _tables_block(registry: ToolRegistry) -> str:
    """The world the tools look into: some records of every table, bounded."""
    return section("tables", "\n".join(_table_lines(registry)))


def _table_lines(registry: ToolRegistry) -> Iterator[str]:
    room = MAX_TABLES_CHARACTERS
    for name, table in registry.tables.items():
        yield f"{name}: {len(table)} records"
        for key, record in list(table.items())[:RECORDS_SHOWN]:
            line = f"  {key}: {json.dumps(record, ensure_ascii=False)}"
            room -= len(line)
            if room < 0:
                break
            yield line
