"""A JSON Schema as rows to read: nothing nested is lost, nothing odd breaks the page."""

import time
from typing import Any

import pytest

from studio.catalog.schema_rows import MAX_CHOICES, SchemaRow, schema_rows


def _rows(properties: dict[str, Any], **schema: Any) -> dict[str, SchemaRow]:
    return {row.path: row for row in schema_rows({"type": "object", "properties": properties, **schema})}


def test_a_row_says_type_duty_choices_and_limits() -> None:
    rows = _rows(
        {
            "state": {"type": "string", "enum": ["open", None, 3]},
            "limit": {"type": "integer", "minimum": 1, "default": 0},
        },
        required=["limit"],
    )
    assert rows["state"].choices == ["open", "null", "3"]
    assert not rows["state"].is_required
    assert rows["limit"].is_required
    assert rows["limit"].limits == ["at least 1", "default 0"]


def test_nested_objects_and_arrays_stand_below_their_parent() -> None:
    item = {"type": "object", "properties": {"sku": {"type": "string"}}, "required": ["sku"]}
    rows = _rows({"order": {"type": "object", "properties": {"items": {"type": "array", "items": item}}}})
    assert list(rows) == ["order", "order.items", "order.items[].sku"]
    assert rows["order.items"].type == "array of object"
    assert rows["order.items[].sku"].is_required


def test_references_and_alternatives_are_followed() -> None:
    person = {"type": "object", "properties": {"mail": {"type": "string", "format": "email"}}}
    rows = _rows(
        {"author": {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/person"}], "description": "Who"}},
        **{"$defs": {"person": person}},
    )
    assert (rows["author"].type, rows["author"].description) == ("string or object", "Who")
    assert rows["author.mail"].limits == ["as email"]


def test_several_types_read_as_words() -> None:
    assert _rows({"a": {"type": ["string", "null"]}})["a"].type == "string or null"
    assert _rows({"a": {}})["a"].type == "any"


@pytest.mark.parametrize(
    "part",
    [
        True,
        False,
        {"$ref": "#/$defs/loop"},
        {"$ref": "#/$defs/lists"},
        {"$ref": "#/$defs/either"},
        {"$ref": "#/nowhere"},
        {"$ref": "#"},
        {"type": "array", "items": True},
    ],
    ids=["true", "false", "loop", "lists of lists", "either itself", "nowhere", "the whole", "any items"],
)
def test_odd_schemas_end(part: Any) -> None:
    loop = {"type": "object", "properties": {"again": {"$ref": "#/$defs/loop"}}}
    lists = {"type": "array", "items": {"$ref": "#/$defs/lists"}}
    either = {"anyOf": [{"$ref": "#/$defs/either"}, {"type": "string"}]}
    assert "a" in _rows({"a": part}, **{"$defs": {"loop": loop, "lists": lists, "either": either}})


def test_a_wide_recursive_schema_stays_readable() -> None:
    node = {"type": "object", "properties": {name: {"$ref": "#/$defs/node"} for name in "abcdefgh"}}
    assert len(_rows({"root": {"$ref": "#/$defs/node"}}, **{"$defs": {"node": node}})) <= 300


@pytest.mark.parametrize("width", [3, 30, 400])
def test_a_schema_that_unfolds_without_measure_is_shown_at_once(width: int) -> None:
    node = {"anyOf": [{"type": "array", "items": {"$ref": "#/$defs/node"}}, {"$ref": "#/$defs/node"}] * width}
    begun = time.thread_time()
    rows = _rows({f"p{number}": {"$ref": "#/$defs/node"} for number in range(50)}, **{"$defs": {"node": node}})
    assert time.thread_time() - begun < 5
    assert len(rows) == 50


def test_of_very_many_choices_the_first_are_shown() -> None:
    choices = _rows({"id": {"enum": list(range(100_000))}})["id"].choices
    assert choices[0] == "0"
    assert choices[-1] == f"… and {100_000 - MAX_CHOICES} more"
    assert len(choices) == MAX_CHOICES + 1
