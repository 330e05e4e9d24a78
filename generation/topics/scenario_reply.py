"""What a model answers when it is asked for a scenario, and the check that makes a Scenario of it.

The schema offers seed files only where tools work on files, and seed records only for tables whose records have a shape.
Refuses to mend: what is wrong is told to the model, all of it at once.
"""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any, Self

from pydantic import BaseModel, Field, ValidationError

from generation.checks.calls import PLACEHOLDER
from generation.conversation import canonical_json
from generation.plan import Mode, Scenario, explain
from generation.sandbox.client import VFS
from generation.similarity import words
from generation.tools import ToolRegistry, compile_schema
from generation.topics.record_shapes import Schema, Table, key_of, record_schema
from generation.topics.scenario_mix import Brief

MAX_FILES = 12
MAX_FILE_CHARACTERS = 20_000
MAX_ALL_CHARACTERS = 60_000
MAX_RECORDS = 20
MAX_PROMPT_CHARACTERS = 2_000
MAX_PERSONA_CHARACTERS = 300
MIN_PROMPT_WORDS = 6
MAX_SHAPES_CHARACTERS = 20_000
"""Tables beyond this much schema take no seed records: every request would pay for it, and providers refuse large ones."""

_PATH = re.compile(r"[^/\\\x00-\x1f]{1,100}(?:/[^/\\\x00-\x1f]{1,100}){0,8}")


class SeedFile(BaseModel):
    path: str
    content: str


class SeedRecord(BaseModel):
    table: str
    key: str
    record: dict[str, Any]


class ScenarioReply(BaseModel):
    """A scenario as the model wrote it."""

    prompt: str
    persona: str = ""
    turns: int | None = None
    seed_files: list[SeedFile] = Field(default_factory=list)
    seed_records: list[SeedRecord] = Field(default_factory=list)


class UnusableScenario(ValueError):
    """The reply is no scenario that could be used; the message says everything that is wrong, worded for the model."""


@dataclass(frozen=True, kw_only=True)
class ScenarioWorld:
    """What scenarios can rely on: the tools, whether they work on files, the tables and the shapes of their records."""

    registry: ToolRegistry
    shapes: dict[str, Schema]

    @classmethod
    def of(cls, registry: ToolRegistry) -> Self:
        shapes: dict[str, Schema] = {}
        for name, table in registry.tables.items():
            schema = record_schema(table)
            if schema and len(canonical_json([*shapes.values(), schema])) <= MAX_SHAPES_CHARACTERS:
                shapes[name] = schema
        return cls(registry=registry, shapes=shapes)

    @property
    def has_files(self) -> bool:
        return any(tool.component == VFS for tool in self.registry.tools)

    @property
    def has_only_files(self) -> bool:
        return all(tool.component == VFS for tool in self.registry.tools)

    def reply_schema(self) -> Schema:
        """The JSON Schema a scenario is asked for in."""
        text: Schema = {"type": "string"}
        properties: dict[str, Schema] = {
            "prompt": text,
            "persona": text,
            "turns": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        }
        if self.has_files:
            properties["seed_files"] = {"type": "array", "items": _closed({"path": text, "content": text})}
        records = [
            _closed({"table": {"type": "string", "enum": [name]}, "key": text, "record": shape})
            for name, shape in self.shapes.items()
        ]
        if records:
            properties["seed_records"] = {
                "type": "array",
                "items": records[0] if len(records) == 1 else {"anyOf": records},
            }
        return _closed(properties)


def scenario_of(reply: ScenarioReply, brief: Brief, *, world: ScenarioWorld) -> Scenario:
    """The scenario of a reply, as the brief wants it. Raises UnusableScenario."""
    problems = [
        *_prompt_problems(reply.prompt, world.registry),
        *_turn_problems(reply, brief),
        *_file_problems(reply, brief, world),
        *_record_problems(reply, world),
    ]
    if len(reply.persona) > MAX_PERSONA_CHARACTERS:
        problems.append(f"the persona is longer than {MAX_PERSONA_CHARACTERS} characters: one short phrase")
    if problems:
        raise UnusableScenario("; ".join(problems))
    tables: dict[str, dict[str, Any]] = {}
    for seed in reply.seed_records:
        tables.setdefault(seed.table, {})[seed.key] = seed.record
    try:
        return Scenario(
            prompt=" ".join(reply.prompt.split()),
            topic=brief.topic,
            mode=brief.mode,
            turns=reply.turns if brief.mode is Mode.MULTI_TURN else None,
            seed_files={file.path: file.content for file in reply.seed_files},
            seed_tables=tables,
            persona=brief.persona or " ".join(reply.persona.split()),
            language=brief.language,
            pattern=brief.pattern,
        )
    except ValidationError as error:
        raise UnusableScenario(explain(error, known=list(Scenario.model_fields))) from error


def _prompt_problems(text: str, registry: ToolRegistry) -> list[str]:
    problems = []
    if len(words(text)) < MIN_PROMPT_WORDS:
        problems.append("the prompt says too little: two to four sentences")
    if len(text) > MAX_PROMPT_CHARACTERS:
        problems.append(f"the prompt is longer than {MAX_PROMPT_CHARACTERS} characters: two to four sentences")
    placeholder = PLACEHOLDER.search(text)
    if placeholder:
        problems.append(f"the prompt holds the placeholder {placeholder[0]!r}: write a concrete value")
    # A one-word name such as "search" is also a word of the language.
    named = [
        tool.name for tool in registry.tools if "_" in tool.name and re.search(rf"\b{re.escape(tool.name)}\b", text)
    ]
    if named:
        problems.append(f"the prompt names the tool {named[0]}: say what is wanted, not how")
    return problems


def _turn_problems(reply: ScenarioReply, brief: Brief) -> list[str]:
    if brief.mode is Mode.MULTI_TURN and reply.turns is not None and not 2 <= reply.turns <= brief.turns_at_most:
        return [f"turns is {reply.turns}: choose 2 to {brief.turns_at_most}"]
    return []


def _file_problems(reply: ScenarioReply, brief: Brief, world: ScenarioWorld) -> list[str]:
    files = reply.seed_files
    if not world.has_files:
        return ["no tool works on files: leave seed_files out"] if files else []
    problems = []
    if not files and world.has_only_files and brief.needs_tools:
        problems.append("seed_files is empty: write the files the scenario speaks of")
    if len(files) > MAX_FILES:
        problems.append(f"{len(files)} seed files are too many: at most {MAX_FILES}")
    for path, times in Counter(file.path for file in files).items():
        if times > 1:
            problems.append(f"the seed file {path!r} stands {times} times")
        parts = path.split("/")
        if not _PATH.fullmatch(path) or ".." in parts or "." in parts or path != path.strip():
            problems.append(f"{path[:100]!r} is no path: write a relative one such as notes/plan.md")
    for file in files:
        if not file.content.strip():
            problems.append(f"the seed file {file.path!r} is empty")
        if len(file.content) > MAX_FILE_CHARACTERS:
            problems.append(f"the seed file {file.path!r} is longer than {MAX_FILE_CHARACTERS:,} characters")
    if sum(len(file.content) for file in files) > MAX_ALL_CHARACTERS:
        problems.append(f"the seed files together are longer than {MAX_ALL_CHARACTERS:,} characters")
    return problems


def _record_problems(reply: ScenarioReply, world: ScenarioWorld) -> list[str]:
    problems = []
    if len(reply.seed_records) > MAX_RECORDS:
        problems.append(f"{len(reply.seed_records)} seed records are too many: at most {MAX_RECORDS}")
    for (table, key), times in Counter((seed.table, seed.key) for seed in reply.seed_records).items():
        if times > 1:
            problems.append(f"the record {key!r} of {table} stands {times} times")
    for seed in reply.seed_records:
        if seed.table not in world.shapes:
            known = ", ".join(world.shapes) or "none"
            problems.append(f"there is no table {seed.table!r} that takes records (known: {known})")
            continue
        problem = _record_problem(seed, world.registry.tables[seed.table], world.shapes[seed.table])
        if problem:
            problems.append(f"the record {seed.key!r} of {seed.table}: {problem}")
    return problems


def _record_problem(seed: SeedRecord, table: Table, shape: Schema) -> str:
    found = [
        f"{error.message}{' at ' + '/'.join(map(str, error.instance_path)) if error.instance_path else ''}"
        for error in compile_schema(shape).iter_errors(seed.record)
    ]
    if found:
        return "; ".join(found[:3])
    wanted = key_of(seed.record, table)
    if wanted is None and seed.key not in table:
        return f"this table takes no new records, only those that are there ({', '.join(list(table)[:8])})"
    if wanted is not None and wanted != seed.key:
        return f"its key must be {wanted!r}, as its fields say"
    return ""


def _closed(properties: dict[str, Schema]) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
