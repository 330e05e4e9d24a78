"""An attempt that stops anywhere and is taken up again ends as if it had never stopped."""

from collections.abc import Sequence
from typing import Any

import pytest

from generation.builders.attempt import run_attempt
from generation.checks import check
from generation.conversation import Conversation, Outcome, Turn, from_json, to_json
from generation.errors import InvalidInput, LLMTruncated, LLMUnavailable
from generation.llm.scripted import ScriptedLLM
from generation.plan import Plan
from tests.standins.file_plans import (
    SEED_FILES,
    Run,
    answer,
    call,
    concludes,
    final,
    overview,
    plan,
    read,
    step,
    user,
    write,
)
from tests.standins.memory_session import MemorySession


class Crash(BaseException):
    """A process that dies: nothing in the engine may catch it."""


SINGLE = [
    user(""),
    user(),
    step(call("list_files")),
    step(read(""), write()),
    step(read(), call("list_files"), read("absent.txt")),
    step(read("absent.txt")),
    ("step", LLMTruncated("cut off", text='{"thought": "I')),
    step(read("empty.txt")),
    step(read("empty.txt")),
    final(),
    answer(" "),
    answer("Nothing \ud800 there \x00."),
]
MULTI = [
    ("overview", "no json"),
    overview(),
    user(),
    step(read(), read("empty.txt")),
    final(),
    answer(),
    concludes(False),
    user("Change it."),
    step(write(content="one")),
    step(write(content="one")),
    step(read()),
    final(),
    answer(),
    concludes(True),
]
CASES = [
    pytest.param(SINGLE, plan(max_agent_steps=10, max_calls_per_turn=10), id="single_turn"),
    pytest.param(MULTI, plan(mode="multi_turn", min_turns=1, max_turns=10, seed=3), id="multi_turn"),
]


def interrupted_at(script: Sequence[tuple[str, Any]], the_plan: Plan, report_number: int) -> tuple[str, int]:
    """The stored text of the state at this report, and how many replies the dead process had used."""
    llm = ScriptedLLM(script)
    states: list[str] = []

    def report(state: Conversation) -> None:
        states.append(to_json(state))
        if len(states) == report_number:
            raise Crash

    with pytest.raises(Crash):
        run_attempt(the_plan, llm=llm, session=MemorySession(SEED_FILES), report=report)
    return states[-1], len(llm.requests)


@pytest.mark.parametrize(("script", "the_plan"), CASES)
def test_an_attempt_interrupted_at_any_report_ends_in_the_same_bytes(script, the_plan):
    whole = Run(script, the_plan)
    expected = to_json(whole.go())
    asked = [request.seed for request in whole.llm.requests]
    assert len(whole.states) > 14
    for number in range(1, len(whole.states) + 1):
        state, used = interrupted_at(script, the_plan, number)
        resumed = Run(script[used:], the_plan, continue_from=from_json(state))
        assert to_json(resumed.go()) == expected, f"interrupted at report {number}"
        assert [request.seed for request in resumed.llm.requests] == asked[used:]
        assert [request.messages for request in resumed.llm.requests] == [
            request.messages for request in whole.llm.requests[used:]
        ]
        assert resumed.session.log[-1] == "close"


def test_an_attempt_interrupted_again_and_again_ends_in_the_same_bytes():
    the_plan = CASES[1].values[1]
    expected = to_json(Run(MULTI, the_plan).go())
    state: Conversation | None = None
    left = list(MULTI)
    for _ in range(60):
        run = Run(left, the_plan, continue_from=state)
        reached: list[Conversation] = []

        def stop(latest: Conversation, reached: list[Conversation] = reached) -> None:
            reached.append(latest)
            raise Crash

        try:
            done = run_attempt(the_plan, llm=run.llm, session=run.session, report=stop, continue_from=state)
        except Crash:
            state, left = reached[-1], left[len(run.llm.requests) :]
            continue
        assert to_json(done) == expected
        return
    pytest.fail("the attempt never came to its end")


def test_the_sandbox_is_rebuilt_before_the_first_question():
    run = Run([user(), step(write()), ("step", LLMUnavailable("down"))])
    with pytest.raises(LLMUnavailable):
        run.go()
    resumed = Run([step(read()), final(), answer()], continue_from=run.states[-1])
    conversation = resumed.go()
    assert resumed.session.log == ["replay", "execute read_file", "close"]
    assert conversation.calls[-1].result == "buy bread"
    assert not conversation.notes


def test_calls_without_a_result_are_executed_in_their_place():
    whole = Run([user(), step(write(content="one"), read(), write(content="two")), final(), answer()]).go()
    gap = whole.model_copy(deep=True)
    gap.turns[0].answer = None
    gap.turns[0].steps[0].calls[0].result = gap.turns[0].steps[0].calls[0].outcome = None
    run = Run([answer()], continue_from=gap)
    conversation = run.go()
    assert [c.is_answered for c in conversation.calls] == [True, True, True]
    assert conversation.calls[1].result == "one"
    assert run.session.log == ["seed", "execute write_file", "execute read_file", "execute write_file", "close"]


def test_where_the_sandbox_answers_otherwise_the_recorded_result_stays_and_a_note_says_so():
    run = Run([user(), step(read()), final(), ("answer", LLMUnavailable("down"))])
    with pytest.raises(LLMUnavailable):
        run.go()
    changed = MemorySession({"notes.txt": "buy eggs"})
    resumed = Run([answer()], session=changed, continue_from=run.states[-1])
    conversation = resumed.go()
    assert conversation.calls[0].result == "buy milk"
    (note,) = conversation.notes
    assert (note.code, note.call_id) == ("replay_differs", conversation.calls[0].id)
    assert "buy eggs" in note.detail
    assert "replay_differs" in [finding.code for finding in check(conversation)]
    again = Run([], session=MemorySession({"notes.txt": "buy eggs"}), continue_from=conversation)
    assert again.go().notes == [note]


def test_volatile_members_may_differ_from_one_run_to_the_next():
    run = Run([user(), step(read("record.json")), ("step", LLMUnavailable("down"))])
    run.session = MemorySession({"record.json": '{"at": 1, "rows": [{"at": 2, "n": 3}]}'})
    run.plan = plan().model_copy(
        update={"tools": [tool.model_copy(update={"volatile": ["at"]}) for tool in plan().tools]}
    )
    with pytest.raises(LLMUnavailable):
        run.go()
    for text, notes in [('{"at": 5, "rows": [{"at": 6, "n": 3}]}', 0), ('{"at": 5, "rows": [{"at": 6, "n": 4}]}', 1)]:
        session = MemorySession({"record.json": text})
        resumed = Run([final(), answer()], run.plan, session=session, continue_from=run.states[-1])
        assert len(resumed.go().notes) == notes


def test_another_model_that_goes_on_is_named():
    run = Run([user(), ("step", LLMUnavailable("down"))])
    with pytest.raises(LLMUnavailable):
        run.go()
    other = ScriptedLLM([final(), answer()], model="other")
    conversation = run_attempt(
        run.plan, llm=other, session=MemorySession(), report=lambda _: None, continue_from=run.states[-1]
    )
    assert conversation.model == "other"
    assert conversation.notes[0].detail == "scripted wrote up to here, other goes on."


def test_an_open_call_of_a_tool_the_conversation_lacks_is_refused_in_words():
    run = Run([user(), step(read()), ("step", LLMUnavailable("down"))])
    with pytest.raises(LLMUnavailable):
        run.go()
    state = run.states[1].model_copy(deep=True)
    assert not state.calls[0].is_answered
    state.calls[0].tool = "gone"
    with pytest.raises(InvalidInput, match="gone"):
        Run([], continue_from=state).go()


def test_a_finished_conversation_is_given_back_as_it_is():
    done = Run([user(), step(read()), final(), answer()]).go()
    again = Run([], continue_from=done)
    assert to_json(again.go()) == to_json(done)
    assert done.calls[0].outcome is Outcome.OK


def test_a_conversation_of_a_mode_nobody_here_knows_goes_on_in_the_mode_of_the_plan():
    state = Conversation(mode="chat", tools=plan().tools, turns=[Turn(user="What stands in my notes?")])
    conversation = Run([step(read()), final(), answer()], continue_from=state).go()
    assert conversation.is_complete
    assert conversation.mode == "chat"
