"""Every row of what can come back from the tool service, as pure data."""

import json

import pytest

from generation.conversation import Outcome
from generation.errors import SandboxUnavailable
from generation.sandbox.execution import Execution
from generation.sandbox.replies import read_execution


def read(status: int, document: object, *, has_success: bool = True) -> Execution:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return read_execution(status, body, has_success=has_success)


@pytest.mark.parametrize("text", ["hello", "", "\x00 \ud800 ü", '{"success": false}'])
def test_a_success_gives_its_text_unchanged(text: str) -> None:
    assert read(200, {"success": True, "result": text}) == Execution(text=text, outcome=Outcome.OK)


@pytest.mark.parametrize(
    ("result", "text"),
    [
        ({"b": [1, 2.5], "a": None}, '{"b":[1,2.5],"a":null}'),
        ([1, "zwölf"], '[1,"zwölf"]'),
        (7, "7"),
        (False, "false"),
        (None, "null"),
    ],
)
@pytest.mark.parametrize("has_success", [True, False])
def test_a_result_that_is_no_string_becomes_compact_json(result: object, text: str, has_success: bool) -> None:
    assert read(200, {"success": True, "result": result}, has_success=has_success).text == text


def test_success_false_is_a_tool_error_with_its_type() -> None:
    execution = read(200, {"success": False, "result": "File not found: a", "error_type": "FileNotFound"})
    assert execution == Execution(
        text="Error (FileNotFound): File not found: a", outcome=Outcome.TOOL_ERROR, error_type="FileNotFound"
    )


@pytest.mark.parametrize("has_success", [True, False])
@pytest.mark.parametrize(
    ("document", "error_type", "text"),
    [
        ({"error": "Unknown tool: x"}, "UnknownTool", "Unknown tool: x"),
        ({"error": "no luck"}, "ToolError", "no luck"),
        ({"error": "no luck", "error_type": "RateLimited"}, "RateLimited", "no luck"),
        ({"error": {"code": 3}}, "ToolError", '{"code":3}'),
        ({"success": False, "result": "bad body", "error_type": "InvalidRequest"}, "InvalidRequest", "bad body"),
    ],
)
def test_a_400_that_says_why_is_a_tool_error(document: object, error_type: str, text: str, has_success: bool) -> None:
    execution = read(400, document, has_success=has_success)
    assert (execution.outcome, execution.error_type) == (Outcome.TOOL_ERROR, error_type)
    assert execution.text == f"Error ({error_type}): {text}"


@pytest.mark.parametrize(
    ("status", "document"),
    [
        (500, {"success": True, "result": "x"}),
        (503, {"error": "overloaded"}),
        (404, {"error": "no route"}),
        (404, b"Not Found"),
        (302, b""),
        (401, {"error": "who are you"}),
        (200, b"<html></html>"),
        (200, b""),
        (200, b'{"success": true, "result": '),
        (200, b'{"success": true, "result": "\xff"}'),
        (200, b'{"success": true, "result": NaN}'),
        (200, b'{"success": true, "result": 1e999}'),
        (200, b"[" * 100_000),
        (200, [{"success": True, "result": "x"}]),
        (200, {"status": "fine"}),
        (200, {"result": "success is missing"}),
        (200, {"success": "yes", "result": "x"}),
        (200, {"success": True}),
        (200, {"success": False, "error_type": "FileNotFound"}),
        (400, b"<h1>Bad Request</h1>"),
        (400, {"detail": "of another shape"}),
    ],
)
def test_all_else_is_infrastructure_failure(status: int, document: object) -> None:
    with pytest.raises(SandboxUnavailable, match=f"answered {status}"):
        read(status, document)


@pytest.mark.parametrize("document", [{"success": True}, {"value": 1}, "text"])
def test_a_mock_reply_without_result_is_infrastructure_failure(document: object) -> None:
    with pytest.raises(SandboxUnavailable):
        read(200, document, has_success=False)


def test_a_mock_result_may_itself_look_like_a_failure() -> None:
    execution = read(200, {"result": {"success": False}}, has_success=False)
    assert execution == Execution(text='{"success":false}', outcome=Outcome.OK)
