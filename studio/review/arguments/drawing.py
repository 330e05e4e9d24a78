"""The tree of fields for some arguments and their schema.

What is there decides what is drawn: an object that is not given is one line, so recursive schemas end where the value does.
What no field can hold exactly, what is nested too deeply and what is too much is a field of JSON, for that part only.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from generation.conversation import canonical_json
from studio.review.arguments.branches import (
    MAX_BRANCHES,
    TYPE_WORDS,
    branch_of,
    constants_of,
    distinct,
    name_branch,
    types_of,
)
from studio.review.arguments.fields import ArgumentField, Chooser, Kind, Option
from studio.review.arguments.hints import EXAMPLES, MODES, hints_of, short, words_in
from studio.review.arguments.json_text import Path, read_json, write_json
from studio.review.arguments.schemas import Reading, Schema, SchemaReader, Words, type_of
from studio.review.arguments.starters import start
from studio.web.visible_text import is_altered_by_typing, show

MAX_FIELDS = 600
MAX_LEVELS = 12
MAX_MEMBERS = 250
MAX_ITEMS = 100
MAX_OPTIONS = 300
MAX_UNIONS = 4
MAX_STARTER = 4_000
CROWDED = 60
"""Fields from which on inner groups begin closed."""
ABSENT: Any = object()
_DAY = re.compile(r"(?!0000)\d{4}-\d\d-\d\d")
_KINDS: dict[str, Kind] = {
    "string": "text",
    "number": "number",
    "boolean": "choice",
    "object": "group",
    "array": "list",
}

Choices = Mapping[str, int]


def draw(arguments: object, *, schema: Schema, choices: Choices | None = None, prefix: str = "") -> ArgumentField:
    """The root of the tree. ``choices`` are alternatives people chose (``Chooser.name`` to its option) and stand while they can;
    names of fields begin with ``prefix``."""
    pen = _Pen(SchemaReader(schema), choices or {}, prefix)
    root = pen.field((), pen.reader.root, value=arguments, is_required=True)
    _fold(root, is_crowded=root.count > CROWDED)
    first = next(_leaves(root), None)
    if first is not None:
        first.is_first = True
    return root


class _Pen:
    """Draws one tree and knows how much it has drawn."""

    def __init__(self, reader: SchemaReader, choices: Choices, prefix: str) -> None:
        self.reader = reader
        self.choices = choices
        self.prefix = prefix
        self.drawn = 0

    def field(self, path: Path, *schemas: Schema, value: Any, **known: Any) -> ArgumentField:
        """The field of one place with everything in it."""
        self.drawn += 1
        reading = self.reader.read(*schemas)
        about = reading.words
        drawn = ArgumentField(
            name=f"{self.prefix}a{self.drawn}",
            path=path,
            kind="json",
            key=str(path[-1] + 1 if isinstance(path[-1], int) else path[-1]) if path else "",
            title=words_in(about, "title", length=100),
            description=words_in(about, "description", length=1000),
            is_given=value is not ABSENT,
            is_read_only=about.get("readOnly") is True,
            is_deprecated=about.get("deprecated") is True,
            **known,
        )
        reading = self._choose_branch(drawn, reading, value)
        drawn.kind = self._kind(drawn, reading, value)
        drawn.hints = hints_of(reading, kind=drawn.kind)
        drawn.starter = self._json(start(self.reader, reading.words))
        self._offer_default(drawn, about if "default" in about else reading.words)
        self._fill(drawn, reading, value)
        return drawn

    def _choose_branch(self, drawn: ArgumentField, reading: Reading, value: Any) -> Reading:
        for number in range(MAX_UNIONS):
            if not reading.unions:
                break
            union, *others = reading.unions
            rest = [{"anyOf": other} for other in others]
            constants = constants_of(self.reader, union)
            if constants is not None:
                _name_constants(drawn, constants)
                reading = self.reader.read(reading.words, {"enum": [constant for constant, _ in constants]}, *rest)
                continue
            branches = union[:MAX_BRANCHES]
            base = {**reading.words, "anyOf": others[0]} if others else reading.words
            name = f"{drawn.path_json}{number}"
            at = self._branch(name, value, base=base, branches=branches)
            drawn.choosers.append(self._chooser(name, branches, base=base, at=at, value=value))
            if at is None:
                drawn.kind = "json"
                drawn.branch = False
                return Reading(words={**reading.words, "type": []})
            drawn.branch = branches[at]
            reading = self.reader.read(reading.words, branches[at], *rest)
        return reading

    def _branch(self, name: str, value: Any, *, base: Schema, branches: list[Schema]) -> int | None:
        chosen = self.choices.get(name)
        is_there = chosen is not None and 0 <= chosen < len(branches)
        if is_there and (value is ABSENT or type_of(value) in types_of(self.reader, base, branches[chosen or 0])):
            return chosen
        if value is ABSENT:
            kinds = [types_of(self.reader, base, branch) for branch in branches]
            return next((number for number, names in enumerate(kinds) if names != ["null"]), 0)
        return branch_of(self.reader, value, base=base, branches=branches)

    def _chooser(self, name: str, branches: list[Schema], *, base: Words, at: int | None, value: Any) -> Chooser:
        names = distinct([name_branch(self.reader, branch, number=n) for n, branch in enumerate(branches, start=1)])
        keep = None if value is ABSENT or len(canonical_json(value)) > MAX_STARTER else value
        values = [start(self.reader, branch, base, keep=keep) for branch in branches]
        return Chooser(name, [Option(self._json(v), show(names[n]), n == at) for n, v in enumerate(values)])

    def _kind(self, drawn: ArgumentField, reading: Reading, value: Any) -> Kind:
        if drawn.branch is False or self.drawn > MAX_FIELDS or len(drawn.path) > MAX_LEVELS:
            return "json"
        enum = self._enum(reading)
        if enum is not None and len(enum) <= MAX_OPTIONS:
            return "choice"
        types = reading.types
        of_value = "" if value is ABSENT else type_of(value)
        if not types:
            return "json"
        if len(types) > 1 or (of_value and of_value not in types and not _is_written_number(types, value)):
            drawn.choosers.append(self._type_chooser(reading, types, of_value=of_value, value=value))
        if not of_value:
            return _KINDS.get(next((name for name in types if name != "null"), "null"), "null")
        if of_value not in types:
            return "number" if _is_written_number(types, value) else "json"
        return "json" if _is_too_much(reading, value) else _KINDS.get(of_value, "null")

    def _type_chooser(self, reading: Reading, types: list[str], *, of_value: str, value: Any) -> Chooser:
        keep = None if value is ABSENT or len(canonical_json(value)) > MAX_STARTER else value
        shown = of_value or next((name for name in types if name != "null"), "")
        options = [
            Option(
                self._json(start(self.reader, reading.words, kind=name, keep=keep)),
                show("whole number" if name == "number" and reading.is_whole else TYPE_WORDS[name]),
                name == shown,
            )
            for name in types
        ]
        return Chooser("", options)

    def _enum(self, reading: Reading) -> list[Any] | None:
        if "const" in reading.words:
            return [reading.words["const"]]
        enum = reading.words.get("enum")
        return enum if isinstance(enum, list) else None

    def _offer_default(self, drawn: ArgumentField, words: Words) -> None:
        if "default" not in words or drawn.is_item or len(canonical_json(words["default"])) > MAX_STARTER:
            return
        drawn.default = self._json(words["default"])
        drawn.default_words = short(words["default"], 60)

    def _fill(self, drawn: ArgumentField, reading: Reading, value: Any) -> None:
        if drawn.kind == "group":
            self._fill_group(drawn, reading, value)
        elif drawn.kind == "list":
            self._fill_list(drawn, reading, value)
        elif drawn.kind == "choice":
            self._fill_choice(drawn, reading, value)
        elif value is not ABSENT:
            is_text = drawn.kind in ("text", "number") and isinstance(value, str)
            drawn.value = value if is_text else write_json(value)
        if drawn.kind == "text":
            form = words_in(reading.words, "format", length=40)
            drawn.is_line = form in EXAMPLES and "\n" not in drawn.value
            drawn.placeholder, drawn.mode = EXAMPLES.get(form, ""), MODES.get(form, "")
            if form == "date" and (not drawn.value or _DAY.fullmatch(drawn.value)):
                drawn.mode = "date"

    def _fill_group(self, drawn: ArgumentField, reading: Reading, value: Any) -> None:
        if value is ABSENT:
            return
        drawn.summary = short(value, 80) if drawn.path else ""
        properties, required = reading.properties, set(reading.required)
        rest = reading.words.get("additionalProperties", True)
        patterns = reading.words.get("patternProperties")
        patterns = patterns if isinstance(patterns, dict) else {}
        for key in dict.fromkeys([*properties, *value]):
            is_extra = key not in properties
            matched = [said for pattern, said in patterns.items() if self._matches(key, pattern)] if is_extra else []
            schemas = [properties[key]] if not is_extra else matched or [rest]
            drawn.members.append(
                self.field(
                    (*drawn.path, key),
                    *(schema if schema is not False else {} for schema in schemas),
                    value=value.get(key, ABSENT),
                    is_required=key in required and not is_extra,
                    is_extra=is_extra,
                    is_unknown=is_extra and schemas == [False],
                )
            )
        drawn.takes_more = rest is not False or bool(patterns)
        template = rest if rest is not False else next(iter(patterns.values()), {})
        drawn.new = self._json(start(self.reader, template))

    def _matches(self, key: str, pattern: str) -> bool:
        # The validator's own engine of regular expressions: it knows ECMA's dialect and gives up on hostile ones.
        return bool(self.reader.violations({key: 0}, {"patternProperties": {pattern: False}}))

    def _fill_list(self, drawn: ArgumentField, reading: Reading, value: Any) -> None:
        if value is ABSENT:
            return
        drawn.summary = short(value, 80)
        words = reading.words
        items = words.get("items", True)
        first = items if isinstance(items, list) else words.get("prefixItems")
        first = first if isinstance(first, list) else []
        rest = words.get("additionalItems", True) if isinstance(items, list) else items
        for number, item in enumerate(value):
            schema = first[number] if number < len(first) else rest
            drawn.members.append(
                self.field((*drawn.path, number), schema if schema is not False else {}, value=item, is_item=True)
            )
        drawn.takes_more = rest is not False or len(value) < len(first)
        drawn.new = self._json(start(self.reader, first[len(value)] if len(value) < len(first) else rest))

    def _fill_choice(self, drawn: ArgumentField, reading: Reading, value: Any) -> None:
        enum = self._enum(reading)
        titles = {option.json: option.words for option in drawn.options}
        values = [True, False] if enum is None else enum
        now = "" if value is ABSENT else canonical_json(value)
        by_json = {canonical_json(one): one for one in values}
        drawn.options = [
            Option(self._json(one), titles.get(said) or show(short(one, 100)), said == now)
            for said, one in by_json.items()
        ]
        if now and now not in by_json:
            drawn.options.insert(0, Option(self._json(value), show(short(value, 100)), True))

    def _json(self, value: object) -> str:
        return write_json(value)


def _name_constants(drawn: ArgumentField, constants: list[tuple[Any, str]]) -> None:
    """Keep the titles of constants for the options they become."""
    drawn.options = [
        Option(canonical_json(constant), show(f"{short(constant, 60)} · {title[:60]}"))
        for constant, title in constants
        if title
    ]


def _is_written_number(types: list[str], value: Any) -> bool:
    """Whether a field for numbers holds this text without becoming another value: a text that is none."""
    if "number" not in types or not isinstance(value, str) or _is_odd(value) or "\n" in value:
        return False
    try:
        return bool(value) and not isinstance(read_json(value), int | float)
    except ValueError:
        return bool(value.strip())


def _is_too_much(reading: Reading, value: Any) -> bool:
    if isinstance(value, str):
        return _is_odd(value)
    if isinstance(value, list):
        return len(value) > MAX_ITEMS
    return isinstance(value, dict) and len({*reading.properties, *value}) > MAX_MEMBERS


def _is_odd(text: str) -> bool:
    """Whether a field would lose or hide something of the text."""
    return is_altered_by_typing(text) or 'class="odd"' in show(text)


def _fold(drawn: ArgumentField, *, is_crowded: bool) -> None:
    """Close what would make a long form longer: items beyond a few, and inner groups of a crowded form."""
    inner = [member for member in drawn.members if member.kind in ("group", "list")]
    many = drawn.kind == "list" and len(inner) > 4
    for member in inner:
        member.is_open = not (many or (is_crowded and len(member.path) > 1))
        _fold(member, is_crowded=is_crowded)


def _leaves(drawn: ArgumentField) -> Iterator[ArgumentField]:
    """The fields that take the focus, in the order of the page."""
    for member in [*drawn.shown, *drawn.folded]:
        if member.kind in ("group", "list") and member.is_given:
            if member.is_open:
                yield from _leaves(member)
        elif member.kind not in ("group", "list", "null"):
            yield member
