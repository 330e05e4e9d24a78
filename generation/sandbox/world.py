"""World: the state a session starts in and the tools that act on it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from generation.fixtures import Fixture
from generation.plan import Scenario
from generation.sandbox.client import MOCK, VFS
from generation.sandbox.faults import FaultPlan, fault_plan_of
from generation.tools import ToolDefinition


@dataclass(frozen=True, kw_only=True)
class World:
    """``seed_files`` is ``{path: content}``, ``tables`` ``{table: {key: record}}``; ``faults`` is what goes wrong in it.
    ``push_mock``: a real Spin service gets the mock tools with their fixtures. ``has_own_tables``: some of the tables are the
    scenario's. Read only: sessions copy it."""

    tools: Sequence[ToolDefinition] = ()
    seed_files: Mapping[str, str] = field(default_factory=dict)
    fixtures: Sequence[Fixture] = ()
    tables: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    push_mock: bool = False
    has_own_tables: bool = False
    faults: FaultPlan = field(default_factory=FaultPlan)

    def tool(self, name: str) -> ToolDefinition | None:
        return next((tool for tool in self.tools if tool.name == name), None)

    def has_sequence(self, tool: ToolDefinition) -> bool:
        """Whether the tool has a fixture whose answers follow each other, so that even asking moves it on."""
        return any(fixture.tool == tool.name and fixture.responses for fixture in self.fixtures)

    @property
    def has_files(self) -> bool:
        return bool(self.seed_files) or any(tool.component == VFS for tool in self.tools)

    @property
    def has_mock_tools(self) -> bool:
        return any(tool.component == MOCK for tool in self.tools)

    @property
    def has_mock_state(self) -> bool:
        """Whether its mock tools answer from fixtures or tables of ours, which only the embedded runtime can hold."""
        return self.has_mock_tools and bool(self.fixtures or self.tables)


def world_of(
    scenario: Scenario,
    *,
    tools: Sequence[ToolDefinition],
    registry_fixtures: Iterable[Fixture] = (),
    registry_tables: Mapping[str, Mapping[str, Any]] | None = None,
    push_mock: bool = False,
    seed: int | None = None,
) -> World:
    """The world of a scenario in a registry: the scenario's tables over the registry's, record by record.

    A scenario's record replaces the registry's of the same key as a whole. ``seed`` is the plan's (which a conversation
    keeps): where the pattern asks for faults and the scenario has none, they are drawn from it.
    """
    tables = {table: dict(records) for table, records in (registry_tables or {}).items()}
    for table, records in scenario.seed_tables.items():
        tables[table] = {**tables.get(table, {}), **records}
    return World(
        tools=tools,
        seed_files=scenario.seed_files,
        fixtures=list(registry_fixtures),
        tables=tables,
        push_mock=push_mock,
        has_own_tables=bool(scenario.seed_tables),
        faults=fault_plan_of(scenario, tools=tools, seed=seed),
    )
