"""The shipped registries and scenarios: they load, fit each other and are varied."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from generation.fixtures import Action, Verb
from generation.plan import CALLLESS, Mode, Pattern, Scenario
from generation.tools import ToolDefinition, ToolRegistry, violations

SAMPLES = Path(__file__).parents[2] / "studio" / "samples"
NAMES = ["files", "issue-tracker", "home"]
MOCK_NAMES = ["issue-tracker", "home"]
TEMPLATE = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")
NAMES_BESIDES_ARGUMENTS = {"$key", "$n", "$record", "$count", "$records"}
IDS_IN_PROMPTS = {
    "issue-tracker": {
        "issues": r"\b(?:LEND|POCKET|RACK)-\d+\b",
        "sprints": r"\bsprint-\d+\b",
        "users": r"\b[a-z.]+@[a-z.]+\b",
    },
    "home": {
        "events": r"\bevent-\d+\b",
        "lights": r"\b(?:kitchen|living-room|hallway|bedroom|tilda|emeka|garden)-[a-z-]+\b",
        "contacts": r"\b(?:ruth-okafor|piotr|els|farida|luis|dr|chimney|water)-[a-z]+\b",
    },
}


def registry(name: str) -> ToolRegistry:
    return ToolRegistry.model_validate_json((SAMPLES / f"{name}.registry.json").read_text("utf-8"))


def scenarios(name: str) -> list[Scenario]:
    lines = (SAMPLES / f"{name}.scenarios.jsonl").read_text("utf-8").split("\n")
    return [Scenario.model_validate_json(line) for line in lines if line]


def templates(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield from TEMPLATE.findall(value)
    elif isinstance(value, dict):
        for member in value.values():
            yield from templates(member)
    elif isinstance(value, list):
        for item in value:
            yield from templates(item)


def names_an_argument(path: str, tool: ToolDefinition) -> bool:
    schema: dict[str, Any] = tool.parameters
    for part in path.split("."):
        if part not in schema.get("properties", {}):
            return False
        schema = schema["properties"][part]
    return True


@pytest.mark.parametrize(("name", "fewest"), [("files", 4), ("issue-tracker", 12), ("home", 12)])
def test_a_registry_has_tools_that_say_what_they_do_and_whether_they_change_anything(name: str, fewest: int) -> None:
    tools = registry(name).tools
    assert len(tools) >= fewest
    for tool in tools:
        assert tool.component == ("vfs" if name == "files" else "mock")
        assert len(tool.description) > 30, tool.name
        assert {"readOnlyHint", "destructiveHint", "idempotentHint"} <= tool.annotations.keys(), tool.name
        assert tool.parameters["additionalProperties"] is False, tool.name
        assert violations({"surprise": 1}, tool), tool.name
    assert any(tool.only_reads for tool in tools)
    assert any(not tool.only_reads for tool in tools)


def test_the_schemas_use_the_breadth_of_json_schema() -> None:
    text = "".join(json.dumps(tool.parameters) for name in MOCK_NAMES for tool in registry(name).tools)
    wanted = ["enum", "pattern", "format", "minimum", "maximum", "multipleOf", "minLength", "maxLength", "items"]
    wanted += ["uniqueItems", "maxItems", "anyOf", "minProperties", "default", "exclusiveMinimum"]
    assert [word for word in wanted if f'"{word}"' not in text] == []


def test_every_change_of_the_files_world_says_that_it_is_destructive() -> None:
    hints = {tool.name: tool.annotations["destructiveHint"] for tool in registry("files").tools}
    assert hints == {"read_file": False, "write_file": True, "list_files": False, "delete_file": True}


@pytest.mark.parametrize("name", MOCK_NAMES)
def test_every_mock_tool_has_a_fixture_that_applies_without_conditions(name: str) -> None:
    world = registry(name)
    answering = {fixture.tool for fixture in world.fixtures if not fixture.match and not fixture.when}
    # transition_issue answers by the status the issue has, and every status has its fixture
    assert {tool.name for tool in world.tools} - answering <= {"transition_issue"}


@pytest.mark.parametrize("name", MOCK_NAMES)
def test_every_template_names_an_argument_or_what_an_action_met(name: str) -> None:
    world = registry(name)
    for fixture in world.fixtures:
        tool = world.tool(fixture.tool)
        assert tool is not None
        for path in templates(fixture.model_dump(mode="json")):
            if path.startswith("$"):
                assert path.split(".")[0] in NAMES_BESIDES_ARGUMENTS, (fixture.tool, path)
                assert fixture.action is not None, (fixture.tool, path)
            else:
                assert names_an_argument(path, tool), (fixture.tool, path)
        assert set(fixture.match) <= set(tool.parameters["properties"]), fixture.tool


@pytest.mark.parametrize("name", MOCK_NAMES)
def test_fixtures_and_seeds_name_tables_that_exist(name: str) -> None:
    world = registry(name)
    used = {condition.table for fixture in world.fixtures for condition in fixture.when}
    used |= {fixture.action.table for fixture in world.fixtures if fixture.action}
    used |= {table for scenario in scenarios(name) for table in scenario.seed_tables}
    assert used <= set(world.tables)


@pytest.mark.parametrize("name", MOCK_NAMES)
def test_a_tool_that_only_reads_has_no_action_that_writes(name: str) -> None:
    world = registry(name)
    for fixture in world.fixtures:
        tool = world.tool(fixture.tool)
        if tool is not None and tool.only_reads and fixture.action:
            assert fixture.action.do in (Verb.GET, Verb.LIST), fixture.tool


@pytest.mark.parametrize("name", MOCK_NAMES)
def test_every_argument_of_a_tool_makes_a_difference(name: str) -> None:
    world = registry(name)
    for tool in world.tools:
        mine = [fixture for fixture in world.fixtures if fixture.tool == tool.name]
        used = {path.split(".")[0] for fixture in mine for path in templates(fixture.model_dump(mode="json"))}
        used |= {argument for fixture in mine for argument in fixture.match}
        assert set(tool.parameters["properties"]) <= used, tool.name


@pytest.mark.parametrize("name", MOCK_NAMES)
def test_an_inserted_record_carries_the_fields_that_lists_filter_by(name: str) -> None:
    world = registry(name)
    actions: list[Action] = [fixture.action for fixture in world.fixtures if fixture.action]
    for insert in (action for action in actions if action.do is Verb.INSERT):
        filtered = {
            field for action in actions if action.table == insert.table for field in [*action.where, *action.at_least]
        }
        assert filtered <= set(insert.record), insert.table


def test_records_of_the_tracker_refer_to_records_that_exist() -> None:
    world = registry("issue-tracker")
    issues, users, sprints, projects = (world.tables[table] for table in ("issues", "users", "sprints", "projects"))
    transition = world.tool("transition_issue")
    assert transition is not None
    status = transition.parameters["properties"]["status"]["enum"]
    assert len(issues) >= 30
    assert (len(users), len(projects)) == (8, 3)
    for key, issue in issues.items():
        assert issue["key"] == key
        assert key.startswith(issue["project"] + "-")
        assert issue["project"] in projects
        assert issue["status"] in status
        assert issue["reporter"] in users
        assert issue["assignee"] is None or issue["assignee"] in users
        assert issue["sprint"] is None or sprints[issue["sprint"]]["project"] == issue["project"]
        assert {link["issue"] for link in issue["links"]} <= set(issues)
        assert {work["user"] for work in issue["worklog"]} <= set(users)
    assert {comment["issue"] for comment in world.tables["comments"].values()} <= set(issues)
    assert {project["lead"] for project in projects.values()} <= set(users)


def test_records_of_the_house_refer_to_records_that_exist() -> None:
    tables = registry("home").tables
    assert {person for event in tables["events"].values() for person in event["people"]} <= set(tables["contacts"])
    assert {message["with"] for message in tables["messages"].values()} <= set(tables["contacts"])
    assert {light["room"] for light in tables["lights"].values()} <= set(tables["rooms"])
    assert set(tables["thermostats"]) == {key for key, room in tables["rooms"].items() if room["thermostat"]}
    assert all(event["begins"] == f"{event['date']} {event['start']}" for event in tables["events"].values())
    assert Counter(day["city"] for day in tables["forecast"].values()) == dict.fromkeys(tables["weather"], 7)


@pytest.mark.parametrize("name", NAMES)
def test_scenarios_are_many_and_varied(name: str) -> None:
    found = scenarios(name)
    assert len(found) >= 28
    patterns = Counter(scenario.pattern for scenario in found)
    assert set(patterns) >= {
        *(Pattern.SINGLE, Pattern.SEQUENTIAL, Pattern.PARALLEL, Pattern.WRITE_THEN_VERIFY, Pattern.ERROR_RECOVERY),
        *(Pattern.NO_TOOL, Pattern.CLARIFY, Pattern.REFUSE),
    }
    assert max(patterns.values()) <= len(found) / 2
    modes = Counter(scenario.mode for scenario in found)
    assert min(modes[Mode.SINGLE_TURN], modes[Mode.MULTI_TURN]) >= 8
    assert {scenario.turns for scenario in found if scenario.mode is Mode.MULTI_TURN} >= {2, 3}
    assert all((scenario.turns is None) == (scenario.mode is Mode.SINGLE_TURN) for scenario in found)
    assert 2 <= sum(1 for scenario in found if scenario.language) <= 3
    assert len({tag for scenario in found for tag in scenario.tags}) >= 15
    assert all(scenario.persona and scenario.topic and scenario.tags for scenario in found)
    assert len({scenario.topic for scenario in found}) == len(found)
    assert len({scenario.persona for scenario in found}) >= 20


@pytest.mark.parametrize("name", NAMES)
def test_scenarios_that_meet_an_error_are_tagged_so(name: str) -> None:
    failing = {scenario.topic for scenario in scenarios(name) if "tool-error" in scenario.tags}
    recovering = {scenario.topic for scenario in scenarios(name) if scenario.pattern is Pattern.ERROR_RECOVERY}
    assert failing == recovering
    assert len(failing) >= 3


@pytest.mark.parametrize("name", NAMES)
def test_scenarios_that_call_tools_name_those_of_their_world(name: str) -> None:
    known = {tool.name for tool in registry(name).tools}
    for scenario in scenarios(name):
        assert bool(scenario.tools) is (scenario.pattern not in CALLLESS), scenario.prompt
        assert set(scenario.tools) <= known, scenario.prompt


def test_no_prompt_stands_twice() -> None:
    prompts = [scenario.prompt.casefold() for name in NAMES for scenario in scenarios(name)]
    assert [prompt for prompt, count in Counter(prompts).items() if count > 1] == []


@pytest.mark.parametrize("name", MOCK_NAMES)
def test_prompts_name_ids_that_exist(name: str) -> None:
    world = registry(name)
    for scenario in scenarios(name):
        for table, pattern in IDS_IN_PROMPTS[name].items():
            known = {*world.tables[table], *scenario.seed_tables.get(table, {})}
            unknown = set(re.findall(pattern, scenario.prompt)) - known
            assert not unknown or "not-found" in scenario.tags, (scenario.topic, unknown)


def test_file_scenarios_start_from_files_their_prompts_name() -> None:
    silent = {Pattern.NO_TOOL, Pattern.REFUSE}
    for scenario in scenarios("files"):
        assert len(scenario.seed_files) <= 6
        named = [path for path in scenario.seed_files if path in scenario.prompt]
        assert named or scenario.pattern in silent or "no-seed" in scenario.tags or "create" in scenario.tags, (
            scenario.topic
        )


def test_seed_files_have_the_quirks_of_real_ones() -> None:
    files = [pair for scenario in scenarios("files") for pair in scenario.seed_files.items()]
    assert {path.rpartition(".")[2] for path, _ in files} >= {"csv", "md", "json", "ini", "yaml", "log", "txt"}
    assert any(content == "" for _, content in files)
    assert any("\r\n" in content for _, content in files)
    assert any(" " in path for path, _ in files)
    assert any(not path.isascii() for path, _ in files)
    # PostgreSQL's jsonb takes no NUL
    assert not any("\0" in content for _, content in files)


@pytest.mark.parametrize("name", NAMES)
def test_the_files_are_plain_utf8_with_one_document_a_line(name: str) -> None:
    for path in (SAMPLES / f"{name}.registry.json", SAMPLES / f"{name}.scenarios.jsonl"):
        content = path.read_bytes()
        assert b"\r" not in content
        assert not content.startswith(b"\xef\xbb\xbf")
        assert content.endswith(b"\n")
        assert content.decode("utf-8")
