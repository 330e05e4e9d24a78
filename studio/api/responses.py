"""What a route declares that it answers: its own answer, and the errors every route may give."""

from typing import Any

from studio.api.errors import Error

STANDARD = (400, 401, 403, 404, 413, 422)


def answers(schema: Any, *, status: int = 200, conflicts: bool = False, others: tuple[int, ...] = ()) -> dict[int, Any]:
    """``schema`` with ``status``, the usual errors, 409 if it ``conflicts``; ``others`` answer with nothing."""
    declared: dict[int, Any] = {status: schema}
    declared |= dict.fromkeys(others)
    declared |= dict.fromkeys(STANDARD, Error)
    if conflicts:
        declared[409] = Error
    return declared
