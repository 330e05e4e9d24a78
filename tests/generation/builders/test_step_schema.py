import jsonschema_rs
import pytest

from generation.builders.replies import StepReply
from generation.builders.step_schema import AS_TEXT, MAX_TOOLS, step_schema
from generation.llm.question import read_text
from generation.llm.schema import wire_schema
from generation.tools import ToolDefinition
from tests.standins.file_plans import FILE_TOOLS, Run, answer, final, plan, read, step, user

ISSUE = ToolDefinition(
    name="update_issue",
    parameters={
        "type": "object",
        "properties": {
            "id": {"type": "integer", "minimum": 1},
            "state": {"enum": ["open", "closed"]},
            "assignee": {"type": ["string", "null"]},
            "label": {"$ref": "#/$defs/label"},
            "due": {"type": "string", "format": "date"},
        },
        "required": ["id"],
        "$defs": {"label": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}},
    },
)
MAP = ToolDefinition(
    name="set_fields",
    parameters={"type": "object", "properties": {"fields": {"type": "object", "additionalProperties": True}}},
)
TREE = ToolDefinition(
    name="grow",
    parameters={"type": "object", "properties": {"inner": {"$ref": "#"}}},
)


def branches(schema: dict) -> dict[str, dict]:
    items = schema["properties"]["tool_calls"]["items"]
    return {branch["properties"]["function_name"]["enum"][0]: branch["properties"] for branch in items["anyOf"]}


def a_step(name: str, arguments: object) -> dict:
    call = {"function_name": name, "arguments": arguments, "reasoning": "because"}
    return {"thought": "Hm.", "tool_calls": [call], "is_final": False}


@pytest.mark.parametrize(
    ("name", "arguments", "fits"),
    [
        ("read_file", {"file_path": "a"}, True),
        ("read_file", {"file_path": "a", "content": "b"}, True),  # its own schema is open; the wire's is closed
        ("read_file", {}, False),
        ("write_file", {"file_path": "a"}, False),
        ("list_files", {}, True),
        ("list_files", {"deep": True}, False),
        ("update_issue", {"id": 1, "label": {"name": "bug"}}, True),
        ("update_issue", {"id": 1, "label": {}}, False),
        ("update_issue", {"id": 0}, False),
        ("absent", {}, False),
    ],
)
def test_the_schema_is_a_union_over_the_tools_with_typed_arguments(name, arguments, fits):
    validator = jsonschema_rs.validator_for(step_schema([*FILE_TOOLS, ISSUE]))
    assert validator.is_valid(a_step(name, arguments)) is fits


def test_the_schema_can_be_asked_for_strictly_whatever_the_tools_are():
    assert wire_schema(step_schema([*FILE_TOOLS, ISSUE])).strict
    assert wire_schema(step_schema([*FILE_TOOLS, ISSUE, MAP, TREE])).strict


def test_a_tool_that_cannot_be_said_strictly_takes_text_and_costs_the_others_nothing():
    typed = branches(step_schema([*FILE_TOOLS, MAP, TREE]))
    assert typed["set_fields"]["arguments"] == typed["grow"]["arguments"] == AS_TEXT
    assert typed["read_file"]["arguments"]["properties"] == FILE_TOOLS[0].parameters["properties"]


def test_definitions_of_two_tools_do_not_get_in_each_others_way():
    other = ToolDefinition(
        name="tag",
        parameters={
            "type": "object",
            "properties": {"label": {"$ref": "#/$defs/label"}},
            "required": ["label"],
            "$defs": {"label": {"type": "integer"}},
        },
    )
    validator = jsonschema_rs.validator_for(step_schema([ISSUE, other]))
    assert validator.is_valid(a_step("tag", {"label": 3}))
    assert not validator.is_valid(a_step("tag", {"label": {"name": "bug"}}))


def test_nulls_that_only_the_strict_form_asked_for_are_dropped_and_others_kept():
    schema = step_schema([*FILE_TOOLS, ISSUE])
    arguments = '{"id": 1, "state": null, "assignee": null, "label": null, "due": null}'
    text = '{"thought": "", "is_final": false, "tool_calls": [{"function_name": "update_issue", "reasoning": "", "arguments": '
    reply = read_text(text + arguments + "}]}", reply=StepReply, schema=schema)
    assert reply.tool_calls[0].arguments == {"id": 1, "assignee": None}


def test_a_registry_beyond_the_bounds_takes_text_for_every_tool():
    many = [FILE_TOOLS[0].model_copy(update={"name": f"read_{number}"}) for number in range(MAX_TOOLS + 1)]
    call = step_schema(many)["properties"]["tool_calls"]["items"]["properties"]
    assert call["arguments"] == AS_TEXT
    assert call["function_name"]["enum"] == [tool.name for tool in many]
    wide = ToolDefinition(
        name="wide",
        parameters={"type": "object", "properties": {f"p{number}": {"type": "string"} for number in range(600)}},
    )
    assert step_schema([wide])["properties"]["tool_calls"]["items"]["properties"]["arguments"] == AS_TEXT


def test_a_step_over_a_large_registry_works_with_arguments_as_text():
    more = [FILE_TOOLS[0].model_copy(update={"name": f"read_{number}"}) for number in range(MAX_TOOLS)]
    big = plan().model_copy(update={"tools": [*FILE_TOOLS, *more]})
    as_text = read() | {"arguments": '{"file_path": "notes.txt"}'}
    conversation = Run([user(), step(as_text), final(), answer()], big).go()
    assert conversation.calls[0].result == "buy milk"
