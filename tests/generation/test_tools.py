"""Arguments against schemas: everything that is wrong, at its place, whatever text models emit."""

from typing import Any

import pytest

from generation.tools import ToolDefinition, violations

TOOL = ToolDefinition(
    name="send",
    parameters={
        "type": "object",
        "properties": {
            "to": {"type": "string", "format": "email"},
            "text": {"type": "string", "minLength": 1, "maxLength": 3},
            "tags": {"type": "array", "items": {"type": "string"}},
            "count": {"type": "integer", "minimum": 0},
        },
        "required": ["to"],
        "additionalProperties": False,
    },
)


@pytest.mark.parametrize(
    ("arguments", "pointers"),
    [
        ({"to": "a@b.example"}, []),
        ({}, ["/to"]),
        ({"to": "nobody"}, ["/to"]),
        ({"to": "a@b.example", "text": ""}, ["/text"]),
        ({"to": "a@b.example", "tags": ["x", 1]}, ["/tags/1"]),
        ({"to": "a@b.example", "count": True}, ["/count"]),
        ({"to": "a@b.example", "count": 0}, []),
        ({"to": "a@b.example", "more": 1}, [""]),
        ({"to": "a@b.example", "text": "\ud800\ud800\ud800"}, []),
        ({"to": "a@b.example", "text": "\ud800xxx"}, ["/text"]),
        ({"to": "a@b.example", "\ud800": 1}, [""]),
        ({"to": "a@b.example", "text": "\x00"}, []),
        (["to"], [""]),
    ],
)
def test_each_violation_is_named_at_its_place(arguments: Any, pointers: list[str]) -> None:
    assert [violation.pointer for violation in violations(arguments, TOOL)] == pointers


def test_a_pointer_escapes_what_it_must() -> None:
    tool = ToolDefinition(name="t", parameters={"type": "object", "properties": {"a/b~c": {"type": "integer"}}})
    assert [violation.pointer for violation in violations({"a/b~c": "x"}, tool)] == ["/a~1b~0c"]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array"},
        {"type": "object", "properties": {"a": {"type": "nonsense"}}},
        {"type": "object", "properties": {"a": {"$ref": "http://169.254.169.254/schema"}}},
        {"type": "object", "properties": {"a": {"$ref": "#/$defs/missing"}}},
    ],
)
def test_what_is_no_usable_schema_is_refused_and_nothing_is_fetched(schema: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"parameters (must be|are no valid)"):
        ToolDefinition(name="t", parameters=schema)
