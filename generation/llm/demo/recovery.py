"""What to do after a tool error: wait and try again, look up what exists, then take the closest match."""

import difflib
import re
from typing import Any

from generation.llm.demo.arguments import fill
from generation.llm.demo.choosing import lookup
from generation.llm.demo.clauses import Clause
from generation.llm.demo.evidence import Scope, said
from generation.llm.demo.memory import error_of, scalars
from generation.llm.demo.profiles import Profile
from generation.llm.demo.request import Done
from generation.llm.demo.situation import Situation, Wanted

_PASSING = ("timeout", "timed out", "rate", "try again", "temporar", "busy")
_ABSENT = ("not found", "notfound", "there is no", "no such", "unknown", "does not exist")


def recover(now: Situation) -> list[Wanted] | None:
    """Calls that answer the last tool error of this turn; ``None`` when it is dealt with or nothing helps."""
    index = next((at for at in range(len(now.done) - 1, -1, -1) if now.done[at].failed), None)
    if index is None:
        return None
    call, later = now.done[index], now.done[index + 1 :]
    tool = next((each for each in now.tools if each.name == call.tool), None)
    if tool is None or any(each.tool == call.tool for each in later):
        return None
    kind, told = error_of(call)
    text = f"{kind} {told}".lower()
    if any(word in text for word in _PASSING):
        tries = sum(each.is_same(call.tool, call.arguments) for each in now.done)
        return (
            [Wanted(tool, call.arguments, "It failed for a passing reason, so try once more.")] if tries < 2 else None
        )
    instead = _instead(call, tool, now)
    if instead:
        return instead
    if not later:
        return _look_around(tool, text, now)
    return _closest(call, tool, now) if any(word in text for word in _ABSENT) else None


_ALTERNATIVE = re.compile(r"(?i)\b(?:instead|otherwise|or else|if not|content if|there is none|settle)\b")


def _instead(call: Done, tool: Profile, now: Situation) -> list[Wanted]:
    """The failed call with another value that the user offered in its place."""
    if not _ALTERNATIVE.search(now.message):
        return []
    clause = Clause(now.message, "", tool.kind)
    for parameter in tool.required:
        for value in said(parameter, Scope(tool, clause, now.message, now.memory)):
            arguments = call.arguments | {parameter.name: value}
            if value != call.arguments.get(parameter.name) and not now.is_done(tool, arguments):
                return [Wanted(tool, arguments, f"That was refused, so take {value} as the user offered.")]
    return []


def _look_around(tool: Profile, text: str, now: Situation) -> list[Wanted] | None:
    """A listing that the error points to, or that shows what the failed call asked for."""
    pointed = [each for each in now.tools if each.lists and each.name in text]
    if not pointed and tool.subject is not None and any(word in text for word in _ABSENT):
        pointed = lookup(tool.subject, tool, now.tools)[:1]
    for other in pointed[:1]:
        clause = Clause(now.message, "", "read")
        for attempt in fill(other, clause, message=now.message, memory=now.memory)[:1]:
            for arguments in (attempt.arguments, {}):
                if attempt.is_ready and not any(each.is_same(other.name, arguments) for each in now.done):
                    return [Wanted(other, arguments, "The call failed; see what there is.")]
    return None


def _closest(call: Done, tool: Profile, now: Situation) -> list[Wanted] | None:
    """The failed call with its subject replaced by the most similar value that a tool showed."""
    subject = tool.subject
    meant = call.arguments.get(subject.name) if subject is not None else None
    if subject is None or not isinstance(meant, str):
        return None
    shown: list[Any] = [value for record in now.memory.records for value in scalars(record.values)]
    known = list(
        dict.fromkeys(value for value in shown if isinstance(value, str) and value != meant and subject.accepts(value))
    )
    # another number is another thing: upload-3392 is no misspelt upload-3391
    known = [value for value in known if re.findall(r"\d+", value) == re.findall(r"\d+", meant)]
    close = difflib.get_close_matches(meant, known, n=1, cutoff=0.85)
    if not close:
        return None
    arguments = call.arguments | {subject.name: close[0]}
    return None if now.is_done(tool, arguments) else [Wanted(tool, arguments, f"{close[0]} is the closest to {meant}.")]
