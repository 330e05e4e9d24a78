"""JSON as people type it: read strictly, written so that a form field holds it without loss; and the places within it."""

import json
from collections.abc import Sequence
from typing import Any

from studio.domain.errors import Refused
from studio.web.visible_text import is_altered_by_typing, show

Path = tuple[str | int, ...]
"""The keys and indexes that lead to a value."""
MAX_DEPTH = 500
"""Deeper values are refused: no tool means them, and recursion has an end."""


def read_json(text: str) -> Any:
    """The JSON value of a text people typed. Raises ValueError in words for them; a key that stands twice is refused."""
    try:
        value = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise ValueError(f"This is not JSON: {error.msg}, line {error.lineno}, column {error.colno}.") from error
    except RecursionError as error:
        raise ValueError("This is nested too deeply.") from error
    if _depth(value) > MAX_DEPTH:
        raise ValueError("This is nested too deeply.")
    return value


def read_arguments(text: str) -> dict[str, Any]:
    """Like ``read_json`` for the arguments as a whole. Raises Refused."""
    try:
        value = read_json(text)
    except ValueError as error:
        raise Refused(str(error), details=[{"pointer": "", "message": str(error)}]) from error
    if not isinstance(value, dict):
        raise Refused("Arguments are a JSON object.", details=[{"pointer": "", "message": "Write a JSON object."}])
    return value


def write_json(value: object) -> str:
    """The value as indented JSON that a form field holds without loss: odd characters stay escaped."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    if is_altered_by_typing(text) or 'class="odd"' in show(text):
        return json.dumps(value, indent=2, ensure_ascii=True)
    return text


def pointer_to(path: Sequence[str | int]) -> str:
    """The path as a JSON Pointer."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def parts_of(pointer: str) -> list[str]:
    """The unescaped parts of a JSON Pointer."""
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def _depth(value: object) -> int:
    """How deep the value is nested, without recursion; stops counting where it is too deep anyway."""
    level, depth = [value], 0
    while level and depth <= MAX_DEPTH:
        depth += 1
        deeper: list[object] = []
        for one in level:
            if isinstance(one, dict):
                deeper.extend(one.values())
            elif isinstance(one, list):
                deeper.extend(one)
        level = deeper
    return depth


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON value.")


def _once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in members:
        if key in found:
            raise ValueError(f"The key {key!r} stands twice.")
        found[key] = value
    return found
