"""Filling the arguments of a call: said, else recalled, else composed; what stays open is named.

Every set of arguments is checked against the tool's full schema here, before anything is sent.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from generation.llm.demo import composing, defaults, phrases, recall
from generation.llm.demo.clauses import Clause
from generation.llm.demo.evidence import Scope, said
from generation.llm.demo.memory import Memory
from generation.llm.demo.profiles import Parameter, Profile, children, item_of
from generation.llm.demo.words import STOP_WORDS, stem
from generation.tools import violations


@dataclass
class Filled:
    """Arguments for one call. ``missing`` are required parameters for which there is no evidence yet;
    ``breaks`` says that the schema as a
    whole refuses them; ``strength`` counts the arguments that were said."""

    arguments: dict[str, Any] = field(default_factory=dict)
    missing: list[Parameter] = field(default_factory=list)
    breaks: bool = False
    strength: int = 0

    @property
    def is_ready(self) -> bool:
        return not self.missing and not self.breaks


def fill(tool: Profile, clause: Clause, *, message: str, memory: Memory, brief: bool = False) -> list[Filled]:
    """One or more sets of arguments: several when the clause names several subjects ("in Oslo and Bergen").

    ``brief`` leaves optional arguments out (after a rejected reply).
    """
    subject = tool.subject
    scope = Scope(tool, clause, message, memory)
    values: list[Any] = []
    if subject is not None and subject.type not in ("array", "object"):
        values = _values(subject, scope)
        if len(values) > 1 and not _takes_several(tool, subject, values):
            values = values[:1]
    chosen = values if values else [_OPEN]
    own = _own_words(clause, [str(value) for value in values]) if len(values) > 1 else {}
    return [
        _fill_one(tool, Scope(tool, own.get(str(value), clause), message, memory), subject, value, brief=brief)
        for value in chosen
    ]


def _own_words(clause: Clause, subjects: list[str]) -> dict[str, Clause]:
    """For "a on at 20 percent and b off": each subject with the words that follow it; {} when they share theirs."""
    places = sorted((clause.text.find(subject), subject) for subject in subjects)
    if places[0][0] < 0:
        return {}
    ends = [place for place, _ in places[1:]] + [len(clause.text)]
    pieces = {subject: clause.text[place:end] for (place, subject), end in zip(places, ends, strict=True)}
    told = [
        set(piece.replace(subject, " ").lower().strip(" .,").split()) - {"and", "in", "the", "both", ","}
        for subject, piece in pieces.items()
    ]
    return {subject: Clause(piece, clause.verb, clause.kind) for subject, piece in pieces.items()} if all(told) else {}


_OPEN = object()


def _takes_several(tool: Profile, subject: Parameter, values: list[Any]) -> bool:
    """Whether several values mean several calls: not when another required parameter wants one of them (a link's target)."""
    rivals = [
        other for other in tool.required
        if other.name != subject.name and other.type == "string" and not other.options
        and other.role not in ("text", "title") and other.accepts(values[1])
    ]  # fmt: skip
    if tool.kind == "create" and subject.role == "path":
        return False
    return not rivals


def _fill_one(tool: Profile, scope: Scope, subject: Parameter | None, value: Any, *, brief: bool) -> Filled:
    filled = Filled()
    if subject is not None and value is not _OPEN:
        filled.arguments[subject.name] = value
        filled.strength += 1
        scope.spent.add(str(value))
    texts = []
    for parameter in tool.parameters:
        if parameter.name in filled.arguments or (brief and not parameter.required):
            continue
        if parameter.role in ("text", "title") and parameter.type == "string" and not parameter.options:
            texts.append(parameter)
            continue
        _settle(parameter, scope, filled)
    for parameter in sorted(texts, key=lambda parameter: (not parameter.required, parameter.role != "title")):
        _settle_text(parameter, scope, filled)
    filled.arguments = {
        parameter.name: filled.arguments[parameter.name]
        for parameter in tool.parameters
        if parameter.name in filled.arguments
    }
    _drop_what_breaks(tool, filled)
    return filled


def _settle(parameter: Parameter, scope: Scope, filled: Filled) -> None:
    values = _values(parameter, scope) if parameter.required else _optional(parameter, scope)
    values = [value for value in values if value not in filled.arguments.values() or isinstance(value, bool | int)]
    if values:
        filled.arguments[parameter.name] = values[0]
        filled.strength += 1
        scope.spent.add(str(values[0]))
    elif parameter.required:
        default = parameter.schema.get("default")
        if default is not None:
            filled.arguments[parameter.name] = default
        else:
            filled.missing.append(parameter)


def _settle_text(parameter: Parameter, scope: Scope, filled: Filled) -> None:
    if parameter.required:
        value = composing.text_for(parameter, scope, filled.arguments)
    else:
        value = next((each for each in said(parameter, scope)), None) or composing.optional_text(parameter, scope)
    if value is None and parameter.required:
        filled.missing.append(parameter)
    elif value is not None and parameter.accepts(value):
        filled.arguments[parameter.name] = value
        scope.spent.add(value)
    elif parameter.required:
        filled.missing.append(parameter)


def _values(parameter: Parameter, scope: Scope) -> list[Any]:
    """Values of a required parameter: from the clause, else from the records, else from the rest of the message."""
    found = structured(parameter, scope) if parameter.type in ("array", "object") else said(parameter, scope)
    if found:
        return found
    if parameter.role == "query":
        return phrases.keywords(scope.clause, known=_known_words(scope.tool))[:1]
    if parameter.role in ("id", "path") and (pointed := _pointed_at(parameter, scope)):
        return pointed
    made_up = scope.tool.kind == "create" and parameter.role in ("", "name") and "pattern" not in parameter.schema
    named = phrases.thing(scope.clause) if scope.tool.kind == "create" and parameter.role in ("", "name") else ""
    if (
        named
        and not parameter.options
        and parameter.accepts(named.lower())
        and parameter.type == "string"
        and " " in str(parameter.schema.get("pattern", " "))
    ):
        return [named.lower() if "pattern" in parameter.schema else named]
    found = (
        []
        if made_up
        else _agreeing(recall.recalled(parameter, scope.tool, scope.memory, scope.clause), parameter, scope)
    )
    if found:
        return found
    if (
        parameter.type != "string"
        or parameter.role in ("id", "path", "person", "place", "email", "date", "time")
        or parameter.options
    ):
        wider = Clause(scope.message, scope.clause.verb, scope.clause.kind)
        found = said(parameter, Scope(scope.tool, wider, scope.message, scope.memory, set(scope.spent)))
        if found:
            return found if recall.wants_all(scope.clause) else found[:1]
    if parameter.type == "string" and not parameter.options and parameter.role in ("", "name") and not scope.tool.reads:
        thing = phrases.thing(scope.clause)
        return [spelling for spelling in (thing, thing.lower(), stem(thing)) if thing and parameter.accepts(spelling)][
            :1
        ]
    return []


def _pointed_at(parameter: Parameter, scope: Scope) -> list[Any]:
    """What "it" or "that file" stands for: the subject of the last call that had one, when the message names none."""
    if not re.search(r"(?i)\b(?:it|that (?:file|issue|one)|the (?:same|file|issue)|there)\b", scope.clause.text):
        return []
    last = next(
        (
            call.arguments[parameter.name]
            for call in reversed(scope.memory.calls)
            if not call.failed and parameter.name in call.arguments
        ),
        None,
    )
    return _agreeing([last], parameter, scope) if last is not None and parameter.accepts(last) else []


def _agreeing(found: list[Any], parameter: Parameter, scope: Scope) -> list[Any]:
    """What was recalled, unless the request itself names a value of the very kind further on."""
    if parameter.role not in ("id", "path", "email"):
        return found
    wider = Clause(scope.message, scope.clause.verb, scope.clause.kind)
    named = said(parameter, Scope(scope.tool, wider, scope.message, Memory(), set(scope.spent)))
    return [] if named and not set(named) & set(found) else found


def _known_words(tool: Profile) -> frozenset[str]:
    return frozenset({*tool.name_stems, *tool.nouns})


def _optional(parameter: Parameter, scope: Scope) -> list[Any]:
    if parameter.type in ("array", "object"):
        return structured(parameter, scope)
    if parameter.role == "query" and scope.tool.reads:
        return _search_words(parameter, scope)
    return said(parameter, scope)


def _search_words(parameter: Parameter, scope: Scope) -> list[str]:
    """A keyword for an optional search field, when the clause looks for something by its words."""
    quoted = phrases.quoted(scope.clause.text)
    if quoted and parameter.accepts(quoted):
        return [quoted]
    told = ("about", "mention", "contain", "text", "word", "regard", "concern", "call")
    if not {stem(word) for word in told} & {stem(word) for word in scope.clause.text.lower().split()}:
        return []
    options = {stem(str(option)) for each in scope.tool.parameters for option in each.options}
    options |= {found for each in scope.tool.parameters for found in each.stems}
    found = phrases.keywords(scope.clause, known=_known_words(scope.tool) | options | STOP_WORDS)
    tried = {call.arguments.get(parameter.name) for call in scope.memory.calls if call.tool == scope.tool.name}
    return [word for word in found if parameter.accepts(word) and word not in tried and word not in scope.spent][:1]


def structured(parameter: Parameter, scope: Scope) -> list[Any]:
    """A value for an array or object, built from what was said about its parts; [] when nothing was."""
    if parameter.type == "array":
        item = item_of(parameter)
        if item.type in ("array", "object"):
            values = [{**part} for part in composing.listed(item, scope)] or structured(item, scope)[:1]
        else:
            values = said(item, scope)
        most = int(parameter.schema.get("maxItems", len(values) or 1))
        return [values[:most]] if values else []
    built: dict[str, Any] = {}
    for child in children(parameter.schema):
        if child.type in ("array", "object"):
            values = structured(child, scope)
        elif child.role in ("text", "title") and not child.options:
            text = composing.optional_text(child, scope)
            values = [text] if text is not None and child.accepts(text) else []
        else:
            values = said(Parameter(child.name, child.schema, False, child.role), scope)
        if values:
            built[child.name] = values[0]
            scope.spent.add(str(values[0]))
    return [built] if built and parameter.accepts(built) else []


def _drop_what_breaks(tool: Profile, filled: Filled) -> None:
    """Leave out what the whole schema refuses; a required argument it refuses is missing again."""
    for _ in range(3):
        if filled.missing:
            return
        broken = {violation.path[0] if violation.path else "" for violation in violations(filled.arguments, tool.tool)}
        if not broken:
            return
        for name in broken:
            filled.arguments.pop(str(name), None)
        filled.missing.extend(parameter for parameter in tool.required if parameter.name in broken)
    filled.breaks = bool(violations(filled.arguments, tool.tool))


def complete(filled: Filled, tool: Profile) -> dict[str, Any] | None:
    """The arguments with every gap filled from the schema alone; ``None`` when even that can't be made to fit."""
    arguments = dict(filled.arguments)
    for parameter in filled.missing:
        arguments[parameter.name] = defaults.of_type(parameter)
    ordered = {
        parameter.name: arguments[parameter.name] for parameter in tool.parameters if parameter.name in arguments
    }
    return None if violations(ordered, tool.tool) else ordered
