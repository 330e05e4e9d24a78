"""What a text names exactly, and that finding it stays quick."""

import time

import pytest

from generation.checks.literals import decimals, literals, readings, whole_literal


def test_each_kind_is_found_where_it_stands():
    text = (
        'LEND-104 (docs/a.md, `run.sh`) by ann@x.org at https://x.org/a?b=1. "Two words" on 2026-03-19, 14:30: '
        "1,234.50 EUR, 90%, ~/notes and /var/log/app.log #12."
    )
    found = list(literals(text))
    assert [(one.kind.value, one.text) for one in found] == [
        ("id", "LEND-104"),
        ("path", "docs/a.md"),
        ("quoted", "run.sh"),
        ("email", "ann@x.org"),
        ("url", "https://x.org/a?b=1"),
        ("quoted", "Two words"),
        ("date", "2026-03-19"),
        ("time", "14:30"),
        ("number", "1,234.50"),
        ("number", "90"),
        ("path", "~/notes"),
        ("path", "/var/log/app.log"),
        ("id", "#12"),
    ]
    assert all(text[one.start : one.end] == one.text for one in found)


@pytest.mark.parametrize(
    "text", ["and/or", "km/h", "he's and they're", "e.g. this, i.e. that", "v2", "the 21st", "A4", "Ada Lovelace", "…"]
)
def test_ordinary_words_are_no_literals(text):
    assert list(literals(text)) == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ORD-4711", "id"),
        ("living_room", "id"),
        ("opening hours.txt", "path"),
        ("docs/", "path"),
        ("12.50", "number"),
        ("2026-03-19T10:00:00Z", "date"),
        ("milk", None),
        ("two words", None),
        ("*.csv", None),
        ("Europe/Berlin", None),
        ("a sentence that ends. And goes on", None),
        ("", None),
    ],
)
def test_a_value_is_a_literal_as_a_whole_or_not_at_all(text, kind):
    literal = whole_literal(text)
    assert (literal.kind.value if literal else None) == kind


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ("1,234", {1.234, 1234.0}),
        ("1,234.50", {1234.5}),
        ("1.234,50", {1234.5}),
        ("1 234 567", {1234567.0}),
        ("1.234.567", {1234567.0}),
        ("412,5", {412.5, 4125.0}),
        ("7", {7.0}),
    ],
)
def test_a_number_is_read_in_every_way_it_may_be_meant(written, values):
    assert readings(written) == values


def test_decimals_are_what_the_writer_may_have_rounded_to():
    assert [decimals(text) for text in ("7", "7.5", "7,50", "1,234.567")] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        "1,",
        "/",
        "a-",
        "x.",
        "a/",
        "1 234 ",
        '"',
        "'a",
        "a1b2",
        "@",
        "a@b.",
        "2026-",
        "é",
        "~/",
        "#1",
        "..",
        "“",
        "1:",
    ],
)
def test_long_hostile_text_is_read_in_linear_time(unit):
    text = unit * (60_000 // len(unit))
    started = time.thread_time()
    list(literals(text))
    whole_literal(text)
    # quadratic reading takes minutes here
    assert time.thread_time() - started < 3
