"""Schemas for strict mode, and the way back from strict replies."""

from typing import Any

import jsonschema_rs
import pytest
from pydantic import BaseModel

from generation.llm.schema import reply_schema, restore, wire_schema


def obj(required: list[str] | None = None, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required or []}


def every_object(schema: Any) -> list[dict[str, Any]]:
    if isinstance(schema, list):
        return [found for part in schema for found in every_object(part)]
    if not isinstance(schema, dict):
        return []
    own = [schema] if schema.get("type") == "object" else []
    return own + [found for part in schema.values() for found in every_object(part)]


class Call(BaseModel):
    function_name: str
    reasoning: str = ""


class Step(BaseModel):
    thought: str
    tool_calls: list[Call] = []
    is_final: bool = False


def test_every_object_is_closed_and_names_all_its_properties_as_required() -> None:
    wire = wire_schema(reply_schema(Step))
    assert wire.strict
    objects = every_object(wire.schema)
    assert len(objects) == 2
    for part in objects:
        assert part["additionalProperties"] is False
        assert part["required"] == list(part["properties"])


def test_keywords_that_strict_mode_refuses_are_gone() -> None:
    text = str(wire_schema(obj(a={"type": "string", "default": "x", "minLength": 3, "title": "A"})).schema)
    assert not any(word in text for word in ("default", "minLength", "title"))


def test_limits_that_strict_mode_knows_stay() -> None:
    number = {"type": "integer", "minimum": 1, "maximum": 9, "description": "how many"}
    assert wire_schema(obj(["n"], n=number)).schema["properties"]["n"] == number


@pytest.mark.parametrize(
    "schema",
    [
        obj(arguments={"type": "object"}),
        obj(arguments={"type": "object", "additionalProperties": {"type": "string"}}),
        obj(a={"type": "object", "properties": {"b": {"type": "string"}}, "additionalProperties": True}),
        obj(anything={}),
        obj(items={"type": "array"}),
        obj(a={"not": {"type": "string"}}),
        obj(a={"allOf": [{"type": "string"}, {"minLength": 2}]}),
        {"anyOf": [obj(a={"type": "string"}), obj(b={"type": "string"})]},
    ],
)
def test_what_strict_mode_cannot_say_goes_out_as_it_is_and_not_strict(schema: dict[str, Any]) -> None:
    wire = wire_schema(schema)
    assert (wire.schema, wire.strict) == (schema, False)


def test_recursive_definitions_are_taken() -> None:
    node = obj(["name"], name={"type": "string"}, children={"type": "array", "items": {"$ref": "#/$defs/node"}})
    schema = obj(["root"], root={"$ref": "#/$defs/node"}) | {"$defs": {"node": node}}
    wire = wire_schema(schema)
    assert wire.strict
    said = {"root": {"name": "a", "children": [{"name": "b", "children": None}]}}
    assert jsonschema_rs.is_valid(wire.schema, said)
    assert restore(said, schema) == {"root": {"name": "a", "children": [{"name": "b"}]}}


OPTIONAL = obj(
    ["path"],
    path={"type": "string"},
    limit={"type": "integer"},
    note={"type": ["string", "null"]},
    tags={"type": "array", "items": obj(label={"type": "string"})},
)


def test_nulls_that_stand_for_left_out_are_taken_away_and_meant_nulls_stay() -> None:
    said = {"path": "", "limit": None, "note": None, "tags": [{"label": None}]}
    assert jsonschema_rs.is_valid(wire_schema(OPTIONAL).schema, said)
    restored = restore(said, OPTIONAL)
    assert restored == {"path": "", "note": None, "tags": [{}]}
    assert jsonschema_rs.is_valid(OPTIONAL, restored)


def test_empty_text_zero_and_false_are_never_taken_away() -> None:
    schema = obj(a={"type": "string"}, b={"type": "integer"}, c={"type": "boolean"}, d={"type": "array", "items": {}})
    value = {"a": "", "b": 0, "c": False, "d": []}
    assert restore(value, schema) == value


def test_a_required_null_of_the_wrong_type_stays_for_the_check_to_see() -> None:
    assert restore({"path": None}, OPTIONAL) == {"path": None}


def test_a_union_of_calls_is_restored_by_the_branch_that_was_chosen() -> None:
    def call(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        return obj(["function_name", "arguments"], function_name={"const": name}, arguments=arguments)

    read, find = obj(["path"], path={"type": "string"}), obj(path={"type": ["string", "null"]}, text={"type": "string"})
    schema = obj(["calls"], calls={"type": "array", "items": {"anyOf": [call("read", read), call("find", find)]}})
    said = {"calls": [{"function_name": "find", "arguments": {"path": None, "text": None}}]}
    assert wire_schema(schema).strict
    assert jsonschema_rs.is_valid(wire_schema(schema).schema, said)
    assert restore(said, schema) == {"calls": [{"function_name": "find", "arguments": {"path": None}}]}


def test_the_schema_given_is_not_changed() -> None:
    before = repr(OPTIONAL)
    wire_schema(OPTIONAL)
    assert repr(OPTIONAL) == before


def test_a_reference_to_itself_ends() -> None:
    schema = obj(a={"$ref": "#/$defs/a"}) | {"$defs": {"a": {"$ref": "#/$defs/a"}}}
    assert restore({"a": {"b": 1}}, schema) == {"a": {"b": 1}}
