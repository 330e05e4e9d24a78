"""JSON values compared and looked into as JSON means it, not as Python does."""

from collections.abc import Mapping
from typing import Any, Final


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()
"""Nothing stands there; ``None`` is JSON's null, which is something."""


def json_equal(left: object, right: object) -> bool:
    """Equality of JSON values: 1 is 1.0 but not true; members count in any order, items in theirs."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(json_equal(value, right[key]) for key, value in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(json_equal, left, right))
    return bool(left == right)


def look_up(values: object, path: str) -> Any:
    """The value at ``a.b`` inside nested objects, or ABSENT. A member named "a.b" itself comes first."""
    if not isinstance(values, Mapping):
        return ABSENT
    if path in values:
        return values[path]
    head, dot, rest = path.partition(".")
    return look_up(values[head], rest) if dot and head in values else ABSENT
