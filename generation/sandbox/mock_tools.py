"""Mock tools as data: what the mock component has loaded, and which of a tool's answers is chosen for a call."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from generation.fixtures import Condition, Fixture
from generation.sandbox.json_values import ABSENT, json_equal
from generation.sandbox.templates import fill, fill_as_text

Holds = Callable[[Condition], bool]


class McpFixture(BaseModel):
    """A fixture in the mock component's own form."""

    match: dict[str, Any] = Field(default_factory=dict)
    response: Any = None


class McpTool(BaseModel):
    """A tool as ``/mock/load-schema`` takes it. Members it does not know are ignored, as MCP asks."""

    model_config = ConfigDict(extra="ignore")

    name: str = Field(min_length=1)
    description: str | None = None
    inputSchema: dict[str, Any] | None = None
    annotations: dict[str, Any] | None = None
    mockResponse: Any = None
    mockFixtures: list[McpFixture] | None = None


@dataclass
class Answer:
    """A fixture with the way its templates are filled: ours, or the plainer way of the mock component.

    ``given`` counts the responses of its sequence that were given, which is its session's own.
    """

    fixture: Fixture
    fill: Callable[[object, Mapping[str, Any]], Any] = fill
    given: int = 0

    @property
    def conditions(self) -> int:
        return len(self.fixture.match) + len(self.fixture.when)

    def next_response(self) -> Any:
        """The fixture's response; of a sequence the next one, the last one for ever."""
        if not self.fixture.responses:
            return self.fixture.response
        self.given += 1
        return self.fixture.responses[min(self.given, len(self.fixture.responses)) - 1]

    def fits(self, arguments: Mapping[str, Any], holds: Holds) -> bool:
        return all(
            name in arguments and json_equal(arguments[name], value) for name, value in self.fixture.match.items()
        ) and all(map(holds, self.fixture.when))


@dataclass
class MockTool:
    """A loaded tool and its answers, in the order they came."""

    name: str
    description: str | None = None
    input_schema: dict[str, Any] | None = None
    response: Any = ABSENT
    answers: list[Answer] = field(default_factory=list)

    def choose(self, arguments: Mapping[str, Any], holds: Holds) -> Answer | None:
        """The fitting answer of the highest priority, then the most conditions, then the earlier one.

        The tool's mock response goes before answers that have no condition at all.
        """
        fitting = [answer for answer in self._candidates() if answer.fits(arguments, holds)]
        # max keeps the first of equals
        return max(fitting, key=lambda answer: (answer.fixture.priority, answer.conditions), default=None)

    def _candidates(self) -> Iterable[Answer]:
        if self.response is ABSENT:
            return self.answers
        response = Answer(Fixture(tool=self.name, response=self.response), fill_as_text)
        return [*(answer for answer in self.answers if answer.conditions), response]

    def add_fixture(self, fixture: McpFixture) -> str:
        """Add an answer in the component's form, in place of one for the same match; the fixture's key."""
        self.answers = [answer for answer in self.answers if not _is_for(answer, fixture.match)]
        self.answers.append(Answer(_as_fixture(self.name, fixture), fill_as_text))
        return json.dumps(fixture.match, sort_keys=True, separators=(",", ":"))

    def listed(self) -> dict[str, Any]:
        return {"name": self.name, "description": self.description, "inputSchema": self.input_schema}


def _is_for(answer: Answer, match: Mapping[str, Any]) -> bool:
    return answer.fill is fill_as_text and json_equal(answer.fixture.match, match)


def _as_fixture(tool: str, fixture: McpFixture) -> Fixture:
    return Fixture(tool=tool, match=fixture.match, response=fixture.response)


def read_tools(text: str) -> list[MockTool]:
    """The tools of a load-schema body: ``{"tools": [T]}`` or ``[T]``, JSON or YAML. Raises ValueError."""
    document = _read_document(text)
    items = document.get("tools") if isinstance(document, dict) else document
    if not isinstance(items, list):
        raise ValueError('expected {"tools": [...]} or a list of tools')
    try:
        return [mock_tool(McpTool.model_validate(item)) for item in items]
    except ValidationError as error:
        raise ValueError(f"not an MCP tool: {error}") from error


def mock_tool(tool: McpTool) -> MockTool:
    """The tool as it is kept; a mock response of null counts when it is written out."""
    response = tool.mockResponse if "mockResponse" in tool.model_fields_set else ABSENT
    answers = [Answer(_as_fixture(tool.name, fixture), fill_as_text) for fixture in tool.mockFixtures or []]
    return MockTool(tool.name, tool.description, tool.inputSchema, response, answers)


class _JsonTypesLoader(yaml.SafeLoader):
    """YAML whose values are JSON's: a date stays the text it is."""


_JsonTypesLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _read_document(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        document = yaml.load(text, Loader=_JsonTypesLoader)  # noqa: S506  # a SafeLoader with one resolver less
    except yaml.YAMLError as error:
        raise ValueError(f"neither JSON nor YAML: {error}") from error
    try:
        return json.loads(json.dumps(document, allow_nan=False))
    except TypeError as error:
        raise ValueError(f"YAML of values that JSON lacks: {error}") from error
