"""What a request says about one parameter: values of the right type, from the words and literals at hand.

Evidence is only what was said (or what was said, made exact by a record that a tool showed). Values that
nobody mentioned are ``recall``'s and ``defaults``' business.
"""

import datetime
import re
from dataclasses import dataclass, field
from typing import Any

from generation.llm.demo import recall
from generation.llm.demo.clauses import Clause
from generation.llm.demo.literals import Literal, before, literals, masked, number
from generation.llm.demo.memory import Memory
from generation.llm.demo.profiles import Parameter, Profile
from generation.llm.demo.words import STOP_WORDS, VERBS, stem, stems, words


@dataclass
class Scope:
    """What the filling of one call may draw on. ``spent`` are the literals that another argument took."""

    tool: Profile
    clause: Clause
    message: str
    memory: Memory
    spent: set[str] = field(default_factory=set)

    def literals(self) -> list[Literal]:
        """Literals of the clause that are still free."""
        return [
            literal
            for literal in literals(self.clause.text)
            if literal.text not in self.spent or (self.tool.reads and literal.kind in ("date", "month_day"))
        ]


_KINDS = {
    "path": ("path", "quoted"),
    "id": ("id", "quoted"),
    "email": ("email",),
    "date": ("date", "month_day"),
    "datetime": ("datetime",),
    "time": ("time",),
    "person": ("name", "email", "quoted"),
    "place": ("name", "quoted"),
    "name": ("quoted", "name"),
    "title": ("quoted",),
    "text": ("quoted",),
    "query": ("quoted",),
    "": ("quoted", "id", "name"),
}
_TARGETS = ("to", "into", "as", "called", "named", "new", "create", "onto")


def _target_rank(word: str) -> int:
    """How plainly a word before a path says that something goes there: 0 plainly, 2 not at all."""
    return 0 if word in _TARGETS else 1 if word in ("in", "at", "en") else 2


def said(parameter: Parameter, scope: Scope) -> list[Any]:
    """Every value that the words give for the parameter, best first; [] when they give none."""
    if parameter.schema.get("nullable") and _means_null(parameter, scope):
        return [None]
    if parameter.options:
        return _options(parameter, scope)
    if parameter.type == "boolean":
        return _booleans(parameter, scope)
    if parameter.type in ("integer", "number"):
        return _numbers(parameter, scope)
    if parameter.type != "string":
        return []
    known = recall.mentioned(parameter, scope.tool, scope.memory, scope.clause.text)
    exact = [value for value in _literals(parameter, scope) if parameter.accepts(value)]
    if parameter.role in ("person", "place", "") or parameter.schema.get("format") == "email":
        return known or exact
    return exact or known


def _means_null(parameter: Parameter, scope: Scope) -> bool:
    """Whether the words ask for what the descriptions say null is for ("nobody", "the backlog")."""
    told = f"{parameter.description}; {scope.tool.tool.description}"
    around = " ".join(match.group() for match in re.finditer(r"[^,;.]*\bnull\b[^,;.]*", told))
    meant = {found for found in stems(around) if found in ("nobody", "backlog", "unassign", "unassigned", "non")}
    return bool(meant & set(scope.clause.stems))


def _options(parameter: Parameter, scope: Scope) -> list[Any]:
    if parameter.name.startswith(("sort", "order")) and parameter.name not in scope.clause.text:
        return []
    spoken = list(words(masked(scope.clause.text)))
    stemmed = [stem(word) for word in spoken]
    found: dict[int, Any] = {}
    for option in parameter.options:
        if isinstance(option, bool | int | float):
            if any(number(literal.text) == option for literal in scope.literals() if literal.kind == "number"):
                found.setdefault(len(found), option)
            continue
        wanted = [stem(word) for word in words(str(option))]
        if not wanted or (len(wanted) == 1 and str(option).lower() in STOP_WORDS and parameter.name not in spoken):
            continue
        for place in range(len(stemmed) - len(wanted) + 1):
            if (stemmed[place : place + len(wanted)] == wanted or spoken[place] == f"re{option}") and not _is_the_verb(
                spoken, place, scope
            ):
                found.setdefault(place, option)
                break
    listed = [found[place] for place in sorted(found)]
    if len(listed) > 1 and scope.clause.kind != "read":
        # "from low to high": the later one is where it shall go
        listed.sort(
            key=lambda option: (
                not re.search(
                    rf"\b(?:to|as|into) (?:the )?{re.escape(str(option)).replace('_', '[ _]')}", scope.clause.text
                )
            )
        )
    return listed


def _is_the_verb(spoken: list[str], place: int, scope: Scope) -> bool:
    """``open the file``, ``list the tasks``: the deed itself is no value."""
    return place == 0 and stem(spoken[0]) == scope.clause.verb and scope.clause.kind == "read"


def _booleans(parameter: Parameter, scope: Scope) -> list[bool]:
    spoken = words(scope.clause.text)
    if parameter.stems and set(parameter.stems) & set(scope.clause.stems):
        at = next(index for index, word in enumerate(spoken) if stem(word) in parameter.stems)
        return [not ({"not", "no", "un", "without", "never"} & set(spoken[max(0, at - 2) : at]))]
    switches = parameter.name in ("on", "enabled", "active", "state", "power") or (
        parameter.required and not parameter.stems
    )
    if switches:
        if {"off", "out"} & set(spoken):
            return [False]
        if "on" in spoken and (
            parameter.required or re.search(r"\b(?:are|is|be|left|still|turned|switched) on\b", scope.clause.text)
        ):
            return [True]
        if parameter.required and {stem("dim"), stem("brighten"), "light"} & {stem(word) for word in spoken}:
            return [True]
    return []


_UNITS = {
    "percent": "% percent", "minutes": "minute min", "hours": "hour h", "days": "day", "degrees": "degree ° °C celsius",
    "brightness": "% percent", "duration": "minute min hour", "temperature": "degree ° celsius", "target": "degree °",
}  # fmt: skip


def _numbers(parameter: Parameter, scope: Scope) -> list[int | float]:
    text = scope.clause.text
    near: list[int | float] = []
    rest: list[int | float] = []
    names = {*parameter.stems, *stems(parameter.description)} - {"number", "exampl"}
    for word in (*words(parameter.name), *words(parameter.description)):
        names |= {stem(unit) for unit in _UNITS.get(word, "").split()}
    for literal in scope.literals():
        if literal.kind != "number":
            continue
        value = number(literal.text)
        after = re.match(r"\s?(?:%|°C?|[^\W\d_]+)?(?:[ -][^\W\d_]+)?", text[literal.end :])
        around = stems(text[max(0, literal.start - 24) : literal.start])[-2:] + stems(after.group() if after else "")
        sign = after.group().strip()[:1] if after else ""
        value = (
            value * 60 if "minut" in parameter.stems and re.match(r"\s?h(?:ours?)?\b", text[literal.end :]) else value
        )
        if parameter.type == "integer" and value != int(value):
            continue
        whole = int(value) if value == int(value) else value
        if parameter.accepts(whole):
            (
                near
                if names & set(around)
                or (
                    sign
                    and sign in "%°"
                    and sign
                    in " ".join(
                        _UNITS.get(word, "") for word in (*words(parameter.name), *words(parameter.description))
                    )
                )
                else rest
            ).append(whole)
    if near or parameter.required:
        return near + rest
    top = re.search(r"\b(?:top|first|last|latest|newest) (\d+)\b", text)
    if top and parameter.name in ("limit", "count", "max_results", "n", "size") and parameter.accepts(int(top[1])):
        return [int(top[1])]
    # the one number of a change can only be meant for the one number it may set
    only = [each for each in scope.tool.parameters if each.type in ("integer", "number")]
    return rest[:1] if scope.clause.kind == "update" and len(only) == 1 else []


def _literals(parameter: Parameter, scope: Scope) -> list[str]:
    kinds = _KINDS.get(parameter.role, _KINDS[""])
    free = [literal for kind in kinds for literal in scope.literals() if literal.kind == kind]
    if parameter.schema.get("pattern") and parameter.role not in ("date", "time"):
        free.extend(
            literal
            for literal in scope.literals()
            if literal not in free
            and literal.kind not in ("date", "time", "number")
            and (literal.kind != "id" or parameter.role == "id")
        )
    if parameter.role == "path":
        free = [literal for literal in free if literal.kind != "quoted" or re.search(r"\w\.\w{1,6}$", literal.text)]
        free.sort(key=lambda literal: literal.start)
        if scope.tool.reads:
            sources = [literal for literal in free if before(scope.clause.text, literal) not in ("to", "into", "as")]
            free = sources or free
    if parameter.role == "path" and not scope.tool.reads:
        # "from a in b": the last one is where it goes, unless another is plainly a target
        free.sort(key=lambda literal: (_target_rank(before(scope.clause.text, literal)), -literal.start))
    if not parameter.required and parameter.role in (
        "",
        "name",
        "place",
        "person",
        "title",
        "text",
        "date",
        "path",
        "time",
    ):
        free = [literal for literal in free if _is_near(parameter, literal, scope)]
    elif parameter.role == "place":
        owned = [literal for literal in free if re.match(r"['\u2019]s\b", scope.clause.text[literal.end :])]
        known = set(words(scope.tool.tool.description))
        free = [literal for literal in free if literal not in owned and not set(words(literal.text)) <= known]
        near = [literal for literal in free if _is_near(parameter, literal, scope)]
        inner = [literal for literal in free if literal.start > 0]
        free = near or (inner if recall.wants_all(scope.clause) else inner[:1])
    elif parameter.role in ("person", "date") and len(free) > 1:
        free = [literal for literal in free if _is_near(parameter, literal, scope)] or free
    found = [value for literal in free if (value := _exact(literal, parameter, scope)) is not None]
    return list(dict.fromkeys([*_labelled(parameter, scope), *found]))


_PREPOSITIONS = {
    "person": ("to", "for", "from", "with", "by", "tell", "ask", "remind", "message", "assign", "invite", "text", "and", "let", "person"),
    "place": ("in", "at", "for", "of", "and", "between", "to"),
    "since": ("from", "since", "starting", "start", "starts"),
    "until": ("to", "until", "till", "ending", "by", "before", "end", "ends", "and"),
    "due": ("by", "due", "until", "deadline", "before"),
    "on": ("on", "for", "for", "to", "until", "date"),
}  # fmt: skip
_DATE_SIDE = {"from": "since", "since": "since", "start": "since", "starts": "since", "begin": "since", "after": "since",
              "until": "until", "to": "until", "end": "until", "ends": "until", "before": "until", "due": "due"}  # fmt: skip


def _is_near(parameter: Parameter, literal: Literal, scope: Scope) -> bool:
    """Whether the words around a literal fit the parameter: its own name, or the preposition of its role."""
    text = scope.clause.text
    lead = before(text, literal)
    if stem(lead) in parameter.stems:
        return True
    if parameter.role == "date":
        names = {
            stem(word)
            for word in words(parameter.name)
            if word not in _DATE_SIDE and word not in ("date", "day", "on", "at")
        }
        if "due" in words(parameter.name):
            names.add("du")
        if names and not names & set(scope.clause.stems):
            return False
        side = next((_DATE_SIDE[word] for word in reversed(words(parameter.name)) if word in _DATE_SIDE), "on")
        after = text[literal.end : literal.end + 14]
        if (side == "since" and "or earlier" in after) or (side == "until" and "or later" in after):
            return False
        if side == "until" and "or earlier" in after:
            return True
        between = side in ("since", "until") and lead in ("on", "for") and scope.tool.reads
        return lead in _PREPOSITIONS[side] or between
    return lead in _PREPOSITIONS.get(parameter.role, ())


def _labelled(parameter: Parameter, scope: Scope) -> list[str]:
    """Values named by the parameter's own word: "label backend", "project LEND", "the LEND project"."""
    if not parameter.stems or parameter.role in ("path", "date", "time", "text", "query", "email"):
        return []
    spoken = re.findall(r"[\w'\u2019.@/-]*\w", scope.clause.text)
    found = []
    for index, word in enumerate(spoken):
        if stem(word) != parameter.stems[-1]:
            continue
        for neighbour in (*spoken[index + 1 : index + 2], *spoken[max(0, index - 1) : index]):
            if neighbour.lower() in STOP_WORDS or stem(neighbour) in VERBS or neighbour in scope.spent:
                continue
            if (
                "pattern" in parameter.schema
                and parameter.accepts(neighbour)
                and stem(neighbour) not in scope.tool.nouns
            ):
                found.append(neighbour)
                break
    return found


def _exact(literal: Literal, parameter: Parameter, scope: Scope) -> str | None:
    """The literal's text in the form the schema wants (ISO dates, 24-hour times)."""
    text = literal.text.strip()
    if parameter.role == "time" or literal.kind == "time":
        match = re.match(r"(\d{1,2})(?::(\d{2}))? ?(am|pm)?", text)
        if match:
            hour = int(match[1]) % 12 + (12 if match[3] == "pm" else 0) if match[3] else int(match[1])
            return f"{hour:02}:{match[2] or '00'}"
    if parameter.role in ("date", "datetime") and not parameter.accepts(text):
        return date_of(text, scope)
    if literal.kind == "path" and text.endswith("/"):
        return None
    return text


_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_ISO = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")


def date_of(text: str, scope: Scope) -> str | None:
    """ "12 March" or "Saturday" as an ISO date, with the help of dates that were said or seen; ``None`` without."""
    known = _ISO.findall(f"{scope.message} {' '.join(str(call.result) for call in scope.memory.calls)}")
    if not known:
        return None
    spoken = words(text)
    month = next((_MONTHS.index(word) + 1 for word in spoken if word in _MONTHS), None)
    day = next((int(word) for word in spoken if word.isdigit()), None)
    if month and day:
        return f"{known[0][0]}-{month:02}-{day:02}"
    wanted = next((_DAYS.index(word) for word in spoken if word in _DAYS), None)
    for year, month_text, day_text in known:
        try:
            date = datetime.date(int(year), int(month_text), int(day_text))
        except ValueError:
            continue
        if wanted is not None:
            return (date + datetime.timedelta(days=(wanted - date.weekday()) % 7)).isoformat()
    return None
