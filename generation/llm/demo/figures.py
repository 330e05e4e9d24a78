"""Simple figures from what was read: tables, labelled numbers, check lists and prose, in sentences.

Only arithmetic over the text at hand: counts, totals, averages, highest and lowest.
"""

import csv
import functools
import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from generation.llm.demo.words import stem, stems

ASKS = {
    "total": [
        "total",
        "sum",
        "altogether",
        "overall",
        "revenue",
        "turnover",
        "spend",
        "spent",
        "cost",
        "budget",
        "add",
        "amount",
    ],
    "highest": [
        "highest",
        "best",
        "most",
        "max",
        "maximum",
        "biggest",
        "largest",
        "top",
        "expensive",
        "hottest",
        "warmest",
        "longest",
        "strongest",
        "busiest",
    ],
    "lowest": [
        "lowest",
        "worst",
        "least",
        "min",
        "minimum",
        "smallest",
        "cheapest",
        "coldest",
        "fewest",
        "shortest",
        "weakest",
        "low",
    ],
    "average": ["average", "mean", "typical"],
    "count": ["many", "count", "number"],
}
_ASK_OF = {stem(word): ask for ask, listed in ASKS.items() for word in listed}


class Table(NamedTuple):
    """Rows of text under a header; ``kind`` is ``csv``, ``labels`` (``name: number`` lines) or ``checks``."""

    kind: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def numbers(self, column: int) -> list[float] | None:
        """The column's values as numbers; ``None`` when one of them is none or they are ids or years."""
        values = [as_number(row[column]) for row in self.rows]
        if not values or any(value is None for value in values):
            return None
        return [value for value in values if value is not None]


def asks(text: str) -> tuple[str, ...]:
    """Which figures a question wants, in the order it names them."""
    found = [ask for word in re.findall(r"[a-z]+", text.lower()) for ask in [_ASK_OF.get(stem(word))] if ask]
    return tuple(dict.fromkeys(found))


_NUMBER = re.compile(r"^[€$£]?\s?(-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|-?\d+(?:\.\d+)?)\s?(?:[€$£%]|[a-zA-Zµ°]{1,5})?$")


def as_number(text: str) -> float | None:
    match = _NUMBER.match(text.strip())
    return float(match[1].replace(",", "")) if match else None


def show(value: float) -> str:
    """A number as people write it: no needless decimals, never more than two."""
    return str(int(value)) if value == int(value) else f"{value:.2f}".rstrip("0")


@functools.lru_cache(maxsize=256)
def read_table(text: str) -> Table | None:
    """The table in a text, when there is one."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for delimiter in (",", ";", "\t", "|"):
        if len(lines) >= 2 and delimiter in lines[0]:
            rows = [tuple(cell.strip() for cell in row) for row in csv.reader(lines, delimiter=delimiter)]
            width = len(rows[0])
            body = tuple(row for row in rows[1:] if len(row) == width)
            if width >= 2 and len(body) >= max(1, 0.8 * (len(rows) - 1)) and all(len(cell) < 40 for cell in rows[0]):
                return Table("csv", rows[0], body)
    checks = [match.groups() for line in lines if (match := re.match(r"[-*] \[([ xX])\] (.+)", line))]
    if len(checks) >= 2:
        return Table("checks", ("done", "item"), tuple((mark.strip().lower(), item) for mark, item in checks))
    labels = [match.groups() for line in lines if (match := _LABEL.match(line))]
    if len(labels) >= 2:
        return Table(
            "labels", ("item", "amount"), tuple((label.strip(" *"), amount.strip()) for label, amount in labels)
        )
    return None


_LABEL = re.compile(
    r"^(?:[-*•]|\d+\.)?\s*([A-Za-z][^:=|]{0,40}?)\s*[:=]\s*([€$£]?\s?-?\d[\d,.]*\s?[A-Za-z€$£%°]{0,5})$"
)


def facts(subject: str, text: str, question: str) -> list[str]:
    """Sentences about a text that was read, chosen by what the question asks. Never empty."""
    if not text.strip():
        return [f"{subject} is empty."]
    entries = json_entries(text)
    if entries:
        return [
            f"{subject} has {len(entries)} entries: {'; '.join(entries[:8])}{' and more' if len(entries) > 8 else ''}."
        ]
    table = read_table(text)
    if table is None:
        return _prose(subject, text, question)
    if table.kind == "checks":
        still = [item for mark, item in table.rows if not mark]
        done = len(table.rows) - len(still)
        listed = f": {', '.join(still)}" if still else ""
        return [f"{subject} has {len(table.rows)} items, {done} done and {len(still)} open{listed}."]
    return _table_facts(subject, table, question)


def json_entries(text: str) -> list[str]:
    """The objects of the one list in a JSON text, a line each; [] when it is something else."""
    if text.lstrip()[:1] not in ("{", "["):
        return []
    try:
        value = json.loads(text)
    except ValueError:
        return []
    lists = [value] if isinstance(value, list) else [each for each in value.values() if isinstance(each, list)]
    if len(lists) != 1 or not all(isinstance(each, dict) for each in lists[0]):
        return []
    return [", ".join(str(field) for field in each.values() if not isinstance(field, dict | list)) for each in lists[0]]


def _table_facts(subject: str, table: Table, question: str) -> list[str]:
    wanted = asks(question)
    asked = set(stems(question))
    condition, selected = _selected(table, question)
    if condition:
        listed = "; ".join(", ".join(cell for cell in row if cell) for row in selected[:12])
        return [
            f"{len(selected)} of the {len(table.rows)} rows of {subject} fit ({condition.lower()}){f': {listed}' if listed else ''}."
        ]
    columns = [(index, numbers) for index in range(len(table.header)) if (numbers := table.numbers(index))]
    columns = [column for column in columns if not _counts_up(table.header[column[0]], column[1])]
    named = [column for column in columns if set(stems(table.header[column[0]])) & asked]
    sentences = [f"{subject} has {len(table.rows)} {'rows' if table.kind == 'csv' else 'entries'}."]
    matching = _matching_rows(table, asked)
    for index, numbers in (named or columns)[:3]:
        name = table.header[index] if table.kind == "csv" else ""
        sentences.extend(_column_facts(name, numbers, _labels(table, index), wanted or ("total",)))
    if matching and len(matching) <= 3:
        sentences.extend(
            "; ".join(f"{key}: {value}" for key, value in zip(table.header, row, strict=True)) + "." for row in matching
        )
    if len(sentences) == 1:
        shown = [" / ".join(cell for cell in row if cell) for row in (matching or table.rows)[:5]]
        sentences.append(f"{'They are' if len(shown) == len(table.rows) else 'Among them'}: {'; '.join(shown)}.")
    return sentences


def _column_facts(name: str, numbers: list[float], labels: list[str], wanted: tuple[str, ...]) -> Iterator[str]:
    of = f" {name}" if name else ""
    for ask in wanted:
        if ask == "total":
            yield f"The total{of and ' of' + of} is {show(sum(numbers))}."
        elif ask == "average":
            yield f"The average{of} is {show(sum(numbers) / len(numbers))}."
        elif ask in ("highest", "lowest"):
            value = max(numbers) if ask == "highest" else min(numbers)
            where = labels[numbers.index(value)]
            yield f"The {ask}{of} is {show(value)}{f' ({where})' if where else ''}."


def _labels(table: Table, column: int) -> list[str]:
    others = [index for index in range(len(table.header)) if index != column and table.numbers(index) is None]
    return [", ".join(row[index] for index in others[:2]) for row in table.rows]


_BOUND = re.compile(r"(?i)\b(below|under|less than|fewer than|above|over|more than|at least) (\d+(?:\.\d+)?)")
_ABSENT = re.compile(r"(?i)\b(?:no|without|missing|lacks?|empty) (?:an? )?([\w-]+)")


def _selected(table: Table, question: str) -> tuple[str, list[tuple[str, ...]]]:
    """The rows that a condition in the question selects ("below 50", "no e-mail"), and the condition; "" for none."""
    asked = set(stems(question))
    if bound := _BOUND.search(question):
        limit = float(bound[2])
        columns = [index for index in range(len(table.header)) if table.numbers(index) is not None]
        column = next(
            (index for index in columns if set(stems(table.header[index])) & asked), columns[0] if columns else None
        )
        if column is not None:
            keep = {
                "below": float.__lt__,
                "under": float.__lt__,
                "less than": float.__lt__,
                "fewer than": float.__lt__,
                "at least": float.__ge__,
            }.get(bound[1].lower(), float.__gt__)
            return bound.group(), [row for row in table.rows if keep(as_number(row[column]) or 0.0, limit)]
    for absent in _ABSENT.finditer(question):
        name = absent[1].replace("-", "").lower()
        for column, header in enumerate(table.header):
            if header.replace("-", "").lower().startswith(name[:5]) and len(name) > 2:
                return absent.group(), [row for row in table.rows if not row[column].strip()]
    return "", []


def _matching_rows(table: Table, asked: set[str]) -> list[tuple[str, ...]]:
    header = set(stems(" ".join(table.header)))
    return [row for row in table.rows if (set(stems(" ".join(row))) & asked) - header]


def _counts_up(name: str, numbers: list[float]) -> bool:
    """Ids, years and week numbers are no amounts."""
    return bool({"id", "year", "week", "nr", "no"} & set(stems(name))) or (
        len(numbers) > 2 and numbers == [numbers[0] + step for step in range(len(numbers))] and numbers[0] in (0, 1)
    )


def _prose(subject: str, text: str, question: str) -> list[str]:
    lines = [line.strip(" #*-\t") for line in text.splitlines() if line.strip(" #*-=\t")]
    if len(lines) <= 4 and len(text) <= 240:
        return [f"{subject} says: {'; '.join(line.rstrip('.;') for line in lines)}."]
    asked = set(stems(question)) - set(stems(subject))
    ranked = sorted(range(len(lines)), key=lambda index: (-len(asked & set(stems(lines[index]))), index))
    telling = [index for index in ranked[:4] if asked & set(stems(lines[index]))] or list(range(min(4, len(lines))))
    chosen = "; ".join(lines[index].rstrip(".;") for index in sorted(telling))
    return [
        f"{subject} has {len(lines)} lines. {'What matters there' if len(telling) < len(lines) else 'It says'}: {chosen}."
    ]


def compared(texts: list[tuple[str, str]], question: str) -> str:
    """Which of several tables has more in the column they share; "" when they share none or nobody asks."""
    if not re.search(r"(?i)\b(?:compare|more|most|less|higher|highest|lower|cheaper|which)\b", question):
        return ""
    totals: list[tuple[float, str]] = []
    for subject, text in texts:
        table = read_table(text)
        numbers = [found for index in range(len(table.header)) if (found := table.numbers(index))] if table else []
        if numbers:
            totals.append((sum(numbers[0]), subject))
    if len(totals) < 2 or len(totals) < len(texts):
        return ""
    totals.sort(reverse=True)
    return f"So {totals[0][1]} has the most with {show(totals[0][0])}, against {', '.join(f'{show(value)} in {name}' for value, name in totals[1:])}."
