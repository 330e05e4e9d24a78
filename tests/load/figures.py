"""A figure: what was measured, beside what it should be. Owns the table; refuses to judge time as right or wrong."""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One line of the table. ``is_met`` None: there is no target. ``is_broken``: not slow but wrong, which fails the run."""

    name: str
    measured: str
    target: str = ""
    is_met: bool | None = None
    is_broken: bool = False

    @property
    def verdict(self) -> str:
        if self.is_broken:
            return "BROKEN"
        return {True: "met", False: "missed", None: ""}[self.is_met]


@dataclass(frozen=True, kw_only=True)
class Options:
    """How a benchmark is run. ``is_quick``: a fraction of the size, for a first look; its figures prove less."""

    is_quick: bool = False

    def size(self, full: int, quick: int) -> int:
        return quick if self.is_quick else full


Bench = Callable[[Options], Iterable[Figure]]


def at_most(name: str, value: float, target: float, unit: str = "", *, note: str = "") -> Figure:
    """A figure that should not be above ``target``."""
    return _timed(name, value, target, unit, sign="≤", is_met=value <= target, note=note)


def at_least(name: str, value: float, target: float, unit: str = "", *, note: str = "") -> Figure:
    """A figure that should not be below ``target``."""
    return _timed(name, value, target, unit, sign="≥", is_met=value >= target, note=note)


def exactly(name: str, value: object, wanted: object) -> Figure:
    """A figure of correctness: anything else is broken."""
    return Figure(
        name=name, measured=str(value), target=f"= {wanted}", is_met=value == wanted, is_broken=value != wanted
    )


def no_more_than(name: str, value: int, limit: int) -> Figure:
    """A figure of correctness with a bound: anything above is broken."""
    return Figure(name=name, measured=str(value), target=f"≤ {limit}", is_met=value <= limit, is_broken=value > limit)


def _timed(name: str, value: float, target: float, unit: str, *, sign: str, is_met: bool, note: str) -> Figure:
    measured = " ".join(filter(None, [f"{value:.4g}", unit, f"({note})" if note else ""]))
    return Figure(name=name, measured=measured, target=f"{sign} {target:g} {unit}".rstrip(), is_met=is_met)


def table(figures: Iterable[Figure]) -> str:
    """The figures as aligned text."""
    rows = [("figure", "measured", "target", "")]
    rows += [(figure.name, figure.measured, figure.target, figure.verdict) for figure in figures]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def to_lines(figures: Iterable[Figure]) -> str:
    """The figures as JSON, one a line: from one process to another."""
    return "\n".join(json.dumps(asdict(figure)) for figure in figures)


def from_lines(text: str) -> list[Figure]:
    return [Figure(**json.loads(line)) for line in text.splitlines() if line.startswith("{")]
