"""An MCP server as a conversation's sandbox: what is repeated, what never is, and how a session ends."""

import sys
from collections.abc import Iterator

import pytest

from generation.conversation import Call, Outcome
from generation.errors import InvalidInput, SandboxUnavailable
from generation.faults import Fault, FaultKind
from generation.mcp_servers import McpServer
from generation.sandbox.backoff import Backoff
from generation.sandbox.client import SpinClient
from generation.sandbox.embedded import embedded_spin
from generation.sandbox.faults import FaultPlan
from generation.sandbox.mcp_session import CallLost, McpSession, open_connection
from generation.sandbox.session import Session
from generation.sandbox.world import World
from generation.tools import ToolDefinition
from tests.standins.mcp_server import McpStandIn
from tests.standins.spin_server import SpinServer

READS = {"readOnlyHint": True}
PUT = ToolDefinition(name="put", component="mcp")
GET = ToolDefinition(name="get", component="mcp", annotations=READS)
KEYS = ToolDefinition(name="keys", component="mcp", annotations=READS)
TOOLS = [PUT, GET, KEYS]
EAGER = Backoff(retries=2, sleep=lambda _: None)


@pytest.fixture
def server() -> Iterator[McpStandIn]:
    with McpStandIn() as server:
        yield server


@pytest.fixture
def spin() -> Iterator[SpinClient]:
    with embedded_spin() as spin:
        yield spin


def mcp(server: McpStandIn, *, timeout_s: float = 1.5) -> McpSession:
    its_server = McpServer(url=server.url, timeout_s=timeout_s)
    return McpSession(lambda: open_connection(its_server, secrets={}), backoff=EAGER)


def put(session: Session, key: str, value: str = "1") -> str:
    return session.execute(PUT, {"key": key, "value": value}).text


def keys(session: Session) -> str:
    return session.execute(KEYS, {}).text


def test_one_client_session_a_conversation_opened_at_the_first_call_and_ended(
    server: McpStandIn, spin: SpinClient
) -> None:
    with Session(spin, world=World(tools=TOOLS), mcp=mcp(server)) as session:
        assert server.opened == 0
        assert [put(session, "a"), put(session, "b"), keys(session)] == ["kept a", "kept b", "a\nb"]
        assert session.execute(GET, {"key": "c"}).text == "Error (ToolError): no note c"
        assert server.opened == 1
    assert session.is_clean
    assert server.sessions == set()


@pytest.mark.parametrize("kind", ["500", "error", "shape", "hang"])
@pytest.mark.parametrize("after_running", [True, False])
def test_a_call_that_may_have_changed_something_is_never_made_twice(
    server: McpStandIn, spin: SpinClient, kind: str, after_running: bool
) -> None:
    with Session(spin, world=World(tools=TOOLS), mcp=mcp(server), backoff=EAGER) as session:
        put(session, "a")
        server.fail_next(kind, tool="put", after_running=after_running)
        with pytest.raises(SandboxUnavailable, match="put is not repeated"):
            put(session, "b")
        assert server.app.called.count("put") == 1 + after_running
        # what its state is now nobody knows: not even reads go on
        with pytest.raises(CallLost):
            keys(session)
    assert server.sessions == set()


@pytest.mark.parametrize("kind", ["500", "error", "shape", "hang"])
def test_a_read_is_repeated_in_the_same_client_session(server: McpStandIn, spin: SpinClient, kind: str) -> None:
    with Session(spin, world=World(tools=TOOLS), mcp=mcp(server), backoff=EAGER) as session:
        put(session, "a")
        server.fail_next(kind, tool="keys", count=2)
        assert keys(session) == "a"
        assert server.opened == 1


def test_a_read_that_fails_for_good_is_unavailable(server: McpStandIn, spin: SpinClient) -> None:
    with Session(spin, world=World(tools=TOOLS), mcp=mcp(server), backoff=EAGER) as session:
        server.fail_next("500", tool="keys", count=3)
        with pytest.raises(SandboxUnavailable, match="tried 3 times"):
            keys(session)
        assert keys(session) == ""


def test_a_read_over_a_broken_connection_is_repeated_in_a_new_one_only_while_nothing_was_changed(
    server: McpStandIn, spin: SpinClient
) -> None:
    with Session(spin, world=World(tools=TOOLS), mcp=mcp(server), backoff=EAGER) as session:
        server.fail_next("reset", tool="keys")
        assert keys(session) == ""
        assert server.opened == 2
        put(session, "a")
        server.fail_next("reset", tool="keys")
        # a new client session would not have the note
        with pytest.raises(CallLost, match="keys is not repeated"):
            keys(session)
    assert server.sessions == set()


def test_a_server_that_can_not_be_reached_yet_is_tried_again(server: McpStandIn, spin: SpinClient) -> None:
    with Session(spin, world=World(tools=TOOLS), mcp=mcp(server), backoff=EAGER) as session:
        server.fail_next("500", method="initialize", count=2)
        assert put(session, "a") == "kept a"
        assert server.app.called == ["put"]


def test_a_replay_has_a_client_session_of_its_own(server: McpStandIn, spin: SpinClient) -> None:
    calls = [
        Call(id="abcdefgh1", tool="put", arguments={"key": "a", "value": "1"}),
        Call(id="abcdefgh2", tool="keys", arguments={}),
    ]
    with Session(spin, world=World(tools=TOOLS), mcp=mcp(server), backoff=EAGER) as session:
        put(session, "other")
        assert [execution.text for _, execution in session.replay(calls)] == ["kept a", "a"]
        # a lost call is over with it, too
        server.fail_next("500", tool="put")
        with pytest.raises(CallLost):
            put(session, "b")
        assert [execution.text for _, execution in session.replay(calls)] == ["kept a", "a"]
    assert server.opened == 3
    assert server.sessions == set()


def test_a_spin_service_beside_it_is_rebuilt_without_touching_the_server(server: McpStandIn) -> None:
    delete = ToolDefinition(name="delete_file", component="vfs")
    world = World(tools=[*TOOLS, delete], seed_files={"f": "1"})
    with (
        SpinServer() as spin_server,
        SpinClient(spin_server.url, timeout=20) as spin,
        Session(spin, world=world, mcp=mcp(server), backoff=EAGER) as session,
    ):
        put(session, "a")
        spin_server.fail_next("500", tool="delete_file", after_running=True)
        assert session.execute(delete, {"file_path": "f"}).outcome is Outcome.OK
        assert keys(session) == "a"
        assert server.app.called == ["put", "keys"]


def test_a_fault_keeps_the_server_from_being_called(server: McpStandIn, spin: SpinClient) -> None:
    faults = FaultPlan(faults=[Fault(kind=FaultKind.TIMEOUT, tool="put")])
    with Session(spin, world=World(tools=TOOLS, faults=faults), mcp=mcp(server)) as session:
        assert put(session, "a").startswith("Error (Timeout): put did not answer")
        assert server.app.called == []
        assert put(session, "a") == "kept a"


def test_over_stdio_a_process_that_dies_ends_the_attempt_and_a_replay_starts_another(spin: SpinClient) -> None:
    stdio = McpServer(command=sys.executable, args=["-m", "tests.standins.mcp_server"], timeout_s=20)
    die = ToolDefinition(name="die", component="mcp")
    its_mcp = McpSession(lambda: open_connection(stdio, secrets={}), backoff=EAGER)
    with Session(spin, world=World(tools=[*TOOLS, die]), mcp=its_mcp, backoff=EAGER) as session:
        put(session, "a")
        with pytest.raises(SandboxUnavailable, match="die is not repeated"):
            session.execute(die, {})
        replayed = session.replay([Call(id="abcdefgh1", tool="put", arguments={"key": "b", "value": "1"})])
        assert replayed[0][1].text == "kept b"
        assert keys(session) == "b"


def test_tools_of_a_server_without_a_server_are_refused(spin: SpinClient) -> None:
    with pytest.raises(InvalidInput, match="put, get, keys run in an MCP server"):
        Session(spin, world=World(tools=TOOLS))
