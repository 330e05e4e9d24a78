"""A session's life: seed, exact retries, rebuild, replay, cleanup."""

from collections.abc import Iterator

import httpx
import pytest

from generation.conversation import Call, Outcome
from generation.errors import InvalidInput, SandboxUnavailable, SeedingFailed
from generation.fixtures import Fixture
from generation.sandbox.backoff import Backoff
from generation.sandbox.client import SpinClient
from generation.sandbox.embedded import EmbeddedRuntime, embedded_spin
from generation.sandbox.quota import Quota
from generation.sandbox.session import Session
from generation.sandbox.world import World
from generation.tools import ToolDefinition
from tests.standins.spin_server import SpinServer

READ, WRITE, LIST, DELETE = FILE_TOOLS = [
    ToolDefinition(name=name, component="vfs") for name in ("read_file", "write_file", "list_files", "delete_file")
]
FILES = World(tools=FILE_TOOLS, seed_files={"b.txt": "two\x00", "a.txt": "", "/a.txt": "ü"})
COUNT = ToolDefinition(name="count")
BUMP = ToolDefinition(name="bump")
COUNTER = World(
    tools=[COUNT, BUMP],
    fixtures=[
        Fixture.model_validate(
            {"tool": "bump", "action": {"do": "insert", "table": "hits", "new_key": "{{$n}}"}, "response": "{{$n}}"}
        ),
        Fixture.model_validate({"tool": "count", "action": {"do": "list", "table": "hits"}, "response": "{{$count}}"}),
    ],
    tables={"hits": {"1": {}}},
)
EAGER = Backoff(retries=3, sleep=lambda _: None)


@pytest.fixture
def server() -> Iterator[SpinServer]:
    with SpinServer() as server:
        yield server


@pytest.fixture
def spin(server: SpinServer) -> Iterator[SpinClient]:
    with SpinClient(server.url, timeout=20) as spin:
        yield spin


@pytest.fixture
def embedded() -> Iterator[SpinClient]:
    with embedded_spin() as spin:
        yield spin


def call(tool: str, **arguments: str) -> Call:
    return Call(id="abcdefghi", tool=tool, arguments=arguments)


# --- seeding


def test_the_seed_is_there_when_the_session_opens_and_gone_when_it_closes(server: SpinServer, spin: SpinClient) -> None:
    with Session(spin, world=FILES, session_id="s1", backoff=EAGER) as session:
        assert server.sessions == {"s1": dict(FILES.seed_files)}
        assert session.execute(READ, {"file_path": "a.txt"}).text == ""
        assert session.execute(LIST, {}).text == '["b.txt", "a.txt", "/a.txt"]'
    assert session.is_clean
    assert server.sessions == {}


def test_a_refused_seed_file_ends_the_session_before_any_call_and_leaves_nothing(
    server: SpinServer, spin: SpinClient
) -> None:
    server.fail_next("400_error", tool="write_file")
    with pytest.raises(SeedingFailed, match=r"b\.txt"), Session(spin, world=FILES, backoff=EAGER):
        pytest.fail("the session must not open")
    assert server.sessions == {}


def test_a_seed_that_reads_back_otherwise_is_no_seed(server: SpinServer, spin: SpinClient) -> None:
    server.fail_next("result_number", tool="read_file")
    with pytest.raises(SeedingFailed, match="otherwise"), Session(spin, world=FILES, backoff=EAGER):
        pytest.fail("the session must not open")


def test_a_session_id_that_was_used_before_is_noticed(spin: SpinClient) -> None:
    spin.call("write_file", {"file_path": "old", "content": ""}, component="vfs", session_id="s1")
    with pytest.raises(SeedingFailed, match="old"), Session(spin, world=FILES, session_id="s1", backoff=EAGER):
        pytest.fail("the session must not open")


def test_seeding_outlives_a_flaky_service(server: SpinServer, spin: SpinClient) -> None:
    server.fail_next("reset", tool="write_file", after_running=True)
    server.fail_next("html", tool="list_files")
    with Session(spin, world=FILES, session_id="s1", backoff=EAGER):
        assert server.sessions["s1"] == FILES.seed_files


def test_a_service_that_stays_down_is_unavailable_not_a_failed_seed(server: SpinServer, spin: SpinClient) -> None:
    server.fail_next("500", count=999)
    with pytest.raises(SandboxUnavailable), Session(spin, world=FILES, backoff=EAGER):
        pytest.fail("the session must not open")


def test_fixtures_beyond_the_quota_are_a_failed_seed() -> None:
    with embedded_spin(Quota(records=0)) as spin, pytest.raises(SeedingFailed, match="records"):
        Session(spin, world=COUNTER, backoff=EAGER).seed()


# --- executing


def test_a_tool_error_is_a_result_and_is_not_retried(server: SpinServer, spin: SpinClient) -> None:
    with Session(spin, world=FILES, backoff=EAGER) as session:
        execution = session.execute(DELETE, {"file_path": "nowhere"})
    assert (execution.outcome, execution.text) == (
        Outcome.TOOL_ERROR,
        "Error (FileNotFound): File not found: nowhere",
    )
    assert [body["args"].get("file_path") for body in server.calls("delete_file")].count("nowhere") == 1


@pytest.mark.parametrize("kind", ["500", "502", "html", "not_json", "other_shape", "404", "reset"])
def test_an_infrastructure_failure_is_retried_until_the_tool_answers(
    server: SpinServer, spin: SpinClient, kind: str
) -> None:
    with Session(spin, world=FILES, backoff=EAGER) as session:
        server.fail_next(kind, count=2, tool="read_file")
        assert session.execute(READ, {"file_path": "b.txt"}).text == "two\x00"
        server.fail_next(kind, tool="write_file")
        assert session.execute(WRITE, {"file_path": "c", "content": "c"}).text == "Successfully wrote 1 bytes to c"
    assert server.sessions == {}


@pytest.mark.parametrize("kind", ["500", "reset", "timeout"])
def test_a_delete_whose_answer_was_lost_is_run_again_in_a_rebuilt_sandbox(server: SpinServer, kind: str) -> None:
    with (
        SpinClient(server.url, timeout=1 if kind == "timeout" else 20) as spin,
        Session(spin, world=FILES, session_id="s1", backoff=EAGER) as session,
    ):
        session.execute(WRITE, {"file_path": "new", "content": "1"})
        server.fail_next(kind, tool="delete_file", after_running=True)
        execution = session.execute(DELETE, {"file_path": "new"})
        # in the old sandbox the retry would have said FileNotFound
        assert (execution.outcome, execution.text) == (Outcome.OK, "Successfully deleted new")
        assert session.session_id != "s1"
        assert server.sessions[session.session_id] == FILES.seed_files
        assert server.sessions["s1"] == FILES.seed_files
    assert session.is_clean
    assert server.sessions == {}


def test_a_rebuild_that_fails_itself_is_begun_anew(server: SpinServer, spin: SpinClient) -> None:
    with Session(spin, world=FILES, backoff=EAGER) as session:
        session.execute(WRITE, {"file_path": "n", "content": "1"})
        server.fail_next("500", tool="delete_file", after_running=True)
        # after the seed files comes the replayed write: it takes effect, and its answer is lost
        server.fail_next("reset", tool="write_file", skip=len(FILES.seed_files), after_running=True)
        assert session.execute(DELETE, {"file_path": "n"}).outcome is Outcome.OK
        assert session.execute(LIST, {}).text == '["b.txt", "a.txt", "/a.txt"]'
    assert server.sessions == {}


def test_a_lost_change_is_undone_even_when_the_call_itself_failed_for_good(
    server: SpinServer, spin: SpinClient
) -> None:
    with Session(spin, world=FILES, backoff=EAGER) as session:
        server.fail_next("500", tool="delete_file", count=4, after_running=True)
        with pytest.raises(SandboxUnavailable, match="tried 4 times"):
            session.execute(DELETE, {"file_path": "a.txt"})
        assert session.execute(READ, {"file_path": "a.txt"}).outcome is Outcome.OK
    assert session.is_clean


def test_a_read_is_retried_in_place(server: SpinServer, spin: SpinClient) -> None:
    with Session(spin, world=FILES, session_id="s1", backoff=EAGER) as session:
        server.fail_next("500", tool="read_file", after_running=True)
        session.execute(READ, {"file_path": "b.txt"})
        assert session.session_id == "s1"


def test_a_change_that_certainly_never_arrived_is_retried_in_place() -> None:
    runtime = EmbeddedRuntime(Quota())
    down: list[bool] = []

    class Flaky(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if down and down.pop():
                raise httpx.ConnectError("refused")
            return runtime.handle_request(request)

    with (
        SpinClient("http://spin.test", transport=Flaky()) as spin,
        Session(spin, world=FILES, session_id="s1", backoff=EAGER) as session,
    ):
        down.append(True)
        assert session.execute(DELETE, {"file_path": "a.txt"}).outcome is Outcome.OK
        assert session.session_id == "s1"


def test_each_session_id_is_announced_before_its_first_use(server: SpinServer, spin: SpinClient) -> None:
    announced: list[tuple[str, bool]] = []

    def on_open(session_id: str) -> None:
        used = any(body and body.get("session_id") == session_id for _, _, body in server.requests)
        announced.append((session_id, used))

    with Session(spin, world=FILES, session_id="s1", backoff=EAGER, on_open=on_open) as session:
        server.fail_next("500", tool="delete_file")
        session.execute(DELETE, {"file_path": "a.txt"})
        assert announced == [("s1", False), (session.session_id, False)]


# --- mock tools


def test_mock_tools_with_fixtures_run_in_the_embedded_runtime_beside_a_real_service(
    server: SpinServer, spin: SpinClient, embedded: SpinClient
) -> None:
    world = World(
        tools=[*FILE_TOOLS, *COUNTER.tools], seed_files={"a": "1"}, fixtures=COUNTER.fixtures, tables=COUNTER.tables
    )
    with Session(spin, world=world, embedded=embedded, backoff=EAGER) as session:
        assert [session.execute(tool, {}).text for tool in (BUMP, COUNT)] == ["2", "2"]
        assert session.execute(READ, {"file_path": "a"}).text == "1"
        # a rebuild for the sake of one service brings the other's state along
        server.fail_next("500", tool="delete_file", after_running=True)
        session.execute(DELETE, {"file_path": "a"})
        assert session.execute(COUNT, {}).text == "2"
    assert session.is_clean
    assert server.sessions == {}
    assert not [path for _, path, _ in server.requests if path.startswith("/mock")]


def test_mock_tools_without_fixtures_run_in_the_configured_service(
    server: SpinServer, spin: SpinClient, embedded: SpinClient
) -> None:
    spin.load_schema([{"name": "count", "mockResponse": "from Spin"}])
    with Session(spin, world=World(tools=[COUNT]), embedded=embedded, session_id="s1", backoff=EAGER) as session:
        server.fail_next("500", tool="count", after_running=True)
        assert session.execute(COUNT, {}).text == "from Spin"
        assert session.session_id == "s1"  # it has no state that a repetition could harm
    assert session.is_clean


def test_mock_tools_the_service_lacks_are_loaded_and_the_others_left_alone(
    server: SpinServer, spin: SpinClient
) -> None:
    spin.load_schema([{"name": "count"}])
    spin.add_fixture("count", match={"of": "sheep"}, response="many")
    with Session(spin, world=World(tools=[COUNT, BUMP]), backoff=EAGER) as session:
        assert session.execute(COUNT, {"of": "sheep"}).text == "many"
        assert "Successfully executed bump" in session.execute(BUMP, {}).text
    assert set(server.mock_tools) == {"count", "bump"}


def test_mock_tools_without_fixtures_are_known_to_the_embedded_runtime(embedded: SpinClient) -> None:
    with Session(embedded, world=World(tools=[COUNT]), backoff=EAGER) as session:
        assert '"mock_result":"Successfully executed count"' in session.execute(COUNT, {}).text


def test_fixtures_without_an_embedded_runtime_are_refused(spin: SpinClient) -> None:
    with pytest.raises(InvalidInput, match="embedded runtime"):
        Session(spin, world=COUNTER)


def test_sessions_in_one_runtime_do_not_see_each_other(embedded: SpinClient) -> None:
    with (
        Session(embedded, world=COUNTER, backoff=EAGER) as one,
        Session(embedded, world=COUNTER, backoff=EAGER) as other,
    ):
        assert [one.execute(BUMP, {}).text, one.execute(BUMP, {}).text, other.execute(BUMP, {}).text] == ["2", "3", "2"]


def test_a_session_that_is_not_open_runs_nothing(server: SpinServer, spin: SpinClient) -> None:
    session = Session(spin, world=FILES, backoff=EAGER)
    with pytest.raises(RuntimeError, match="seed it first"):
        session.execute(WRITE, {"file_path": "a", "content": ""})
    with session:
        pass
    with pytest.raises(RuntimeError, match="seed it first"):
        session.execute(WRITE, {"file_path": "a", "content": ""})
    assert server.sessions == {}


def test_a_sequence_stands_where_it_stood_in_a_rebuilt_sandbox(
    server: SpinServer, spin: SpinClient, embedded: SpinClient
) -> None:
    watch = ToolDefinition(name="watch", annotations={"readOnlyHint": True})
    fixture = Fixture.model_validate({"tool": "watch", "responses": ["queued", "running", "done"]})
    world = World(tools=[*FILE_TOOLS, watch], seed_files={"a": "1"}, fixtures=[fixture])
    with Session(spin, world=world, embedded=embedded, session_id="s1", backoff=EAGER) as session:
        assert session.execute(watch, {}).text == "queued"
        server.fail_next("500", tool="delete_file", after_running=True)
        session.execute(DELETE, {"file_path": "a"})
        assert session.session_id != "s1"
        assert [session.execute(watch, {}).text for _ in range(2)] == ["running", "done"]


# --- replay


def test_replay_runs_the_calls_in_order_from_the_seed(spin: SpinClient) -> None:
    calls = [
        call("delete_file", file_path="a.txt"),
        call("read_file", file_path="a.txt"),
        call("fly", to="moon"),
        call("write_file", file_path="a.txt", content="new"),
        call("read_file", file_path="a.txt"),
    ]
    with Session(spin, world=FILES, backoff=EAGER) as session:
        session.execute(WRITE, {"file_path": "a.txt", "content": "left by an earlier life"})
        first = session.replay(calls)
        assert [replayed for replayed, _ in first] == calls
        assert [execution.text for _, execution in first] == [
            "Successfully deleted a.txt",
            "Error (FileNotFound): File not found: a.txt",
            "Error (UnknownTool): Unknown tool: fly",
            "Successfully wrote 3 bytes to a.txt",
            "new",
        ]
        again = session.replay(calls)
        assert [execution.text for _, execution in again] == [execution.text for _, execution in first]
    assert session.is_clean


def test_a_session_goes_on_after_its_replay_and_can_still_be_rebuilt(server: SpinServer, spin: SpinClient) -> None:
    with Session(spin, world=FILES, backoff=EAGER) as session:
        session.execute(WRITE, {"file_path": "forgotten", "content": ""})
        session.replay([call("write_file", file_path="n", content="1")])
        server.fail_next("500", tool="delete_file", after_running=True)
        assert session.execute(DELETE, {"file_path": "n"}).outcome is Outcome.OK
        assert session.execute(LIST, {}).text == '["b.txt", "a.txt", "/a.txt"]'


def test_a_fresh_session_is_not_rebuilt_for_a_replay(spin: SpinClient) -> None:
    with Session(spin, world=FILES, session_id="s1", backoff=EAGER) as session:
        session.replay([call("list_files")])
        assert session.session_id == "s1"


# --- cleanup


def test_cleanup_does_not_hide_the_error_of_the_body(server: SpinServer, spin: SpinClient) -> None:
    session = Session(spin, world=FILES, session_id="s1", backoff=EAGER)
    server.fail_next("500", count=999, tool="delete_file")
    with pytest.raises(ZeroDivisionError), session:
        raise ZeroDivisionError
    assert not session.is_clean
    server.heal()
    assert session.close()
    assert server.sessions == {}


def test_cleanup_happens_when_a_person_interrupts(server: SpinServer, spin: SpinClient) -> None:
    with pytest.raises(KeyboardInterrupt), Session(spin, world=FILES, backoff=EAGER):
        raise KeyboardInterrupt
    assert server.sessions == {}


def test_nothing_of_a_session_stays_in_the_embedded_runtime() -> None:
    runtime = EmbeddedRuntime(Quota())
    world = World(
        tools=[*FILE_TOOLS, *COUNTER.tools], seed_files={"a": "1"}, fixtures=COUNTER.fixtures, tables=COUNTER.tables
    )
    spin = SpinClient("http://embedded.test", transport=runtime, is_embedded=True)
    with Session(spin, world=world, backoff=EAGER) as session:
        assert runtime.open_sessions == 1
    assert session.is_clean
    assert runtime.open_sessions == 0
