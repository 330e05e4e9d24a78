"""Tools come in and go out in four forms, without loss and without one bad tool spoiling the rest."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.errors import InvalidInput
from generation.formats.tool_forms import MAX_TOOLS, ToolForm, read_tools, write_tools
from generation.tools import ToolDefinition
from tests.standins.conversations import TOOLS

RICH_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "state": {"type": "string", "enum": ["open", "closed"], "default": "open"},
        "labels": {
            "type": "array",
            "items": {"type": "string", "pattern": "^[a-z]+$"},
            "minItems": 1,
            "uniqueItems": True,
        },
        "author": {"anyOf": [{"$ref": "#/$defs/person"}, {"type": "null"}], "default": None},
        "range": {
            "type": "object",
            "properties": {"from": {"type": "string", "format": "date"}, "to": {"type": ["string", "null"]}},
            "required": ["from"],
            "additionalProperties": False,
        },
        "limit": {"type": "integer", "minimum": 1, "maximum": 100, "description": "How many.", "examples": [10]},
        "anything": True,
    },
    "required": ["state"],
    "$defs": {"person": {"type": "object", "properties": {"mail": {"type": "string", "format": "email"}}}},
    "additionalProperties": False,
}
RICH = ToolDefinition(
    name="search_issues",
    description="Find issues.",
    parameters=RICH_SCHEMA,
    component="tracker",
    annotations={"readOnlyHint": True, "title": "Search"},
    volatile=["fetched_at"],
)


@pytest.mark.parametrize("form", [ToolForm.MCP, ToolForm.DEEPFABRIC, ToolForm.TRACEWRIGHT])
def test_forms_with_room_give_back_the_very_same_tools(form: ToolForm) -> None:
    written = json.dumps(write_tools([RICH, *TOOLS[:1]], form=form))
    read = read_tools(written, component="mock")
    assert read.tools == [RICH, *TOOLS[:1]]
    assert (read.form, read.refused) == (form, [])


def test_openai_functions_give_back_what_they_can_say() -> None:
    read = read_tools(json.dumps(write_tools([RICH], form=ToolForm.OPENAI)), component="tracker")
    assert read.form is ToolForm.OPENAI
    assert read.tools == [RICH.model_copy(update={"annotations": {}, "volatile": []})]


FOREIGN: dict[ToolForm, dict[str, Any]] = {
    ToolForm.MCP: {
        "name": "t",
        "title": "A tool",
        "description": "d",
        "inputSchema": RICH_SCHEMA,
        "outputSchema": {"type": "object"},
        "annotations": {"destructiveHint": False},
        "_meta": {"vendor/x": 1},
    },
    ToolForm.OPENAI: {
        "type": "function",
        "function": {"name": "t", "description": "d", "parameters": RICH_SCHEMA, "strict": True},
    },
    ToolForm.DEEPFABRIC: {
        "name": "t",
        "description": "d",
        "parameters": [{"name": "city", "type": "str", "description": "Where.", "required": True}],
        "returns": "The weather.",
        "category": "weather",
        "component": "mock",
    },
}


@pytest.mark.parametrize("form", FOREIGN)
def test_what_a_form_says_beyond_the_schema_is_written_back_in_that_form(form: ToolForm) -> None:
    read = read_tools(json.dumps([FOREIGN[form]]))
    written = write_tools(read.tools, form=form)
    assert (written if isinstance(written, list) else written["tools"]) == [FOREIGN[form]]


scalars = st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.text(max_size=5))
schemas = st.recursive(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["string", "integer", "number", "boolean"])},
        optional={
            "description": st.text(max_size=9),
            "enum": st.lists(scalars, min_size=1, max_size=3),
            "default": scalars,
        },
    ),
    lambda inner: st.one_of(
        st.fixed_dictionaries({"type": st.just("array"), "items": inner}),
        st.fixed_dictionaries({"anyOf": st.lists(inner, min_size=1, max_size=2)}),
        st.fixed_dictionaries(
            {"type": st.just("object"), "properties": st.dictionaries(st.text(max_size=5), inner, max_size=3)}
        ),
    ),
    max_leaves=5,
)
tools = st.builds(
    ToolDefinition,
    name=st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True),
    description=st.text(max_size=9),
    parameters=st.fixed_dictionaries(
        {"type": st.just("object"), "properties": st.dictionaries(st.text(max_size=5), schemas, max_size=3)},
        optional={"additionalProperties": st.booleans()},
    ),
)


@pytest.mark.parametrize("form", ToolForm)
@settings(max_examples=60, deadline=None)
@given(tool=tools)
def test_any_schema_survives_every_form(form: ToolForm, tool: ToolDefinition) -> None:
    read = read_tools(json.dumps(write_tools([tool], form=form)))
    assert read.refused == []
    assert json.dumps(read.tools[0].model_dump()) == json.dumps(tool.model_dump())


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ('{"tools": [{"name": "t", "description": null, "inputSchema": null}]}', ToolForm.MCP),
        ('[{"name": "t"}]', ToolForm.MCP),
        (
            '{"jsonrpc": "2.0", "id": 1, "result": {"tools": [{"name": "t", "inputSchema": {"type": "object"}}]}}',
            ToolForm.MCP,
        ),
        ('[{"type": "function", "function": {"name": "t"}}]', ToolForm.OPENAI),
        ('[{"name": "t", "parameters": {"type": "object"}}]', ToolForm.OPENAI),
        ('{"type": "function", "name": "t", "parameters": null}', ToolForm.OPENAI),
        ('{"tools": [{"name": "t", "description": "d", "parameters": [], "returns": "r"}]}', ToolForm.DEEPFABRIC),
        ("tools:\n- name: t\n  parameters:\n  - {name: a, type: int}\n", ToolForm.DEEPFABRIC),
        ('{"name": "r", "tools": [{"name": "t"}], "fixtures": [], "tables": {}}', ToolForm.TRACEWRIGHT),
        (
            '\ufeff{"tools": [{"name": "t", "component": "vfs", "parameters": {"type": "object"}}]}',
            ToolForm.TRACEWRIGHT,
        ),
    ],
)
def test_forms_are_told_apart_by_content(text: str, form: ToolForm) -> None:
    for content in (text, text.encode("utf-8")):
        read = read_tools(content)
        assert (read.form, read.refused, [tool.name for tool in read.tools]) == (form, [], ["t"])


def test_deepfabric_types_and_defaults_become_a_schema() -> None:
    parameters = [
        {"name": "s", "type": "str", "description": "", "default": "None"},
        {"name": "i", "type": "int", "required": False, "default": "3"},
        {"name": "f", "type": "float", "required": False, "default": "0.5"},
        {"name": "b", "type": "bool", "required": False, "default": "True"},
        {"name": "l", "type": "list", "required": False, "default": "['a', 'b']"},
        {"name": "d", "type": "dict", "required": False, "default": "None"},
        {"name": "e", "type": "dict", "required": False, "default": ""},
    ]
    read = read_tools(yaml.safe_dump({"tools": [{"name": "t", "description": "d", "parameters": parameters}]}))
    assert read.tools[0].parameters == {
        "type": "object",
        "properties": {
            "s": {"type": "string", "default": "None"},
            "i": {"type": "integer", "default": 3},
            "f": {"type": "number", "default": 0.5},
            "b": {"type": "boolean", "default": True},
            "l": {"type": "array", "default": ["a", "b"]},
            "d": {"type": "object"},
            "e": {"type": "object"},
        },
        "required": ["s"],
    }


def test_one_bad_tool_is_reported_and_the_rest_load() -> None:
    document = [
        {"name": "good"},
        {"name": "bad name"},
        {"name": "broken", "inputSchema": {"type": "object", "properties": {"a": {"type": "strange"}}}},
        {"description": "no name"},
        "text",
        {"name": "good"},
        {"name": "odd", "parameters": [{"name": "a", "type": "datetime"}]},
        {"name": "worse", "parameters": [{"name": "a", "type": "int", "default": "many"}]},
        {"name": "listed", "inputSchema": {"type": "array"}},
        {"name": "noted", "annotations": ["x"]},
        {"name": "last"},
    ]
    read = read_tools(json.dumps(document))
    assert [tool.name for tool in read.tools] == ["good", "last"]
    refused = {one.position: (one.name, one.reason) for one in read.refused}
    assert sorted(refused) == [2, 3, 4, 5, 6, 7, 8, 9, 10]
    assert "'bad name' is no tool name" in refused[2][1]
    assert refused[3][0] == "broken"
    assert "no valid JSON Schema" in refused[3][1]
    assert "name" in refused[4][1]
    assert "a tool is an object" in refused[5][1]
    assert "stands further up" in refused[6][1]
    assert "datetime" in refused[7][1]
    assert "'many', which is no int" in refused[8][1]
    assert "type object" in refused[9][1]


def test_mock_responses_become_fixtures() -> None:
    tool = {
        "name": "t",
        "mockResponse": {"ok": True},
        "mockFixtures": [{"match": {"city": "Berlin, DE"}, "response": "rain"}, {"match": {}, "response": None}],
    }
    fixtures = read_tools(json.dumps({"tools": [tool]})).fixtures
    assert [(one.tool, one.match, one.response) for one in fixtures] == [
        ("t", {}, {"ok": True}),
        ("t", {"city": "Berlin, DE"}, "rain"),
        ("t", {}, None),
    ]


def test_a_tool_with_bad_mock_fixtures_is_refused_whole() -> None:
    read = read_tools('[{"name": "t", "mockResponse": 1, "mockFixtures": [{"match": {}}]}, {"name": "u"}]')
    assert ([tool.name for tool in read.tools], read.fixtures) == (["u"], [])
    assert "mockFixtures" in read.refused[0].reason


def test_a_registry_brings_fixtures_and_tables() -> None:
    document = {
        "name": "world",
        "description": "A world.",
        "tools": [{"name": "get", "component": "mock"}, {"name": "no good"}],
        "fixtures": [
            {"tool": "get", "action": {"do": "get", "table": "t", "key": "{{id}}"}},
            {"tool": "no good", "response": 1},
            {"tool": "get", "answer": 1},
        ],
        "tables": {"t": {"1": {"a": 1}}, "u": []},
    }
    read = read_tools(json.dumps(document))
    assert (read.name, read.description, read.form) == ("world", "A world.", ToolForm.TRACEWRIGHT)
    assert (len(read.tools), len(read.fixtures), read.tables) == (1, 1, {"t": {"1": {"a": 1}}})
    reasons = [one.reason for one in read.refused]
    assert "did not load" in reasons[1]
    assert "answer is unknown; known are tool, match" in reasons[2]
    assert "a table is an object" in reasons[3]


def test_a_registry_says_whether_its_mock_tools_are_pushed_but_names_no_server() -> None:
    document = {"tools": [{"name": "get", "component": "mock"}], "fixtures": [], "push_mock": True}
    assert read_tools(json.dumps(document)).push_mock is True
    assert read_tools(json.dumps(document | {"push_mock": False})).push_mock is False
    read = read_tools(json.dumps(document | {"mcp": {"command": "rm"}}))
    assert [(one.name, one.reason) for one in read.refused] == [
        ("mcp", "the server of a registry is set by an admin, not by an import")
    ]
    del document["push_mock"]
    assert read_tools(json.dumps(document)).push_mock is None


def test_tools_without_component_get_the_one_that_was_named() -> None:
    read = read_tools(
        '{"tools": [{"name": "a"}, {"name": "b", "component": "vfs", "parameters": []}]}', component="own"
    )
    assert [tool.component for tool in read.tools] == ["own", "vfs"]


BOMB = "a: &a [x, x]\n" + "".join(f"{c}: &{c} [*{p}, *{p}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "holds no tools"),
        ("just words", "holds no tools"),
        ("[]", "an empty list"),
        ('{"tools": []}', "an empty list"),
        ('{"tools": null}', "holds no tools"),
        ('{"tools": [', "can't be read as JSON"),
        ('[{"name": NaN}]', "NaN is no JSON number"),
        (b"\xff\xfe{}", "no UTF-8"),
        (BOMB, "aliases"),
        ("[" * 200 + "]" * 200, "nested"),
        ("[" * 200_000, "nested"),
        ("a: " + "[" * 500, "nested"),
        (json.dumps([{"name": f"t{n}"} for n in range(MAX_TOOLS + 1)]), "at most 2000"),
        ("tools: !!python/object:os.system {}", "can't be read as YAML"),
    ],
)
def test_what_holds_no_tools_or_too_much_is_refused_in_one_sentence(content: str | bytes, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason) as refusal:
        read_tools(content, name="tools.json")
    assert "tools.json" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_schemas_that_point_elsewhere_are_refused_not_fetched() -> None:
    read = read_tools('[{"name": "t", "inputSchema": {"properties": {"a": {"$ref": "http://127.0.0.1:9/x"}}}}]')
    assert "never fetched" in read.refused[0].reason
