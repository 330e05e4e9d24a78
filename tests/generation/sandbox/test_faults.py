"""Faults: which calls they befall, what is answered, and that replay, resume and rebuild meet the same ones."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from generation.conversation import Call, Outcome
from generation.errors import SandboxUnavailable
from generation.faults import Fault, FaultKind
from generation.fixtures import Fixture
from generation.plan import Rng, Scenario
from generation.sandbox.backoff import Backoff
from generation.sandbox.client import SpinClient
from generation.sandbox.embedded import embedded_spin
from generation.sandbox.execution import Execution
from generation.sandbox.faults import FaultInjector, FaultPlan, draw_fault_plan, fault_plan_of
from generation.sandbox.session import Session
from generation.sandbox.world import World, world_of
from generation.tools import ToolDefinition
from tests.standins.spin_server import SpinServer

PATH = {"type": "object", "properties": {"file_path": {"type": "string"}}, "required": ["file_path"]}
READ, WRITE, LIST, DELETE = TOOLS = [
    ToolDefinition(name="read_file", component="vfs", parameters=PATH),
    ToolDefinition(name="write_file", component="vfs", parameters=PATH),
    ToolDefinition(name="list_files", component="vfs"),
    ToolDefinition(name="delete_file", component="vfs", parameters=PATH),
]
EAGER = Backoff(retries=2, sleep=lambda _: None)
SEED = {"a.txt": "one", "b.txt": "two"}


@pytest.fixture
def spin() -> Iterator[SpinClient]:
    with embedded_spin() as spin:
        yield spin


def plan(*faults: dict[str, Any]) -> FaultPlan:
    return FaultPlan.model_validate({"faults": list(faults)})


def world(*faults: dict[str, Any]) -> World:
    return World(tools=TOOLS, seed_files=SEED, faults=plan(*faults))


def read(session: Session, path: str = "a.txt") -> str:
    return session.execute(READ, {"file_path": path}).text


# --- what is answered


@pytest.mark.parametrize(
    ("kind", "tool", "text"),
    [
        ("not_found", READ, "Error (FileNotFound): File not found: a.txt"),
        ("permission_denied", READ, "Error (PermissionDenied): Permission denied: a.txt is locked by another process"),
        ("rate_limited", READ, "Error (RateLimited): Too many requests to read_file. Try again in 2 seconds."),
        (
            "timeout",
            READ,
            "Error (Timeout): read_file did not answer within 30 seconds. It was cancelled and nothing was changed.",
        ),
    ],
)
def test_an_error_fault_is_the_tools_answer_and_the_same_call_again_succeeds(
    spin: SpinClient, kind: str, tool: ToolDefinition, text: str
) -> None:
    with Session(spin, world=world({"kind": kind, "tool": "read_file", "times": 2})) as session:
        executions = [session.execute(tool, {"file_path": "a.txt"}) for _ in range(3)]
    assert [execution.text for execution in executions] == [text, text, "one"]
    assert executions[0].outcome is Outcome.TOOL_ERROR
    assert executions[0].text.startswith(f"Error ({executions[0].error_type}): ")


@pytest.mark.parametrize(
    ("kind", "said"), [("not_found", True), ("rate_limited", True), ("timeout", True), ("slow", False)]
)
def test_an_answer_says_whether_a_fault_gave_it(spin: SpinClient, kind: str, said: bool) -> None:
    with Session(spin, world=world({"kind": kind, "tool": "read_file"})) as session:
        first, second = (session.execute(READ, {"file_path": "a.txt"}) for _ in range(2))
    assert (first.is_injected, second.is_injected) == (said, False)


def test_an_older_answer_is_injected_too(spin: SpinClient) -> None:
    with Session(spin, world=world({"kind": "stale_read", "tool": "read_file"})) as session:
        read(session)
        session.execute(WRITE, {"file_path": "a.txt", "content": "new"})
        stale = session.execute(READ, {"file_path": "a.txt"})
    assert (stale.text, stale.is_injected) == ("one", True)


def test_tools_of_other_components_fail_in_their_own_words(spin: SpinClient) -> None:
    tool = ToolDefinition(
        name="get_issue",
        parameters={
            "type": "object",
            "properties": {"verbose": {"type": "string"}, "id": {"type": "string"}},
            "required": ["id"],
        },
    )
    its_world = World(tools=[tool], faults=plan({"kind": "not_found"}, {"kind": "permission_denied", "at": 2}))
    with Session(spin, world=its_world) as session:
        arguments = {"verbose": "yes", "id": "ENG-1"}
        assert session.execute(tool, arguments).text == "Error (NotFound): Not found: ENG-1"
        assert "access token for get_issue" in session.execute(tool, arguments).text


def test_a_fault_may_bring_its_own_words(spin: SpinClient) -> None:
    fault = {"kind": "permission_denied", "message": "{{file_path}} belongs to somebody else"}
    with Session(spin, world=world(fault)) as session:
        assert read(session) == "Error (PermissionDenied): a.txt belongs to somebody else"


@pytest.mark.parametrize("kind", ["not_found", "permission_denied", "rate_limited", "timeout"])
def test_a_write_does_not_happen_when_a_fault_answers_in_its_place(kind: str) -> None:
    with (
        SpinServer() as server,
        SpinClient(server.url, timeout=20) as spin,
        Session(spin, world=world({"kind": kind, "tool": "delete_file"}), backoff=EAGER) as session,
    ):
        assert session.execute(DELETE, {"file_path": "a.txt"}).outcome is Outcome.TOOL_ERROR
        assert server.sessions[session.session_id] == SEED
        assert not server.calls("delete_file")
        assert session.execute(DELETE, {"file_path": "a.txt"}).outcome is Outcome.OK


def test_a_stale_read_gives_the_older_result_once(spin: SpinClient) -> None:
    with Session(spin, world=world({"kind": "stale_read"})) as session:
        assert [read(session), read(session)] == ["one", "one"]
        session.execute(WRITE, {"file_path": "a.txt", "content": "new"})
        assert read(session, "b.txt") == "two"
        stale = session.execute(READ, {"file_path": "a.txt"})
        assert (stale.text, stale.outcome, stale.error_type) == ("one", Outcome.OK, None)
        assert [read(session), read(session)] == ["new", "new"]
        # it was due once, and that is over
        session.execute(WRITE, {"file_path": "a.txt", "content": "newer"})
        assert read(session) == "newer"


def test_a_stale_read_can_be_the_second_one_and_needs_a_read(spin: SpinClient) -> None:
    with Session(spin, world=world({"kind": "stale_read", "at": 2})) as session:
        seen = []
        for content in ("1", "2", "3"):
            session.execute(WRITE, {"file_path": "a.txt", "content": content})
            seen.append(read(session))
        assert seen == ["1", "2", "2"]
        texts = [session.execute(WRITE, {"file_path": "a.txt", "content": "x" * n}).text for n in (1, 2)]
        assert texts[1].startswith("Successfully wrote 2 bytes")


def test_a_slow_call_answers_truly_and_only_says_that_it_took_long(spin: SpinClient) -> None:
    paused: list[float] = []
    injector = FaultInjector(plan({"kind": "slow", "delay_ms": 9000}), longest_pause=0.05, pause=paused.append)
    answer = Execution(text="one", outcome=Outcome.OK, duration_ms=2.0)
    slow, quick = (injector.execute(READ, {}, lambda: answer) for _ in range(2))
    assert (slow.text, slow.duration_ms, quick.duration_ms, paused) == ("one", 9002.0, 2.0, [0.05])
    with Session(spin, world=world({"kind": "slow", "delay_ms": 60_000})) as session:
        assert session.execute(READ, {"file_path": "a.txt"}).duration_ms >= 60_000


# --- which calls


def test_calls_are_counted_among_those_the_fault_fits(spin: SpinClient) -> None:
    fault = {"kind": "rate_limited", "tool": "read_file", "match": {"file_path": "b.txt"}, "at": 2}
    with Session(spin, world=world(fault)) as session:
        failed = []
        for path in ("b.txt", "a.txt", "b.txt", "b.txt"):
            session.execute(LIST, {})
            failed.append(read(session, path).startswith("Error"))
        assert failed == [False, False, True, False]


def test_not_found_fits_only_calls_that_name_something(spin: SpinClient) -> None:
    with Session(spin, world=world({"kind": "not_found"})) as session:
        assert session.execute(LIST, {}).outcome is Outcome.OK
        assert read(session) == "Error (FileNotFound): File not found: a.txt"


def test_of_two_faults_at_one_call_the_first_answers_and_both_count(spin: SpinClient) -> None:
    with Session(spin, world=world({"kind": "timeout"}, {"kind": "rate_limited", "times": 2})) as session:
        kinds = [session.execute(READ, {"file_path": "a.txt"}).error_type for _ in range(3)]
    assert kinds == ["Timeout", "RateLimited", None]


# --- the same again

CALLS = [
    ("read_file", {"file_path": "a.txt"}),
    ("delete_file", {"file_path": "b.txt"}),
    ("read_file", {"file_path": "a.txt"}),
    ("write_file", {"file_path": "a.txt", "content": "new"}),
    ("read_file", {"file_path": "a.txt"}),
    ("delete_file", {"file_path": "b.txt"}),
    ("read_file", {"file_path": "a.txt"}),
    ("list_files", {}),
]
FAULTS = [
    {"kind": "rate_limited", "tool": "read_file"},
    {"kind": "timeout", "tool": "delete_file"},
    {"kind": "stale_read"},
]


def calls() -> list[Call]:
    return [Call(id=f"call0000{n}", tool=tool, arguments=arguments) for n, (tool, arguments) in enumerate(CALLS)]


def run_all(session: Session, wanted: list[Call]) -> list[str]:
    by_name = {tool.name: tool for tool in TOOLS}
    return [session.execute(by_name[call.tool], call.arguments).text for call in wanted]


def test_replay_resume_and_a_second_run_meet_the_same_faults_at_the_same_calls(spin: SpinClient) -> None:
    with Session(spin, world=world(*FAULTS)) as session:
        recorded = run_all(session, calls())
        assert [text.split(":")[0] for text in recorded[:2]] == ["Error (RateLimited)", "Error (Timeout)"]
        assert recorded[2:] == ["one", recorded[3], "one", recorded[5], "new", '["a.txt"]']
        # a used session begins anew
        assert [execution.text for _, execution in session.replay(calls())] == recorded
    for cut in range(len(CALLS) + 1):
        with Session(spin, world=world(*FAULTS)) as session:
            replayed = [execution.text for _, execution in session.replay(calls()[:cut])]
            assert replayed + run_all(session, calls()[cut:]) == recorded, cut


def test_a_rebuilt_sandbox_does_not_begin_the_faults_anew() -> None:
    with SpinServer() as server, SpinClient(server.url, timeout=20) as spin:
        with Session(spin, world=world(*FAULTS), backoff=EAGER) as session:
            undisturbed = run_all(session, calls())
        with Session(spin, world=world(*FAULTS), session_id="s1", backoff=EAGER) as session:
            first = run_all(session, calls()[:5])
            server.fail_next("reset", tool="delete_file", after_running=True)
            assert first + run_all(session, calls()[5:]) == undisturbed
            assert session.session_id != "s1"
            server.fail_next("500", tool="delete_file", count=99)
            with pytest.raises(SandboxUnavailable):
                session.execute(DELETE, {"file_path": "a.txt"})
            server.heal()
            # a replay after a rebuild that was only begun starts from the seed as well
            assert [execution.text for _, execution in session.replay(calls())] == undisturbed


def test_a_call_lost_to_the_infrastructure_is_not_counted() -> None:
    fault = {"kind": "rate_limited", "tool": "read_file", "at": 2}
    with (
        SpinServer() as server,
        SpinClient(server.url, timeout=20) as spin,
        Session(spin, world=world(fault), backoff=EAGER) as session,
    ):
        server.fail_next("500", tool="read_file", count=3)
        with pytest.raises(SandboxUnavailable):
            read(session)
        assert [read(session), read(session)[:19], read(session)] == ["one", "Error (RateLimited)", "one"]


# --- plans


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "explosion"},
        {"kind": "timeout", "tols": "x"},
        {"kind": "timeout", "at": 0},
        {"kind": "slow", "message": "x"},
        {"kind": "timeout", "delay_ms": 5},
        {"kind": "slow", "delay_ms": 3_600_000},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(fault: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Scenario.model_validate({"prompt": "p", "faults": [fault]})
    with pytest.raises(ValidationError):
        FaultPlan.model_validate({"faults": [fault]})


def test_a_plan_is_drawn_from_the_seed_alone() -> None:
    drawn = {seed: draw_fault_plan(Rng(seed), TOOLS) for seed in range(60)}
    assert all(draw_fault_plan(Rng(seed), TOOLS) == its_plan for seed, its_plan in drawn.items())
    # the first fault is one that whatever is called meets, by the second call
    assert all(its_plan.faults[0].tool == "" and its_plan.faults[0].at <= 2 for its_plan in drawn.values())
    assert all(its_plan.faults[0].is_error for its_plan in drawn.values())
    assert {fault.kind for its_plan in drawn.values() for fault in its_plan.faults} == set(FaultKind)


def test_a_stale_read_is_drawn_for_reads_only_and_where_something_can_be_written() -> None:
    def stale(tools: list[ToolDefinition]) -> list[Fault]:
        drawn = [fault for seed in range(200) for fault in draw_fault_plan(Rng(seed), tools).faults]
        return [fault for fault in drawn if fault.kind is FaultKind.STALE_READ]

    assert {fault.tool for fault in stale(TOOLS)} == {"read_file", "list_files"}
    assert stale([READ, LIST]) == []


def test_every_drawn_plan_lets_an_agent_recover(spin: SpinClient) -> None:
    for seed in range(20):
        with Session(
            spin, world=World(tools=TOOLS, seed_files=SEED, faults=draw_fault_plan(Rng(seed), TOOLS))
        ) as session:
            texts = [read(session) for _ in range(6)]
            assert any(text.startswith("Error") for text in texts[:2])
            assert texts[-1] == "one"


def scenario(**members: Any) -> Scenario:
    return Scenario.model_validate({"prompt": "p", "pattern": "error_recovery", **members})


def test_error_recovery_gets_faults_drawn_unless_it_has_some_or_its_tools_fail_for_real() -> None:
    own = Fault(kind=FaultKind.TIMEOUT, tool="read_file")
    assert fault_plan_of(scenario(), tools=TOOLS, seed=3) == draw_fault_plan(Rng(3), TOOLS)
    assert fault_plan_of(scenario(faults=[own]), tools=TOOLS, seed=3).faults == [own]
    assert fault_plan_of(scenario(pattern="single", faults=[own]), tools=TOOLS, seed=3).faults == [own]
    for quiet in (scenario(tags=["csv", "tool-error"]), scenario(pattern="single"), scenario(pattern=None)):
        assert fault_plan_of(quiet, tools=TOOLS, seed=3).faults == []
    assert fault_plan_of(scenario(), tools=TOOLS, seed=None).faults == []


def test_a_world_carries_its_scenarios_faults(spin: SpinClient) -> None:
    its_world = world_of(scenario(seed_files=SEED), tools=TOOLS, seed=3)
    assert its_world.faults == draw_fault_plan(Rng(3), TOOLS)


def test_a_mock_write_does_not_happen_either(spin: SpinClient) -> None:
    bump = ToolDefinition(name="bump")
    fixture = Fixture.model_validate(
        {"tool": "bump", "action": {"do": "insert", "table": "hits", "new_key": "{{$n}}"}, "response": "{{$n}}"}
    )
    its_world = World(tools=[bump], fixtures=[fixture], faults=plan({"kind": "timeout", "at": 2}))
    with Session(spin, world=its_world) as session:
        texts = [session.execute(bump, {}).text for _ in range(3)]
    assert (texts[0], texts[2]) == ("1", "2")
