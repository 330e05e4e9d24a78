"""Whatever a schema says and a call holds: the text opened is the text saved, and each field holds its value exactly."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.review.arguments.drawing import draw
from studio.review.arguments.fields import ArgumentField
from studio.review.arguments.json_text import read_json, write_json
from studio.web.visible_text import typed
from tests.standins.schema_values import value_for

KEYS = st.text(st.characters(exclude_categories=()), max_size=4) | st.sampled_from(["a", "b", "~/", "$ref"])
TEXTS = st.text(st.characters(exclude_categories=()), max_size=6) | st.sampled_from(
    ["", "1", "true", "\r\n", "\x00", "null"]
)
NUMBERS = (
    st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([2**53 + 1, 10**30, 1.0, -0.0])
)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
TYPES = st.sampled_from(["string", "integer", "number", "boolean", "null", "object", "array"])
LEAVES: st.SearchStrategy[Any] = st.one_of(
    st.booleans(),
    st.builds(lambda kind: {"type": kind}, TYPES),
    st.builds(lambda kinds: {"type": kinds}, st.lists(TYPES, min_size=1, max_size=3, unique=True)),
    st.builds(lambda values: {"enum": values}, st.lists(VALUES, min_size=1, max_size=3)),
    st.builds(lambda value: {"const": value}, VALUES),
    st.builds(lambda form: {"type": "string", "format": form}, st.sampled_from(["date", "email", "uuid", "odd"])),
    st.just({"$ref": "#"}),
)


def _compound(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, min_size=1, max_size=3)
    properties = st.dictionaries(KEYS, inner, max_size=3)
    return st.one_of(
        st.builds(
            lambda said, rest: {"type": "object", "properties": said, "additionalProperties": rest}, properties, inner
        ),
        st.builds(lambda said: {"type": "array", "items": said}, inner),
        st.builds(lambda said: {"anyOf": said}, several),
        st.builds(lambda said, base: {"oneOf": said, "properties": base}, several, properties),
        st.builds(lambda said: {"allOf": said}, several),
    )


SCHEMAS = st.recursive(LEAVES, _compound, max_leaves=6)
ROOTS = st.builds(lambda said: {"type": "object", "properties": said}, st.dictionaries(KEYS, SCHEMAS, max_size=3))
CALM = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def exactly(value: object) -> str:
    return json.dumps(value)


def fields_of(field: ArgumentField) -> list[ArgumentField]:
    return [field, *(inner for member in field.members for inner in fields_of(member))]


def held(field: ArgumentField) -> object:
    """The value that the scripts would write for what stands in the field."""
    if field.kind == "choice":
        return read_json(next(option.json for option in field.options if option.is_chosen))
    if field.kind == "text":
        assert typed(field.value) == field.value
        return field.value
    if field.kind == "number":
        try:
            number = json.loads(field.value)
        except ValueError:
            return field.value
        return number if isinstance(number, int | float) and not isinstance(number, bool) else field.value
    return read_json(field.value)


@CALM
@given(VALUES)
def test_text_that_is_opened_and_saved_is_the_same_value_to_the_digit(value):
    text = write_json(value)
    assert typed(text) == text
    assert exactly(read_json(text.replace("\n", "\r\n"))) == exactly(value)


@CALM
@given(ROOTS, st.dictionaries(KEYS, VALUES, max_size=4))
def test_every_field_holds_its_value_exactly(schema, arguments):
    form = draw(arguments, schema=schema)
    for field in fields_of(form):
        if not field.is_given or field.kind in ("group", "list"):
            continue
        value: Any = arguments
        for part in field.path:
            value = value[part]
        assert exactly(held(field)) == exactly(value)


@CALM
@given(ROOTS, st.dictionaries(KEYS, VALUES, max_size=3))
def test_all_that_is_given_is_drawn_once_and_offers_are_json(schema, arguments):
    drawn = fields_of(draw(arguments, schema=schema))
    assert len({field.name for field in drawn}) == len({field.path_json for field in drawn}) == len(drawn)
    assert {field.key for field in drawn[0].members} >= set(arguments)
    for field in drawn:
        offers = [option.json for chooser in field.choosers for option in chooser.options]
        for offer in [field.starter, field.new, *offers, *([field.default] if field.default else [])]:
            read_json(offer)


@pytest.mark.parametrize("name", ["a", "number"])
def test_values_that_fit_are_drawn_without_an_undecided_chooser(name):
    schema = {"properties": {name: {"oneOf": [{"type": "integer"}, {"type": "string"}]}}, "required": [name]}
    form = draw(value_for(schema), schema=schema)
    assert not any(chooser.is_undecided for chooser in form.members[0].choosers)


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', "NaN", "[" * 100_000, "[" * 600 + "]" * 600, "", "1" * 5000])
def test_json_nobody_should_send_is_refused_in_words(text):
    with pytest.raises(ValueError, match=r".+"):
        read_json(text)
