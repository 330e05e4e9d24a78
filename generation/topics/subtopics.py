"""The question for subtopics of one topic, and the shape of its reply.

The static part (tools, rules) comes first and is the same for every topic of a graph, so that prompt caches hit.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel, Field, field_validator

from generation.builders.shown_tools import tools_block
from generation.llm.client import Message
from generation.prompts import prompt, section
from generation.tools import ToolDefinition

MAX_KNOWN = 200
"""How many of the topics that are there already are shown: those nearest to the one asked about."""
MAX_REJECTED_CHARACTERS = 4_000


class Subtopic(BaseModel):
    """A topic as the model wrote it; ``connections`` are numbers of other topics that should lead to it, too."""

    topic: str
    connections: list[int] = Field(default_factory=list)


class SubtopicsReply(BaseModel):
    """Subtopics, as texts or with their connections."""

    subtopics: list[Subtopic]

    @field_validator("subtopics", mode="before")
    @classmethod
    def _texts_are_topics(cls, value: object) -> object:
        if not isinstance(value, list):
            return value
        return [{"topic": entry} if isinstance(entry, str) else entry for entry in value]


_TEXT = {"type": "string"}
_CONNECTED = {
    "type": "object",
    "properties": {"topic": _TEXT, "connections": {"type": "array", "items": {"type": "integer"}}},
    "required": ["topic", "connections"],
    "additionalProperties": False,
}


def subtopics_schema(*, with_connections: bool) -> dict[str, Any]:
    """The JSON Schema that is asked for."""
    items = _CONNECTED if with_connections else _TEXT
    return {
        "type": "object",
        "properties": {"subtopics": {"type": "array", "items": items}},
        "required": ["subtopics"],
        "additionalProperties": False,
    }


def subtopics_messages(
    path: Sequence[str],
    *,
    count: int,
    known: Iterable[tuple[int, str]],
    with_connections: bool,
    tools: Sequence[ToolDefinition] = (),
    guidance: str = "",
    problem: str = "",
    rejected: str = "",
) -> list[Message]:
    """The messages. ``known`` are topics that are there already, with their numbers; ``problem`` and ``rejected`` say what
    was wrong with the last reply."""
    shown = [f"{number}: {topic}" if with_connections else topic for number, topic in known]
    sections = [
        section("topic", path[-1]),
        section("way", " > ".join(path[:-1])),
        f'<count number="{count}"/>',
        section("known", "\n".join(shown)),
        section("guidance", guidance),
    ]
    if problem:
        sections += [prompt("repair"), section("problem", problem)]
        sections.append(section("rejected", rejected[:MAX_REJECTED_CHARACTERS]))
    sections.append(prompt("connected_subtopics_task" if with_connections else "subtopics_task"))
    static = [tools_block(tools), prompt("subtopics")]
    return [
        {"role": "system", "content": "\n\n".join(part for part in static if part)},
        {"role": "user", "content": "\n".join(part for part in sections if part)},
    ]
