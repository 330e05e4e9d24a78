"""Mock tools in a real Spin service: pushed whole, or refused by name."""

from collections.abc import Iterator
from typing import Any

import pytest

from generation.errors import InvalidInput
from generation.fixtures import Fixture
from generation.sandbox.backoff import Backoff
from generation.sandbox.client import SpinClient
from generation.sandbox.embedded import embedded_spin
from generation.sandbox.pushing import require_pushable
from generation.sandbox.session import Session
from generation.sandbox.world import World
from generation.tools import ToolDefinition
from tests.standins.spin_server import SpinServer

WEATHER = ToolDefinition(
    name="weather",
    description="Looks it up",
    parameters={
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}, "unit": {"type": "string"}},
        "required": ["city", "days"],
    },
)
EAGER = Backoff(retries=1, sleep=lambda _: None)


@pytest.fixture
def server() -> Iterator[SpinServer]:
    with SpinServer() as server:
        yield server


@pytest.fixture
def spin(server: SpinServer) -> Iterator[SpinClient]:
    with SpinClient(server.url, timeout=20) as spin:
        yield spin


def fixtures(*documents: dict[str, Any], tool: str = "weather") -> list[Fixture]:
    return [Fixture.model_validate({"tool": tool, **document}) for document in documents]


def world(*documents: dict[str, Any], **members: Any) -> World:
    return World(tools=[WEATHER], fixtures=fixtures(*documents), push_mock=True, **members)


PLAIN = (
    {"response": {"city": "{{ city }}", "sky": "unknown"}},
    {"match": {"city": "Bonn"}, "response": {"sky": "clear", "note": "{{days}} days for {{city}}"}},
    {"match": {"city": "Bonn", "days": 3}, "response": {"sky": "rain"}},
)


def test_pushed_tools_answer_there_as_they_would_here(server: SpinServer, spin: SpinClient) -> None:
    def ask(session: Session, **arguments: Any) -> str:
        return session.execute(WEATHER, arguments).text

    with Session(spin, world=world(*PLAIN), backoff=EAGER) as session:
        assert ask(session, city="Bonn", days=3) == '{"sky":"rain"}'
        assert ask(session, city="Bonn", days=1) == '{"sky":"clear","note":"1 days for Bonn"}'
        # "match: {}" would beat a mock response there; ours is that response
        assert ask(session, city="Oslo", days=1) == '{"city":"Oslo","sky":"unknown"}'
    assert session.is_clean
    assert server.calls("weather")
    # it is the service's now
    assert list(server.mock_tools) == ["weather"]


def test_a_tool_is_never_there_without_its_fixtures(server: SpinServer, spin: SpinClient) -> None:
    with Session(spin, world=world(*PLAIN), backoff=EAGER) as one:
        requests = len(server.requests)
        with Session(spin, world=world(*PLAIN), backoff=EAGER):
            assert [path for _, path, _ in server.requests[requests:]] == ["/mock/load-schema"]
            assert one.execute(WEATHER, {"city": "Bonn", "days": 3}).text == '{"sky":"rain"}'


def test_a_name_that_two_registries_push_belongs_to_the_one_that_came_last(spin: SpinClient) -> None:
    theirs = World(tools=[WEATHER], fixtures=fixtures({"response": "theirs"}), push_mock=True)
    with Session(spin, world=world(*PLAIN), backoff=EAGER) as ours:
        Session(spin, world=theirs, backoff=EAGER).seed()
        # the service knows no sessions: nothing here can keep them apart
        assert ours.execute(WEATHER, {"city": "Bonn", "days": 3}).text == "theirs"
    with Session(spin, world=world(*PLAIN), backoff=EAGER) as again:
        assert again.execute(WEATHER, {"city": "Bonn", "days": 3}).text == '{"sky":"rain"}'


def test_what_can_not_be_pushed_is_refused_before_anything_runs_and_runs_whole_in_the_embedded_runtime(
    server: SpinServer, spin: SpinClient
) -> None:
    stateful = world({"action": {"do": "list", "table": "t"}}, tables={"t": {"1": {"a": 1}}})
    with pytest.raises(InvalidInput, match="the tables t; fixture 1 of weather has an action"):
        Session(spin, world=stateful)
    assert server.requests == []
    with embedded_spin() as embedded, Session(embedded, world=stateful) as session:
        assert session.execute(WEATHER, {}).text == '[{"a":1}]'


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ({"action": {"do": "list", "table": "t"}}, "fixture 1 of weather has an action"),
        ({"when": [{"table": "t", "key": "1"}], "response": 1}, "conditions"),
        ({"responses": [1, 2]}, "a sequence"),
        ({"error": {"type": "T", "message": "m"}}, "an error"),
        ({"match": {"city": "B"}, "priority": 1, "response": 1}, "a priority"),
        ({"response": None}, "null as its answer"),
        ({"match": {"city": "Bonn, Germany"}, "response": 1}, "a comma in its match of city"),
        ({"match": {"city": ["Bonn"]}, "response": 1}, "no single value"),
        ({"response": ["{{unit}}"]}, r"\{\{unit\}\}, which is no required argument"),
        ({"response": {"a": "to {{$key}}"}}, "no required argument"),
        ({"response": {"days": "{{days}}"}}, r"\{\{days\}\}, which the service turns into text"),
    ],
)
def test_what_the_services_fixtures_can_not_say_is_named(document: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem):
        require_pushable([WEATHER], fixtures=fixtures(document), tables={})


@pytest.mark.parametrize(
    ("left", "right", "is_tie"),
    [
        ({"city": "B"}, {"days": 1}, True),
        ({"city": "B"}, {"city": "C"}, False),
        ({"days": 1}, {"days": "1"}, True),
        ({"city": "B", "days": 1}, {"city": "B", "unit": "F"}, True),
        ({"city": "B", "days": 1}, {"city": "C", "unit": "F"}, False),
        ({"city": "B"}, {"city": "B", "days": 1}, False),
        ({}, {}, True),
    ],
)
def test_fixtures_between_which_the_service_would_draw_lots_are_named(
    left: dict[str, Any], right: dict[str, Any], is_tie: bool
) -> None:
    both = fixtures({"match": left, "response": 1}, {"match": right, "response": 2})
    if is_tie:
        with pytest.raises(InvalidInput, match="fixtures 1 and 2 of weather fit the same call"):
            require_pushable([WEATHER], fixtures=both, tables={})
    else:
        require_pushable([WEATHER], fixtures=both, tables={})


def test_all_obstacles_are_named_at_once_and_tables_among_them() -> None:
    many = fixtures(*({"match": {"city": f"c{n}"}, "priority": 1, "response": n} for n in range(30)))
    with pytest.raises(InvalidInput) as refused:
        require_pushable([WEATHER], fixtures=many, tables={"issues": {}})
    text = str(refused.value)
    assert "the tables issues; fixture 1 of weather has a priority; fixture 2" in text
    assert "and 11 more" in text
    assert "push_mock" in text


def test_tools_of_other_components_are_neither_pushed_nor_checked(server: SpinServer, spin: SpinClient) -> None:
    own = ToolDefinition(name="own", component="vfs")
    its_world = World(
        tools=[own, WEATHER],
        fixtures=[*fixtures({"action": {"do": "list", "table": "t"}}, tool="own"), *fixtures({"response": "sunny"})],
        push_mock=True,
    )
    with Session(spin, world=its_world, backoff=EAGER):
        assert list(server.mock_tools) == ["weather"]
