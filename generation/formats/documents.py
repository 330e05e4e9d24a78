"""Documents: somebody's JSON or YAML text to plain JSON data, within bounds.

Owns the limits of every import. YAML is read as the JSON it stands for: no tags, dates or yes/no truths (a language code
``no`` stays one), and no aliases, with which a short file can unfold into gigabytes.
"""

import json
import math
import re
from typing import Any, NoReturn

import yaml

from generation.errors import InvalidInput

MAX_BYTES = 64 * 2**20
MAX_YAML_BYTES = 2 * 2**20  # parsing a YAML text takes seconds a megabyte
MAX_DEPTH = 64

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C one is ten times faster, and not in every build


def read_text(content: str | bytes, *, name: str) -> str:
    """The text of an uploaded file: UTF-8, with or without byte order mark. Raises InvalidInput."""
    if len(content) > MAX_BYTES:
        raise InvalidInput(f"{name} is larger than {MAX_BYTES // 2**20} MiB: divide it")
    if isinstance(content, str):
        return content.removeprefix("\ufeff")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{name} is no UTF-8 text (byte {error.start}): save it as UTF-8") from error


def parse_json(text: str) -> Any:
    """A JSON value. Raises ValueError for what is none, for NaN and infinities, and for deep nesting."""
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    check_depth(value)
    return value


def parse_yaml(text: str) -> Any:
    """The JSON value that a YAML text stands for. Raises ValueError."""
    if len(text) > MAX_YAML_BYTES:
        raise ValueError(f"YAML is read up to {MAX_YAML_BYTES // 2**20} MiB: write JSON instead")
    try:
        _check_events(text)
        return _as_json(yaml.load(text, Loader=_JsonLoader))  # noqa: S506 - a SafeLoader with fewer types
    except yaml.YAMLError as error:
        raise ValueError(_explain_yaml(error)) from error


def parse_document(text: str, *, name: str) -> Any:
    """JSON, when the text begins like it, else YAML. Raises InvalidInput that says why it is neither."""
    looks_like_json = text.lstrip()[:1] in ("{", "[")
    try:
        return parse_json(text) if looks_like_json else parse_yaml(text)
    except ValueError as error:
        raise InvalidInput(f"{name} can't be read as {'JSON' if looks_like_json else 'YAML'}: {error}") from error


def check_depth(value: object, *, limit: int = MAX_DEPTH) -> None:
    """Raises ValueError when lists and objects nest deeper than ``limit``."""
    level: list[object] = [value]
    for _ in range(limit + 1):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return
    raise ValueError(f"nested deeper than {limit} levels")


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON number")


def _check_events(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=Loader):
        if isinstance(event, yaml.AliasEvent):
            raise ValueError(f"{_place(event.start_mark)}YAML aliases (*{event.anchor}) are not read, write it out")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _explain_yaml(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    return _place(mark) + (getattr(error, "problem", None) or str(error).splitlines()[0])


def _place(mark: Any) -> str:
    return f"line {mark.line + 1}: " if mark else ""


def _as_json(value: object) -> object:
    if isinstance(value, dict):
        return {key if isinstance(key, str) else json.dumps(key): _as_json(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_as_json(inner) for inner in value]
    if value is None or isinstance(value, str | bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise ValueError(f"a YAML value of type {type(value).__name__} has no counterpart in JSON")


class _JsonLoader(Loader):  # type: ignore[misc, valid-type]  # chosen at import, by what PyYAML was built with
    """Only the scalars of JSON (YAML 1.2's core schema), anything else is text."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}


for _tag, _pattern, _first in (
    ("tag:yaml.org,2002:null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("tag:yaml.org,2002:bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("tag:yaml.org,2002:int", r"^[-+]?(?:0|[1-9][0-9]*)$", list("-+0123456789")),
    (
        "tag:yaml.org,2002:float",
        r"^[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)(?:[eE][-+]?[0-9]+)?$",
        list("-+0123456789."),
    ),
):
    _JsonLoader.add_implicit_resolver(_tag, re.compile(_pattern), _first)
