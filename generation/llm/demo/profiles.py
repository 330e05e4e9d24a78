"""What a tool and its parameters are for, as far as names, descriptions, schemas and annotations tell."""

import functools
import json
import re
from dataclasses import dataclass
from typing import Any

from generation.llm.demo.words import VERBS, stem, stems, words
from generation.tools import ToolDefinition, fits

ROLES = {
    "path": "path file filename filepath folder directory document",
    "query": "query q search term keyword keywords phrase",
    "email": "email mail",
    "time": "time at hour",
    "date": "date day due deadline until since from start end starts ends begin before after on when",
    "text": "content body message text description comment note notes reason details summary_text instructions",
    "title": "title subject headline heading summary label",
    "person": "to recipient assignee user person author attendee participant owner contact reporter who attendees recipients",
    "place": "city location place room area zone town",
    "id": "id key number code ref reference ticket issue uuid slug",
}
_ROLE_OF = {word: role for role, listed in ROLES.items() for word in listed.split()}


@dataclass(frozen=True)
class Parameter:
    """One property of a tool's schema, its ``$ref`` resolved. ``role`` is what its name says it holds ("" unknown)."""

    name: str
    schema: dict[str, Any]
    required: bool
    role: str

    @property
    def type(self) -> str:
        kind = self.schema.get("type")
        if isinstance(kind, list):
            return next((str(item) for item in kind if item != "null"), "null")
        if kind is None and "properties" in self.schema:
            return "object"
        if kind is None and self.options:
            return {bool: "boolean", int: "integer", float: "number"}.get(type(self.options[0]), "string")
        return str(kind or "string")

    @property
    def options(self) -> list[Any]:
        if "const" in self.schema:
            return [self.schema["const"]]
        return list(self.schema.get("enum") or [])

    @property
    def stems(self) -> tuple[str, ...]:
        return stems(self.name)

    @property
    def description(self) -> str:
        return str(self.schema.get("description", ""))

    def accepts(self, value: Any) -> bool:
        """Whether the parameter's own schema allows the value."""
        return _accepts(json.dumps(self.schema), json.dumps(value))


@functools.lru_cache(maxsize=4096)
def _accepts(schema: str, value: str) -> bool:
    return fits(json.loads(value), json.loads(schema))


@dataclass(frozen=True, eq=False)
class Profile:
    """A tool as the demo model sees it. ``kind`` is the kind of deed (read, create, update, delete, send)."""

    tool: ToolDefinition
    kind: str
    parameters: tuple[Parameter, ...]
    name_stems: tuple[str, ...]
    text_stems: frozenset[str]

    @property
    def name(self) -> str:
        return self.tool.name

    @property
    def reads(self) -> bool:
        return self.kind == "read"

    @property
    def required(self) -> tuple[Parameter, ...]:
        return tuple(parameter for parameter in self.parameters if parameter.required)

    @property
    def subject(self) -> Parameter | None:
        """The required parameter that says on what the tool acts: an id, a path, a place, a person, else the first."""
        wanted = [parameter for parameter in self.required if parameter.role not in ("text", "title")]
        wanted.sort(key=lambda parameter: parameter.role not in ("id", "path"))
        return wanted[0] if wanted else None

    @property
    def lists(self) -> bool:
        """Whether it shows what there is without being told anything."""
        return self.reads and not self.required

    @property
    def nouns(self) -> frozenset[str]:
        """What it deals with: the words of its name that are no verb."""
        return frozenset(found for found in self.name_stems[1:] or self.name_stems)


def _kind(tool: ToolDefinition) -> str:
    if tool.only_reads:
        return "read"
    kinds = [VERBS[found] for found in (stem(word) for word in words(tool.name)) if found in VERBS]
    kinds += [VERBS[found] for found in (stem(word) for word in words(tool.description)[:1]) if found in VERBS]
    if tool.annotations.get("readOnlyHint") is False:
        kinds = [kind for kind in kinds if kind != "read"] or ["update"]
    return kinds[0] if kinds else "read"


def _parameters(schema: dict[str, Any], root: dict[str, Any]) -> tuple[Parameter, ...]:
    required = schema.get("required") or []
    found = []
    for name, raw in (schema.get("properties") or {}).items():
        if isinstance(raw, dict):
            found.append(_parameter(name, resolve(raw, root), required=name in required))
    return tuple(sorted(found, key=lambda parameter: not parameter.required))


def _parameter(name: str, schema: dict[str, Any], *, required: bool) -> Parameter:
    found = Parameter(name, schema, required, _role(name, schema))
    if found.role == "date" and found.type == "string" and found.accepts("10:00") and not found.accepts("2026-01-15"):
        return Parameter(name, schema, required, "time")
    return found


_IDENTIFIES = re.compile(r"(?i)(?:the )?(?:id|key|identifier|number|code)\b")
_IDENTIFIER_PATTERN = re.compile(r"\^[a-zA-Z\[\]{},0-9-]*-(?:\[0-9\]|\\d)")


def _role(name: str, schema: dict[str, Any]) -> str:
    form = schema.get("format")
    if form in ("date", "email", "time"):
        return str(form)
    if form == "date-time":
        return "datetime"
    said = str(schema.get("description", ""))
    if _IDENTIFIES.match(said) or _IDENTIFIER_PATTERN.match(str(schema.get("pattern", ""))):
        return "id"
    spoken = words(name)
    for word in reversed(spoken):
        role = _ROLE_OF.get(word) or _ROLE_OF.get(word.removesuffix("s"))
        if role in ("text", "title") and "pattern" in schema:
            continue
        if role:
            return role
    if spoken and spoken[-1] == "name":
        return "name"
    return ""


def resolve(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    """The schema with local ``$ref`` inside replaced and the first usable branch of anyOf/oneOf/allOf merged in."""
    return _resolve(schema, root, depth=0)


def _resolve(schema: dict[str, Any], root: dict[str, Any], *, depth: int) -> dict[str, Any]:
    if depth > 12:
        return {}
    plain = dict(schema)
    reference = plain.pop("$ref", None)
    if isinstance(reference, str) and reference.startswith("#/"):
        target: Any = root
        for part in reference[2:].split("/"):
            target = target.get(part.replace("~1", "/").replace("~0", "~"), {}) if isinstance(target, dict) else {}
        plain = _resolve(target, root, depth=depth + 1) | plain
    for union in ("anyOf", "oneOf"):
        branches = [branch for branch in plain.get(union) or [] if isinstance(branch, dict)]
        usable = [branch for branch in branches if branch.get("type") != "null"]
        if len(usable) < len(branches):
            plain["nullable"] = True
        if usable:
            del plain[union]
            plain |= _resolve(usable[0], root, depth=depth + 1)
    for branch in plain.pop("allOf", []):
        if isinstance(branch, dict):
            plain |= _resolve(branch, root, depth=depth + 1)
    if isinstance(plain.get("properties"), dict):
        plain["properties"] = {
            key: _resolve(value, root, depth=depth + 1) if isinstance(value, dict) else value
            for key, value in plain["properties"].items()
        }
    if isinstance(plain.get("items"), dict):
        plain["items"] = _resolve(plain["items"], root, depth=depth + 1)
    return plain


def children(schema: dict[str, Any]) -> tuple[Parameter, ...]:
    """The properties of an object schema that is already resolved."""
    return _parameters(schema, schema)


def item_of(parameter: Parameter) -> Parameter:
    """What an array parameter holds, as a parameter of the same name."""
    items = parameter.schema.get("items")
    name = parameter.name.removesuffix("s")
    return _parameter(name, items if isinstance(items, dict) else {"type": "string"}, required=True)


def profile(tool: ToolDefinition) -> Profile:
    """The profile of one tool."""
    held = _parameters(resolve(tool.parameters, tool.parameters), tool.parameters)
    spoken = set(stems(tool.description))
    for parameter in held:
        spoken.update(parameter.stems)
        spoken.update(found for option in parameter.options for found in stems(str(option)))
    return Profile(tool, _kind(tool), held, tuple(stem(word) for word in words(tool.name)), frozenset(spoken))


def weights(known: tuple[Profile, ...]) -> dict[str, float]:
    """How telling a stem is among these tools: 1 when one tool has it, less the more share it."""
    counts: dict[str, int] = {}
    for each in known:
        for found in {*each.name_stems, *each.text_stems}:
            counts[found] = counts.get(found, 0) + 1
    return {found: 1.0 / count for found, count in counts.items()}
