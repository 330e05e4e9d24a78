"""Every shipped scenario through builders, embedded sandbox and demo model."""

import json
from pathlib import Path

import pytest

from generation.builders.attempt import run_attempt
from generation.checks import check, is_blocked
from generation.conversation import Conversation, Outcome, to_document
from generation.llm.client import LedgerLine
from generation.llm.demo import demo_transport
from generation.llm.openai_endpoint import OpenAIEndpoint
from generation.llm.settings import EndpointSettings
from generation.plan import Pattern, Plan, Scenario
from generation.sandbox.embedded import embedded_spin
from generation.sandbox.session import Session
from generation.sandbox.world import world_of
from generation.tools import ToolRegistry, violations

SAMPLES = Path("studio/samples")
NAMES = ["files", "issue-tracker", "home"]
WITHOUT_CALLS = {Pattern.NO_TOOL, Pattern.CLARIFY, Pattern.REFUSE}


def _registry(name: str) -> ToolRegistry:
    return ToolRegistry.model_validate(json.loads((SAMPLES / f"{name}.registry.json").read_text(encoding="utf-8")))


def _scenarios(name: str) -> list[Scenario]:
    lines = (SAMPLES / f"{name}.scenarios.jsonl").read_text(encoding="utf-8").splitlines()
    return [Scenario.model_validate(json.loads(line)) for line in lines]


def _converse(registry: ToolRegistry, scenario: Scenario, *, seed: int) -> tuple[Conversation, list[LedgerLine]]:
    settings = EndpointSettings(name="demo", model="demo", base_url="http://demo.invalid/v1")
    world = world_of(
        scenario, tools=registry.tools, registry_fixtures=registry.fixtures, registry_tables=registry.tables
    )
    ledger: list[LedgerLine] = []
    with OpenAIEndpoint(settings, transport=demo_transport()) as endpoint, embedded_spin() as spin:
        conversation = run_attempt(
            Plan(scenario=scenario, tools=registry.tools, seed=seed),
            llm=endpoint.client(ledger.append),
            session=Session(spin, world=world),
            report=lambda _: None,
        )
    return conversation, ledger


@pytest.fixture(scope="module", params=NAMES)
def conversations(request: pytest.FixtureRequest) -> list[tuple[Scenario, Conversation, list[LedgerLine]]]:
    registry = _registry(request.param)
    return [
        (scenario, *_converse(registry, scenario, seed=number))
        for number, scenario in enumerate(_scenarios(request.param))
    ]


def test_every_scenario_becomes_a_complete_conversation_without_a_blocking_finding(conversations):
    for scenario, conversation, _ in conversations:
        assert conversation.is_complete, scenario.prompt
        assert not is_blocked(check(conversation)), scenario.prompt
        assert conversation.model == "demo"


def test_every_call_fits_its_schema_at_the_first_asking(conversations):
    for scenario, conversation, ledger in conversations:
        for call in conversation.calls:
            tool = conversation.tool(call.tool)
            assert tool is not None, call
            assert violations(call.arguments, tool) == [], (scenario.prompt, call)
        assert {line.outcome for line in ledger} == {"ok"}
        assert not [note for note in conversation.notes if note.code.startswith("rejected_")], scenario.prompt


def test_tools_are_called_when_the_pattern_wants_them_and_left_alone_when_it_does_not(conversations):
    for scenario, conversation, _ in conversations:
        if scenario.pattern in WITHOUT_CALLS:
            assert conversation.mode == "multi_turn" or not conversation.calls, scenario.prompt
        else:
            assert conversation.calls, scenario.prompt


def test_tool_errors_stay_the_exception(conversations):
    planned = [pair for pair in conversations if pair[0].pattern is not Pattern.ERROR_RECOVERY]
    made = [call for _, conversation, _ in planned for call in conversation.calls]
    failed = [call for call in made if call.outcome is Outcome.TOOL_ERROR]
    assert len(failed) <= 0.08 * len(made)


def test_conversations_that_call_tools_make_two_to_three_calls_on_average(conversations):
    counts = [len(conversation.calls) for _, conversation, _ in conversations if conversation.calls]
    assert 1.8 <= sum(counts) / len(counts) <= 6


def test_the_same_plan_gives_the_same_conversation():
    registry = _registry("files")
    scenario = _scenarios("files")[0]
    documents = []
    for _ in range(2):
        document = to_document(_converse(registry, scenario, seed=7)[0])
        for turn in document["turns"]:
            for step in turn["steps"]:
                for call in step["calls"]:
                    call.pop("duration_ms")
        documents.append(document)
    assert documents[0] == documents[1]


def test_a_total_is_computed_from_the_file_and_written_where_it_was_asked_for():
    scenario = Scenario(
        prompt="Mara wants to know the total of the takings in sales/week.csv and have it written to reports/week.md.",
        persona="Mara, 38, café owner",
        seed_files={"sales/week.csv": "day,takings\nMon,10.50\nTue,20.25\nWed,11\n"},
    )
    conversation, _ = _converse(_registry("files"), scenario, seed=3)
    written = next(call for call in conversation.calls if call.tool == "write_file")
    assert written.arguments["file_path"] == "reports/week.md"
    assert "41.75" in written.arguments["content"]
    answer = conversation.turns[0].answer
    assert answer is not None
    assert "41.75" in answer
