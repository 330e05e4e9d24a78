"""What a request looks like: static part first, history, one task in tagged sections."""

import itertools
import json

import pytest

from generation.plan import Pattern
from generation.prompts import FOLDER, pattern_prompt, prompt
from tests.standins.file_plans import FILE_TOOLS, Run, answer, final, overview, plan, read, step, user, write

PURPOSES = ("user_message", "overview", "step", "answer", "conclusion")


def test_the_system_message_of_a_purpose_is_the_same_in_every_conversation_of_a_run():
    script = [user(), step(read("")), step(read()), step(read()), final(), answer()]
    first = Run(script, plan(instructions="Be quick.", pattern="single"))
    second = Run([user("Something else?"), final(), answer("Else.")], plan(seed=8))
    first.go()
    second.go()
    by_purpose: dict[str, set[str]] = {}
    for request in [*first.llm.requests, *second.llm.requests]:
        by_purpose.setdefault(request.purpose, set()).add(request.messages[0]["content"])
    assert {purpose: len(texts) for purpose, texts in by_purpose.items()} == {"user_message": 1, "step": 1, "answer": 1}


def test_the_tools_stand_in_registry_order_one_json_object_a_line():
    run = Run([user(), final(), answer()])
    run.go()
    for request in run.llm.requests:
        block = request.messages[0]["content"].partition("<tools>\n")[2].partition("\n</tools>")[0]
        shown = [json.loads(line) for line in block.splitlines()]
        assert [tool["name"] for tool in shown] == [tool.name for tool in FILE_TOOLS]
        assert [tool["parameters"] for tool in shown] == [tool.parameters for tool in FILE_TOOLS]
        assert shown[0]["annotations"] == {"readOnlyHint": True}
        assert "annotations" not in shown[1]


def test_every_request_is_made_as_the_plan_says():
    run = Run(
        [user(), step(read()), final(), answer()], plan(temperature=0.3, max_tokens=333, instructions="Be brief.")
    )
    run.go()
    for request in run.llm.requests:
        assert (request.temperature, request.max_tokens) == (0.3, 333)
        assert request.messages[-1]["role"] == "user"
        assert "<instructions>\nBe brief.\n</instructions>" in request.messages[-1]["content"]
        assert "<language>\nEnglish\n</language>" in request.messages[-1]["content"]
    assert [request.schema is not None for request in run.llm.requests] == [False, True, True, False]


def test_a_step_prompt_begins_with_all_of_the_one_before_but_its_task():
    run = Run([user(), step(read()), step(write()), final(), answer()])
    run.go()
    prompts = [request.messages for request in run.llm.requests if request.purpose == "step"]
    assert len(prompts) == 3
    for earlier, later in itertools.pairwise(prompts):
        kept = earlier[:-1]
        assert later[: len(kept)] == kept
        assert [message["role"] for message in later[len(kept) : -1]] == ["assistant", "tool"]


def test_sections_without_content_are_absent():
    bare = plan()
    bare = bare.model_copy(update={"scenario": bare.scenario.model_copy(update={"persona": "", "language": ""})})
    run = Run([user(), final(), answer()], bare)
    run.go()
    for request in run.llm.requests:
        for tag in (
            "persona",
            "language",
            "pattern",
            "instructions",
            "hint",
            "problem",
            "rejected",
            "turn",
            "guidance",
        ):
            assert f"<{tag}" not in request.messages[-1]["content"]


def test_a_very_long_rejected_reply_is_shown_in_part_and_noted_in_whole():
    long = "no json " * 2000
    run = Run([user(), ("step", long), final(), answer()])
    conversation = run.go()
    assert len(run.asked("step")[1]) < 8000
    assert conversation.notes[0].detail.endswith(long)


@pytest.mark.parametrize("pattern", list(Pattern))
def test_each_pattern_steers_the_user_and_the_steps(pattern):
    run = Run([overview(), user(), final(), answer()], plan(mode="multi_turn", turns=1, pattern=pattern.value))
    run.go()
    for purpose in ("overview", "user_message", "step"):
        (asked,) = run.asked(purpose)
        assert f"<pattern>\n{pattern.value}\n</pattern>" in asked
        assert f"<guidance>\n{pattern_prompt(pattern.value, purpose)}\n</guidance>" in asked
        assert len(pattern_prompt(pattern.value, purpose)) > 40


@pytest.mark.parametrize("purpose", PURPOSES)
def test_each_purpose_has_its_rules_and_its_task(purpose):
    assert "Rules\n" in prompt(purpose)
    assert prompt(f"{purpose}_task")


def test_patterns_name_only_purposes_that_are_asked():
    for path in (FOLDER / "patterns").glob("*.md"):
        headings = {line.removeprefix("## ") for line in path.read_text().splitlines() if line.startswith("## ")}
        assert headings <= set(PURPOSES), path.name
