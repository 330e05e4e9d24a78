"""Whether a call only looked or changed something, as far as its tool says so or its name lets on."""

import re
from collections.abc import Mapping

from generation.conversation import Call
from generation.tools import ToolDefinition

_VERBS = """get list read search find look lookup fetch show view query check describe count browse inspect retrieve
compare calculate compute convert verify validate preview select scan stat head tail cat grep"""
READING_VERBS = frozenset(_VERBS.split())


def only_reads(call: Call, tools: Mapping[str, ToolDefinition]) -> bool:
    """Whether this call can't have changed anything. A tool that says nothing of itself is judged by its name's first
    word; this is for findings only: what is executed again is decided by what a tool declares."""
    tool = tools.get(call.tool)
    if tool is not None and "readOnlyHint" in tool.annotations:
        return tool.only_reads
    return _first_word(call.tool) in READING_VERBS


def _first_word(name: str) -> str:
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)
    return words[0].lower() if words else ""
