"""Mock tools pushed into a real Spin service: what its plain fixtures can say, and what they can't.

The real mock component has one table for the whole service, without sessions: a tool of the same name that somebody else
loads takes ours away, and what was pushed stays. So it is for registries that say so (``push_mock``), whose names are
theirs alone. Tools go with all their answers in one load-schema request: loading a tool and then adding its
fixtures one by one would let other sessions meet the tool without them.

Refuses to push less than what the registry says: whatever would answer otherwise there is named.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from generation.conversation import canonical_json
from generation.errors import InvalidInput
from generation.fixtures import Fixture
from generation.sandbox.client import MOCK, mcp_form
from generation.sandbox.replies import text_of
from generation.sandbox.templates import TEMPLATE
from generation.tools import ToolDefinition

SHOWN = 20
"""How many obstacles one error names."""


def require_pushable(
    tools: Sequence[ToolDefinition], *, fixtures: Sequence[Fixture], tables: Mapping[str, object]
) -> None:
    """Raises InvalidInput that names everything Spin's fixtures can't express."""
    found = list(_obstacles(tools, fixtures, tables))
    if not found:
        return
    more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    raise InvalidInput(
        "These mock tools can't be pushed to the Spin service, whose fixtures are only a match and a response: "
        + "; ".join(found[:SHOWN])
        + more
        + ". Switch push_mock off to have them answered by the embedded runtime, or simplify them."
    )


def pushed_tools(tools: Sequence[ToolDefinition], *, fixtures: Sequence[Fixture]) -> list[dict[str, Any]]:
    """The mock tools in load-schema's form, with their answers. A fixture without a match is the mock response."""
    return [_pushed(tool, _fixtures_of(tool, fixtures)) for tool in tools if tool.component == MOCK]


def _pushed(tool: ToolDefinition, fixtures: Sequence[Fixture]) -> dict[str, Any]:
    pushed = mcp_form(tool)
    for fixture in fixtures:
        if not fixture.match:
            pushed["mockResponse"] = _tight(fixture.response)
    matching = [fixture for fixture in fixtures if fixture.match]
    pushed["mockFixtures"] = [{"match": fixture.match, "response": _tight(fixture.response)} for fixture in matching]
    return pushed


def _tight(value: Any) -> Any:
    """The service knows ``{{name}}`` only without spaces."""
    if isinstance(value, str):
        return TEMPLATE.sub(lambda template: "{{" + template[1] + "}}", value)
    if isinstance(value, dict):
        return {key: _tight(member) for key, member in value.items()}
    return [_tight(item) for item in value] if isinstance(value, list) else value


def _fixtures_of(tool: ToolDefinition, fixtures: Sequence[Fixture]) -> list[Fixture]:
    return [fixture for fixture in fixtures if fixture.tool == tool.name]


def _obstacles(
    tools: Sequence[ToolDefinition], fixtures: Sequence[Fixture], tables: Mapping[str, object]
) -> Iterator[str]:
    if tables:
        yield f"the tables {', '.join(tables)}"
    for tool in (tool for tool in tools if tool.component == MOCK):
        its_fixtures = _fixtures_of(tool, fixtures)
        for number, fixture in enumerate(its_fixtures, 1):
            for problem in _problems(fixture, tool):
                yield f"fixture {number} of {tool.name} has {problem}"
        for left, right in _ties(its_fixtures):
            yield f"fixtures {left + 1} and {right + 1} of {tool.name} fit the same call equally well"


def _problems(fixture: Fixture, tool: ToolDefinition) -> Iterator[str]:
    beyond = {
        "an action": fixture.action is not None,
        "conditions (when)": bool(fixture.when),
        "a sequence (responses)": bool(fixture.responses),
        "an error": fixture.error is not None,
        "a priority": fixture.priority != 0,
        "null as its answer to every call": not fixture.match
        and fixture.response is None
        and fixture.action is None
        and fixture.error is None
        and not fixture.responses,
    }
    yield from (problem for problem, is_there in beyond.items() if is_there)
    for name, value in fixture.match.items():
        if isinstance(value, dict | list):
            yield f"a match of {name} that is no single value"
        elif "," in text_of(value):
            yield f"a comma in its match of {name}, which the service never finds"
    yield from _template_problems(fixture.response, tool)


def _template_problems(value: Any, tool: ToolDefinition) -> Iterator[str]:
    if isinstance(value, dict | list):
        for member in value.values() if isinstance(value, dict) else value:
            yield from _template_problems(member, tool)
    elif isinstance(value, str):
        is_whole = TEMPLATE.fullmatch(value) is not None
        properties, required = tool.parameters.get("properties", {}), tool.parameters.get("required", [])
        for name in (template[1] for template in TEMPLATE.finditer(value)):
            schema = properties.get(name)
            if name not in required or schema is None:
                yield f"the template {{{{{name}}}}}, which is no required argument"
            elif is_whole and not (isinstance(schema, dict) and schema.get("type") == "string"):
                yield f"the template {{{{{name}}}}}, which the service turns into text"


def _ties(fixtures: Sequence[Fixture]) -> list[tuple[int, int]]:
    """Pairs of fixtures that can fit one call with as many matches: the service draws lots between them.

    One pair a collision is enough; linear in the number of fixtures for each two sets of argument names.
    """
    groups: dict[frozenset[str], list[int]] = {}
    for number, fixture in enumerate(fixtures):
        groups.setdefault(frozenset(fixture.match), []).append(number)
    ties = []
    for names, numbers in groups.items():
        seen: dict[str, int] = {}
        for number in numbers:
            first = seen.setdefault(_projection(fixtures[number], names), number)
            if first != number:
                ties.append((first, number))
    for (names, numbers), (other_names, others) in combinations(groups.items(), 2):
        if len(names) == len(other_names):
            shared = names & other_names
            by_values = {_projection(fixtures[number], shared): number for number in reversed(numbers)}
            meeting = ((by_values.get(_projection(fixtures[other], shared)), other) for other in others)
            ties += [(number, other) for number, other in meeting if number is not None]
    return sorted((min(pair), max(pair)) for pair in ties)


def _projection(fixture: Fixture, names: frozenset[str]) -> str:
    # the service compares texts: 1 and "1" are the same to it
    return canonical_json([[name, text_of(fixture.match[name])] for name in sorted(names)])
