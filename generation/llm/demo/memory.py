"""What the tools have shown so far: records, values by key, texts by the argument they were read with.

Results are parsed when they are JSON; a text that is none (a file) is kept as a reading.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from generation.llm.demo.request import ERROR, Done
from generation.llm.demo.words import stems


class Record(NamedTuple):
    """A JSON object (or a plain string of a list) that a tool showed; ``tool`` showed it under the key ``under``."""

    tool: str
    under: str
    values: dict[str, Any]

    @property
    def words(self) -> frozenset[str]:
        return frozenset(found for value in scalars(self.values) for found in stems(str(value)))


class Reading(NamedTuple):
    """A text that a tool gave for ``subject`` (its first text argument)."""

    tool: str
    subject: str
    text: str


@dataclass
class Memory:
    """Newest last. ``records`` from JSON results, ``readings`` from texts, ``calls`` all of them."""

    calls: list[Done] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)

    def add(self, call: Done) -> None:
        """Take in one answered call; what failed teaches nothing here."""
        self.calls.append(call)
        if call.result is None or call.failed:
            return
        subject = next((value for value in call.arguments.values() if isinstance(value, str)), "")
        try:
            value = json.loads(call.result)
        except ValueError:
            value = None
        if isinstance(value, dict | list):
            self.records.extend(_records(call.tool, "", value))
        if not isinstance(value, dict | list) or ("." in subject.rpartition("/")[2] and "@" not in subject):
            self.readings.append(Reading(call.tool, subject, call.result))


def remember(calls: list[Done]) -> Memory:
    memory = Memory()
    for call in calls:
        memory.add(call)
    return memory


def error_of(call: Done) -> tuple[str, str]:
    """Type and words of a tool error; two empty strings when it is none."""
    match = ERROR.match(call.result or "")
    return (match[1], match[2].strip()) if match else ("", "")


def scalars(value: Any) -> Iterator[Any]:
    """Every scalar in a JSON value."""
    if isinstance(value, dict):
        for item in value.values():
            yield from scalars(item)
    elif isinstance(value, list):
        for item in value:
            yield from scalars(item)
    elif value is not None:
        yield value


def _records(tool: str, under: str, value: Any) -> Iterator[Record]:
    if isinstance(value, list):
        for item in value:
            if isinstance(item, dict | list):
                yield from _records(tool, under, item)
            elif isinstance(item, str):
                yield Record(tool, under, {"": item})
    elif isinstance(value, dict):
        nested = [(key, item) for key, item in value.items() if isinstance(item, dict | list)]
        for key, item in nested:
            if isinstance(item, dict) or any(isinstance(part, dict) for part in item):
                yield from _records(tool, key, item)
        if len(nested) < len(value):
            yield Record(tool, under, value)
