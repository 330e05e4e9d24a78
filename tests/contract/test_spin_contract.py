"""One contract, three services: the embedded runtime, the stand-in over HTTP, and a live SPIN_ENDPOINT when given.

What holds here holds for the real service with its quirks; where the embedded runtime is deliberately better, the test
says so by leaving the quirk alone.
"""

import json
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from generation.conversation import Outcome
from generation.sandbox.backoff import Backoff
from generation.sandbox.cleanup import sweep_session
from generation.sandbox.client import SpinClient
from generation.sandbox.embedded import EmbeddedRuntime
from generation.sandbox.execution import Execution
from generation.sandbox.quota import Quota
from generation.sandbox.session import Session
from generation.sandbox.world import World
from generation.tools import ToolDefinition
from tests.standins.spin_server import SpinServer

LIVE = os.environ.get("SPIN_ENDPOINT", "")
EAGER = Backoff(retries=1, sleep=lambda _: None)


@dataclass
class Service:
    """A service, by our client and by bare HTTP, with a session and a tool name of this test's own."""

    spin: SpinClient
    http: httpx.Client
    session_id: str
    tool_name: str

    def vfs(self, tool: str, **arguments: Any) -> Execution:
        return self.spin.call(tool, arguments, component="vfs", session_id=self.session_id)

    def mock(self, **arguments: Any) -> Any:
        execution = self.spin.execute(ToolDefinition(name=self.tool_name), arguments, session_id=self.session_id)
        assert execution.outcome is Outcome.OK
        return json.loads(execution.text)

    def load(self, **members: Any) -> None:
        assert self.spin.load_schema([{"name": self.tool_name, **members}]) == [self.tool_name]


@pytest.fixture(params=["embedded", "stand-in", *(["live"] if LIVE else [])])
def service(request: pytest.FixtureRequest) -> Iterator[Service]:
    if request.param == "embedded":
        yield from _service("http://embedded.test", transport=EmbeddedRuntime(Quota()))
    elif request.param == "stand-in":
        with SpinServer() as server:
            yield from _service(server.url)
    else:
        yield from _service(LIVE)


def _service(url: str, *, transport: EmbeddedRuntime | None = None) -> Iterator[Service]:
    session_id = str(uuid.uuid4())
    with (
        SpinClient(url, transport=transport, is_embedded=transport is not None) as spin,
        httpx.Client(base_url=url, transport=transport, trust_env=False) as http,
    ):
        yield Service(spin, http, session_id, f"tool_{uuid.uuid4().hex[:12]}")
        assert sweep_session(spin, session_id, backoff=EAGER)


# --- vfs


def test_files_are_written_read_listed_and_deleted(service: Service) -> None:
    assert service.vfs("write_file", file_path="b", content="grün").text == "Successfully wrote 5 bytes to b"
    assert service.vfs("write_file", file_path="a", content="").text == "Successfully wrote 0 bytes to a"
    assert service.vfs("read_file", file_path="b").text == "grün"
    assert service.vfs("read_file", file_path="a") == Execution(
        text="", outcome=Outcome.OK, duration_ms=pytest.approx(0, abs=60_000)
    )
    assert json.loads(service.vfs("list_files").text) == ["b", "a"]
    assert service.vfs("delete_file", file_path="b").text == "Successfully deleted b"
    assert service.spin.list_files(service.session_id) == ["a"]


def test_a_new_session_is_empty(service: Service) -> None:
    assert service.vfs("list_files").text == "[]"


def test_overwriting_keeps_the_place_in_the_list(service: Service) -> None:
    for path, content in [("b", "1"), ("a", "1"), ("b", "2")]:
        service.vfs("write_file", file_path=path, content=content)
    assert service.spin.list_files(service.session_id) == ["b", "a"]
    assert service.vfs("read_file", file_path="b").text == "2"


def test_paths_are_not_normalised(service: Service) -> None:
    paths = ["a.txt", "/a.txt", "./a.txt"]
    for path in paths:
        service.vfs("write_file", file_path=path, content=path)
    assert service.spin.list_files(service.session_id) == paths
    assert service.vfs("read_file", file_path="./a.txt").text == "./a.txt"


def test_sessions_do_not_share_files(service: Service) -> None:
    service.vfs("write_file", file_path="a", content="mine")
    assert service.spin.list_files(str(uuid.uuid4())) == []


@pytest.mark.parametrize(
    ("tool", "arguments", "error_type", "text"),
    [
        ("read_file", {"file_path": "no"}, "FileNotFound", "File not found: no"),
        ("delete_file", {"file_path": "no"}, "FileNotFound", "File not found: no"),
        ("read_file", {}, "InvalidArguments", "Missing required argument: file_path"),
        ("delete_file", {}, "InvalidArguments", "Missing required argument: file_path"),
        ("write_file", {"content": "x"}, "InvalidArguments", "Missing required argument: file_path"),
        ("write_file", {"file_path": "x"}, "InvalidArguments", "Missing required argument: content"),
        ("read_file", {"file_path": 7}, "InvalidArguments", "Missing required argument: file_path"),
        ("fly", {}, "UnknownTool", "Unknown tool: fly"),
    ],
)
def test_a_tools_failure_is_a_tool_error(
    service: Service, tool: str, arguments: dict[str, Any], error_type: str, text: str
) -> None:
    execution = service.vfs(tool, **arguments)
    assert (execution.outcome, execution.error_type) == (Outcome.TOOL_ERROR, error_type)
    assert execution.text == f"Error ({error_type}): {text}"


def test_the_shapes_on_the_wire(service: Service) -> None:
    body = {"session_id": service.session_id, "tool": "read_file", "args": {"file_path": "a"}}
    failed = service.http.post("/vfs/execute", json=body)
    assert (failed.status_code, failed.json()) == (
        200,
        {"success": False, "result": "File not found: a", "error_type": "FileNotFound"},
    )
    listed = service.http.post("/vfs/execute", json={**body, "tool": "list_files", "args": {}})
    assert (listed.status_code, listed.json()) == (200, {"success": True, "result": "[]"})


def test_a_body_that_can_not_be_read_is_a_400_of_the_same_shape(service: Service) -> None:
    reply = service.http.post("/vfs/execute", content=b"{", headers={"Content-Type": "application/json"})
    assert reply.status_code == 400
    assert reply.json()["error_type"] == "InvalidRequest"
    assert isinstance(reply.json()["result"], str)


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/execute"), ("GET", "/health"), ("GET", "/components"), ("DELETE", "/session/x"), ("GET", "/")],
)
def test_nothing_is_routed_at_the_root(service: Service, method: str, path: str) -> None:
    assert service.http.request(method, path).status_code == 404


@pytest.mark.parametrize("component", ["vfs", "mock"])
def test_health_is_the_components(service: Service, component: str) -> None:
    assert service.spin.is_healthy(component)


def test_cleanup_is_verified_everywhere(service: Service) -> None:
    for path in ("a", "dir/b", "ü"):
        service.vfs("write_file", file_path=path, content="x")
    assert sweep_session(service.spin, service.session_id, backoff=EAGER)
    assert service.spin.list_files(service.session_id) == []


def test_a_session_lives_on_it(service: Service) -> None:
    tools = [ToolDefinition(name=name, component="vfs") for name in ("read_file", "delete_file")]
    with Session(service.spin, world=World(tools=tools, seed_files={"a": "ü"}), backoff=EAGER) as session:
        assert session.execute(tools[0], {"file_path": "a"}).text == "ü"
        assert session.execute(tools[1], {"file_path": "a"}).outcome is Outcome.OK
    assert session.is_clean


# --- mock


def test_an_unknown_mock_tool_is_a_400(service: Service) -> None:
    reply = service.http.post("/mock/execute", json={"name": service.tool_name, "arguments": {}})
    assert (reply.status_code, reply.json()["error"]) == (400, f"Unknown tool: {service.tool_name}")
    execution = service.spin.execute(ToolDefinition(name=service.tool_name), {}, session_id=service.session_id)
    assert execution.text == f"Error (UnknownTool): Unknown tool: {service.tool_name}"


def test_a_tool_without_answers_echoes(service: Service) -> None:
    service.load(description="Looks it up")
    assert service.mock(q="ü", n=1) == {
        "tool": service.tool_name,
        "description": "Looks it up",
        "input_received": {"q": "ü", "n": 1},
        "mock_result": f"Successfully executed {service.tool_name}",
        "status": "success",
    }


def test_the_best_fixture_answers_then_the_mock_response(service: Service) -> None:
    service.load(
        mockResponse={"found": 0, "q": "{{q}}"},
        mockFixtures=[
            {"match": {"q": "cats"}, "response": {"found": 1}},
            {"match": {"q": "cats", "n": 2}, "response": {"found": 2}},
        ],
    )
    assert service.mock(q="cats") == {"found": 1}
    assert service.mock(q="cats", n=2, extra=True) == {"found": 2}
    assert service.mock(q="dogs") == {"found": 0, "q": "dogs"}


def test_fixtures_are_added_counted_and_dropped_by_loading_again(service: Service) -> None:
    service.load(mockResponse="default")
    assert service.spin.add_fixture(service.tool_name, match={"a": 1}, response="one") == 1
    assert service.spin.add_fixture(service.tool_name, match={"a": 2}, response="{{a}} is two") == 2
    execution = service.spin.execute(ToolDefinition(name=service.tool_name), {"a": 2}, session_id=service.session_id)
    assert execution.text == "2 is two"
    service.spin.update_response(service.tool_name, {"new": True})
    assert service.mock(a=3) == {"new": True}
    service.load(mockResponse={"fresh": True})
    assert service.mock(a=1) == {"fresh": True}


def test_arguments_are_never_checked(service: Service) -> None:
    service.load(inputSchema={"type": "object", "required": ["q"]}, mockResponse=[1])
    assert service.mock(unasked=1) == [1]


def test_loaded_tools_are_listed_with_null_for_what_they_lack(service: Service) -> None:
    schema = {"type": "object", "properties": {"q": {"type": "string"}}}
    other = f"{service.tool_name}_other"
    assert service.spin.load_schema([{"name": service.tool_name}, {"name": other, "inputSchema": schema}]) == [
        service.tool_name,
        other,
    ]
    listed = {tool["name"]: tool for tool in service.spin.list_mock_tools()}
    assert listed[service.tool_name] == {"name": service.tool_name, "description": None, "inputSchema": None}
    assert listed[other]["inputSchema"] == schema


def test_a_bare_list_of_tools_loads_too(service: Service) -> None:
    reply = service.http.post("/mock/load-schema", json=[{"name": service.tool_name}])
    assert (reply.status_code, reply.json()) == (200, {"loaded": 1, "tools": [service.tool_name]})


def test_a_schema_that_is_none_is_a_500_in_plain_text(service: Service) -> None:
    reply = service.http.post("/mock/load-schema", json={"tools": 7})
    assert reply.status_code == 500
    assert "json" not in reply.headers.get("Content-Type", "")


@pytest.mark.parametrize(
    ("route", "body"),
    [("update-response", {"mockResponse": 1}), ("add-fixture", {"match": {}, "response": 1})],
)
def test_changing_an_unknown_tool_is_a_404_that_says_so(service: Service, route: str, body: dict[str, Any]) -> None:
    reply = service.http.post(f"/mock/{route}", json={"name": service.tool_name, **body})
    assert reply.status_code == 404
    assert isinstance(reply.json()["error"], str)


def test_pulling_from_a_server_that_is_not_there_is_a_502(service: Service) -> None:
    reply = service.http.post("/mock/pull", json={"url": "http://127.0.0.1:9/mcp"})
    assert reply.status_code == 502
    assert "error" in reply.json()
