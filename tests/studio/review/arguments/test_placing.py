"""Violations stand at the field they point to, at the nearest one around it, or on top."""

from typing import Any

from studio.review.arguments.drawing import draw
from studio.review.arguments.placing import choices_in, explain, place
from studio.review.arguments.schemas import SchemaReader

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "a/b": {"type": "array", "items": {"type": "object", "properties": {"n": {"type": "integer"}}}},
        "big": {"type": "array"},
        "pay": {
            "oneOf": [
                {
                    "type": "object",
                    "properties": {"by": {"const": "card"}, "no": {"type": "string"}},
                    "required": ["by"],
                },
                {"type": "object", "properties": {"by": {"const": "post"}}, "required": ["by"]},
            ]
        },
    },
    "required": ["must"],
}


def details(arguments: object) -> list[dict[str, str]]:
    found = SchemaReader(SCHEMA).violations(arguments, SCHEMA)
    return [{"pointer": one.pointer, "message": one.message} for one in found]


def test_a_violation_stands_at_its_own_field():
    arguments = {"a/b": [{"n": 1}, {"n": "x"}], "must": 1}
    form = draw(arguments, schema=SCHEMA)
    assert place(form, details=details(arguments)) == []
    field = form.members[0].members[1].members[0]
    assert (field.pointer, len(field.errors)) == ("/a~1b/1/n", 1)
    assert form.members[0].is_refused


def test_what_is_within_a_field_of_json_stands_there_with_its_place():
    form = draw({"big": [0] * 200, "must": 1}, schema=SCHEMA)
    place(form, details=[{"pointer": "/big/7/x", "message": "is <wrong>"}])
    assert form.members[1].errors == ["7/x: is &lt;wrong&gt;"]


def test_what_has_no_field_is_given_back():
    form = draw({}, schema=SCHEMA)
    lost = [{"pointer": "/must", "message": "missing"}, {"pointer": "", "message": "all wrong"}]
    assert place(form, details=lost) == lost


def test_no_alternative_fits_is_told_as_what_breaks_the_one_that_is_drawn():
    arguments = {"pay": {"by": "card", "no": 7}, "must": 1}
    form = draw(arguments, schema=SCHEMA)
    found = details(arguments)
    assert [one["pointer"] for one in found] == ["/pay"]
    told = explain(form, found, arguments=arguments, schema=SCHEMA)
    assert [one["pointer"] for one in told] == ["/pay/no"]
    assert place(form, details=told) == []


def test_choices_of_browsers_are_names_with_numbers():
    assert choices_in({"a": 1, "b": True, "c": "x"}) == {"a": 1}
    assert choices_in([1]) == {}
