"""How much work a JSON Schema makes, counted before it is done: bounds for what is imported, and for what is checked.

References within ``anyOf``, ``oneOf`` and ``allOf`` multiply: a schema of a page can apply to one value a million times over, and a
validator that says what is wrong goes through all of them. So the applications are counted first, each part of the schema at
each place of a value once, which takes far fewer steps than there are applications.

Refuses nothing that is stored already: ``require_bounded`` is for imports.
"""

import functools
import json
from collections.abc import Callable, Hashable, Iterator
from typing import Any
from urllib.parse import unquote, urljoin

Schema = dict[str, Any]

MAX_PARTS = 10_000
"""Members and items of one tool's schema. The largest that are published have about half of it. How long texts are does not count."""
MAX_DEPTH = 100
MAX_APPLICATIONS = 5_000
"""So often a schema may apply to one value: the errors of so many are listed in about half a second."""
MAX_UNFOLDED = 1_000_000
"""Parts of a schema with all references written out."""
MAX_STEPS = 200_000
"""Of one count. What takes more is taken for endless."""
ENDLESS = 2**63

_HERE_LISTS = ("allOf", "anyOf", "oneOf")
_HERE = ("not", "if", "then", "else")
_HERE_BY_NAME = ("dependentSchemas", "dependencies")
_MEMBERS_BY_NAME = ("properties", "patternProperties")
_MEMBERS = ("additionalProperties", "unevaluatedProperties", "propertyNames")
_ITEMS = ("items", "additionalItems", "contains", "unevaluatedItems")
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")


def require_bounded(schema: Schema) -> None:
    """Raises ValueError, in one sentence, for a schema that could make endless work for whoever checks, shows or writes by it."""
    text = json.dumps(schema)
    # No more than there are commas and brackets, those within texts included.
    if sum(map(text.count, ",{[")) > MAX_PARTS and (parts := _parts(schema)) > MAX_PARTS:
        raise ValueError(f"the schema has {parts:,} members and items; {MAX_PARTS:,} are possible: divide the tool")
    problem = bounds_of(text).problem
    if problem:
        raise ValueError(problem)


@functools.lru_cache(maxsize=1024)
def bounds_of(text: str) -> "SchemaBounds":
    """The bounds of the schema with this JSON text."""
    return SchemaBounds(text)


class SchemaBounds:
    """``problem`` says why a schema is not taken, "" when it is. A schema without references ``is_tame`` at any length: it
    applies no more often than it has parts; one with references when all of them, written out, are few."""

    def __init__(self, text: str) -> None:
        self.problem = ""
        self.is_tame = True
        nesting = text.count("{") + text.count("[")
        if nesting <= MAX_DEPTH and not any(f'"{word}"' in text for word in _REFERENCES):
            return
        schema = json.loads(text)
        if nesting > MAX_DEPTH and _is_deeper(schema, MAX_DEPTH):
            self.problem = (
                f"the schema is nested more than {MAX_DEPTH} levels deep: flatten it, or put its parts under $defs"
            )
        if not any(f'"{word}"' in text for word in _REFERENCES):
            return
        self._parts = _Parts(schema)
        here = _count_all(self._parts.nodes, self._parts.here)
        unfolded = _count_all(self._parts.nodes, self._parts.all_below, of_a_cycle=1)
        self.is_tame = unfolded <= MAX_APPLICATIONS and not _has_cycle(self._parts)
        if here >= ENDLESS:
            self.problem = (
                "the schema refers to itself with no member or item in between, so it never ends: take that $ref out"
            )
        elif here > MAX_APPLICATIONS:
            self.problem = (
                f"the schema applies to one value {_much(here)} times over, {MAX_APPLICATIONS:,} are possible: use fewer "
                "references within anyOf, oneOf and allOf"
            )
        elif unfolded > MAX_UNFOLDED:
            self.problem = (
                f"the schema has {_much(unfolded)} parts with its references written out, {MAX_UNFOLDED:,} are possible: "
                "use fewer references to parts that refer on"
            )

    def applications(self, value: object) -> int:
        """How often parts of the schema apply to the value and what is in it, at most; ENDLESS when that can't be counted
        within MAX_STEPS."""
        if self.is_tame:
            return 0
        return _count((self._parts.root, value), _key, self._parts.applied)


class _Parts:
    """The parts of one schema and what each leads to."""

    def __init__(self, schema: Schema) -> None:
        self.root = schema
        self.nodes: list[Schema] = []
        self._resource: dict[int, Schema] = {}
        self._by_uri: dict[str, Schema] = {}
        self._anchors: dict[tuple[int, str], list[Schema]] = {}
        pending: list[tuple[Any, Schema]] = [(schema, schema)]
        while pending:
            value, resource = pending.pop()
            if isinstance(value, list):
                pending.extend((part, resource) for part in value)
            if not isinstance(value, dict):
                continue
            if isinstance(value.get("$id"), str):
                resource = value
                self._by_uri[value["$id"].rstrip("#")] = value
            self.nodes.append(value)
            self._resource[id(value)] = resource
            for word in ("$anchor", "$dynamicAnchor"):
                if isinstance(value.get(word), str):
                    self._anchors.setdefault((id(resource), value[word]), []).append(value)
            pending.extend((part, resource) for part in value.values())

    def here(self, node: Schema) -> Iterator[Schema]:
        """Parts that apply to the same value as the node."""
        for word in _REFERENCES:
            if isinstance(node.get(word), str):
                yield from self._targets(node, node[word])
        for word in _HERE_LISTS:
            yield from _schemas(node.get(word))
        for word in _HERE:
            yield from _schemas([node.get(word)])
        for word in _HERE_BY_NAME:
            if isinstance(node.get(word), dict):
                yield from _schemas(list(node[word].values()))

    def below(self, node: Schema) -> Iterator[Schema]:
        """Parts that apply to the members and items of the node's value."""
        for word in _MEMBERS_BY_NAME:
            if isinstance(node.get(word), dict):
                yield from _schemas(list(node[word].values()))
        for word in (*_MEMBERS, *_ITEMS, "prefixItems"):
            said = node.get(word)
            yield from _schemas(said if isinstance(said, list) else [said])

    def all_below(self, node: Schema) -> Iterator[Schema]:
        """All that the node leads to."""
        yield from self.here(node)
        yield from self.below(node)

    def applied(self, at: tuple[Schema, Any]) -> Iterator[tuple[Schema, Any]]:
        """What applies where, when the node applies to the value. Patterns are taken to fit every name."""
        node, value = at
        for part in self.here(node):
            yield part, value
        if isinstance(value, dict):
            yield from self._applied_to_members(node, value)
        elif isinstance(value, list):
            positional = node.get("prefixItems", node.get("items"))
            for number, item in enumerate(value):
                if isinstance(positional, list):
                    yield from ((part, item) for part in _schemas(positional[number : number + 1]))
                for word in _ITEMS:
                    yield from ((part, item) for part in _schemas([node.get(word)]))

    def _applied_to_members(self, node: Schema, value: Schema) -> Iterator[tuple[Schema, Any]]:
        named, patterns = (_by_name(node.get(word)) for word in _MEMBERS_BY_NAME)
        for name, member in value.items():
            yield from ((part, member) for part in _schemas([named.get(name), *patterns.values()]))
            for word in _MEMBERS:
                yield from ((part, name if word == "propertyNames" else member) for part in _schemas([node.get(word)]))

    def _targets(self, node: Schema, reference: str) -> list[Schema]:
        """What a reference points to; nothing for one that leads out of the schema, where only what JSON Schema says of itself is."""
        resource = self._resource[id(node)]
        uri, _, fragment = reference.partition("#")
        if uri:
            found = self._by_uri.get(uri) or self._by_uri.get(urljoin(str(resource.get("$id", "")), uri))
            if found is None:
                return []
            resource = found
        fragment = unquote(fragment)
        if fragment and not fragment.startswith("/"):
            return self._anchors.get((id(resource), fragment), [])
        part: Any = resource
        for name in fragment.split("/")[1:]:
            name = name.replace("~1", "/").replace("~0", "~")
            if isinstance(part, list):
                part = part[int(name)] if name.isdecimal() and int(name) < len(part) else None
            else:
                part = part.get(name) if isinstance(part, dict) else None
        return [part] if isinstance(part, dict) else []


def _schemas(said: Any) -> list[Schema]:
    return [part for part in said if isinstance(part, dict)] if isinstance(said, list) else []


def _by_name(said: Any) -> Schema:
    return said if isinstance(said, dict) else {}


def _key(at: tuple[Schema, Any]) -> Hashable:
    return id(at[0]), id(at[1])


def _count_all(nodes: list[Schema], lead_to: Callable[[Schema], Iterator[Schema]], *, of_a_cycle: int = ENDLESS) -> int:
    known: dict[Hashable, int] = {}
    most = 0
    for node in nodes:
        most = max(most, _count(node, id, lead_to, known=known, of_a_cycle=of_a_cycle))
        if most >= ENDLESS:
            break
    return most


def _has_cycle(parts: _Parts) -> bool:
    return _count(parts.root, id, parts.all_below) >= ENDLESS


def _count(
    start: Any,
    key: Callable[[Any], Hashable],
    lead_to: Callable[[Any], Iterator[Any]],
    *,
    known: dict[Hashable, int] | None = None,
    of_a_cycle: int = ENDLESS,
) -> int:
    """1 for the start and what everything it leads to counts, whatever way it is reached; each thing is looked at once.

    Where it leads back to what is being counted, that is ``of_a_cycle``. ENDLESS beyond MAX_STEPS.
    """
    known = {} if known is None else known
    if key(start) in known:
        return known[key(start)]
    # The things themselves are held, so that an id stays theirs.
    stack: list[tuple[Any, Iterator[Any], list[int]]] = [(start, lead_to(start), [1])]
    under_way = {key(start)}
    steps = 0
    while stack:
        thing, rest, total = stack[-1]
        following = next(rest, None)
        steps += 1
        if steps > MAX_STEPS:
            return ENDLESS
        if following is None:
            stack.pop()
            under_way.discard(key(thing))
            known[key(thing)] = total[0]
            if stack:
                stack[-1][2][0] = _sum(stack[-1][2][0], total[0])
        elif key(following) in under_way:
            total[0] = _sum(total[0], of_a_cycle)
        elif key(following) in known:
            total[0] = _sum(total[0], known[key(following)])
        else:
            under_way.add(key(following))
            stack.append((following, lead_to(following), [1]))
    return known[key(start)]


def _sum(one: int, other: int) -> int:
    """However much it is, it is not endless unless a part of it is."""
    return ENDLESS if ENDLESS in (one, other) else min(one + other, ENDLESS - 1)


def _parts(value: Any) -> int:
    total, pending = 0, [value]
    while pending:
        inner = pending.pop()
        if isinstance(inner, dict | list):
            total += len(inner)
            pending.extend(inner.values() if isinstance(inner, dict) else inner)
    return total


def _is_deeper(value: Any, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        level = [
            part
            for one in level
            for part in (one.values() if isinstance(one, dict) else one if isinstance(one, list) else ())
            if isinstance(part, dict | list)
        ]
        if not level:
            return False
    return True


def _much(count: int) -> str:
    return f"{count:,}" if count < 1_000_000_000 else "over a billion"
