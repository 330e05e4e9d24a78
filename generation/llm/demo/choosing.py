"""Which tool fits a clause, which one looks up what is missing, which one reads back what was changed.

Tools are scored by the words they share with the clause, by the kind of deed, and by whether the clause
has what they require. Nothing here knows any particular tool.
"""

import functools
import re

from generation.llm.demo import recall
from generation.llm.demo.clauses import Clause
from generation.llm.demo.evidence import Scope, said
from generation.llm.demo.literals import masked
from generation.llm.demo.memory import Memory
from generation.llm.demo.profiles import Parameter, Profile, weights
from generation.llm.demo.words import stem, stems, words

POINTING = frozenset(["it", "them", "there", "that", "this", "these", "those", "both"])
"""Words that stand for what was shown before."""

_SORTS = {
    "person": ("user", "contact", "person", "member", "colleagu", "people"),
    "email": ("user", "contact", "person", "member"),
    "path": ("fil", "document"),
}
_PAIRED_KINDS = {
    ("create", "update"),
    ("update", "create"),
    ("send", "create"),
    ("create", "send"),
    ("update", "delete"),
    ("delete", "update"),
}


@functools.lru_cache(maxsize=64)
def _weights(tools: tuple[Profile, ...]) -> dict[str, float]:
    return weights(tools)


def score(tool: Profile, clause: Clause, *, telling: dict[str, float], memory: Memory, message: str) -> float:
    """How well the tool fits the clause; below 1 it does not."""
    total = 0.0
    for found in set(stems(masked(clause.text))):
        if found in tool.name_stems:
            total += 0.6 + 2.4 * telling.get(found, 0)
        elif found in tool.text_stems:
            total += 0.2 + 0.8 * telling.get(found, 0)
    # to send is to send, whatever the tool calls it; other deeds need a word or a literal in common
    if total == 0 and not (tool.kind == clause.kind == "send") and not _has_literals(tool, clause, message):
        return 0.0
    if tool.kind == clause.kind:
        total += 2.0
    elif tool.reads or clause.kind == "read":
        return total - 4.0
    elif (tool.kind, clause.kind) not in _PAIRED_KINDS:
        total -= 1.0
    if clause.verb and clause.verb in tool.name_stems:
        total += 2.0
    return total + _fit(tool, clause, memory, message)


def _has_literals(tool: Profile, clause: Clause, message: str) -> bool:
    subject = tool.subject
    if subject is None:
        return False
    named = bool(said(subject, Scope(tool, clause, clause.text, Memory())))
    return named or _is_named_elsewhere(subject, tool, clause, message)


def _fit(tool: Profile, clause: Clause, memory: Memory, message: str) -> float:
    scope = Scope(tool, clause, clause.text, memory)
    fit = 0.0
    for parameter in tool.required:
        if parameter.role in ("text", "title", "query"):
            continue
        if parameter.type in ("array", "object"):
            fit -= 0.5
            continue
        values = said(parameter, scope)
        if values:
            fit += 2.5 if parameter.role in ("id", "path", "email") or parameter.options else 1.5
        elif parameter == tool.subject and _is_named_elsewhere(parameter, tool, clause, message):
            fit += 1.2
        elif POINTING & set(words(clause.text)) and recall.is_shown_last(parameter, tool, memory):
            fit += 0.2
        else:
            fit -= (
                0.6
                if parameter == tool.subject and parameter.role in ("id", "path", "email", "person")
                else (1.8 if tool.reads else 3.0)
            )
        if values:
            scope.spent.add(str(values[0]))
    hits = 0.0
    for parameter in tool.parameters:
        if not parameter.required and (parameter.options or parameter.schema.get("pattern")) and said(parameter, scope):
            hits += 0.7
    if tool.subject is None and [parameter for parameter in tool.required if parameter.role == "text"]:
        fit -= 0.5
    return fit + min(hits, 2.1)


def _is_named_elsewhere(parameter: Parameter, tool: Profile, clause: Clause, message: str) -> bool:
    """Whether the rest of the message names what the tool acts on (an id or a path)."""
    if parameter.role not in ("id", "path"):
        return False
    wider = Clause(message, clause.verb, clause.kind)
    return bool(said(parameter, Scope(tool, wider, message, Memory())))


def choose(clause: Clause, tools: tuple[Profile, ...], *, memory: Memory, message: str) -> tuple[Profile | None, float]:
    """The tool that fits the clause best and its score; ``None`` when none fits."""
    telling = _weights(tools)
    best: tuple[Profile | None, float] = (None, 0.9)
    for tool in tools:
        found = score(tool, clause, telling=telling, memory=memory, message=message)
        if found > best[1]:
            best = (tool, found)
    return best


def lookup(missing: Parameter, tool: Profile, tools: tuple[Profile, ...]) -> list[Profile]:
    """Reading tools that may show a value for the parameter and need nothing themselves, best first.

    What the descriptions point to ("list_contacts shows the ids") comes first.
    """
    told = f"{missing.description} {tool.tool.description}"
    wanted = (
        set(missing.stems)
        | set(_SORTS.get(missing.role, ()))
        | (set(tool.nouns) if missing.role in ("id", "path", "") else set())
    )
    ranked = []
    for other in tools:
        if not other.lists or other.name == tool.name:
            continue
        points = 10.0 if re.search(rf"\b{re.escape(other.name)}\b", missing.description) else 0.0
        points += 2.0 if other.name in told else 0.0
        points += 3.0 * len(wanted & {stem(found) for found in other.nouns}) + 0.5 * len(wanted & other.text_stems)
        if points >= 1.0:
            ranked.append((points, other))
    ranked.sort(key=lambda pair: -pair[0])
    return [other for _, other in ranked]


def reader_of(tool: Profile, tools: tuple[Profile, ...]) -> Profile | None:
    """The reading tool that shows the very thing the writing tool changes, by the same required argument."""
    subject = tool.subject
    if subject is None:
        return None
    fitting = [
        other for other in tools
        if other.reads and {parameter.name for parameter in other.required} == {subject.name}
    ]  # fmt: skip
    fitting.sort(key=lambda other: -len(set(other.name_stems) & {*tool.name_stems, *subject.stems}))
    return fitting[0] if fitting else None


def lister_of(tool: Profile, tools: tuple[Profile, ...]) -> Profile | None:
    """The tool that lists what the writing tool changes."""
    fitting = [(len(tool.nouns & other.nouns), other) for other in tools if other.lists]
    fitting = [pair for pair in fitting if pair[0]] or [
        (1, other)
        for other in tools
        if other.lists and tool.subject is not None and other in lookup(tool.subject, tool, tools)[:1]
    ]
    return max(fitting, key=lambda pair: pair[0])[1] if fitting else None
