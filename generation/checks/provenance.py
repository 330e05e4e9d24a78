"""Where the values of arguments come from: an id, path, address, date or number must have been seen before it is used.

Judged is a value that is a literal as a whole. Words inside free text (file contents, messages, titles) are the model's
own work and are left alone, as are enum values, defaults, booleans, small and round numbers, patterns to search for,
and the path of a file that a call creates.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from generation.checks.calls import looks_made_up
from generation.checks.evidence import Evidence, succeeded
from generation.checks.finding import Spot
from generation.checks.grounding import is_derivable
from generation.checks.literals import Kind, Literal, whole_literal
from generation.conversation import Call, Conversation
from generation.tools import ToolDefinition

MAX_SMALL = 100
ROUND = (30, 50, 60, 100)
"""Multiples of these are limits, minutes and percentages that nobody need have said."""

_MOMENT = re.compile(
    r"(?i)\b(?:today|tonight|tomorrow|yesterday|now|next|last|this|coming|past|week|weekend|month|quarter|year|day|noon|midnight|morning|evening|afternoon|hour"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|may|june|july|august|september|october|november|december"
    r"|heute|morgen|gestern|woche|monat|jahr|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch|uhr|januar|februar|märz|mai|juni|juli|oktober|dezember"
    r"|aujourd|demain|hier|semaine|mois|heure|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|janvier|février|mars|avril|juin|juillet|août|septembre|octobre|novembre|décembre"
    r"|hoy|mañana|ayer|semana|mes|hora|lunes|martes|miércoles|jueves|viernes|sábado|domingo|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre)"
)
"""Words for a moment from which a date or time may rightly have been worked out."""


def invented_arguments(conversation: Conversation) -> Iterator[Spot]:
    """Argument literals that occur nowhere before their call: not said, not found, not in the tool's own words."""
    evidence = Evidence(conversation)
    tools = {tool.name: tool for tool in conversation.tools}
    known: set[tuple[str, str]] = set()
    for pair in conversation.pairs():
        among = evidence.before_call(pair.call)
        for place, value in _values(pair.call.arguments):
            if (pair.call.tool, value) in known:
                continue
            literal = _judged(value, pair.call, tools.get(pair.call.tool))
            if literal is not None and not _is_supported(literal, evidence, among):
                yield Spot(
                    f"{pair.call.tool} was called with {place} {value[:80]!r}, which occurs nowhere before.",
                    pair.call.id,
                    pair.turn,
                )
            known.add((pair.call.tool, value))


def _values(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Each text and number of the arguments as text, with where it stands."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield place, repr(value)
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from _values(part, f"{place}.{key}" if place else key)
    elif isinstance(value, list):
        for part in value:
            yield from _values(part, place)


def _judged(value: str, call: Call, tool: ToolDefinition | None) -> Literal | None:
    """The literal that this value is, if it is one that must have come from somewhere."""
    literal = whole_literal(value.lstrip("-") if value[1:2].isdigit() else value)
    # a placeholder has a check of its own
    if literal is None or looks_made_up(value):
        return None
    if literal.kind is Kind.NUMBER and _is_ordinary(literal.text):
        return None
    reads = tool is not None and tool.only_reads
    is_new = succeeded(call) and not reads
    if is_new and literal.kind is Kind.PATH:
        return None
    if is_new and literal.kind is Kind.ID and not any(mark.isdigit() for mark in value):
        return None
    return None if tool is not None and _is_named_by(tool, value) else literal


def _is_supported(literal: Literal, evidence: Evidence, among: range) -> bool:
    if evidence.holds(literal, before=among.stop):
        return True
    if literal.kind in (Kind.DATE, Kind.TIME):
        return any(
            _MOMENT.search(evidence.passages[place].text) for place in among if evidence.passages[place].role == "user"
        )
    return literal.kind is Kind.NUMBER and is_derivable(literal.text, evidence, among)


def _is_ordinary(number: str) -> bool:
    """Whether a number is small or round enough to need no source."""
    try:
        value = float(number)
    except ValueError:
        return False
    return (value <= MAX_SMALL and value * 4 % 1 == 0) or (value <= 10_000 and any(value % unit == 0 for unit in ROUND))


def _is_named_by(tool: ToolDefinition, value: str) -> bool:
    """Whether the tool's own description or schema names the value: an enum, a default, a bound, an example."""
    written = json.dumps([tool.description, tool.parameters], ensure_ascii=False)
    return re.search(rf"(?<!\w){re.escape(value)}(?!\w)", written) is not None
