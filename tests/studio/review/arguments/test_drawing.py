"""Every keyword of a schema has its field; what can't be one is JSON; hostile schemas end and stay text."""

import time
from typing import Any

import pytest
from django.template.loader import render_to_string

from studio.review.arguments.drawing import ABSENT, MAX_FIELDS, draw
from studio.review.arguments.fields import ArgumentField
from studio.review.editors import Editor
from tests.standins.review_rows import registry


def one(schema: Any, value: Any = ABSENT, *, root: dict[str, Any] | None = None, **more: Any) -> ArgumentField:
    """The field of a single argument ``x``."""
    arguments = {} if value is ABSENT else {"x": value}
    return draw(arguments, schema={"type": "object", "properties": {"x": schema}, **(root or {})}, **more).members[0]


def names(field: ArgumentField) -> list[tuple[str, bool]]:
    return [(str(option.words), option.is_chosen) for chooser in field.choosers for option in chooser.options]


@pytest.mark.parametrize(
    ("schema", "value", "kind", "held"),
    [
        ({"type": "string"}, "", "text", ""),
        ({"type": "string"}, "two\nlines", "text", "two\nlines"),
        ({"type": "integer"}, 12345678901234567890, "number", "12345678901234567890"),
        ({"type": "number"}, 1.0, "number", "1.0"),
        ({"type": "number"}, "many", "number", "many"),
        ({"type": "number"}, "12", "json", '"12"'),
        ({"type": "number"}, "", "json", '""'),
        ({"type": "null"}, None, "null", "null"),
        ({"type": ["string", "null"]}, None, "null", "null"),
        ({"type": "string"}, 7, "json", "7"),
        ({"type": "string"}, "a\x00b", "json", '"a\\u0000b"'),
        ({"type": "string"}, "\ud800", "json", '"\\ud800"'),
        ({"type": "string"}, "a\r\nb", "json", '"a\\r\\nb"'),
        ({"type": "string"}, "\u202e", "json", '"\\u202e"'),
        ({}, "free", "text", "free"),
        (True, 3, "number", "3"),
        (False, 3, "number", "3"),
        ({"not": {"type": "string"}}, 3, "number", "3"),
        ({"type": "array"}, [0] * 101, "json", None),
        ({"type": "object"}, {str(n): 0 for n in range(300)}, "json", None),
    ],
)
def test_a_value_has_the_field_that_holds_it_exactly(schema, value, kind, held):
    field = one(schema, value)
    assert field.kind == kind
    assert held is None or field.value == held


@pytest.mark.parametrize(
    ("schema", "starter"),
    [
        ({"type": "string"}, '""'),
        ({"type": "integer", "minimum": 3}, "3"),
        ({"type": "boolean"}, "false"),
        ({"type": ["null", "string"]}, '""'),
        ({"type": "null"}, "null"),
        ({"enum": ["s", "m"]}, '"s"'),
        ({"const": 4}, "4"),
        ({"type": "array", "minItems": 2}, "[]"),
        ({"type": "object", "properties": {"k": {"const": "a"}, "n": {"default": 1}}, "required": ["k", "n"]}, None),
        ({"anyOf": [{"type": "null"}, {"type": "number"}]}, "0"),
    ],
)
def test_what_is_not_given_begins_with_the_least_and_never_a_default(schema, starter):
    field = one({**schema, "default": 9})
    assert not field.is_given
    assert field.is_foldable
    assert field.default == "9"
    assert field.starter == (starter or '{\n  "k": "a"\n}')


def test_enums_and_booleans_are_choices_that_tell_values_apart():
    field = one({"enum": ["s", 1, None, True]}, True)
    assert [(option.json, option.is_chosen) for option in field.options] == [
        ('"s"', False),
        ("1", False),
        ("null", False),
        ("true", True),
    ]
    assert [option.json for option in one({"type": "boolean"}).options] == ["true", "false"]
    other = one({"enum": ["s"]}, "huge").options
    assert [(option.json, option.is_chosen) for option in other] == [('"huge"', True), ('"s"', False)]


def test_constants_with_titles_are_one_choice():
    field = one({"oneOf": [{"const": "a", "title": "Alpha"}, {"const": "b"}]}, "b")
    assert field.kind == "choice"
    assert [str(option.words) for option in field.options] == ["a · Alpha", "b"]
    assert field.choosers == []


def test_a_list_of_types_has_a_chooser_by_the_present_value():
    schema = {"type": ["string", "integer", "null"]}
    assert names(one(schema, 3)) == [("text", False), ("whole number", True), ("null", False)]
    assert names(one(schema)) == [("text", True), ("whole number", False), ("null", False)]
    assert one(schema, True).choosers[0].is_undecided


CARD = {
    "title": "Card",
    "type": "object",
    "properties": {"method": {"const": "card"}, "number": {"type": "string"}},
    "required": ["method", "number"],
}
INVOICE = {
    "title": "Invoice",
    "type": "object",
    "properties": {"method": {"const": "invoice"}, "number": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["method"],
}


@pytest.mark.parametrize("union", ["anyOf", "oneOf"])
def test_the_alternative_that_fits_is_drawn_and_the_others_keep_what_has_a_place(union):
    value = {"method": "invoice", "number": "7"}
    field = one({union: [CARD, INVOICE]}, value)
    assert names(field) == [("Card", False), ("Invoice", True)]
    assert [member.key for member in field.members] == ["method", "number", "days"]
    assert field.choosers[0].options[0].json == '{\n  "method": "card",\n  "number": "7"\n}'


def test_a_constant_tells_alternatives_apart_even_when_the_rest_is_wrong():
    assert names(one({"oneOf": [INVOICE, CARD]}, {"method": "card"})) == [
        ("Invoice", False),
        ("Card", True),
    ]


def test_a_choice_of_people_stands_while_the_value_has_its_type():
    schema = {"anyOf": [{"type": "string"}, {"type": "string", "format": "date", "title": "Day"}]}
    assert names(one(schema, "2025-01-31", choices={'["x"]0': 1})) == [("text", False), ("Day", True)]
    unfit = {"anyOf": [{"type": "string"}, {"type": "integer"}]}
    assert names(one(unfit, "a", choices={'["x"]0': 1})) == [("text", True), ("number", False)]


def test_alternatives_that_only_require_keep_their_properties():
    schema = {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
        "anyOf": [{"required": ["a"]}, {"required": ["b"]}],
    }
    field = one(schema, {"b": "x"})
    assert names(field) == [("with a", False), ("with b", True)]
    assert [(member.key, member.is_required) for member in field.members] == [("a", False), ("b", True)]


def test_all_of_is_one():
    schema = {
        "allOf": [
            {"properties": {"n": {"type": "number", "minimum": 1}}, "required": ["n"]},
            {"$ref": "#/$defs/more"},
        ]
    }
    more = {"properties": {"n": {"type": "integer", "maximum": 9, "minimum": 0}, "m": {}}}
    field = one(schema, {}, root={"$defs": {"more": more}})
    assert [member.key for member in field.members] == ["n", "m"]
    assert field.members[0].is_required
    assert field.members[0].hints == ["whole", "1 to 9"]


def test_references_are_followed_wherever_they_point():
    root = {"$defs": {"a/b": {"$ref": "#/definitions/c%25"}}, "definitions": {"c%": {"type": "integer"}}}
    assert one({"$ref": "#/$defs/a~1b", "description": "Here"}, 1, root=root).description == "Here"
    assert one({"$ref": "#/$defs/a~1b"}, 1, root=root).kind == "number"
    old = {"$schema": "http://json-schema.org/draft-07/schema#", "definitions": {"c": {"type": "string"}}}
    assert one({"$ref": "#/definitions/c", "type": "integer"}, "x", root=old).kind == "text"


def test_recursive_schemas_are_drawn_as_deep_as_the_value():
    tree = {"type": "object", "properties": {"kids": {"type": "array", "items": {"$ref": "#/$defs/tree"}}}}
    field = one({"$ref": "#/$defs/tree"}, {"kids": [{"kids": []}]}, root={"$defs": {"tree": tree}})
    item = field.members[0].members[0]
    assert (item.kind, item.members[0].kind, item.members[0].members) == ("group", "list", [])
    assert field.members[0].new == "{}"


@pytest.mark.parametrize("ref", ["#/$defs/a", "#/nowhere", "https://elsewhere.example/schema"])
def test_references_that_lead_nowhere_take_anything(ref):
    root = {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}
    assert one({"$ref": ref}, "x", root=root).kind == "text"


def test_objects_show_unknown_keys_and_take_new_ones_where_they_may():
    schema = {
        "type": "object",
        "properties": {"a": {"type": "string"}},
        "patternProperties": {"^n_": {"type": "integer"}},
        "additionalProperties": False,
    }
    field = one(schema, {"odd": [1], "n_1": 2, "a": "x"})
    assert [(m.key, m.kind, m.is_extra, m.is_unknown) for m in field.members] == [
        ("a", "text", False, False),
        ("odd", "list", True, True),
        ("n_1", "number", True, False),
    ]
    assert (field.takes_more, field.new) == (True, "0")
    assert not one({"type": "object", "additionalProperties": False}, {}).takes_more
    assert one({"type": "object", "additionalProperties": {"type": "boolean"}}, {}).new == "false"


def test_lists_have_a_schema_for_each_place():
    schema = {"type": "array", "prefixItems": [{"type": "string"}], "items": {"type": "integer"}}
    field = one(schema, ["a", 1, 2])
    assert [member.kind for member in field.members] == ["text", "number", "number"]
    assert one(schema, []).new == '""'
    closed = {"type": "array", "prefixItems": [{"type": "string"}], "items": False}
    assert [one(closed, value).takes_more for value in ([], ["a"])] == [True, False]


@pytest.mark.parametrize(
    ("schema", "hints"),
    [
        ({"type": "string", "minLength": 2, "maxLength": 5}, ["2 to 5 characters"]),
        ({"type": "string", "maxLength": 1, "pattern": "^a$"}, ["at most 1 character", "pattern ^a$"]),
        ({"type": "string", "format": "uuid"}, ["format uuid"]),
        ({"type": "number", "exclusiveMinimum": 0, "multipleOf": 0.5}, ["> 0", "multiple of 0.5"]),
        ({"type": "integer", "minimum": 1, "maximum": 9}, ["whole", "1 to 9"]),
        ({"type": "array", "minItems": 1, "uniqueItems": True}, ["at least 1 item", "no two alike"]),
        ({"type": "object", "maxProperties": 2}, ["at most 2 keys"]),
    ],
)
def test_limits_are_hints(schema, hints):
    assert one(schema).hints == hints


def test_formats_choose_an_input_that_refuses_nothing():
    assert (one({"type": "string", "format": "date"}).mode, one({"type": "string", "format": "date"}).is_line) == (
        "date",
        True,
    )
    assert one({"type": "string", "format": "date"}, "tomorrow").mode == ""
    assert one({"type": "string", "format": "email"}).mode == "email"
    assert one({"type": "string", "format": "date-time"}).placeholder
    assert not one({"type": "string", "format": "uuid"}, "a\nb").is_line


def test_titles_say_more_than_keys_or_nothing():
    assert str(one({"title": "X"}).title_words) == ""
    assert str(one({"title": "A <b>", "readOnly": True}).title_words) == "A &lt;b&gt;"
    assert one({"readOnly": True}).is_read_only


@pytest.mark.parametrize("name", ["files", "issue-tracker", "home"])
def test_every_shipped_tool_can_be_drawn(name):
    for tool in registry(name).tools:
        assert {field.key for field in draw({}, schema=tool.parameters).members} == set(tool.parameters["properties"])


NASTY = '"><script>alert(1)</script>\x00\ud800\u202e'


def deep(levels: int) -> Any:
    value: Any = "end"
    for _ in range(levels):
        value = {"kid": value}
    return value


HOSTILE = [
    ({"x": {NASTY: {"type": "string", "title": NASTY, "description": NASTY}}}, {NASTY: 1}),
    ({"x": {"x": {"enum": [NASTY], "default": NASTY}}}, {}),
    ({"x": {"x": {"type": "string", "pattern": "(a+)+$", "format": NASTY}}}, {"x": "a" * 60}),
    ({"x": {f"p{n}": {"type": "object", "properties": {"q": {}}} for n in range(240)}}, {}),
    ({"x": {"x": {}}}, {"x": [[[0] * 90] * 90] * 3}),
    ({"x": {"x": {"anyOf": [{"anyOf": [{"$ref": "#"}] * 30}] * 30}}}, {"x": {}}),
    ({"x": {"x": {"$ref": "#"}}}, deep(300)),
]


@pytest.mark.parametrize(("properties", "arguments"), HOSTILE)
def test_hostile_schemas_and_values_are_bounded_and_escaped(properties, arguments):
    begun = time.thread_time()
    form = draw(arguments, schema={"type": "object", "properties": properties["x"]}, prefix="p-")
    html = render(form)
    html.encode("utf-8")
    assert time.thread_time() - begun < 5
    assert form.count <= MAX_FIELDS + 600
    assert "<script>" not in html
    assert "\u202e" not in html
    assert "\x00" not in html


def test_sixty_fields_are_drawn_in_no_time():
    properties = {f"s{n}": [{"type": "string"}, {"type": "integer"}, {"enum": ["a", "b"]}][n % 3] for n in range(60)}
    schema = {"type": "object", "properties": properties, "required": ["s0"]}
    render(draw({}, schema=schema))
    times = []
    for _ in range(5):
        begun = time.thread_time()
        html = render(draw({"s3": "x"}, schema=schema))
        times.append(time.thread_time() - begun)
    assert min(times) < 0.25  # 20 ms on an idle machine; a guard against what grows with the square
    assert "58 more, not given" in html


def render(form: ArgumentField) -> str:
    editor = Editor(target="p", kind="fields", url="/c/edit/", version=1, draft="d", form=form)
    return render_to_string("review/arguments/form.html", {"editor": editor})
