"""Registries that say how their tools run: MCP servers, pushed mock tools, and faults, through whole runs."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from generation.conversation import Call, Outcome, Step, Turn
from generation.conversation import Conversation as Content
from generation.errors import InvalidInput
from generation.faults import FaultKind
from generation.fixtures import Fixture
from generation.mcp_servers import McpServer
from generation.plan import Config, Pattern, Scenario
from generation.tools import ToolDefinition
from studio import building, mcp_servers, rerunning, wiring
from studio.domain import reruns
from studio.domain.catalog import ensure_registry, freeze, put_tools, registry_value, toolset_value
from studio.domain.conversations import add_conversation
from studio.domain.endpoints import ensure_demo_endpoint
from studio.domain.runs import create_run
from studio.models import Conversation, LedgerEntry, Registry, Rerun, Run
from tests.standins.mcp_server import McpStandIn
from tests.standins.spin_server import SpinServer
from tests.standins.studio_rows import make_dataset, make_run, make_scenario, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def server() -> Iterator[McpStandIn]:
    with McpStandIn() as server:
        yield server


def notes_registry(server: McpStandIn) -> Registry:
    its_server = McpServer(url=server.url)
    read = mcp_servers.read_server_tools(its_server)
    row = ensure_registry("notes")
    put_tools(row, tools=[tool for tool in read.tools if tool.name in ("put", "get", "keys")], mcp=its_server)
    return row


def weather_registry(*fixtures: dict[str, Any], push_mock: bool = True) -> Registry:
    row = ensure_registry("weather")
    tool = ToolDefinition(name="weather", annotations={"readOnlyHint": True})
    read = [Fixture.model_validate({"tool": "weather", **document}) for document in fixtures]
    put_tools(row, tools=[tool], fixtures=read, push_mock=push_mock)
    return row


def run_over(registry: Registry, **scenario: Any) -> Run:
    dataset = make_dataset()
    return create_run(
        dataset,
        registry=registry,
        endpoint=ensure_demo_endpoint(),
        scenarios=[make_scenario(dataset=dataset, **{"seed_files": {}} | scenario)],
        config=Config(),
        count=1,
        seed=7,
    )


def worked(run: Run) -> Conversation:
    building.work_item(run.items.get().pk)
    return Conversation.objects.get(run=run)


# --- MCP


def test_a_run_over_an_mcp_server_has_its_results_and_leaves_no_session(server: McpStandIn) -> None:
    content = worked(run_over(notes_registry(server), prompt="Which keys do my notes have?")).content
    assert content.calls
    assert {call.outcome for call in content.calls} <= {Outcome.OK, Outcome.TOOL_ERROR}
    assert server.app.called == [call.tool for call in content.calls]
    assert server.sessions == set()


def rerun_of(row: Conversation, call_id: str) -> Rerun:
    rerun = reruns.ask_rerun(row, call_id=call_id, by=make_user())
    rerunning.work_rerun(rerun.pk)
    return Rerun.objects.get(pk=rerun.pk)


def test_a_call_runs_again_in_a_client_session_of_its_own_as_those_before_it_left_it(server: McpStandIn) -> None:
    registry = notes_registry(server)
    put, get = (
        Call(id=f"call0000{number}", tool=tool, arguments=arguments, result=result, outcome=Outcome.OK)
        for number, tool, arguments, result in [
            (1, "put", {"key": "a", "value": "alpha"}, "kept a"),
            (2, "get", {"key": "a"}, "beta"),
        ]
    )
    turn = Turn(user="Keep alpha as a, then say a.", steps=[Step(calls=[put]), Step(calls=[get])], answer="alpha")
    content = Content(tools=registry_value(registry).tools, turns=[turn])
    row = add_conversation(make_dataset(), content=content, toolset=freeze(registry))
    rerun = rerun_of(row, get.id)
    assert (rerun.status, rerun.error, rerun.drift) == (Rerun.Status.DONE, "", [])
    assert [result["text"] for result in rerun.results] == ["alpha"]
    assert server.app.called == ["put", "get"]
    assert server.sessions == set()


def test_a_frozen_tool_set_knows_its_server(server: McpStandIn) -> None:
    value = toolset_value(freeze(notes_registry(server)))
    assert (value.mcp, value.push_mock) == (McpServer(url=server.url), False)


def test_tools_of_a_server_without_a_server_end_no_run_they_begin_none() -> None:
    row = ensure_registry("notes")
    put_tools(row, tools=[ToolDefinition(name="put", component="mcp")])
    with pytest.raises(InvalidInput, match="names no MCP server for put"):
        run_over(row)


@pytest.mark.parametrize(
    ("server", "reason"),
    [
        (McpServer(url="http://169.254.169.254/mcp"), "metadata service"),
        (McpServer(url="http://127.0.0.1:9/mcp", headers_from_env={"X-Key": "MCP_KEY"}), "MCP_KEY"),
    ],
)
def test_a_server_that_may_not_or_can_not_be_asked_stops_the_run_before_any_model_call(
    server: McpServer, reason: str
) -> None:
    row = ensure_registry("notes")
    put_tools(row, tools=[ToolDefinition(name="put", component="mcp")], mcp=server)
    run = run_over(row)
    building.work_item(run.items.get().pk)
    run.refresh_from_db()
    assert run.status == Run.Status.STOPPED
    assert reason in run.stop_reason
    assert not LedgerEntry.objects.exists()


@pytest.mark.parametrize("document", [{"url": "ftp://a"}, {"command": "x", "env": ["SECRET_KEY"]}, {"host": "a"}])
def test_a_registry_whose_server_is_none_is_refused_in_the_admin(document: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        Registry(slug="notes", name="Notes", mcp=document).full_clean()
    assert list(refused.value.message_dict) == ["mcp"]


# --- pushed mock tools


def test_what_can_not_be_pushed_is_said_before_the_run_is_made() -> None:
    row = weather_registry({"response": "sunny"}, {"match": {"city": "Bonn"}, "responses": ["rain", "sun"]})
    with pytest.raises(InvalidInput, match="fixture 2 of weather has a sequence"):
        run_over(row)
    assert not Run.objects.exists()


def test_a_scenario_whose_tables_can_not_be_pushed_is_named_before_the_run_is_made() -> None:
    tables = {"cities": {"bonn": {"sky": "grey"}}}
    with pytest.raises(InvalidInput, match=r"1 of 1 conversations start from seed_tables.*'Is it grey"):
        run_over(weather_registry({"response": "sunny"}), prompt="Is it grey in Bonn?", seed_tables=tables)
    assert not Run.objects.exists()
    assert run_over(weather_registry({"response": "sunny"}, push_mock=False), seed_tables=tables).items.count() == 1


def test_mock_tools_are_pushed_where_a_spin_service_is_used(settings) -> None:
    row = weather_registry({"response": "sunny"})
    assert registry_value(row).push_mock
    with SpinServer() as spin_server:
        settings.SPIN_ENDPOINT = spin_server.url
        session = wiring.new_session(registry_value(row), Scenario(prompt="p"))
        with session:
            assert session.execute(registry_value(row).tools[0], {}).text == "sunny"
        assert spin_server.calls("weather") == [{"name": "weather", "arguments": {}}]
        put_tools(row, tools=[], push_mock=False)
        with wiring.new_session(registry_value(row), Scenario(prompt="p")) as session:
            assert session.execute(registry_value(row).tools[0], {}).text == "sunny"
        assert len(spin_server.calls("weather")) == 1


# --- faults


def test_error_recovery_meets_faults_and_running_it_again_meets_the_same() -> None:
    prompt = "Somebody wants to know what stands in a.txt and in b.txt."
    row = worked(make_run(prompt=prompt, pattern=Pattern.ERROR_RECOVERY))
    errors = [call for call in row.content.calls if call.outcome is Outcome.TOOL_ERROR]
    assert errors
    assert errors[0].error_type in ("RateLimited", "Timeout", "PermissionDenied")
    rerun = rerun_of(row, row.content.calls[0].id)
    assert rerun.status == Rerun.Status.DONE
    assert [result["is_identical"] for result in rerun.results] == [True] * len(row.content.calls)


def test_no_fault_is_met_where_none_is_asked_for() -> None:
    for members in ({}, {"pattern": Pattern.ERROR_RECOVERY, "tags": ["tool-error"]}):
        content: Content = worked(make_run(prompt="Somebody wants to know what stands in a.txt.", **members)).content
        assert [call.error_type for call in content.calls] == [None] * len(content.calls)


def test_a_scenarios_own_fault_is_met() -> None:
    fault = {"kind": FaultKind.NOT_FOUND.value, "message": "nothing here yet"}
    content = worked(make_run(prompt="Somebody wants to know what stands in a.txt.", faults=[fault])).content
    assert "Error (FileNotFound): nothing here yet" in [call.result for call in content.calls]
