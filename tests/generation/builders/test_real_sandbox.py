"""The builders over the embedded runtime, through the real session."""

import json
from pathlib import Path

import pytest

from generation.builders.attempt import run_attempt
from generation.builders.step_schema import AS_TEXT, step_schema
from generation.checks import check
from generation.conversation import Conversation, from_json, to_document, to_json
from generation.errors import LLMUnavailable
from generation.llm.schema import wire_schema
from generation.llm.scripted import ScriptedLLM
from generation.plan import Config, Plan, Scenario
from generation.sandbox.embedded import embedded_spin
from generation.sandbox.session import Session
from generation.sandbox.world import world_of
from generation.tools import ToolRegistry
from tests.standins.file_plans import answer, call, final, plan, read, step, user, write

SAMPLES = Path(__file__).parents[3] / "studio" / "samples"


def timeless(conversation: Conversation) -> object:
    """The document without how long the calls took."""
    document = to_document(conversation)
    for turn in document["turns"]:
        for one in turn["steps"]:
            for made in one["calls"]:
                assert made.pop("duration_ms") >= 0
    return document


def test_files_are_really_written_and_read_and_nothing_is_left_behind():
    spin = embedded_spin()
    session = Session(spin, world=world_of(plan().scenario, tools=plan().tools))
    script = [user(), step(write(), read("empty.txt")), step(read(), read("absent.txt")), final(), answer()]
    conversation = run_attempt(
        plan(max_calls_per_turn=5), llm=ScriptedLLM(script), session=session, report=lambda _: None
    )
    assert [made.result for made in conversation.calls] == [
        "Successfully wrote 9 bytes to notes.txt",
        "",
        "buy bread",
        "Error (FileNotFound): File not found: absent.txt",
    ]
    assert session.is_clean
    assert spin.list_files(session.session_id) == []
    assert [finding.code for finding in check(conversation)] == ["invented_argument", "ignored_error"]


REGISTRY = ToolRegistry.model_validate(
    {
        "name": "stock",
        "tools": [
            {
                "name": "take",
                "parameters": {"type": "object", "properties": {"item": {"type": "string"}}, "required": ["item"]},
            },
            {
                "name": "look",
                "annotations": {"readOnlyHint": True},
                "parameters": {"type": "object", "properties": {"item": {"type": "string"}}, "required": ["item"]},
            },
        ],
        "fixtures": [
            {"tool": "take", "action": {"do": "update", "table": "stock", "key": "{{item}}", "set": {"taken": True}}},
            {"tool": "look", "action": {"do": "get", "table": "stock", "key": "{{item}}"}},
        ],
        "tables": {"stock": {"nail": {"taken": False}}},
    }
)
STOCK_SCRIPT = [
    user("Take a nail."),
    step(call("look", item="nail")),
    step(call("take", item="nail")),
    step(call("look", item="nail")),
    step(call("look", item="screw")),
    final(),
    answer("Taken."),
]


def stock_session() -> Session:
    world = world_of(
        Scenario(prompt="A nail is needed."),
        tools=REGISTRY.tools,
        registry_fixtures=REGISTRY.fixtures,
        registry_tables=REGISTRY.tables,
    )
    return Session(embedded_spin(), world=world)


@pytest.mark.parametrize("used", range(1, len(STOCK_SCRIPT)))
def test_stateful_mock_tools_are_as_they_were_when_an_attempt_is_taken_up_again(used):
    the_plan = Plan(
        scenario=Scenario(prompt="A nail is needed."),
        tools=REGISTRY.tools,
        config=Config(max_calls_per_turn=5, max_agent_steps=6),
    )
    whole = run_attempt(the_plan, llm=ScriptedLLM(STOCK_SCRIPT), session=stock_session(), report=lambda _: None)
    assert [json.loads(made.result)["taken"] for made in whole.calls[:3:2]] == [False, True]
    assert whole.calls[3].error_type == "NotFound"

    states: list[str] = []
    purpose = STOCK_SCRIPT[used][0]
    with pytest.raises(LLMUnavailable):
        run_attempt(
            the_plan,
            llm=ScriptedLLM([*STOCK_SCRIPT[:used], (purpose, LLMUnavailable("down"))]),
            session=stock_session(),
            report=lambda state: states.append(to_json(state)),
        )
    resumed = run_attempt(
        the_plan,
        llm=ScriptedLLM(STOCK_SCRIPT[used:]),
        session=stock_session(),
        report=lambda _: None,
        continue_from=from_json(states[-1]),
    )
    assert timeless(resumed) == timeless(whole)


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.registry.json")), ids=lambda path: path.stem)
def test_steps_over_the_shipped_registries_are_asked_for_strictly(path):
    registry = ToolRegistry.model_validate_json(path.read_text())
    schema = step_schema(registry.tools)
    assert wire_schema(schema).strict
    assert AS_TEXT not in [
        branch["properties"]["arguments"] for branch in schema["properties"]["tool_calls"]["items"]["anyOf"]
    ]
