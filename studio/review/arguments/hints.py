"""What a schema says of a value in few words: its limits, its format, how it is written. Hints refuse nothing."""

from typing import Any

from generation.conversation import canonical_json
from studio.review.arguments.schemas import Reading

_SHORT = 120
EXAMPLES = {
    "date": "2025-01-31",
    "date-time": "2025-01-31T09:00:00Z",
    "time": "09:00:00Z",
    "duration": "P1DT2H",
    "email": "name@host",
    "idn-email": "name@host",
    "hostname": "host.name",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://",
    "uri-reference": "../path",
    "iri": "https://",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "json-pointer": "/key/0",
    "regex": "^[a-z]+$",
}
"""How a text of each format is written. Texts of these formats have one line."""
MODES = {"email": "email", "idn-email": "email", "uri": "url", "iri": "url", "ipv4": "decimal"}


def hints_of(reading: Reading, *, kind: str) -> list[str]:
    """The limits that concern a value of this kind, in the words of a form."""
    words = reading.words
    if kind == "text":
        return [
            *_range(words, "minLength", "maxLength", "character"),
            *_said(words, "pattern"),
            *_said(words, "format"),
        ]
    if kind == "number":
        return [*(["whole"] if reading.is_whole else []), *_bounds(words), *_steps(words)]
    if kind == "list":
        unique = ["no two alike"] if words.get("uniqueItems") is True else []
        return [*_range(words, "minItems", "maxItems", "item"), *unique]
    if kind == "group":
        return _range(words, "minProperties", "maxProperties", "key")
    return ["as JSON"] if kind == "json" else []


def short(value: object, length: int = _SHORT) -> str:
    """A value in few words: a text as it is, anything else as JSON."""
    text = value if isinstance(value, str) and value else canonical_json(value)
    return text if len(text) <= length else f"{text[:length]}…"


def words_in(words: dict[str, Any], name: str, *, length: int) -> str:
    """A text the schema says, cut; "" when it says none."""
    said = words.get(name)
    return said[:length] if isinstance(said, str) else ""


def _said(words: dict[str, Any], name: str) -> list[str]:
    said = words.get(name)
    return [f"{name} {said[:_SHORT]}"] if isinstance(said, str) and said else []


def _range(words: dict[str, Any], least: str, most: str, unit: str) -> list[str]:
    low, high = _number(words.get(least)), _number(words.get(most))
    low = "" if low == "0" else low
    if low and high:
        return [f"{low} {unit}{_s(low)}" if low == high else f"{low} to {high} {unit}s"]
    if low:
        return [f"at least {low} {unit}{_s(low)}"]
    return [f"at most {high} {unit}{_s(high)}"] if high else []


def _bounds(words: dict[str, Any]) -> list[str]:
    said = [
        (sign, _number(words.get(word)))
        for word, sign in (("minimum", "≥"), ("exclusiveMinimum", ">"), ("maximum", "≤"), ("exclusiveMaximum", "<"))
    ]
    if said[0][1] and said[2][1] and not said[1][1] and not said[3][1]:
        return [f"{said[0][1]} to {said[2][1]}"]
    return [f"{sign} {number}" for sign, number in said if number]


def _steps(words: dict[str, Any]) -> list[str]:
    step = _number(words.get("multipleOf"))
    return [f"multiple of {step}"] if step and step != "1" else []


def _number(said: object) -> str:
    return short(said, 24) if isinstance(said, int | float) and not isinstance(said, bool) else ""


def _s(number: str) -> str:
    return "" if number == "1" else "s"
