"""Whether a tool said the same again: what counts as the same result, tool by tool.

Text for text, but for members that the tool itself names as volatile (``ToolDefinition.volatile``): times, ids and the like
differ from run to run and say nothing about the sandbox's state.
"""

import json
import re
from collections.abc import Collection
from typing import Any

from generation.conversation import Call, canonical_json
from generation.sandbox.execution import Execution
from generation.tools import ToolDefinition

MAX_NAME = 200
"""Characters of a volatile name."""


def find_volatile_problem(name: object) -> str | None:
    """What keeps ``name`` from naming a member as ``same_result`` reads it, as a sentence; None when it can."""
    if not isinstance(name, str) or not name.strip():
        return "A volatile member has a name: write created_at, or items.created_at."
    shown = f"“{name[:60]}{'…' if len(name) > 60 else ''}”"
    if len(name) > MAX_NAME:
        return f"{shown} is too long to be a member's name: {MAX_NAME} characters are the most."
    if name != name.strip():
        return f"{shown} begins or ends with a space."
    if name.startswith(("/", "$.")):
        return f"{shown} is another notation: write items.created_at, without / or $."
    if re.search(r"\[[\d*]*\]", name):
        return f"{shown} needs no brackets: items.created_at means that member of every item."
    if "" in name.split("."):
        return f"{shown} has a dot with nothing beside it: write items.created_at."
    return None


def same_result(call: Call, execution: Execution, tool: ToolDefinition | None) -> bool:
    """Whether the tool answered as is recorded, but for what it calls volatile itself."""
    return same_but_for(call, execution, volatile=tool.volatile if tool is not None else ())


def same_but_for(call: Call, execution: Execution, *, volatile: Collection[str]) -> bool:
    """Whether the tool answered as is recorded: the same outcome, and the same text but for volatile members of a JSON result.

    A volatile name without dots is that member at any depth; one with dots is a path from the root, through arrays
    (``items.created_at``). Both sides must have the member: one that came or went is a difference.
    """
    if call.result is None or call.outcome is not execution.outcome:
        return False
    if call.result == execution.text:
        return True
    names = frozenset(volatile)
    if not names:
        return False
    try:
        recorded, now = (_steady(json.loads(text), names, "") for text in (call.result, execution.text))
        return canonical_json(recorded) == canonical_json(now)
    except (ValueError, RecursionError):
        return False  # a text, or JSON too deep or too odd to be read: it was compared as text above


def _steady(value: Any, names: Collection[str], path: str) -> Any:
    """The value with null in place of every volatile member."""
    if isinstance(value, list):
        return [_steady(item, names, path) for item in value]
    if not isinstance(value, dict):
        return value
    steady = {}
    for name, member in value.items():
        place = f"{path}.{name}" if path else name
        steady[name] = None if name in names or place in names else _steady(member, names, place)
    return steady
