"""The ten rules that may not break, each by its name; further cases stand in the files beside."""

import pytest

from generation.checks import check
from generation.conversation import Ending, Outcome, to_json
from generation.errors import AttemptFailed, LLMUnavailable, SandboxUnavailable, SeedingFailed
from generation.formats.messages import chat_messages
from tests.standins.file_plans import (
    SEED_FILES,
    Run,
    answer,
    built,
    call,
    final,
    overview,
    plan,
    read,
    step,
    user,
    write,
)
from tests.standins.memory_session import MemorySession

TWO_TURNS = [
    overview(),
    user(),
    step(read(), read("empty.txt")),
    final(),
    answer(),
    user("Add bread."),
    step(write()),
    step(read()),
    final(),
    answer("Done."),
]


def two_turn_run() -> Run:
    return Run(TWO_TURNS, plan(mode="multi_turn", turns=2))


def test_rule_1_every_call_has_its_own_result_in_the_step_that_decided_it():
    conversation = two_turn_run().go()
    first, second = conversation.turns
    assert [[c.arguments["file_path"] for c in s.calls] for s in first.steps] == [["notes.txt", "empty.txt"], []]
    assert [c.result for c in first.calls] == ["buy milk", ""]
    assert [c.result for c in second.calls] == ["Successfully wrote 9 bytes to notes.txt", "buy bread"]
    messages = chat_messages(conversation)
    assert all(message.get("tool_calls") != [] for message in messages)
    assert sum(message["role"] == "tool" for message in messages) == len(conversation.calls) == 4


def test_rule_2_the_history_a_step_sees_is_the_beginning_of_what_is_exported():
    run = two_turn_run()
    exported = chat_messages(run.go())
    for request in run.llm.requests:
        if request.purpose in ("step", "answer"):
            system, *history, _task = request.messages
            assert system["content"].startswith(exported[0]["content"] + "\n\n<tools>\n")
            assert history == exported[1 : 1 + len(history)]
    last_question = run.llm.requests[-1].messages
    assert last_question[1:-1] == exported[1:-1]


def test_rule_3_the_same_call_is_executed_again_after_a_write():
    conversation = built([user(), step(read()), step(write()), step(read()), final(), answer()])
    assert [c.result for c in conversation.calls] == [
        "buy milk",
        "Successfully wrote 9 bytes to notes.txt",
        "buy bread",
    ]
    assert not conversation.notes


def test_rule_3_the_same_call_is_executed_again_after_an_error():
    missing = read("absent.txt")
    run = Run([user(), step(read()), step(missing), step(read()), final(), answer()])
    assert [c.outcome for c in run.go().calls] == [Outcome.OK, Outcome.TOOL_ERROR, Outcome.OK]


def test_rule_3_the_same_call_is_executed_again_in_a_new_turn():
    script = [overview(), user(), step(read()), final(), answer(), user(), step(read()), final(), answer()]
    conversation = built(script, plan(mode="multi_turn", turns=2))
    assert [c.result for c in conversation.calls] == ["buy milk", "buy milk"]


def test_rule_3_an_immediate_repetition_is_hinted_at_and_noted_not_executed_and_not_lost():
    run = Run([user(), step(read()), step(call("list_files")), step(read()), final(), answer()])
    conversation = run.go()
    assert [c.tool for c in conversation.calls] == ["read_file", "list_files"]
    hint = run.asked("step")[3]
    assert "<hint>\nread_file has already been called" in hint
    (note,) = conversation.notes
    assert (note.code, note.call_id) == ("repeated_call", conversation.calls[0].id)
    assert '"notes.txt"' in note.detail
    assert "withheld_step" in [finding.code for finding in check(conversation)]


def test_rule_3_a_model_that_only_repeats_itself_comes_to_an_end():
    script = [user(), step(read()), *[step(read())] * 4, answer()]
    run = Run(script, plan(max_agent_steps=5))
    conversation = run.go()
    assert conversation.turns[0].ending is Ending.STEP_LIMIT
    assert len(conversation.calls) == 1
    assert [note.code for note in conversation.notes] == ["repeated_call"] * 4
    assert run.llm.remaining == 0


@pytest.mark.parametrize(
    ("bad", "code", "problem"),
    [
        (call("read_file", file_path=""), "schema_violation", "/file_path"),
        (call("read_file", file_path=None), "schema_violation", "/file_path"),
        (call("read_file"), "schema_violation", "/file_path"),
        (call("red_file", file_path="notes.txt"), "unknown_tool", "Did you mean read_file"),
        ({"function_name": "read_file", "arguments": "{not json", "reasoning": ""}, "malformed_arguments", "no JSON"),
        ({"function_name": "read_file", "arguments": [1], "reasoning": ""}, "malformed_arguments", "not an array"),
    ],
)
def test_rule_4_a_bad_call_is_sent_back_before_it_is_executed(bad, code, problem):
    run = Run([user(), step(bad), step(read()), final(), answer()])
    conversation = run.go()
    assert run.session.executed == [("read_file", {"file_path": "notes.txt"})]
    repair = run.asked("step")[1]
    assert problem in repair.partition("<problem>")[2].partition("</problem>")[0]
    assert bad["function_name"] in repair.partition("<rejected>")[2]
    (note,) = conversation.notes
    assert (note.code, note.turn, note.step) == ("rejected_step", 0, 0)
    assert problem in note.detail
    assert "Let me see." in note.detail
    assert "<problem>" not in run.asked("step")[2]

    with pytest.raises(AttemptFailed) as failed:
        built([user(), step(bad), step(bad), step(bad)])
    assert failed.value.code == code
    assert len(failed.value.conversation.notes) == 3
    assert failed.value.conversation.turns[0].user == user()[1]["content"]


def test_rule_4_text_that_is_no_json_is_sent_back():
    run = Run([user(), ("step", "I think I should read the file."), step(read()), final(), answer()])
    conversation = run.go()
    assert conversation.is_complete
    assert "I think I should read the file." in conversation.notes[0].detail
    assert "I think I should read the file." in run.asked("step")[1]


def test_rule_4_step_retries_0_means_no_second_try():
    run = Run([user(), step(read(""))], plan(step_retries=0))
    with pytest.raises(AttemptFailed, match="once"):
        run.go()
    assert run.session.executed == []


def test_rule_4_empty_text_null_0_and_false_are_values_the_schema_decides_about():
    conversation = built([user(), step(write(content="")), step(read()), final(), answer()])
    assert [c.result for c in conversation.calls] == ["Successfully wrote 0 bytes to notes.txt", ""]


def test_rule_4_error_traces_are_kept_when_the_plan_asks_for_them():
    bad = call("read_file", file_path="")
    conversation = built([user(), step(bad), step(bad), step(bad), final(), answer()], plan(keep_error_traces=True))
    (kept,) = conversation.calls
    assert (kept.arguments, kept.error_type) == ({"file_path": ""}, "FileNotFound")
    assert [note.code for note in conversation.notes] == ["rejected_step", "rejected_step", "error_trace"]
    assert {"invalid_arguments", "error_trace"} <= {finding.code for finding in check(conversation)}


def test_rule_5_a_tool_error_is_an_observation():
    run = Run([user(), step(read("absent.txt")), final(), answer("It is not there.")])
    conversation = run.go()
    assert conversation.calls[0].error_type == "FileNotFound"
    assert run.llm.requests[2].messages[-2]["content"] == "Error (FileNotFound): File not found: absent.txt"


def test_rule_5_an_infrastructure_failure_interrupts_and_leaves_no_word_behind():
    run = Run([user(), step(read())], session=MemorySession(SEED_FILES, fail_at=[0]))
    with pytest.raises(SandboxUnavailable):
        run.go()
    assert run.session.log[-1] == "close"
    assert "refused" not in to_json(run.states[-1])
    resumed = Run([final(), answer()], continue_from=run.states[-1])
    conversation = resumed.go()
    assert conversation.calls[0].result == "buy milk"
    assert not any("refused" in str(request.messages) for request in resumed.llm.requests)


def test_rule_6_a_failed_seeding_ends_the_attempt_before_the_first_question():
    run = Run([], session=MemorySession(SEED_FILES, seeds=False))
    with pytest.raises(SeedingFailed):
        run.go()
    assert run.llm.requests == []
    assert run.session.log == ["seed", "close"]


@pytest.mark.parametrize("blow", [KeyboardInterrupt(), LLMUnavailable("down"), RuntimeError("bug")])
def test_rule_6_the_session_is_closed_whatever_happens(blow):
    run = Run([user(), step(read()), ("step", blow)])
    with pytest.raises(type(blow)):
        run.go()
    assert run.session.log == ["seed", "execute read_file", "close"]


def test_rule_7_the_limits_are_told_in_every_step():
    run = Run([user(), step(read()), step(write()), final(), answer()], plan(max_agent_steps=4, max_calls_per_turn=2))
    run.go()
    told = [line for text in run.asked("step") for line in text.splitlines() if line.startswith("<limits")]
    assert told == [
        '<limits steps_left="4" calls_left="2"/>',
        '<limits steps_left="3" calls_left="1"/>',
        '<limits steps_left="2" calls_left="0"/>',
    ]


def test_rule_7_at_the_step_limit_the_model_is_told_to_answer_with_what_it_has():
    run = Run([user(), step(read()), answer("So far: buy milk.")], plan(max_agent_steps=1))
    conversation = run.go()
    assert conversation.turns[0].ending is Ending.STEP_LIMIT
    assert "No step is left" in run.asked("answer")[0]
    assert "step_limit" in [finding.code for finding in check(conversation)]


def test_rule_7_a_model_that_wants_more_calls_than_are_left_answers_with_what_it_has():
    run = Run([user(), step(read()), step(write()), answer("So far.")], plan(max_calls_per_turn=1))
    conversation = run.go()
    assert conversation.turns[0].ending is Ending.CALL_LIMIT
    assert [c.tool for c in conversation.calls] == ["read_file"]
    assert "No call is left" in run.asked("step")[1]
    assert "No tool call is left" in run.asked("answer")[0]
    assert "write_file" in conversation.notes[-1].detail


def test_rule_7_a_limit_that_was_enough_is_no_finding():
    conversation = built([user(), step(read()), final(), answer()], plan(max_calls_per_turn=1))
    assert conversation.turns[0].ending is Ending.FINAL
    assert check(conversation) == []


def test_rule_7_a_step_with_too_many_calls_is_sent_back_never_cut():
    run = Run(
        [user(), step(read(), write(), call("list_files")), step(read(), write()), final(), answer()],
        plan(max_calls_per_turn=2),
    )
    assert [c.tool for c in run.go().calls] == ["read_file", "write_file"]
    assert "only 2 calls may still be made" in run.asked("step")[1]


def test_rule_7_who_insists_on_too_many_calls_gets_none_and_answers():
    greedy = step(read(), write(), call("list_files"))
    conversation = built([user(), greedy, greedy, greedy, answer()], plan(max_calls_per_turn=2))
    assert conversation.turns[0].ending is Ending.CALL_LIMIT
    assert conversation.calls == []


def test_rule_7_max_calls_counts_over_all_turns():
    script = [overview(), user(), step(read()), final(), answer(), user(), final(), answer()]
    run = Run(script, plan(mode="multi_turn", turns=2, max_calls=1, min_tool_calls=1))
    run.go()
    assert 'calls_left="0"' in run.asked("step")[2]


@pytest.mark.parametrize("pattern", ["no_tool", "clarify", "refuse"])
def test_rule_8_no_call_is_legal_where_the_pattern_says_so(pattern):
    assert check(built([user(), final(), answer("Which of the two do you mean?")], plan(pattern=pattern))) == []


@pytest.mark.parametrize("pattern", [None, "single", "sequential", "parallel", "write_then_verify", "error_recovery"])
def test_rule_8_no_call_is_a_finding_elsewhere(pattern):
    assert [f.code for f in check(built([user(), final(), answer()], plan(pattern=pattern)))] == ["no_tool_call"]


def test_rule_9_the_same_plan_seed_and_replies_give_the_same_bytes():
    once, again = two_turn_run(), two_turn_run()
    assert to_json(once.go()) == to_json(again.go())
    assert [request.seed for request in once.llm.requests] == [request.seed for request in again.llm.requests]
    assert len({request.seed for request in once.llm.requests}) == len(once.llm.requests)
    other = Run(TWO_TURNS, plan(mode="multi_turn", turns=2, seed=8)).go()
    assert {c.id for c in other.calls}.isdisjoint(c.id for c in once.states[-1].calls)


def test_rule_9_a_repair_is_asked_with_a_seed_of_its_own():
    run = Run([user(), step(), step(), final(), answer(" "), answer()])
    run.go()
    assert len({request.seed for request in run.llm.requests}) == 6


def test_rule_9_the_number_of_turns_is_drawn_from_the_range_by_the_seed():
    def planned(seed: int) -> int | None:
        run = Run([overview(), ("user_message", LLMUnavailable("stop"))], plan(mode="multi_turn", seed=seed))
        with pytest.raises(LLMUnavailable):
            run.go()
        return run.states[-1].planned_turns

    drawn = [planned(seed) for seed in range(30)]
    assert set(drawn) == {2, 3, 4}
    assert drawn == [planned(seed) for seed in range(30)]


def test_rule_10_the_state_is_handed_out_after_each_reply_and_each_result():
    run = two_turn_run()
    conversation = run.go()
    replies_and_results = len(run.llm.requests) + len(conversation.calls)
    assert len(run.states) == replies_and_results
    assert len({to_json(state) for state in run.states}) == replies_and_results
    assert run.states[-1] == conversation
