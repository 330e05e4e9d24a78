"""Templates in mock answers: ``{{name}}`` filled from a call's arguments and from what an action met.

Filled exactly once: nothing that was put in is looked at again, so an argument can't smuggle a template.
The contract stands in ``generation.fixtures``.
"""

import re
from collections.abc import Mapping
from typing import Any

from generation.sandbox.json_values import ABSENT, look_up
from generation.sandbox.quota import QuotaExceeded
from generation.sandbox.replies import text_of

# The name begins and ends with no space: were that left open, a long run of spaces would take cubic time.
TEMPLATE = re.compile(r"\{\{\s*([^{}\s](?:[^{}]*[^{}\s])?)\s*\}\}")

MAX_FILLED = 4 * 2**20
"""Characters that filling one value may put in: a megabyte in a thousand places would be a gigabyte."""


def fill(value: object, values: Mapping[str, Any]) -> Any:
    """``value`` with its templates filled; ABSENT when it is one template of something absent.

    A string that is one template becomes the JSON value itself; inside a longer string the value's text, and
    nothing for what is absent. Members and items that come out ABSENT are left out. Raises QuotaExceeded.
    """
    return _filled(value, values, _Room())


class _Room:
    """What may still be put in."""

    def __init__(self) -> None:
        self.left = MAX_FILLED

    def take(self, text: str) -> str:
        self.left -= len(text)
        if self.left < 0:
            raise QuotaExceeded(f"Quota exceeded: an answer is filled with at most {MAX_FILLED} characters")
        return text


def _filled(value: object, values: Mapping[str, Any], room: _Room) -> Any:
    if isinstance(value, str):
        whole = TEMPLATE.fullmatch(value)
        if whole:
            found = look_up(values, whole[1])
            if found is not ABSENT:
                room.take(text_of(found))
            return found
        return TEMPLATE.sub(lambda template: room.take(_text_at(values, template[1])), value)
    if isinstance(value, Mapping):
        filled = {key: _filled(member, values, room) for key, member in value.items()}
        return {key: member for key, member in filled.items() if member is not ABSENT}
    if isinstance(value, list):
        return [item for item in (_filled(item, values, room) for item in value) if item is not ABSENT]
    return value


def fill_text(value: object, values: Mapping[str, Any]) -> str:
    """``value`` filled, as text; empty when it is absent."""
    filled = fill(value, values)
    return "" if filled is ABSENT else text_of(filled)


def fill_as_text(value: object, arguments: Mapping[str, Any]) -> Any:
    """The mock component's own, plainer templates: ``{{arg}}`` always becomes text, and an unknown one stays.

    Raises QuotaExceeded.
    """
    return _filled_as_text(value, arguments, _Room())


def _filled_as_text(value: object, arguments: Mapping[str, Any], room: _Room) -> Any:
    if isinstance(value, str):
        return TEMPLATE.sub(lambda template: room.take(_text_or_itself(arguments, template)), value)
    if isinstance(value, Mapping):
        return {key: _filled_as_text(member, arguments, room) for key, member in value.items()}
    if isinstance(value, list):
        return [_filled_as_text(item, arguments, room) for item in value]
    return value


def _text_at(values: Mapping[str, Any], path: str) -> str:
    found = look_up(values, path)
    return "" if found is ABSENT else text_of(found)


def _text_or_itself(arguments: Mapping[str, Any], template: re.Match[str]) -> str:
    return text_of(arguments[template[1]]) if template[1] in arguments else template[0]
