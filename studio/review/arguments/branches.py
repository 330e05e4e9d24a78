"""Alternatives of a schema (``anyOf``, ``oneOf``): which of them a value means, and what each is called."""

from collections.abc import Sequence
from typing import Any

from generation.conversation import canonical_json
from studio.review.arguments.schemas import Reading, Schema, SchemaReader, type_of

MAX_BRANCHES = 40
_SHORT = 60
TYPE_WORDS = {
    "string": "text",
    "number": "number",
    "boolean": "true or false",
    "object": "object",
    "array": "list",
    "null": "null",
}


def constants_of(reader: SchemaReader, branches: Sequence[Schema]) -> list[tuple[Any, str]] | None:
    """Values with their titles when each alternative is one constant: an enum in other words. None when they are not."""
    found = []
    for branch in branches:
        words = reader.read(branch).words
        if "const" not in words:
            return None
        found.append((words["const"], str(words.get("title", ""))))
    return found


def branch_of(reader: SchemaReader, value: object, *, base: Schema, branches: Sequence[Schema]) -> int | None:
    """The alternative that the value fits, or fits best; None when none takes even its type.

    A constant that differs counts more than everything else: it is how alternatives are told apart.
    """
    kind = type_of(value)
    likely = [number for number, branch in enumerate(branches) if kind in types_of(reader, base, branch)]
    if len(likely) < 2:
        return likely[0] if likely else None
    return min(likely, key=lambda number: (_misfit(reader, value, branches[number]), number))


def types_of(reader: SchemaReader, base: Schema, branch: Schema) -> list[str]:
    """The types an alternative takes, its own alternatives included."""
    reading = reader.read(branch, base)
    for union in reading.unions[:1]:
        inner = [name for one in union[:MAX_BRANCHES] for name in reader.read(one).types]
        return list(dict.fromkeys(name for name in inner if name in reading.types))
    if "const" in reading.words:
        return [type_of(reading.words["const"])]
    if isinstance(reading.words.get("enum"), list):
        return list(dict.fromkeys(type_of(value) for value in reading.words["enum"]))
    return reading.types


def name_branch(reader: SchemaReader, branch: Schema, *, number: int) -> str:
    """What people call an alternative: its title, its constant, its type, what it requires, or its number."""
    reading = reader.read(branch)
    words = reading.words
    if isinstance(words.get("title"), str) and words["title"]:
        return str(words["title"])[:_SHORT]
    if "const" in words:
        return _short(words["const"])
    told = _constants(reader, reading)
    if told:
        return ", ".join(told)[:_SHORT]
    if isinstance(branch, dict) and isinstance(branch.get("$ref"), str):
        return str(branch["$ref"].rpartition("/")[2])[:_SHORT] or f"Option {number}"
    if set(words) == {"required"}:
        return f"with {', '.join(reading.required)}"[:_SHORT]
    if "type" in words or len(reading.types) == 1:
        return " or ".join(TYPE_WORDS[name] for name in reading.types)[:_SHORT] or f"Option {number}"
    return f"Option {number}"


def distinct(names: Sequence[str]) -> list[str]:
    """The names, those that stand twice with their number."""
    return [f"{name} ({number})" if names.count(name) > 1 else name for number, name in enumerate(names, start=1)]


def _constants(reader: SchemaReader, reading: Reading) -> list[str]:
    members = [reader.read(reading.properties[key]).words for key in reading.required if key in reading.properties]
    return [_short(words["const"]) for words in members[:MAX_BRANCHES] if "const" in words]


def _misfit(reader: SchemaReader, value: object, branch: Schema) -> int:
    found = reader.violations(value, branch)
    return len(found) + 100 * sum(_is_told_apart(reader, branch, violation.path) for violation in found)


def _is_told_apart(reader: SchemaReader, branch: Schema, path: tuple[str | int, ...]) -> bool:
    if len(path) != 1 or not isinstance(path[0], str):
        return False
    words = reader.read(reader.read(branch).properties.get(path[0], {})).words
    return "const" in words or "enum" in words


def _short(value: object) -> str:
    return (value if isinstance(value, str) and value else canonical_json(value))[:_SHORT]
