"""Texts that a call carries: messages, comments, titles, and the content of a file made from what was read."""

import re
from typing import Any

from generation.llm.demo import figures, phrases
from generation.llm.demo.clauses import Clause
from generation.llm.demo.evidence import Scope
from generation.llm.demo.literals import literals
from generation.llm.demo.memory import Reading
from generation.llm.demo.profiles import Parameter, children
from generation.llm.demo.words import STOP_WORDS, stems, words


def text_for(parameter: Parameter, scope: Scope, arguments: dict[str, Any]) -> str | None:
    """The text a required parameter shall hold; ``None`` while there is nothing to make it from."""
    if parameter.role == "title":
        return phrases.title(scope.clause) or None
    path = next((value for name, value in arguments.items() if isinstance(value, str) and _is_path(value)), "")
    if path:
        return document(path, scope)
    if found := phrases.spoken_words(scope.clause):
        return found
    if found := phrases.quoted(scope.message):
        return found
    shown = _what_was_found(scope)
    return shown or phrases.sentence(phrases.thing(scope.clause) or scope.clause.text)


def optional_text(parameter: Parameter, scope: Scope) -> str | None:
    """A quoted text for an optional parameter, only when the clause names it (with the goal "…", description: "…")."""
    name = words(parameter.name)[-1] if words(parameter.name) else parameter.name
    match = re.search(rf"(?i)\b{re.escape(name)}s?\b", scope.clause.text)
    return (phrases.quoted(scope.clause.text[match.start() :]) or None) if match else None


def listed(item: Parameter, scope: Scope) -> list[dict[str, Any]]:
    """Objects for an array, one for each part of an enumeration after the array's own name."""
    names = [child for child in children(item.schema) if child.type == "string" and not child.options]
    match = re.search(
        rf"(?i)\b{re.escape(item.name)}\b[^:]*:\s*(?P<rest>[^.;]+)", f"{scope.clause.text} {_after(scope)}"
    )
    if not match or not names:
        return []
    parts = [part.strip() for part in re.split(r",\s*(?:and\s+)?|\s+and\s+", match["rest"]) if part.strip()]
    found = [{names[0].name: part} for part in parts]
    return [part for part in found if item.accepts(part)]


def _after(scope: Scope) -> str:
    """What the message says behind the clause: an enumeration of deeds is cut into clauses of its own."""
    _, _, rest = scope.message.partition(scope.clause.text)
    return rest


def _is_path(text: str) -> bool:
    return bool(re.fullmatch(r"[^\n]{0,200}[\w)]\.[A-Za-z0-9]{1,6}", text)) and "@" not in text


def document(path: str, scope: Scope) -> str | None:
    """The content of the file ``path``: given, the old content changed, or a summary of what was read.

    ``None`` when nothing was given and nothing was read.
    """
    own = _reading(path, scope)
    text = scope.clause.text
    if own is not None and (changed := _changed(own.text, f"{text} {scope.message}")) is not None:
        return changed
    given = _lines(text) or phrases.spoken_words(Clause(text, scope.clause.verb, "create"))
    given = "" if _is_path(given) else given
    sources = [reading for reading in _newest(scope) if reading.subject != path]
    if scope.clause.verb in ("copy", "renam") and sources:
        return sources[-1].text
    if not given and (not sources or not _DERIVED.search(text)):
        given = phrases.quoted(scope.message) or _told(scope)
    if given and own is not None and own.text.strip() and _adds(f"{text}"):
        return f"{own.text.rstrip()}\n{_marker(own.text)}{given}\n"
    if given:
        return given if given.endswith("\n") else f"{given}\n"
    if sources:
        return report(path, sources, scope.message)
    return own.text if own is not None and own.text.strip() else None


_DERIVED = re.compile(
    r"(?i)\b(?:totals?|sums?|counts?|summar\w+|lists?|names?|lines?|contents?|both|that|these|those|results?|average|columns?|recipe|text|combined|highest|lowest|with both|cheaper|missing)\b"
)


def _reading(path: str, scope: Scope) -> Reading | None:
    return next((reading for reading in reversed(scope.memory.readings) if reading.subject == path), None)


def _newest(scope: Scope) -> list[Reading]:
    """The last reading of every source, those that the message names when it names some."""
    latest = {
        reading.subject: reading
        for reading in scope.memory.readings
        if _is_path(reading.subject) and not reading.text.startswith("Success")
    }
    named = [reading for reading in latest.values() if reading.subject in scope.message]
    return named or list(latest.values())


_ADDS = re.compile(r"(?i)\b(?:add(?:ed)?|append(?:ed)?|put|below|underneath|at the end|another line|line more)\b")


def _adds(text: str) -> bool:
    return bool(_ADDS.search(text))


def _marker(text: str) -> str:
    """The list mark that the last line of a text uses, so that a new line fits in."""
    last = text.rstrip().rpartition("\n")[2]
    match = re.match(r"\s*(?:[-*•] (?:\[[ x]\] )?)", last)
    return match.group().replace("x", " ") if match else ""


_FROM_TO = re.compile(
    r"(?i)\bfrom (?P<old>\"[^\"]+\"|[\w.,:%-]*[\w%])(?P<unit>(?: [a-z]+)?) (?:to|into) (?P<new>\"[^\"]+\"|[\w.,:%-]*[\w%])"
    r"|\breplace (?P<old2>\"[^\"]+\"|[\w.,:-]*\w) (?:with|by) (?P<new2>\"[^\"]+\"|[\w.,:-]*\w)"
)
_SET_TO = re.compile(
    r"(?i)(?P<lead>[^.;]{3,80}?)\b(?:raised|lowered|set|changed|increased|reduced|corrected|raise|lower|change|set|increase|reduce|fix|correct)\b(?P<mid>[^.;]{0,60}?)\bto (?P<new>\"[^\"]+\"|[\w.,:%-]*[\w%])"
)
_SPELLED = {
    "one": "1",
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
    "six": "6",
    "seven": "7",
    "eight": "8",
    "nine": "9",
    "ten": "10",
}


def _changed(old: str, text: str) -> str | None:
    """The old content with the asked replacement made, when the text asks for one that can be made."""
    for match in _FROM_TO.finditer(text):
        was, now = (match["old"] or match["old2"]).strip('"'), (match["new"] or match["new2"]).strip('"')
        for spelled in (was, _SPELLED.get(was, was), was.replace(",", "")):
            if spelled in old:
                return old.replace(spelled, _SPELLED.get(now, now))
    for match in _SET_TO.finditer(text):
        now = match["new"].strip('"')
        if now.lower() in STOP_WORDS:
            # "set to the allowed maximum" names no value; a guess would break the file
            continue
        for word in (*reversed([*words(match["lead"]), *words(match["mid"])]), *words(text)):
            line = re.compile(rf"(?im)^(?P<key>\s*[\"']?{re.escape(word)}[\"']?\s*[:=]\s*)(?P<value>[^\s,}}]+)")
            inline = re.compile(rf"(?i)(?P<key>[\"']{re.escape(word)}[\"']\s*:\s*)(?P<value>[^\s,}}]+)")
            for pattern in (line, inline):
                found = pattern.search(old) if len(word) > 2 else None
                if found:
                    return f"{old[: found.start('value')]}{_SPELLED.get(now, now)}{old[found.end('value') :]}"
    return None


def _lines(text: str) -> str:
    """Lines that the request spells out: "with exactly four lines: a, b, c"."""
    match = re.search(r"(?i)\b(?:lines?|items?|entries|words|names)\b[^:]*:\s*(?P<rest>[^:]{3,})$", text.rstrip("."))
    if not match:
        return ""
    parts = [part.strip() for part in re.split(r",\s*(?:and\s+)?", match["rest"]) if part.strip()]
    return "\n".join(parts) + "\n"


def _told(scope: Scope) -> str:
    """What a file shall say, when the request tells it: "a run of 8 km on Monday", "that the pump was replaced"."""
    match = re.search(
        r"(?i)\b(?:with|saying|says?|say|that|about|of|add|note|write|put)\b (?:that |down )?(?P<rest>[^,;]{6,}?)(?: (?:to|in|into|on) (?:it|that file|the file|there|[\w/.-]+\.\w+)\b.*)?[.!?]?$",
        scope.clause.text,
    )
    if not match:
        return ""
    rest = match["rest"].strip()
    rest = next((rest.replace(literal.text, "").strip() for literal in literals(rest) if literal.kind == "path"), rest)
    return phrases.sentence(re.sub(r"(?i)^(?:a|an|the|that) ", "", rest)).rstrip(".") if len(stems(rest)) > 1 else ""


def report(path: str, sources: list[Reading], question: str) -> str:
    """A short text with the real figures of what was read; Markdown when the path says so."""
    if re.search(r"(?i)\b(?:combin|merge|duplicate|together|one list)", question):
        merged = _merged(sources)
        if merged:
            return merged
    name = path.rpartition("/")[2].rpartition(".")[0].replace("-", " ").replace("_", " ")
    markdown = path.endswith((".md", ".markdown"))
    lines = [f"# {name[:1].upper()}{name[1:]}", ""] if markdown else []
    for source in sources:
        entries = figures.json_entries(source.text)
        if entries and markdown:
            lines.extend(f"- {entry}" for entry in entries)
            continue
        for fact in figures.facts(source.subject, source.text, question):
            lines.append(f"- {fact}" if markdown else fact)
    return "\n".join(lines) + "\n"


def _merged(sources: list[Reading]) -> str:
    """The lines of plain lists in one, each once; "" when a source is no plain list."""
    lines = [line.strip() for source in sources for line in source.text.splitlines() if line.strip()]
    if (
        len(sources) < 2
        or any(len(line) > 60 for line in lines)
        or any(figures.read_table(source.text) for source in sources)
    ):
        return ""
    return "\n".join(dict.fromkeys(lines)) + "\n"


def _what_was_found(scope: Scope) -> str:
    """The findings so far in one or two sentences, for a message or a comment that shall pass them on."""
    if not re.search(r"(?i)\b(?:the|what|which|how|summary|total|result|about|forecast|list)\b", scope.clause.text):
        return ""
    facts = [
        fact for reading in _newest(scope)[-2:] for fact in figures.facts(reading.subject, reading.text, scope.message)
    ]
    return " ".join(facts[:3])
