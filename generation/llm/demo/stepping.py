"""A step's reply: thought, calls, or final; and, on request, a reply that breaks its schema."""

import re
from typing import Any

from generation.llm.demo.memory import error_of
from generation.llm.demo.planning import next_calls, situation
from generation.llm.demo.request import Task
from generation.llm.demo.settings import DemoSettings
from generation.llm.demo.situation import Situation, Wanted

_MARKER = re.compile(r"demo error_rate=(0?\.\d+|[01](?:\.0+)?)")


def step_reply(task: Task, settings: DemoSettings) -> dict[str, Any]:
    """The next step as ``{thought, tool_calls, is_final}``."""
    now = situation(task)
    wanted = next_calls(now)
    reply: dict[str, Any] = {
        "thought": _thought(now, wanted),
        "tool_calls": [
            {"function_name": each.tool.name, "arguments": each.arguments, "reasoning": each.why} for each in wanted
        ],
        "is_final": not wanted,
    }
    return _spoil(reply, task, settings)


def _thought(now: Situation, wanted: list[Wanted]) -> str:
    last = now.done[-1] if now.done else None
    known = ""
    if last is not None and last.failed:
        known = f"The last call failed ({error_of(last)[0]}). "
    elif last is not None:
        known = f"I have the result of {last.tool}. "
    if wanted:
        names = ", ".join(dict.fromkeys(each.tool.name for each in wanted))
        together = f"These {len(wanted)} calls don't need each other's results. " if len(wanted) > 1 else ""
        return f"{known}{together}Next: {names}. {wanted[0].why}"
    if not now.done:
        return "No call is needed, or a call would be a guess; I answer without one."
    if now.calls_left <= 0:
        return f"{known}No call is left, so I answer with what I have."
    return f"{known}That is what was asked for; I can answer now."


def _spoil(reply: dict[str, Any], task: Task, settings: DemoSettings) -> dict[str, Any]:
    """Now and then a broken reply, never twice for the same step: the repair comes out right."""
    marked = _MARKER.search(f"{task.section('instructions')} {task.system}")
    rate = max(settings.error_rate, float(marked[1]) if marked else 0.0)
    rng = task.rng("error")
    if not rate or task.section("problem") or rng.random() >= rate or not reply["tool_calls"]:
        return reply
    call = reply["tool_calls"][0]
    way = rng.choice(("missing", "unknown", "extra", "final"))
    required = list(call["arguments"])
    if way == "missing" and required:
        call["arguments"] = {name: value for name, value in call["arguments"].items() if name != required[0]}
    elif way == "unknown":
        call["function_name"] = f"{call['function_name']}_now"
    elif way == "final":
        reply["is_final"] = True
    else:
        call["arguments"] = call["arguments"] | {"demo_mistake": True}
    return reply
