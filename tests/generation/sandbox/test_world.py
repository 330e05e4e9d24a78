from generation.fixtures import Fixture
from generation.plan import Scenario
from generation.sandbox.world import World, world_of
from generation.tools import ToolDefinition

MOCK_TOOL = ToolDefinition(name="get_issue")
FILE_TOOL = ToolDefinition(name="read_file", component="vfs")


def test_a_scenarios_tables_lie_over_the_registrys_record_by_record() -> None:
    registry_tables = {"issues": {"1": {"title": "old", "open": True}, "2": {"title": "two"}}, "users": {"a": {}}}
    scenario = Scenario(
        prompt="p", seed_files={"a": "b"}, seed_tables={"issues": {"1": {"title": "new"}, "3": {}}, "events": {"e": {}}}
    )
    fixture = Fixture(tool="get_issue")
    world = world_of(scenario, tools=[MOCK_TOOL], registry_fixtures=[fixture], registry_tables=registry_tables)
    assert world.tables == {
        "issues": {"1": {"title": "new"}, "2": {"title": "two"}, "3": {}},
        "users": {"a": {}},
        "events": {"e": {}},
    }
    assert (world.seed_files, list(world.fixtures), world.tool("get_issue")) == ({"a": "b"}, [fixture], MOCK_TOOL)
    assert registry_tables["issues"]["1"] == {"title": "old", "open": True}


def test_a_world_knows_what_it_needs() -> None:
    tables = {"issues": {"1": {}}}
    assert World(tools=[MOCK_TOOL], tables=tables).has_mock_state
    assert not World(tools=[MOCK_TOOL]).has_mock_state
    assert not World(tools=[FILE_TOOL], tables=tables).has_mock_state
    assert World(tools=[FILE_TOOL]).has_files
    assert World(tools=[MOCK_TOOL], seed_files={"a": ""}).has_files
    assert not World(tools=[MOCK_TOOL]).has_files
