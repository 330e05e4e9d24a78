"""An MCP client session over real HTTP and over stdio: what comes back, and that nothing is left."""

import sys
import threading
from collections.abc import Iterator

import pytest

from generation.conversation import Outcome
from generation.errors import InvalidInput, SandboxUnavailable
from generation.mcp_servers import McpServer
from generation.sandbox.client import NotDelivered
from generation.sandbox.mcp_connection import McpConnection
from generation.sandbox.mcp_session import open_connection
from tests.standins.mcp_server import TOOLS, McpStandIn

STDIO = McpServer(command=sys.executable, args=["-m", "tests.standins.mcp_server"], timeout_s=20)


@pytest.fixture
def server() -> Iterator[McpStandIn]:
    with McpStandIn() as server:
        yield server


@pytest.fixture
def connection(server: McpStandIn) -> Iterator[McpConnection]:
    connection = McpConnection(McpServer(url=server.url, timeout_s=5))
    yield connection
    connection.close()


def test_all_pages_of_tools_are_listed_with_their_schemas(connection: McpConnection) -> None:
    tools = connection.list_tools()
    assert [tool["name"] for tool in tools] == [tool.name for tool in TOOLS]
    assert tools[0]["inputSchema"]["required"] == ["key", "value"]
    assert tools[1]["annotations"]["readOnlyHint"] is True


def test_a_listing_without_end_is_broken_off() -> None:
    with McpStandIn(endless=True) as server:
        connection = McpConnection(McpServer(url=server.url, timeout_s=5))
        with pytest.raises(SandboxUnavailable, match="more than 200 pages"):
            connection.list_tools()
        assert connection.close()


@pytest.mark.parametrize(
    ("tool", "arguments", "outcome", "text"),
    [
        ("put", {"key": "a", "value": "ü\x00"}, Outcome.OK, "kept a"),
        ("get", {"key": "b"}, Outcome.TOOL_ERROR, "Error (ToolError): no note b"),
        ("fly", {}, Outcome.TOOL_ERROR, "Error (UnknownTool): Unknown tool: fly"),
        ("fail", {"message": ""}, Outcome.TOOL_ERROR, "Error (ToolError): "),
        ("keys", {}, Outcome.OK, ""),
        ("whole", {}, Outcome.OK, '{"b":[1,"ü"],"a":null}'),
        ("both", {}, Outcome.OK, '{"n":1,"list":[1,2]}'),
        (
            "parts",
            {},
            Outcome.OK,
            'first\n{"type":"image","mimeType":"image/png","base64_length":4}\nembedded\n'
            '{"type":"resource_link","uri":"note://b","name":"b"}',
        ),
        (
            "put",
            {"key": "\ud800", "value": ""},
            Outcome.TOOL_ERROR,
            "Error (InvalidRequest): Invalid request: the arguments hold a lone surrogate, which is no text",
        ),
    ],
)
def test_what_a_tool_answers(
    connection: McpConnection, tool: str, arguments: dict[str, str], outcome: Outcome, text: str
) -> None:
    execution = connection.call(tool, arguments)
    assert (execution.outcome, execution.text) == (outcome, text)
    assert not connection.is_broken


@pytest.mark.parametrize("kind", ["500", "html", "error", "shape", "reset", "hang"])
def test_an_answer_that_is_none_is_a_failure_of_the_infrastructure_and_the_session_can_be_ended(
    server: McpStandIn, kind: str
) -> None:
    connection = McpConnection(McpServer(url=server.url, timeout_s=1.5))
    connection.call("put", {"key": "a", "value": "1"})
    server.fail_next(kind, tool="get")
    with pytest.raises(SandboxUnavailable):
        connection.call("get", {"key": "a"})
    if not connection.is_broken:
        assert connection.call("get", {"key": "a"}).text == "1"
    assert len(server.sessions) == 1
    assert connection.close()
    assert server.sessions == set()


def test_each_connection_has_a_session_of_its_own_and_ends_it(server: McpStandIn) -> None:
    one, other = (McpConnection(McpServer(url=server.url)) for _ in range(2))
    one.call("put", {"key": "a", "value": "1"})
    assert (one.call("keys", {}).text, other.call("keys", {}).text) == ("a", "")
    assert len(server.sessions) == 2
    assert one.close()
    assert other.close()
    assert server.sessions == set()
    assert not [thread for thread in threading.enumerate() if "portal" in thread.name.lower()]


def test_a_session_the_server_does_not_end_is_not_called_ended() -> None:
    with McpStandIn(ends_sessions=503) as server:
        connection = McpConnection(McpServer(url=server.url, timeout_s=5))
        connection.call("keys", {})
        assert not connection.close()


def test_a_server_without_sessions_is_spoken_to_all_the_same(server: McpStandIn) -> None:
    server.fail_next("unknown", method="initialize")
    connection = McpConnection(McpServer(url=server.url, timeout_s=5))
    assert connection.call("both", {}).text == '{"n":1,"list":[1,2]}'
    assert server.opened == 0
    assert connection.close()


def test_a_server_that_went_away_is_unavailable_then_and_later(server: McpStandIn) -> None:
    its_server = McpServer(url=server.url, timeout_s=2)
    connection = McpConnection(its_server)
    server.stop()
    with pytest.raises(SandboxUnavailable):
        connection.call("keys", {})
    assert not connection.close()
    with pytest.raises(NotDelivered, match="gives no session"):
        McpConnection(its_server)


def test_over_stdio_each_connection_is_a_process_of_its_own() -> None:
    one, other = McpConnection(STDIO), McpConnection(STDIO)
    one.call("put", {"key": "a", "value": "1"})
    assert (one.call("keys", {}).text, other.call("keys", {}).text) == ("a", "")
    assert len(one.list_tools()) == len(TOOLS)
    assert one.close()
    with pytest.raises(SandboxUnavailable):
        other.call("die", {})
    assert other.is_broken
    assert other.close()


@pytest.mark.parametrize(
    ("command", "args", "reason"),
    [
        ("/nowhere/server", [], "No such file"),
        (sys.executable, ["-c", "import sys; sys.exit('no licence')"], "no licence"),
    ],
)
def test_a_program_that_does_not_start_says_why(command: str, args: list[str], reason: str) -> None:
    with pytest.raises(NotDelivered, match=reason):
        McpConnection(McpServer(command=command, args=args, timeout_s=10))


def test_secrets_go_where_the_document_says_and_must_be_there(server: McpStandIn) -> None:
    http = McpServer(url=server.url, headers_from_env={"X-Key": "MCP_KEY"})
    with pytest.raises(InvalidInput, match="MCP_KEY"):
        open_connection(http, secrets={})
    connection = open_connection(http, secrets={"MCP_KEY": "s3cret", "MCP_OTHER": "x"})
    assert connection.call("variable", {"name": "x-key"}).text == "s3cret"
    assert connection.close()
    assert all(headers.get("x-key") == "s3cret" for headers in server.headers)
    process = STDIO.model_copy(update={"env": ["MCP_KEY"]})
    connection = open_connection(process, secrets={"MCP_KEY": "s3cret", "MCP_OTHER": "x"})
    assert [connection.call("variable", {"name": name}).text for name in ("MCP_KEY", "MCP_OTHER")] == [
        "s3cret",
        "not set",
    ]
    assert connection.close()


def test_without_the_sdk_the_extra_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mcp", None)
    monkeypatch.delitem(sys.modules, "generation.sandbox.mcp_connection", raising=False)
    with pytest.raises(InvalidInput, match="extra 'mcp'"):
        open_connection(STDIO, secrets={})
