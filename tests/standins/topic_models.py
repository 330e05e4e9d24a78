"""Models that suggest subtopics by rule, for tests of growing topics; thread-safe, because they only read the request."""

import json
import re
import threading
from collections.abc import Callable, Sequence
from typing import Any

from generation.llm.client import Message, Reply
from generation.llm.question import read_text
from generation.llm.schema import reply_schema

Answer = Callable[["Wanted"], Any]


class Wanted:
    """What a request asks for, read from its last message."""

    def __init__(self, purpose: str, messages: Sequence[Message]) -> None:
        self.purpose = purpose
        self.system = str(messages[0]["content"])
        self.text = str(messages[-1]["content"])
        self.topic = self.section("topic")
        self.is_repair = "<problem>" in self.text
        count = re.search(r'<count number="(\d+)"/>', self.text)
        self.count = int(count[1]) if count else 0

    def section(self, name: str) -> str:
        found = re.search(rf"<{name}>\n(.*?)\n</{name}>", self.text, re.DOTALL)
        return found[1] if found else ""


class RuleLLM:
    """An ``LLM`` whose answers come from a function of the request. An exception that it returns is raised."""

    model = "rule"

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.asked: list[Wanted] = []
        self._lock = threading.Lock()

    def ask(
        self,
        *,
        purpose: str,
        messages: Sequence[Message],
        reply: type[Reply],
        schema: dict[str, Any] | None = None,
        seed: int | None = None,
        temperature: float = 0.7,
        max_tokens: int = 2000,
    ) -> Reply:
        wanted = Wanted(purpose, messages)
        with self._lock:
            self.asked.append(wanted)
        answer = self.answer(wanted)
        if isinstance(answer, BaseException):
            raise answer
        text = answer if isinstance(answer, str) else json.dumps(answer)
        return read_text(text, reply=reply, schema=schema if schema is not None else reply_schema(reply))


def numbered(wanted: Wanted) -> dict[str, Any]:
    """Subtopics that name their parent: as many as wanted, all different."""
    taken = wanted.section("known").count("part ")
    return {"subtopics": [f"{wanted.topic} part {taken + number}x{number}" for number in range(wanted.count)]}
