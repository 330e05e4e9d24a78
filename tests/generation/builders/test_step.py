"""What becomes of replies that can't be used as they are."""

import pytest

from generation.conversation import Ending
from generation.errors import (
    AttemptFailed,
    LLMEmpty,
    LLMFiltered,
    LLMRefused,
    LLMRejected,
    LLMTruncated,
)
from tests.standins.file_plans import Run, answer, built, call, final, plan, read, step, user, write


def test_a_final_step_with_calls_is_sent_back_never_cut():
    run = Run([user(), step(read(), final=True), step(read()), final(), answer()])
    conversation = run.go()
    assert len(conversation.calls) == 1
    assert '"is_final" to true and also makes 1 call' in run.asked("step")[1]
    with pytest.raises(AttemptFailed) as failed:
        built([user(), *[step(read(), final=True)] * 3])
    assert failed.value.code == "final_with_calls"


def test_an_empty_step_is_sent_back():
    run = Run([user(), step(), final(), answer()])
    assert run.go().turns[0].ending is Ending.FINAL
    assert "neither calls a tool nor finishes" in run.asked("step")[1]
    with pytest.raises(AttemptFailed) as failed:
        built([user(), step(), step(), step()])
    assert failed.value.code == "empty_step"


@pytest.mark.parametrize(
    ("error", "code"), [(LLMTruncated("cut", text="{"), "truncated"), (LLMEmpty("nothing came"), "empty")]
)
def test_a_cut_or_empty_reply_is_asked_for_again_and_then_fails_by_name(error, code):
    assert built([user(), ("step", error), final(), ("answer", error), answer()]).is_complete
    with pytest.raises(AttemptFailed) as failed:
        built([user(), *[("step", error)] * 3])
    assert failed.value.code == code


@pytest.mark.parametrize(("error", "code"), [(LLMRefused("no"), "refused"), (LLMFiltered("no"), "filtered")])
@pytest.mark.parametrize("before", [[], [user()], [user(), final()]])
def test_a_model_that_declines_is_not_asked_again(error, code, before):
    purpose = ["user_message", "step", "answer"][len(before)]
    with pytest.raises(AttemptFailed) as failed:
        built([*before, (purpose, error)])
    assert failed.value.code == code
    assert failed.value.conversation.notes[-1].code == f"rejected_{purpose}"


def test_where_the_pattern_is_refuse_declining_is_the_answer():
    refusal = LLMRefused("declined", text="I can't delete other people's files.")
    conversation = built([user(), ("step", refusal), ("answer", refusal)], plan(pattern="refuse"))
    assert conversation.turns[0].answer == "I can't delete other people's files."
    assert conversation.is_complete


def test_a_request_the_endpoint_refuses_passes_through():
    with pytest.raises(LLMRejected):
        built([("user_message", LLMRejected("401 wrong key"))])


def test_retries_count_anew_for_each_step():
    bad = step(read(""))
    conversation = built([user(), bad, bad, step(read()), bad, bad, step(write()), final(), answer()])
    assert [(note.step, note.code) for note in conversation.notes] == [
        (0, "rejected_step"),
        (0, "rejected_step"),
        (1, "rejected_step"),
        (1, "rejected_step"),
    ]


def test_one_bad_call_keeps_the_whole_step_from_being_executed():
    run = Run([user(), step(write(), read("")), step(read()), final(), answer()])
    conversation = run.go()
    assert run.session.executed == [("read_file", {"file_path": "notes.txt"})]
    assert conversation.calls[0].result == "buy milk"


def test_the_same_read_twice_in_one_step_is_a_repetition():
    run = Run([user(), step(read(), read()), step(read(), write(), read()), final(), answer()])
    conversation = run.go()
    assert [c.tool for c in conversation.calls] == ["read_file", "write_file", "read_file"]
    assert "was called twice in one step" in run.asked("step")[1]


def test_the_same_write_again_at_once_is_a_repetition():
    run = Run([user(), step(write()), step(write()), step(write(content="more")), final(), answer()])
    assert [c.arguments["content"] for c in run.go().calls] == ["buy bread", "more"]


def test_true_and_1_are_different_arguments():
    run = Run([user(), step(call("list_files", deep=1)), step(call("list_files", deep=True)), final(), answer()])
    assert len(run.go().calls) == 2


def test_after_a_hint_the_retries_count_anew():
    bad = step(read(""))
    conversation = built([user(), step(read()), bad, step(read()), bad, bad, final(), answer()])
    assert [note.code for note in conversation.notes] == [
        "rejected_step",
        "repeated_call",
        "rejected_step",
        "rejected_step",
    ]


def test_a_trying_again_after_an_error_is_executed():
    run = Run([user(), step(read("absent.txt")), step(read("absent.txt")), final(), answer()])
    assert len(run.go().calls) == 2


def test_arguments_written_as_json_text_are_read():
    written = {"function_name": "read_file", "arguments": '{"file_path": "notes.txt"}', "reasoning": "because"}
    (made,) = built([user(), step(written), final(), answer()]).calls
    assert (made.arguments, made.reason, made.result) == ({"file_path": "notes.txt"}, "because", "buy milk")


@pytest.mark.parametrize("text", ['{"file_path": "a", "n": NaN}', '{"file_path": "a", "n": 1e999}', '"notes.txt"', ""])
def test_arguments_that_could_not_be_stored_as_a_json_object_are_sent_back(text):
    written = {"function_name": "read_file", "arguments": text, "reasoning": ""}
    run = Run([user(), step(written), step(read()), final(), answer()])
    assert len(run.go().calls) == 1
    assert run.session.executed == [("read_file", {"file_path": "notes.txt"})]


def test_an_empty_read_is_an_observation_like_any_other():
    run = Run([user(), step(read("empty.txt")), final(), answer("The file is empty.")])
    conversation = run.go()
    assert conversation.calls[0].result == ""
    assert run.llm.requests[2].messages[-2] == {
        "role": "tool",
        "tool_call_id": conversation.calls[0].id,
        "content": "",
    }


def test_without_the_system_message_nobody_sees_one():
    run = Run([user(), final(), answer()], plan(include_system_message=False, system_prompt="Be odd."))
    conversation = run.go()
    assert conversation.system_prompt == ""
    assert not any("Be odd." in str(request.messages) for request in run.llm.requests)
