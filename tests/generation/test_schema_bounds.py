"""Hostile JSON Schemas: refused by name when they are imported, and no work without end where they are stored."""

import json
from collections.abc import Callable
from typing import Any

import jsonschema_rs
import pytest

from generation import tools as tools_module
from generation.builders.shown_tools import tools_block
from generation.builders.step_schema import step_schema
from generation.checks import check
from generation.conversation import Call, Conversation, Outcome, Step, Turn
from generation.formats.tool_forms import read_tools
from generation.llm.schema import restore, wire_schema
from generation.schema_bounds import MAX_APPLICATIONS, bounds_of, require_bounded
from generation.tools import MAX_CHECKED, ToolDefinition, fits, violations
from tests.standins.hostile_schemas import HOSTILE, TREE, Calls, nested

STORED = {name: schema for name, (schema, _) in HOSTILE.items()}
DEEP: dict[str, Any] = {"items double": nested(45), "members double": nested(45, member="x")}
"""Values that lead a validator down all the ways there are."""


@pytest.mark.parametrize("name", HOSTILE)
def test_an_import_refuses_it_and_says_why(name: str) -> None:
    schema, words = HOSTILE[name]
    with Calls(1_500_000), pytest.raises(ValueError, match=words):
        require_bounded(schema)


def test_an_import_takes_the_others_of_the_file() -> None:
    hostile = {"name": "bad", "inputSchema": STORED["anyOf doubles"]}
    read = read_tools(json.dumps({"tools": [hostile, {"name": "good", "inputSchema": TREE}]}))
    assert [tool.name for tool in read.tools] == ["good"]
    assert [(refused.name, "times over" in refused.reason) for refused in read.refused] == [("bad", True)]


def test_too_deep_is_said() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(51):
        schema = {"type": "object", "properties": {"x": schema}}
    with pytest.raises(ValueError, match="more than 100 levels"):
        require_bounded(schema)


HONEST: dict[str, dict[str, Any]] = {
    "a text of a megabyte": {"type": "object", "properties": {"a": {"const": '{[,:"$ref"' * 100_000}}},
    "nothing": {"type": "object", "properties": {}},
    "tree": TREE,
    "a person in many places": {
        "type": "object",
        "properties": {name: {"anyOf": [{"$ref": "#/$defs/person"}, {"type": "null"}]} for name in "abcdefgh"},
        "$defs": {"person": {"type": "object", "properties": {"boss": {"$ref": "#/$defs/person"}}}},
    },
    "thirty kinds of block": {
        "type": "object",
        "properties": {"blocks": {"type": "array", "items": {"$ref": "#/$defs/block"}}},
        "$defs": {
            "text": {"type": "array", "items": {"type": "object", "properties": {"words": {"type": "string"}}}},
            "block": {
                "anyOf": [
                    {
                        "type": "object",
                        "properties": {
                            f"kind{n}": {"$ref": "#/$defs/text"},
                            "children": {"type": "array", "items": {"$ref": "#/$defs/block"}},
                        },
                        "required": [f"kind{n}"],
                    }
                    for n in range(30)
                ]
            },
        },
    },
}


@pytest.mark.parametrize("name", HONEST)
def test_what_people_publish_is_taken(name: str) -> None:
    require_bounded(HONEST[name])


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_stored_is_still_read_shown_and_checked(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(tools_module, "_ask", lambda _, value: asked.append(value) or [])
    with Calls(3_000_000):
        tool = ToolDefinition(name="stored", parameters=STORED[name])
        assert "stored" in tools_block([tool])
        step_schema([tool])
        wire_schema(tool.parameters)
        restore({"x": None, "y": nested(20)}, tool.parameters)
        arguments = {"x": DEEP.get(name, 5)}
        found = violations(arguments, tool)
        call = Call(id="call00001", tool="stored", arguments=arguments, result="", outcome=Outcome.OK)
        turn = Turn(user="Do it.", steps=[Step(calls=[call])], answer="Done.")
        check(Conversation(tools=[tool], turns=[turn]))
    if name == "long":
        assert asked, "its length alone makes no endless work"
        return
    assert not asked, "the validator was let loose on it"
    assert [violation.path for violation in found] == [()]
    assert "too many ways to be checked" in found[0].message
    assert not fits(arguments, tool.parameters)


def test_a_tree_is_checked_in_detail_as_long_as_that_is_little_work() -> None:
    tool = ToolDefinition(name="tree", parameters=TREE)
    bounds = bounds_of(json.dumps(TREE))
    counts = [bounds.applications({"x": nested(depth)}) for depth in (3, 12, 14, 60)]
    assert counts == sorted(counts)
    assert counts[0] < MAX_APPLICATIONS < counts[1] < MAX_CHECKED < counts[2]
    said = [violations({"x": nested(depth)}, tool) for depth in (3, 12, 60)]
    assert [violation.path for violation in said[0]] == [("x",)]
    assert "too many ways to say where" in said[1][0].message
    assert "too many ways to be checked" in said[2][0].message
    assert violations({"x": nested(12, leaf=[])}, tool) == []


@pytest.mark.parametrize("schema", [*HONEST.values(), TREE])
@pytest.mark.parametrize(
    "value",
    [{}, {"x": nested(3)}, {"blocks": [{"kind3": [], "children": [{"kind4": 1}]}] * 3}, {"a": {"boss": {"boss": 1}}}],
)
def test_the_count_is_no_less_than_what_the_validator_reports(schema: dict[str, Any], value: Any) -> None:
    bounds = bounds_of(json.dumps(schema))
    reported = list(jsonschema_rs.validator_for(schema).iter_errors(value))
    assert bounds.is_tame or bounds.applications(value) >= len(reported)


PATTERNS = [r"^(a|a|aa)+\1$", r"^(?:(?:a|a)+)+(?!b)$", "^(a+)+$", r"^(?=(a+)+$)(a+)+$", "^(.*a){20}$"]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_steps_back_only_so_often(pattern: str, monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[Any] = []
    real: Callable[..., Any] = jsonschema_rs.validator_for
    monkeypatch.setattr(
        jsonschema_rs,
        "validator_for",
        lambda schema, **given: limits.append(given.get("pattern_options")) or real(schema, **given),
    )
    tool = ToolDefinition(name="t", parameters={"type": "object", "properties": {"a": {"pattern": pattern}}})
    (found,) = violations({"a": "a" * 5000 + "!"}, tool)
    assert found.path == ("a",)
    assert "executing" not in found.message
    assert limits
    assert all(limit is tools_module.BACKTRACKING for limit in limits)
