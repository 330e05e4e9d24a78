"""Values for a parameter from what the tools have shown: the right key of the record that fits the words best."""

import re
from typing import Any

from generation.llm.demo.clauses import Clause
from generation.llm.demo.memory import Memory, Record
from generation.llm.demo.profiles import Parameter, Profile
from generation.llm.demo.words import stems, words

_IDENTIFIERS = ("id", "key", "number", "code", "name", "path", "slug")
_EARLY = frozenset(["oldest", "earliest", "first"])
_LATE = frozenset(["newest", "latest", "last", "recent"])
_HIGH = frozenset(["highest", "most", "largest", "biggest", "longest", "top"])
_LOW = frozenset(["lowest", "least", "smallest", "cheapest", "shortest", "fewest"])
_ALL = frozenset(["all", "every", "each", "both", "them", "these", "those", "they", "everything"])
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def wants_all(clause: Clause) -> bool:
    """Whether the words ask for everything that fits, not for one of it."""
    return bool(_ALL & set(words(clause.text)))


def keys_for(parameter: Parameter, tool: Profile) -> list[str]:
    """The record keys that may hold this parameter's value, best first."""
    name = parameter.name
    keys = [name]
    for suffix in ("_id", "_key", "_name", "_path", "Id", "_ids", "s"):
        if name.endswith(suffix):
            keys.append(name.removesuffix(suffix))
    if parameter.schema.get("format") == "email":
        keys.append("email")
    if parameter.role in ("id", "path", "person", "place", "name", "email", "") and _is_subject(parameter, tool):
        keys.extend(_IDENTIFIERS)
    return list(dict.fromkeys(keys))


def _is_subject(parameter: Parameter, tool: Profile) -> bool:
    return (
        parameter.required
        and tool.subject is not None
        and (parameter.name == tool.subject.name or parameter.role in ("id", "path"))
    )


def mentioned(parameter: Parameter, tool: Profile, memory: Memory, text: str) -> list[Any]:
    """Values seen under the parameter's keys that the text names, in the order it names them.

    A record that is named by its name gives its id: "the desk lamp" is ``light-4`` when a record says so.
    """
    lowered = f" {' '.join(words(text))} "
    found: dict[int, Any] = {}
    for record in reversed(memory.records):
        value = _value_of(record, parameter, tool)
        if value is None or not parameter.accepts(value):
            continue
        for name in [value, *(record.values.get(key) for key in ("name", "title", "label", "email"))]:
            spoken = " ".join(words(name)) if isinstance(name, str) else ""
            place = lowered.find(f" {spoken} ") if len(spoken) > 1 else -1
            if place < 0 and isinstance(name, str) and parameter.role in ("person", "email", "id") and " " in spoken:
                place = lowered.find(f" {spoken.split()[0]} ")
            if place >= 0 and value not in found.values():
                found.setdefault(place, value)
    return [found[place] for place in sorted(found)]


def is_shown_last(parameter: Parameter, tool: Profile, memory: Memory) -> bool:
    """Whether the newest record has a value for the parameter, so that "it" may mean that."""
    if not memory.records:
        return False
    value = _value_of(memory.records[-1], parameter, tool)
    return value is not None and parameter.accepts(value)


def recalled(parameter: Parameter, tool: Profile, memory: Memory, clause: Clause) -> list[Any]:
    """Values of the records that fit the clause best; several only when all are wanted. Empty when nothing fits."""
    asked = set(clause.stems) - set(tool.name_stems) - set(parameter.stems)
    ranked: list[tuple[float, int, Any, Record]] = []
    for index, record in enumerate(memory.records):
        value = _value_of(record, parameter, tool)
        if value is None or not parameter.accepts(value):
            continue
        overlap = len(asked & record.words) + 0.5 * _kinship(record, parameter, tool)
        ranked.append((overlap, index, value, record))
    if not ranked:
        return []
    best = max(overlap for overlap, *_ in ranked)
    fitting = [entry for entry in ranked if entry[0] == best]
    extreme = _extreme(fitting if best >= 1 else ranked, clause)
    if extreme is not None:
        return [extreme]
    if wants_all(clause):
        return list(dict.fromkeys(value for _, _, value, _ in fitting))
    newest = max(index for _, index, _, _ in fitting)
    first = next(entry for entry in fitting if entry[3].tool == next(e[3].tool for e in fitting if e[1] == newest))
    return [first[2]]


def _value_of(record: Record, parameter: Parameter, tool: Profile) -> Any:
    if "" in record.values:
        return (
            record.values[""]
            if parameter.required and parameter.role in ("path", "id", "name", "place", "person", "")
            else None
        )
    for position, key in enumerate(keys_for(parameter, tool)):
        value = record.values.get(key)
        if value is None or isinstance(value, dict | list | bool):
            continue
        if position and key in _IDENTIFIERS and not _kinship(record, parameter, tool):
            continue
        return value
    return None


def _kinship(record: Record, parameter: Parameter, tool: Profile) -> int:
    """Whether the record is of the sort the parameter speaks of (an issue for ``issue_id``, a light for ``light``)."""
    if record.tool in parameter.description:
        return 1
    sort = set(stems(record.tool)) | set(stems(record.under))
    wanted = set(parameter.stems) - {"id", "key", "nam", "path"}
    return int(bool((wanted or tool.nouns) & sort) or bool(not wanted and parameter.role == "path"))


def _extreme(entries: list[tuple[float, int, Any, Record]], clause: Clause) -> Any:
    spoken = set(words(clause.text))
    for terms, pattern, pick in ((_EARLY, _DATE, min), (_LATE, _DATE, max), (_HIGH, None, max), (_LOW, None, min)):
        if not terms & spoken:
            continue
        keyed = [(found, value) for *_, value, record in entries if (found := _measure(record, pattern)) is not None]
        if keyed:
            return pick(keyed, key=lambda pair: pair[0])[1]
    return None


def _measure(record: Record, pattern: re.Pattern[str] | None) -> Any:
    for value in record.values.values():
        if pattern and isinstance(value, str) and pattern.match(value):
            return value
        if not pattern and isinstance(value, int | float) and not isinstance(value, bool):
            return value
    return None
