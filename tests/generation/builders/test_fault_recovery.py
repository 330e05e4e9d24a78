"""Attempts whose tools fail by plan: what the agent is told, and that taking them up again meets the same faults."""

import pytest

from generation.builders.attempt import run_attempt
from generation.checks import check
from generation.conversation import Conversation, Provenance, from_json, to_document, to_json
from generation.errors import LLMUnavailable
from generation.faults import Fault, FaultKind
from generation.llm.scripted import ScriptedLLM
from generation.plan import Plan
from generation.sandbox.embedded import embedded_spin
from generation.sandbox.session import Session
from generation.sandbox.world import world_of
from tests.standins.file_plans import answer, final, plan, read, step, user, write

SCRIPT = [
    user(),
    step(read()),
    step(read()),
    step(write()),
    step(write(), read("empty.txt")),
    step(read()),
    final(),
    answer(),
]


def its_plan() -> Plan:
    made = plan(pattern="error_recovery", max_calls_per_turn=10, max_agent_steps=8)
    faults = [
        Fault(kind=FaultKind.RATE_LIMITED, tool="read_file"),
        Fault(kind=FaultKind.TIMEOUT, tool="write_file"),
        Fault(kind=FaultKind.PERMISSION_DENIED, tool="read_file", at=4),
    ]
    return made.model_copy(update={"scenario": made.scenario.model_copy(update={"faults": faults})})


def session_of(the_plan: Plan) -> Session:
    return Session(embedded_spin(), world=world_of(the_plan.scenario, tools=the_plan.tools, seed=the_plan.seed))


def timeless(conversation: Conversation) -> str:
    document = to_document(conversation)
    for turn in document["turns"]:
        for one in turn["steps"]:
            for made in one["calls"]:
                made["duration_ms"] = 0
    return to_json(Conversation.model_validate(document))


def whole() -> Conversation:
    return run_attempt(its_plan(), llm=ScriptedLLM(SCRIPT), session=session_of(its_plan()), report=lambda _: None)


def test_the_agent_meets_the_faults_as_tool_errors_and_gets_through_by_trying_again():
    conversation = whole()
    assert [(made.tool, made.error_type) for made in conversation.calls] == [
        ("read_file", "RateLimited"),
        ("read_file", None),
        ("write_file", "Timeout"),
        ("write_file", None),
        ("read_file", None),
        ("read_file", "PermissionDenied"),
    ]
    assert conversation.calls[1].result == "buy milk"
    assert conversation.notes == []
    injected = [made.provenance is Provenance.INJECTED for made in conversation.calls]
    assert injected == [made.error_type is not None for made in conversation.calls], (
        "no injected answer passes for a real one"
    )


@pytest.mark.parametrize("used", range(1, len(SCRIPT)))
def test_an_attempt_that_is_taken_up_again_meets_the_same_faults(used: int):
    states: list[str] = []
    with pytest.raises(LLMUnavailable):
        run_attempt(
            its_plan(),
            llm=ScriptedLLM([*SCRIPT[:used], (SCRIPT[used][0], LLMUnavailable("gone"))]),
            session=session_of(its_plan()),
            report=lambda state: states.append(to_json(state)),
        )
    resumed = run_attempt(
        its_plan(),
        llm=ScriptedLLM(SCRIPT[used:]),
        session=session_of(its_plan()),
        report=lambda _: None,
        continue_from=from_json(states[-1]),
    )
    assert timeless(resumed) == timeless(whole())


def test_a_replay_of_the_finished_conversation_answers_what_is_recorded():
    conversation = whole()
    with session_of(its_plan()) as session:
        assert [execution.text for _, execution in session.replay(conversation.calls)] == [
            made.result for made in conversation.calls
        ]


def test_a_stale_read_after_a_write_can_be_made_once_more_and_then_shows_what_was_written():
    made = plan(pattern="error_recovery", max_calls_per_turn=10, max_agent_steps=8)
    stale = Fault(kind=FaultKind.STALE_READ, tool="read_file")
    made = made.model_copy(update={"scenario": made.scenario.model_copy(update={"faults": [stale]})})
    script = [user(), step(read()), step(write()), step(read()), step(read()), step(read()), final(), answer()]
    conversation = run_attempt(made, llm=ScriptedLLM(script), session=session_of(made), report=lambda _: None)
    before, written, stale_read, fresh = conversation.calls
    assert (stale_read.result, stale_read.provenance) == (before.result, Provenance.INJECTED)
    assert (fresh.result, fresh.provenance) == (written.arguments["content"], Provenance.EXECUTED)
    # a further one would only repeat the fresh read
    assert [(note.code, note.call_id) for note in conversation.notes] == [("repeated_call", fresh.id)]
    assert "repeated_call" not in {finding.code for finding in check(conversation)}
