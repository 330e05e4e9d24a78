"""Reading a chat-completions request: purpose, tools, sections of the task, and what was said and done so far.

Everything here takes what it finds; a request that was not written by the project's prompts gives an
empty reading, never an exception.
"""

import functools
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from generation.llm.demo.profiles import Profile, profile
from generation.tools import ToolDefinition


@dataclass(frozen=True)
class Done:
    """One call of the history with the text that came back (``None``: no result yet)."""

    tool: str
    arguments: dict[str, Any]
    result: str | None

    @property
    def failed(self) -> bool:
        return self.result is not None and ERROR.match(self.result) is not None

    def is_same(self, tool: str, arguments: dict[str, Any]) -> bool:
        return self.tool == tool and self.arguments == arguments


@dataclass
class Exchange:
    """One turn: what the user said, the calls made (one list a step) and the answer, when there is one."""

    user: str
    steps: list[list[Done]] = field(default_factory=list)
    answer: str | None = None

    @property
    def calls(self) -> list[Done]:
        return [call for step in self.steps for call in step]


ERROR = re.compile(r"Error \(([\w .-]+)\): ?(.*)", re.DOTALL)


@dataclass(frozen=True)
class Task:
    """What is asked for now. ``sections`` are the tagged parts of the last message, ``attributes`` those of their tags."""

    purpose: str
    schema: dict[str, Any] | None
    tools: tuple[Profile, ...]
    system: str
    turns: list[Exchange]
    text: str
    sections: dict[str, str]
    attributes: dict[str, dict[str, str]]
    seed: int

    def section(self, name: str) -> str:
        return self.sections.get(name, "")

    def number(self, section: str, attribute: str, *, default: int) -> int:
        value = self.attributes.get(section, {}).get(attribute, "")
        return int(value) if value.lstrip("-").isdigit() else default

    def rng(self, *place: str | int) -> random.Random:
        """Randomness of this request, addressed by place: the same seed and place draw the same."""
        text = ":".join(str(part) for part in (self.seed, self.purpose, *place))
        return random.Random(text.encode("utf-8", "surrogatepass"))

    @property
    def turn(self) -> Exchange:
        return self.turns[-1] if self.turns else Exchange("")


_TAG = re.compile(
    r"<(?P<name>[a-z_]+)(?P<attributes>(?: [a-z_]+=\"[^\"]*\")*) ?(?:/>|>(?P<body>.*?)</(?P=name)>)", re.DOTALL
)
_ATTRIBUTE = re.compile(r"([a-z_]+)=\"([^\"]*)\"")
_TOOLS = re.compile(r"<tools>\n?(.*?)\n?</tools>", re.DOTALL)


def read_task(request: dict[str, Any]) -> Task:
    """The request as a task. Unknown forms give empty parts."""
    messages = [message for message in request.get("messages") or [] if isinstance(message, dict)]
    last = text_of(messages[-1]) if messages else ""
    sections: dict[str, str] = {}
    attributes: dict[str, dict[str, str]] = {}
    for match in _TAG.finditer(last):
        sections.setdefault(match["name"], (match["body"] or "").strip())
        attributes.setdefault(match["name"], dict(_ATTRIBUTE.findall(match["attributes"])))
    system = text_of(messages[0]) if messages and messages[0].get("role") in ("system", "developer") else ""
    tools = _TOOLS.search(system)
    purpose, schema = _asked_for(request, sections=sections | attributes)
    seed = request.get("seed")
    return Task(
        purpose=purpose,
        schema=schema,
        tools=read_tools(tools[1]) if tools else (),
        system=system,
        turns=list(_exchanges(messages[bool(system) : -1])),
        text=last,
        sections=sections,
        attributes=attributes,
        seed=seed if isinstance(seed, int) else 0,
    )


def text_of(message: dict[str, Any]) -> str:
    """The text of a message whose content is a string or a list of parts."""
    content = message.get("content")
    if isinstance(content, list):
        return "\n".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


@functools.lru_cache(maxsize=64)
def read_tools(block: str) -> tuple[Profile, ...]:
    """The tools of a ``<tools>`` block, one JSON object a line; lines that are none are skipped."""
    found = []
    for line in block.splitlines():
        try:
            found.append(profile(ToolDefinition.model_validate(json.loads(line))))
        except ValueError:
            continue
    return tuple(found)


def _asked_for(request: dict[str, Any], *, sections: dict[str, Any]) -> tuple[str, dict[str, Any] | None]:
    """Purpose and schema, from wherever the client's structured output put them."""
    wanted = (request.get("response_format") or {}).get("json_schema")
    if isinstance(wanted, dict):
        return str(wanted.get("name", "")), wanted.get("schema")
    functions = [tool.get("function", {}) for tool in request.get("tools") or [] if isinstance(tool, dict)]
    if functions:
        return str(functions[0].get("name", "")), functions[0].get("parameters")
    if "limits" in sections:
        return "step", None
    if "seed_files" in sections or "scenario" in sections:
        return "user_message", None
    return "", None


def _exchanges(messages: list[dict[str, Any]]) -> Iterator[Exchange]:
    exchange: Exchange | None = None
    results = {
        str(message.get("tool_call_id")): text_of(message) for message in messages if message.get("role") == "tool"
    }
    for message in messages:
        role = message.get("role")
        if role == "user":
            if exchange:
                yield exchange
            exchange = Exchange(text_of(message))
        elif role == "assistant" and exchange:
            calls = message.get("tool_calls") or []
            if calls:
                exchange.steps.append([_done(call, results) for call in calls])
            else:
                exchange.answer = text_of(message)
    if exchange:
        yield exchange


def _done(call: dict[str, Any], results: dict[str, str]) -> Done:
    function = call.get("function") or {}
    arguments = function.get("arguments")
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except ValueError:
            arguments = None
    return Done(
        str(function.get("name", "")),
        arguments if isinstance(arguments, dict) else {},
        results.get(str(call.get("id"))),
    )
