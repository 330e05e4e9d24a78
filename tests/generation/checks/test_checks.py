"""Each check finds what it looks for, and nothing in a sound conversation."""

from typing import Any

import pytest

from generation.checks import EXPLANATIONS, Severity, check, is_blocked
from generation.checks.registry import CHECKS
from generation.conversation import Call, Conversation, Ending, Note, Outcome, Step, Turn
from generation.tools import ToolDefinition

TEXT = {"type": "string"}
TOOLS = [
    ToolDefinition(
        name="read",
        annotations={"readOnlyHint": True},
        parameters={"type": "object", "properties": {"path": TEXT}, "required": ["path"]},
    ),
    ToolDefinition(
        name="write",
        parameters={
            "type": "object",
            "properties": {"path": TEXT, "to": {"type": "array", "items": TEXT}},
            "required": ["path"],
        },
    ),
]


def made(number: int, tool: str = "read", result: str = "done", **arguments: Any) -> Call:
    return Call(
        id=f"call{number:05}", tool=tool, arguments=arguments or {"path": "a"}, result=result, outcome=Outcome.OK
    )


def failed(number: int, tool: str = "read", **arguments: Any) -> Call:
    return made(number, tool, "Error (Nope): no", **arguments).model_copy(
        update={"outcome": Outcome.TOOL_ERROR, "error_type": "Nope"}
    )


def conversation(*calls: Call, **changes: Any) -> Conversation:
    """A sound conversation of two turns, with these calls in the first (one step each)."""
    steps = [Step(thought="Hm.", calls=[call]) for call in calls or [made(1)]]
    turns = [
        Turn(user="Hello?", steps=[*steps, Step(thought="Done.")], answer="Yes.", ending=Ending.FINAL),
        Turn(user="And now?", steps=[Step(thought="Done.")], answer="No.", ending=Ending.FINAL),
    ]
    return Conversation(**({"tools": TOOLS, "turns": turns} | changes))


def with_turn(**changes: Any) -> Conversation:
    sound = conversation()
    return sound.model_copy(update={"turns": [sound.turns[0].model_copy(update=changes), *sound.turns[1:]]})


def with_last_turn(**changes: Any) -> Conversation:
    sound = conversation()
    return sound.model_copy(update={"turns": [sound.turns[0], sound.turns[1].model_copy(update=changes)]})


def unanswered() -> Call:
    return Call(id="call00002", tool="read", arguments={"path": "b"})


FAULTY = [
    ("no_turns", conversation(turns=[]), None, None),
    ("no_answer", with_last_turn(answer=None), None, 1),
    ("wrong_order", with_turn(answer=None), None, 0),
    ("empty_message", with_turn(user=" \n"), None, 0),
    ("empty_message", with_turn(answer=""), None, 0),
    ("no_result", conversation(made(1), unanswered()), "call00002", 0),
    ("duplicate_id", conversation(made(1), made(1, path="b")), "call00001", 0),
    ("malformed_id", conversation(made(1).model_copy(update={"id": "call_1234"})), "call_1234", 0),
    ("malformed_id", conversation(made(1).model_copy(update={"id": "callé1234"})), "callé1234", 0),
    ("malformed_id", conversation(made(1).model_copy(update={"id": "call1"})), "call1", 0),
    ("unknown_tool", conversation(made(1, "absent")), "call00001", 0),
    ("invalid_arguments", conversation(made(1, way="a")), "call00001", 0),
    ("invalid_arguments", conversation(made(1, path=3)), "call00001", 0),
    ("infrastructure_failure", conversation(made(1, result="<html><head><title>502 Bad Gateway")), "call00001", 0),
    ("infrastructure_failure", conversation(made(1, result="Error: [Errno 111] Connection refused")), "call00001", 0),
    ("infrastructure_failure", conversation(made(1, result="httpx.ConnectTimeout: timed out")), "call00001", 0),
    (
        "infrastructure_failure",
        conversation(failed(1).model_copy(update={"error_type": "http_error"}), made(2, path="b")),
        "call00001",
        0,
    ),
    ("no_tool_call", conversation(turns=conversation().turns[1:]), None, None),
    ("unwanted_call", conversation(pattern="no_tool"), "call00001", 0),
    ("repeated_call", conversation(made(1), made(2, path="b"), made(3)), "call00003", 0),
    ("repeated_call", conversation(made(1, "write"), made(2, "write")), "call00002", 0),
    ("placeholder", conversation(made(1, path="<your_path>")), "call00001", 0),
    ("placeholder", conversation(made(1, path="<your_file>")), "call00001", 0),
    ("placeholder", conversation(made(1, path="/home/{{user}}/x")), "call00001", 0),
    ("placeholder", conversation(made(1, path="TODO")), "call00001", 0),
    ("placeholder", conversation(made(1, "write", path="a", to=["ann@example.com"])), "call00001", 0),
    ("invented_argument", conversation(made(1, path="docs/plan.md")), "call00001", 0),
    ("ignored_error", conversation(made(1), failed(2, path="b")), "call00002", 0),
    ("unused_result", conversation(made(1, result="Ada, Boris, Chloé, Diego, Elif and Finn passed")), "call00001", 0),
    ("ungrounded_answer", with_turn(answer="It is order ORD-4711."), None, 0),
    ("unsupported_claim", with_turn(answer="I have deleted the old one."), None, 0),
    (
        "language_differs",
        with_turn(user="What is on the list for today?", answer="Das ist nicht auf der Liste für heute."),
        None,
        0,
    ),
    ("pattern_unfit", conversation(pattern="parallel"), None, None),
    ("unwanted_call", conversation(pattern="refuse"), "call00001", 0),
    ("step_limit", with_turn(ending=Ending.STEP_LIMIT), None, 0),
    ("call_limit", with_turn(ending=Ending.CALL_LIMIT), None, 0),
]
NOTES = {
    "ended_early": "ended_early",
    "error_trace": "error_trace",
    "repeated_call": "withheld_step",
    "replay_differs": "replay_differs",
    "model_changed": "model_changed",
    "rejected_step": "repaired_step",
    "rejected_user_message": "repaired_message",
    "rejected_answer": "repaired_answer",
    "rejected_basic": "repaired_exchange",
    "rejected_chain_of_thought": "repaired_exchange",
}
FAULTY += [
    (code, conversation(notes=[Note(code=note, detail="What was wrong.\n\n{}", turn=0, call_id="call00001")]), "call00001", 0)
    for note, code in NOTES.items()
]  # fmt: skip


@pytest.mark.parametrize(("code", "its", "call_id", "turn"), FAULTY, ids=[row[0] for row in FAULTY])
def test_a_fault_is_found_at_its_place_and_nothing_else_is(code, its, call_id, turn):
    (finding,) = check(its)
    assert (finding.code, finding.call_id, finding.turn) == (code, call_id, turn)
    assert finding.message.strip()
    assert finding.message != EXPLANATIONS[code]


def test_every_check_is_tested_and_explained_in_one_sentence():
    codes = [looked_for.code for looked_for in CHECKS]
    assert sorted(set(codes)) == sorted(codes)
    assert set(codes) == {row[0] for row in FAULTY} == set(EXPLANATIONS) - {"too_long", "near_duplicate"}
    assert all(text.endswith(".") and len(text) < 120 for text in EXPLANATIONS.values())


def test_what_blocks_is_what_could_not_be_trained_on():
    blocking = {code for code, its, _, _ in FAULTY if is_blocked(check(its))}
    assert blocking == {
        "no_turns",
        "no_answer",
        "wrong_order",
        "empty_message",
        "no_result",
        "duplicate_id",
        "malformed_id",
        "unknown_tool",
        "invalid_arguments",
        "infrastructure_failure",
    }


SOUND = [
    conversation(),
    conversation(made(1), made(2, "write", path="b"), made(3)),
    conversation(made(1), failed(2, path="b"), made(3)),
    conversation(failed(1), made(2)),
    conversation(made(1), made(2, "write", path="notes/new.md")),
    conversation(made(1, path=""), made(2, path="b")),
    conversation(made(1, result="")),
    with_turn(
        steps=[Step(calls=[made(1, result="2026-01-01 app: connection refused by 10.0.0.1")])],
        answer="It refused 10.0.0.1.",
    ),
    conversation(made(1, result="The page says 502 Bad Gateway")),
    conversation(made(1, result="write to ann@example.com"), made(2, "write", path="a", to=["ann@example.com"])),
    conversation(made(1, "write", path="x" * 300 + " TODO <your name>")),
    with_turn(user="What does todo.txt say?", steps=[Step(calls=[made(1, path="todo.txt")])]),
    conversation(made(1, path="a < b > c")),
    conversation(turns=[Turn(user="Book it.", answer="Which of the two?")], pattern="clarify"),
    conversation(notes=[Note(code="conclusion", detail="The goal is reached.", turn=0)]),
    conversation(pattern="a pattern of somebody else's"),
    conversation(turns=[Turn(user="Why?", answer="Because of 4711.")], tools=[], mode="basic"),
    conversation(
        turns=[Turn(user="Why?", steps=[Step(thought="Hm.")], answer="So.")], tools=[], mode="chain_of_thought"
    ),
]


@pytest.mark.parametrize("its", SOUND)
def test_a_sound_conversation_has_no_findings(its):
    assert check(its) == []


def test_the_same_call_in_another_turn_is_no_repetition():
    its = conversation()
    its.turns[1].steps.insert(0, Step(calls=[made(2)]))
    assert check(its) == []


def test_blocking_findings_come_first():
    its = conversation(made(1), made(1, "absent"), pattern="no_tool")
    severities = [finding.severity for finding in check(its)]
    assert severities == sorted(severities, key=[Severity.BLOCKING, Severity.WARNING].index)
    assert set(severities) == {Severity.BLOCKING, Severity.WARNING}


def test_checking_changes_nothing():
    its = conversation(made(1), made(1, "absent"), failed(3, path="<your_path>"))
    before = its.model_copy(deep=True)
    check(its)
    assert its == before
