"""Tables: the records behind a session's mock tools, and the actions fixtures do on them.

Records are JSON objects by key, ``{table: {key: record}}``. The meaning of each action is documented at
``generation.fixtures.Action``; this gives it. Data only: no code of a tool runs here. Not thread-safe by itself.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from generation.fixtures import Action, Condition, Verb
from generation.sandbox.json_values import ABSENT, json_equal
from generation.sandbox.queries import fits, select
from generation.sandbox.quota import Quota, QuotaExceeded, size_of
from generation.sandbox.replies import text_of
from generation.sandbox.templates import fill, fill_text

Record = dict[str, Any]


class ToolError(Exception):
    """What a mock tool answers instead of a result: ``error_type`` and a text."""

    def __init__(self, error_type: str, text: str) -> None:
        super().__init__(text)
        self.error_type = error_type


class FixtureFault(Exception):
    """A fixture asks for what can't be done (to append to a number, say). Its author's mistake, no tool's answer."""


class Tables:
    """One session's tables. Values are never changed in place, only replaced, so they may be shared freely;
    what is handed out may be looked at only."""

    def __init__(self, tables: Mapping[str, Mapping[str, Any]] | None = None, *, quota: Quota) -> None:
        self._quota = quota
        self._tables: dict[str, dict[str, Record]] = {}
        self._bytes = 0
        self._records = 0
        for table, records in (tables or {}).items():
            self._tables[table] = {}
            for key, record in records.items():
                self._put(table, key, record)

    def holds(self, condition: Condition, *, arguments: Mapping[str, Any]) -> bool:
        """Whether the state a fixture asks for is there. A record nobody named has no state: that never holds."""
        key = fill(condition.key, arguments)
        if key is ABSENT or key is None:
            return False
        record = self._tables.get(condition.table, {}).get(text_of(key))
        if record is None or not condition.exists:
            return (record is None) is not condition.exists
        return fits(record, fill(condition.has, arguments))

    def do(self, action: Action, *, arguments: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
        """Do it; what it met, and the ``$`` names its templates may use besides the arguments.

        Raises ToolError (NotFound, AlreadyExists, InvalidArguments), QuotaExceeded, and FixtureFault.
        """
        if action.do is Verb.LIST:
            return self._list(action, arguments)
        if action.do is Verb.INSERT:
            return self._insert(action, arguments)
        key = fill_text(action.key, arguments)
        values = {**arguments, "$key": key}
        record = self._tables.get(action.table, {}).get(key)
        if record is None:
            raise ToolError("NotFound", fill_text(action.missing, values))
        if action.do is Verb.UPDATE:
            record = _changed(record, action, {**values, "$record": record})
            self._put(action.table, key, record)
        elif action.do is Verb.DELETE:
            self._drop(action.table, key)
        return record, {"$key": key, "$record": record}

    def _list(self, action: Action, arguments: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
        try:
            records, count = select(self._tables.get(action.table, {}), action, arguments=arguments)
        except ValueError as error:
            raise ToolError("InvalidArguments", str(error)) from error
        return records, {"$records": records, "$count": count}

    def _insert(self, action: Action, arguments: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
        records = self._tables.get(action.table, {})
        number = _highest_number(records) + 1
        key = fill_text(action.new_key, {**arguments, "$n": number})
        names = {"$key": key, "$n": number}
        if key in records:
            raise ToolError("AlreadyExists", f"Record {key} already exists")
        record = fill(action.record, {**arguments, **names})
        self._put(action.table, key, record)
        return record, {**names, "$record": record}

    def _put(self, table: str, key: str, record: object) -> None:
        if not isinstance(record, Mapping):
            raise FixtureFault(f"record {key!r} of table {table!r} is no JSON object")
        records = self._tables.setdefault(table, {})
        old = records.get(key)
        total = self._bytes + _size(key, record) - (_size(key, old) if old is not None else 0)
        count = self._records + (old is None)
        if count > self._quota.records:
            raise QuotaExceeded(f"Quota exceeded: a session holds at most {self._quota.records} records")
        if total > self._quota.total_bytes:
            raise QuotaExceeded(f"Quota exceeded: a session holds at most {self._quota.total_bytes} bytes")
        records[key] = dict(record)
        self._bytes, self._records = total, count

    def _drop(self, table: str, key: str) -> None:
        self._bytes -= _size(key, self._tables[table].pop(key))
        self._records -= 1


def _size(key: str, record: Mapping[str, Any]) -> int:
    return size_of(key) + len(json.dumps(record))


def _highest_number(records: Mapping[str, Any]) -> int:
    # the last group of digits is the number: ENG-12, evt-2024-07
    return max((int(digits[-1]) for key in records if (digits := re.findall(r"[0-9]{1,18}", key))), default=0)


def _changed(record: Record, action: Action, values: Mapping[str, Any]) -> Record:
    changed = {**record, **fill(action.set, values)}
    for field, added in fill(action.append, values).items():
        changed[field] = [*_array(changed, field), *_items(added)]
    for field, removed in fill(action.remove, values).items():
        gone = _items(removed)
        changed[field] = [item for item in _array(changed, field) if not any(json_equal(item, one) for one in gone)]
    return changed


def _array(record: Record, field: str) -> list[Any]:
    value = record.get(field)
    if value is None:
        return []
    if not isinstance(value, list):
        raise FixtureFault(f"field {field!r} is no array, nothing can be appended to it or removed from it")
    return value


def _items(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]
