"""The Spin client over real HTTP: what each way of failing becomes."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from generation.conversation import Outcome
from generation.errors import InvalidInput, SandboxUnavailable
from generation.sandbox.client import NotDelivered, SpinClient
from generation.tools import ToolDefinition
from tests.standins.spin_server import SpinServer

READ = ToolDefinition(name="read_file", component="vfs")
WRITE = ToolDefinition(name="write_file", component="vfs")
SESSION = "3f0c2f7e-7a45-4b8b-9d38-0a6f5b8f6a11"


@pytest.fixture
def server() -> Iterator[SpinServer]:
    with SpinServer() as server:
        yield server


@pytest.fixture
def spin(server: SpinServer) -> Iterator[SpinClient]:
    with SpinClient(server.url, timeout=5) as spin:
        yield spin


@pytest.mark.parametrize("kind", ["500", "502", "html", "not_json", "other_shape", "list", "404", "400_html", "reset"])
def test_a_broken_service_is_infrastructure_failure(server: SpinServer, spin: SpinClient, kind: str) -> None:
    server.fail_next(kind)
    with pytest.raises(SandboxUnavailable) as failure:
        spin.execute(READ, {"file_path": "a"}, session_id=SESSION)
    assert not isinstance(failure.value, NotDelivered)  # it may have run
    assert spin.execute(READ, {"file_path": "a"}, session_id=SESSION).error_type == "FileNotFound"


def test_a_service_that_never_answers_is_infrastructure_failure(server: SpinServer) -> None:
    server.fail_next("timeout")
    with SpinClient(server.url, timeout=0.1) as spin, pytest.raises(SandboxUnavailable, match="broke off"):
        spin.execute(READ, {"file_path": "a"}, session_id=SESSION)


def test_a_refused_connection_certainly_did_not_run(server: SpinServer) -> None:
    with SpinServer() as stopped:
        url = stopped.url
    with SpinClient(url) as spin, pytest.raises(NotDelivered, match="can't be reached"):
        spin.execute(READ, {"file_path": "a"}, session_id=SESSION)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("result_null", "null"),
        ("result_object", '{"a":[1,2.5],"ü":null}'),
        ("result_list", '[1,"two"]'),
        ("result_number", "7"),
    ],
)
def test_a_result_of_another_type_is_ok(server: SpinServer, spin: SpinClient, kind: str, text: str) -> None:
    server.fail_next(kind)
    execution = spin.execute(READ, {"file_path": "a"}, session_id=SESSION)
    assert (execution.outcome, execution.text) == (Outcome.OK, text)


@pytest.mark.parametrize(("kind", "error_type"), [("400_result", "InvalidRequest"), ("400_error", "ToolError")])
def test_a_400_that_says_why_is_a_tool_error(server: SpinServer, spin: SpinClient, kind: str, error_type: str) -> None:
    server.fail_next(kind)
    execution = spin.execute(READ, {"file_path": "a"}, session_id=SESSION)
    assert (execution.outcome, execution.error_type) == (Outcome.TOOL_ERROR, error_type)


def test_component_style_is_used_for_every_component_but_mock() -> None:
    seen: list[tuple[str, dict[str, str], Any]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append((request.url.path, dict(request.headers), request.content))
        return httpx.Response(200, json={"success": True, "result": "done"})

    with SpinClient("http://spin.test/base/", transport=httpx.MockTransport(answer)) as spin:
        spin.execute(ToolDefinition(name="search", component="git hub"), {"q": "ü"}, session_id="s1")
        spin.execute(ToolDefinition(name="search", component="mock"), {"q": 1}, session_id="s1")
    (path, headers, body), (mock_path, mock_headers, mock_body) = seen
    assert (path, body) == ("/base/git hub/execute", b'{"session_id":"s1","tool":"search","args":{"q":"\\u00fc"}}')
    assert "x-session-id" not in headers
    assert (mock_path, mock_body) == ("/base/mock/execute", b'{"name":"search","arguments":{"q":1}}')
    assert mock_headers["x-session-id"] == "s1"


def test_the_duration_is_that_of_the_request(spin: SpinClient) -> None:
    execution = spin.execute(WRITE, {"file_path": "a", "content": ""}, session_id=SESSION)
    assert 0 < execution.duration_ms < 5000


def test_health_is_asked_at_the_component(server: SpinServer, spin: SpinClient) -> None:
    assert spin.is_healthy()
    assert spin.is_healthy("mock")
    assert not spin.is_healthy("github")
    server.fail_next("reset")
    assert not spin.is_healthy()


def test_a_listing_that_is_none_is_infrastructure_failure(server: SpinServer, spin: SpinClient) -> None:
    server.fail_next("result_number", tool="list_files")
    with pytest.raises(SandboxUnavailable, match="can't list"):
        spin.list_files(SESSION)


def test_an_unknown_mock_tool_is_refused_by_name(spin: SpinClient) -> None:
    with pytest.raises(InvalidInput, match="nowhere"):
        spin.add_fixture("nowhere", match={}, response=1)
    with pytest.raises(InvalidInput, match="nowhere"):
        spin.update_response("nowhere", 1)


@pytest.mark.parametrize("kind", ["other_shape", "list", "html", "500"])
def test_a_strange_reply_of_the_mock_component_is_infrastructure_failure(
    server: SpinServer, spin: SpinClient, kind: str
) -> None:
    spin.load_schema([{"name": "known"}])
    server.fail_next(kind, count=3)
    with pytest.raises(SandboxUnavailable):
        spin.load_schema([])
    with pytest.raises(SandboxUnavailable):
        spin.list_mock_tools()
    with pytest.raises(SandboxUnavailable):
        spin.add_fixture("known", match={}, response=1)


@pytest.mark.parametrize("endpoint", ["", "localhost:3000", "ftp://spin", "http://", "http://[::1"])
def test_an_endpoint_that_is_no_url_is_refused(endpoint: str) -> None:
    with pytest.raises(InvalidInput, match="tool service"):
        SpinClient(endpoint)


def test_a_closed_client_is_a_failure_like_any_other(server: SpinServer) -> None:
    spin = SpinClient(server.url)
    spin.close()
    with pytest.raises(SandboxUnavailable, match="closed"):
        spin.list_files(SESSION)
