"""Scenarios in: JSONL, JSON, CSV and YAML files, and DeepFabric's topic trees and graphs.

The suffix of the name decides, and the content where the suffix does not. Each entry that is no scenario is refused
by its number (the line in JSONL and CSV, else the position in the list) with its reason; the others are kept.
"""

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import PurePath
from typing import Any, NamedTuple

from pydantic import BaseModel, Field, ValidationError

from generation.errors import InvalidInput
from generation.formats.documents import parse_json, parse_yaml, read_text
from generation.formats.topic_files import is_graph, scenario_of_path, topic_paths
from generation.plan import Scenario, explain

MAX_SCENARIOS = 100_000
COLUMNS = tuple(Scenario.model_fields)

Entry = tuple[int, object]


class RefusedScenario(NamedTuple):
    """An entry that was left out. ``number`` counts from 1."""

    number: int
    reason: str


class ScenariosRead(BaseModel):
    """What an import brought, in the order of the file."""

    scenarios: list[Scenario] = Field(default_factory=list)
    refused: list[RefusedScenario] = Field(default_factory=list)


def read_scenarios(content: str | bytes, *, name: str) -> ScenariosRead:
    """The scenarios in a file. ``name`` is the file's, for its suffix and for messages.

    Raises InvalidInput when the file holds no entries at all, is none of the forms, or holds too many.
    """
    text = read_text(content, name=name)
    if not text.strip():
        raise InvalidInput(f"{name} is empty: write one scenario a line, at least with a prompt")
    read = ScenariosRead()
    for number, value in _entries_of(text, name):
        if len(read.scenarios) + len(read.refused) >= MAX_SCENARIOS:
            raise InvalidInput(f"{name} holds more than {MAX_SCENARIOS} scenarios: divide it")
        try:
            read.scenarios.append(_scenario(value))
        except ValueError as error:
            read.refused.append(RefusedScenario(number, _reason(error)))
    if not read.scenarios and not read.refused:
        raise InvalidInput(f"{name} holds no scenarios: write one a line, at least with a prompt")
    return read


def _entries_of(text: str, name: str) -> Iterator[Entry]:
    suffix = PurePath(name).suffix.lower()
    read = _BY_SUFFIX.get(suffix) or _by_content(text)
    return read(text, name)


def _by_content(text: str) -> Callable[[str, str], Iterator[Entry]]:
    head = text.lstrip()
    if head[0] in "{[":
        return _json_entries
    header = head.splitlines()[0].lower()
    columns = {column.strip().strip('"') for column in header.replace(";", ",").replace("\t", ",").split(",")}
    return _csv_entries if "prompt" in columns else _yaml_entries


def _jsonl_entries(text: str, name: str) -> Iterator[Entry]:
    if text.lstrip().startswith("["):  # a list under the wrong suffix
        return _json_entries(text, name)
    return _line_entries(text)


def _line_entries(text: str) -> Iterator[Entry]:
    # Only \n ends a line: U+2028 and its like may stand in a JSON string.
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield number, parse_json(line)
            except ValueError as error:
                yield number, _Unparsed(f"no JSON: {error}")


def _json_entries(text: str, name: str) -> Iterator[Entry]:
    try:
        document = parse_json(text)
    except ValueError as error:
        lines = text.strip().split("\n")
        if len(lines) > 1 and lines[0].strip().endswith("}"):
            return _line_entries(text)
        raise InvalidInput(f"{name} is no JSON: {error}") from error
    return _document_entries(document, name)


def _yaml_entries(text: str, name: str) -> Iterator[Entry]:
    try:
        document = parse_yaml(text)
    except ValueError as error:
        raise InvalidInput(f"{name} is no YAML: {error}") from error
    return _document_entries(document, name)


def _document_entries(document: object, name: str) -> Iterator[Entry]:
    if is_graph(document):
        return enumerate(({"path": path} for path in topic_paths(document)), 1)
    if isinstance(document, dict):
        document = document.get("scenarios", [document])
    if not isinstance(document, list):
        raise InvalidInput(f"{name} holds no list of scenarios")
    return enumerate(document, 1)


def _csv_entries(text: str, name: str) -> Iterator[Entry]:
    header = text.lstrip("\n").split("\n", 1)[0]
    delimiter = max(",;\t", key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns: list[str] = []
    while True:
        number = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield number, _Unparsed(f"no CSV: {error}")
            continue
        if not any(cell.strip() for cell in row):
            continue
        if not columns:
            columns = _columns(row, name)
        else:
            yield number, _row(columns, row)


def _columns(row: list[str], name: str) -> list[str]:
    columns = [cell.strip().lower().replace(" ", "_").replace("-", "_") for cell in row]
    unknown = [column for column in columns if column not in COLUMNS]
    if unknown or "prompt" not in columns:
        problem = f"has the unknown columns {', '.join(unknown)}" if unknown else "has no column prompt"
        raise InvalidInput(f"{name} {problem}; known are {', '.join(COLUMNS)}")
    if len(set(columns)) < len(columns):
        raise InvalidInput(f"{name} names a column twice")
    return columns


def _row(columns: list[str], row: list[str]) -> object:
    if len(row) > len(columns):
        return _Unparsed(f"{len(row)} cells for {len(columns)} columns")
    cells = {column: cell for column, cell in zip(columns, row, strict=False) if cell.strip()}
    try:
        return {column: _cell(column, cell) for column, cell in cells.items()}
    except ValueError as error:
        return _Unparsed(str(error))


def _cell(column: str, cell: str) -> object:
    if column == "turns":
        return int(cell) if cell.strip().isdecimal() else cell
    if column in ("seed_files", "seed_tables", "faults"):
        try:
            return parse_json(cell)
        except ValueError as error:
            raise ValueError(f"{column} is no JSON {'list' if column == 'faults' else 'object'}: {error}") from error
    if column in ("tags", "tools"):
        if cell.lstrip().startswith("["):
            return parse_json(cell)
        return [word.strip() for word in cell.replace(";", ",").split(",") if word.strip()]
    return cell.strip() if column in ("mode", "pattern", "language") else cell


class _Unparsed(str):
    """What is wrong with an entry that could not even be parsed."""


def _scenario(value: object) -> Scenario:
    if isinstance(value, _Unparsed):
        raise ValueError(str(value))
    if isinstance(value, str):
        value = {"prompt": value}
    if not isinstance(value, dict):
        raise ValueError("a scenario is an object with at least a prompt")
    if set(value) == {"path"}:
        value = scenario_of_path(value["path"])
    members: dict[str, Any] = {key: member for key, member in value.items() if member is not None}
    if isinstance(members.get("prompt"), str) and not members["prompt"].strip():
        raise ValueError("prompt is empty")
    return Scenario.model_validate(members)


def _reason(error: ValueError) -> str:
    return explain(error, known=list(COLUMNS)) if isinstance(error, ValidationError) else str(error)


_BY_SUFFIX: dict[str, Callable[[str, str], Iterator[Entry]]] = {
    ".jsonl": _jsonl_entries,
    ".ndjson": _jsonl_entries,
    ".json": _json_entries,
    ".csv": _csv_entries,
    ".tsv": _csv_entries,
    ".yaml": _yaml_entries,
    ".yml": _yaml_entries,
}
