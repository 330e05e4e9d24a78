"""Numbers that nobody wrote but that follow from what was: counts, sums, means, differences, shares and conversions.

An assistant may calculate. What it may have calculated is no invention, so a number counts as derived when any of these
simple ways leads to it; that some chance hit passes is the price.
"""

import bisect
import functools
import itertools
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from generation.checks.literals import decimals, readings

MAX_CHARACTERS = 20_000
MAX_SUMMANDS = 24
MAX_FACTORS = 6
"""With more numbers than these some pair leads to almost any number."""
UNITS = (60, 3600, 24, 7, 12, 100, 1000, 1024, 1_000_000, 1_048_576)

_NUMBER = re.compile(r"(?<![\w.,])-?\d+(?:[.,]\d+)*")
_CELL = re.compile(r"[;,\t|]")


def is_derived(number: str, texts: Iterable[str]) -> bool:
    """Whether this written number follows from the numbers, rows or items of these texts."""
    wanted, places = readings(number), decimals(number)
    derived = _derived(tuple(text[:MAX_CHARACTERS] for text in texts))
    half = 0.5000001 * 10**-places
    return any(_holds(derived, value - half, value + half) for value in wanted)


def _holds(values: Sequence[float], low: float, high: float) -> bool:
    place = bisect.bisect_left(values, low)
    return place < len(values) and values[place] <= high


@functools.lru_cache(maxsize=64)
def _derived(texts: tuple[str, ...]) -> tuple[float, ...]:
    """Sorted, without signs."""
    found: set[float] = set()
    operands: list[float] = []
    for text in texts:
        groups = list(_groups(text))
        for group in groups:
            found |= {float(len(group)), sum(group), sum(group) / len(group), max(group) - min(group)}
            operands += [sum(group)] if len(group) > 1 else []
        found |= {float(count) for count in _counts(text)}
        operands += [value for group in groups for value in group]
    operands = [value for value in dict.fromkeys(operands) if value]
    found |= {value * unit for value in operands[:MAX_SUMMANDS] for unit in UNITS}
    found |= {value / unit for value in operands[:MAX_SUMMANDS] for unit in UNITS}
    for one, other in itertools.combinations(operands[:MAX_SUMMANDS], 2):
        found |= {one + other, one - other}
    for one, other in itertools.combinations(operands[:MAX_FACTORS], 2):
        found.add(one * other)
        found |= {100 * one / other, one / other, 100 * (one - other) / other}
        found |= {100 * other / one, other / one, 100 * (other - one) / one}
    return tuple(sorted({abs(value) for value in found}))


def _groups(text: str) -> Iterator[list[float]]:
    """Numbers that belong together: the members of one name in JSON, the columns of a table, all of a text."""
    document = _parsed(text)
    groups: dict[Any, list[float]] = defaultdict(list)
    if document is not None:
        _collect(document, "", groups)
    else:
        for line in text.splitlines():
            for column, cell in enumerate(_CELL.split(line)):
                if value := _NUMBER.fullmatch(cell.strip()):
                    groups[column].append(_value(value[0]))
        groups["all"] = [_value(match) for match in _NUMBER.findall(text)]
    yield from (group for group in groups.values() if group)


def _counts(text: str) -> Iterator[int]:
    """How many lines, filled lines, items and occurrences of each value there are."""
    lines = [line for line in text.splitlines() if line.strip()]
    yield from (len(lines), len(lines) - 1, len(text), len(text.encode(errors="replace")), len(text.split()))
    values: dict[str, int] = defaultdict(int)
    document = _parsed(text)
    if document is None:
        for line in lines:
            for cell in _CELL.split(line):
                values[cell.strip()] += 1
    else:
        for part in _parts(document):
            if isinstance(part, (list, dict)):
                yield len(part)
            else:
                values[str(part)] += 1
    yield from set(values.values())
    yield len(values)


def _collect(value: Any, name: str, groups: dict[Any, list[float]]) -> None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        groups[name].append(float(value))
    elif isinstance(value, dict):
        for key, part in value.items():
            _collect(part, key, groups)
    elif isinstance(value, list):
        for part in value:
            _collect(part, name, groups)


def _parts(value: Any) -> Iterator[Any]:
    yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for part in inner:
        yield from _parts(part)


def _parsed(text: str) -> Any:
    """The JSON object or array that the text is, else None."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _value(text: str) -> float:
    """The likeliest reading: a lone comma is a decimal comma unless three digits follow it."""
    sign = -1 if text.startswith("-") else 1
    found = sorted(readings(text.lstrip("-")))
    return sign * (found[-1] if re.search(r"[.,]\d{3}$", text) else found[0])
