"""What a reply of the tool service means: a result, a tool error, or a failure of the infrastructure.

Pure: status and bytes in, an Execution out. Whatever fits no known shape is infrastructure failure, because
a guess would become training data.
"""

import json
import math
from typing import Any

from generation.conversation import Outcome
from generation.errors import SandboxUnavailable
from generation.sandbox.execution import Execution

UNTYPED = "ToolError"
"""The error type of a tool error that names none."""

EXCERPT = 200  # characters of a strange body that are shown to whoever has to act


def read_execution(status: int, body: bytes, *, has_success: bool, duration_ms: float = 0.0) -> Execution:
    """The tool's answer in a reply to ``execute``.

    ``has_success``: the component style, where a 200 carries ``success``; without it the mock style, a bare
    ``result``. A 400 whose body is just ``{"error": text}`` has the type UnknownTool when the text begins with
    "Unknown tool" (all the mock component says), else ToolError. Raises SandboxUnavailable for everything else.
    """
    document = read_object(body, status=status)
    succeeded = document.get("success") if has_success else True
    if status == 200 and isinstance(succeeded, bool) and "result" in document:
        text = text_of(document["result"])
        if succeeded:
            return Execution(text=text, outcome=Outcome.OK, duration_ms=duration_ms)
        return _tool_error(text, document.get("error_type"), duration_ms=duration_ms)
    if status == 400 and ("error" in document or "result" in document):
        text = text_of(document["error"] if "error" in document else document["result"])
        return _tool_error(text, document.get("error_type"), duration_ms=duration_ms)
    raise strange_reply(status, body)


def _tool_error(text: str, error_type: object, *, duration_ms: float) -> Execution:
    if not isinstance(error_type, str) or not error_type:
        error_type = "UnknownTool" if text.startswith("Unknown tool") else UNTYPED
    return Execution(
        text=f"Error ({error_type}): {text}",
        outcome=Outcome.TOOL_ERROR,
        error_type=error_type,
        duration_ms=duration_ms,
    )


def read_object(body: bytes, *, status: int) -> dict[str, Any]:
    """The JSON object a reply holds. Raises SandboxUnavailable when it is anything else."""
    try:
        document = json.loads(body, parse_constant=_refuse_constant, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise strange_reply(status, body) from error
    if not isinstance(document, dict):
        raise strange_reply(status, body)
    return document


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(f"{digits} is more than a number can hold, and no JSON could say it again")
    return number


def strange_reply(status: int, body: bytes) -> SandboxUnavailable:
    """The failure that a reply of no known shape is."""
    excerpt = body[:EXCERPT].decode("utf-8", "replace")
    return SandboxUnavailable(f"The tool service answered {status} with something that is no tool result: {excerpt!r}")


def text_of(value: object) -> str:
    """A JSON value as the text an agent reads: strings as they are, all else as compact, unescaped JSON."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
