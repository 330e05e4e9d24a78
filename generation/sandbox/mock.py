"""The ``mock`` component of the embedded runtime: tools without an implementation, answered from data.

Same requests and replies as Spin's, without its known faults (values with commas match, ties go to the earlier
fixture, ``match: {}`` stands behind the mock response) and with state per session: a session sees its own tools
before those loaded for the whole service. Not thread-safe by itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from generation.fixtures import Fixture
from generation.sandbox.json_values import ABSENT
from generation.sandbox.mock_tools import Answer, McpFixture, McpTool, MockTool, mock_tool
from generation.sandbox.quota import OutOfCapacity, Quota, QuotaExceeded
from generation.sandbox.tables import Tables, ToolError
from generation.sandbox.templates import fill


class MockSeed(BaseModel):
    """What a session's mock sandbox starts from: the body of the extension route ``/mock/seed``."""

    model_config = ConfigDict(extra="forbid")

    tools: list[McpTool] = Field(default_factory=list)
    fixtures: list[Fixture] = Field(default_factory=list)
    tables: dict[str, dict[str, dict[str, Any]]] = Field(default_factory=dict)


class UnknownTool(ToolError):
    """No tool of that name is loaded."""

    def __init__(self, name: str) -> None:
        super().__init__("UnknownTool", f"Unknown tool: {name}")


@dataclass
class _State:
    tables: Tables
    tools: dict[str, MockTool] = field(default_factory=dict)


class Mock:
    """The service-wide tools (session ``None``) and every session's own."""

    def __init__(self, quota: Quota) -> None:
        self._quota = quota
        self._shared = _State(Tables(quota=quota))
        self._sessions: dict[str, _State] = {}

    def execute(self, name: str, arguments: Mapping[str, Any], *, session_id: str | None) -> Any:
        """The tool's result. Raises ToolError, and FixtureFault for a fixture that can't be carried out."""
        tool = self._tool(name, session_id=session_id)
        tables = (self._sessions.get(session_id or "") or self._shared).tables
        try:
            answer = tool.choose(arguments, lambda condition: tables.holds(condition, arguments=arguments))
            return _echo(tool, arguments) if answer is None else _answer(answer, tables, arguments)
        except QuotaExceeded as error:
            raise ToolError("QuotaExceeded", str(error)) from error

    def load(self, tools: list[MockTool], *, session_id: str | None) -> None:
        """Load tools; one that was there loses its fixtures."""
        self._open(session_id).tools.update((tool.name, tool) for tool in tools)

    def update_response(self, name: str, response: object, *, session_id: str | None) -> None:
        self._tool(name, session_id=session_id).response = response

    def add_fixture(self, name: str, fixture: McpFixture, *, session_id: str | None) -> tuple[str, int]:
        """The fixture's key and how many answers the tool has now. Raises UnknownTool."""
        tool = self._tool(name, session_id=session_id)
        return tool.add_fixture(fixture), len(tool.answers)

    def listed(self, *, session_id: str | None) -> list[dict[str, Any]]:
        own = self._sessions[session_id].tools if session_id in self._sessions else {}
        return [tool.listed() for tool in {**self._shared.tools, **own}.values()]

    def clear(self, *, session_id: str | None) -> None:
        if session_id is None:
            self._shared = _State(Tables(quota=self._quota))
        else:
            self.drop(session_id)

    def seed(self, seed: MockSeed, *, session_id: str) -> None:
        """Replace all a session has. Raises ToolError (QuotaExceeded, UnknownTool) before anything changes."""
        try:
            state = _State(Tables(seed.tables, quota=self._quota))
        except QuotaExceeded as error:
            raise ToolError("QuotaExceeded", str(error)) from error
        state.tools = {tool.name: mock_tool(tool) for tool in seed.tools}
        for fixture in seed.fixtures:
            if fixture.tool in state.tools:
                state.tools[fixture.tool].answers.append(Answer(fixture))
        self._open(session_id)
        self._sessions[session_id] = state

    def drop(self, session_id: str) -> None:
        self._sessions.pop(session_id, None)

    def __len__(self) -> int:
        """How many sessions hold state of their own."""
        return len(self._sessions)

    def _tool(self, name: str, *, session_id: str | None) -> MockTool:
        own = self._sessions[session_id].tools if session_id in self._sessions else {}
        tool = own.get(name) or self._shared.tools.get(name)
        if tool is None:
            raise UnknownTool(name)
        return tool

    def _open(self, session_id: str | None) -> _State:
        if session_id is None:
            return self._shared
        if session_id not in self._sessions:
            if len(self._sessions) >= self._quota.sessions:
                raise OutOfCapacity(f"The embedded runtime holds {self._quota.sessions} sessions already")
            self._sessions[session_id] = _State(Tables(quota=self._quota))
        return self._sessions[session_id]


def _answer(answer: Answer, tables: Tables, arguments: Mapping[str, Any]) -> Any:
    fixture = answer.fixture
    if fixture.error is not None:
        error = fill(fixture.error, arguments)
        raise ToolError(str(error.get("type", "ToolError")), str(error.get("message", "")))
    names: dict[str, Any] = {}
    if fixture.action is not None:
        met, names = tables.do(fixture.action, arguments=arguments)
        if fixture.response is None and not fixture.responses:
            return met
    filled = answer.fill(answer.next_response(), {**arguments, **names})
    return None if filled is ABSENT else filled


def _echo(tool: MockTool, arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "tool": tool.name,
        "description": tool.description,
        "input_received": arguments,
        "mock_result": f"Successfully executed {tool.name}",
        "status": "success",
    }
