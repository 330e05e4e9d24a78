"""Whole conversations through the real client and a real HTTP server, whatever the server takes and however it fails."""

import itertools

import pytest

from generation.builders.attempt import run_attempt
from generation.conversation import Conversation, Outcome, to_json
from generation.sandbox.embedded import embedded_spin
from generation.sandbox.session import Session
from generation.sandbox.world import World
from tests.generation.llm.replies import Bench
from tests.standins import faults
from tests.standins.faults import Fault, Kind
from tests.standins.file_plans import FILE_TOOLS, SEED_FILES, plan
from tests.standins.openai_server import OpenAIServer

EVERY_FAULT = [
    faults.throttled(after="1"),
    faults.status(500),
    faults.RESET,
    faults.HTML,
    Fault(kind=Kind.ERROR_200),
    faults.EMPTY,
    faults.FENCED,
    faults.THOUGHTS,
    faults.PROSE,
    faults.WRONG_SHAPE,
    faults.TRUNCATED,
]


def converse(bench: Bench, mode: str, turns: int | None = None) -> Conversation:
    with embedded_spin() as spin:
        session = Session(spin, world=World(tools=FILE_TOOLS, seed_files=SEED_FILES))
        conversation = run_attempt(
            plan(mode=mode, turns=turns), llm=bench.client, session=session, report=lambda _: None
        )
        assert session.is_clean
    return conversation


@pytest.mark.parametrize(
    "refuses",
    [set(), {"json_schema"}, {"json_schema", "tools"}, {"json_schema", "tools", "json_object"}],
    ids=["json_schema", "tool", "json_object", "text"],
)
def test_a_conversation_comes_into_being_whatever_structured_output_the_server_takes(refuses: set[str]) -> None:
    with OpenAIServer(refuses=refuses) as server, Bench(server.base_url) as bench:
        conversation = converse(bench, "single_turn")
    assert conversation.is_complete
    assert [(call.tool, call.outcome) for call in conversation.calls] == [
        ("list_files", Outcome.OK),
        ("read_file", Outcome.OK),
    ]
    assert conversation.calls[1].result == SEED_FILES["notes.txt"]
    assert bench.outcomes.count("rejected") == len(refuses)


def test_the_steps_of_the_files_tools_are_asked_for_strictly() -> None:
    with OpenAIServer() as server, Bench(server.base_url) as bench:
        converse(bench, "single_turn")
    steps = [request.body["response_format"]["json_schema"] for request in server.requests]
    assert all(step["strict"] for step in steps if step["name"] == "step")
    assert "step" in [step["name"] for step in steps]


def test_a_conversation_of_several_turns_survives_every_fault_and_shows_none_of_them() -> None:
    with OpenAIServer() as calm, Bench(calm.base_url) as bench:
        undisturbed = converse(bench, "multi_turn", turns=3)
    spaced = itertools.chain.from_iterable((None, fault) for fault in EVERY_FAULT)
    with OpenAIServer(faults=spaced) as server, Bench(server.base_url) as bench:
        disturbed = converse(bench, "multi_turn", turns=3)
        assert not server.behaviour.plan
    assert disturbed.is_complete
    assert [turn.answer for turn in disturbed.turns] == [turn.answer for turn in undisturbed.turns]
    assert [call.arguments for call in disturbed.calls] == [call.arguments for call in undisturbed.calls]
    text = to_json(disturbed.model_copy(update={"notes": []}))
    assert not any(word in text for word in ("Rate limit", "Bad gateway", "had an error", "no JSON", "unexpected"))
    spoiled = {"unavailable", "empty", "malformed", "truncated"}
    assert spoiled <= set(bench.outcomes)
