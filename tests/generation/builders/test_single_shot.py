"""The modes without tools: one model call gives the whole conversation."""

from typing import Any

import pytest

from generation.builders.attempt import run_attempt
from generation.checks import check
from generation.conversation import Conversation, Turn, from_json, to_json
from generation.errors import AttemptFailed, LLMRefused
from generation.formats.messages import chat_messages
from generation.formats.options import Thoughts
from generation.llm.demo import demo_transport
from generation.llm.openai_endpoint import OpenAIEndpoint
from generation.llm.scripted import ScriptedLLM
from generation.plan import SYSTEM_PROMPT, TOOLLESS_SYSTEM_PROMPT, Config, Mode, Plan, Scenario
from generation.sandbox.embedded import embedded_spin
from generation.sandbox.session import Session
from generation.sandbox.world import World
from tests.generation.llm.replies import Bench
from tests.standins.demo_conversations import SETTINGS
from tests.standins.file_plans import FILE_TOOLS, plan
from tests.standins.memory_session import MemorySession
from tests.standins.openai_server import OpenAIServer

BASIC = ("basic", {"question": "Why is the sky blue?", "final_answer": "Air scatters blue light most."})
REASONED = (
    "chain_of_thought",
    {"question": "What is 6 times 7?", "chain_of_thought": "6 times 7 is\n42.", "final_answer": "42."},
)
SCRIPTS = {"basic": BASIC, "chain_of_thought": REASONED}


def bare(mode: str, **scenario: Any) -> Plan:
    """A plan without any tool."""
    return Plan(scenario=Scenario(prompt="Physics homework.", mode=Mode(mode), **scenario), tools=[])


class Made:
    def __init__(self, its_plan: Plan, *script: Any, continue_from: Conversation | None = None) -> None:
        self.llm, self.session, self.states = ScriptedLLM(list(script)), MemorySession(), []
        self.conversation = run_attempt(
            its_plan, llm=self.llm, session=self.session, report=self.states.append, continue_from=continue_from
        )


@pytest.mark.parametrize("mode", SCRIPTS)
def test_one_call_makes_the_conversation_and_the_sandbox_stays_shut(mode):
    made = Made(bare(mode), SCRIPTS[mode])
    (turn,) = made.conversation.turns
    assert (turn.user, turn.answer) == (SCRIPTS[mode][1]["question"], SCRIPTS[mode][1]["final_answer"])
    assert len(made.llm.requests) == len(made.states) == 1
    assert made.session.log == ["close"]
    assert made.conversation.is_complete
    assert made.conversation.mode == mode
    assert check(made.conversation) == []


def test_the_reasoning_is_the_thought_of_the_only_step_and_stands_where_thoughts_go():
    (turn,) = Made(bare("chain_of_thought"), REASONED).conversation.turns
    assert [(step.thought, step.calls) for step in turn.steps] == [("6 times 7 is\n42.", [])]
    conversation = Made(bare("chain_of_thought"), REASONED).conversation
    assert chat_messages(conversation, thoughts=Thoughts.REASONING_CONTENT)[-1] == {
        "role": "assistant",
        "content": "42.",
        "reasoning_content": "6 times 7 is\n42.",
    }
    assert Made(bare("basic"), BASIC).conversation.turns[0].steps == []


def test_tools_and_patterns_that_come_along_are_left_out():
    made = Made(plan(mode="basic", pattern="sequential"), BASIC)
    assert (made.conversation.tools, made.conversation.pattern) == ([], None)
    assert "read_file" not in str(made.llm.requests[0].messages)
    assert "notes.txt" not in str(made.llm.requests[0].messages)
    assert check(made.conversation) == []


def test_only_modes_that_call_tools_need_some():
    for mode in Mode:
        if mode.calls_tools:
            with pytest.raises(ValueError, match="at least one tool"):
                bare(mode)
        else:
            assert bare(mode).tools == []


def test_the_default_system_prompt_does_not_speak_of_tools_where_there_are_none():
    assert Made(bare("basic"), BASIC).conversation.system_prompt == TOOLLESS_SYSTEM_PROMPT
    assert plan().system_prompt == SYSTEM_PROMPT
    own = Config(system_prompt="You teach physics.", mode=Mode.BASIC)
    its_plan = Plan(scenario=Scenario(prompt="Homework."), tools=[], config=own)
    made = Made(its_plan, BASIC)
    assert made.conversation.system_prompt == "You teach physics."
    assert "You teach physics." in made.llm.requests[0].messages[0]["content"]
    silent = its_plan.model_copy(update={"config": own.model_copy(update={"include_system_message": False})})
    assert Made(silent, BASIC).conversation.system_prompt == ""


def test_what_steers_stands_in_the_last_message_and_the_first_is_the_same_for_all():
    one = Made(bare("basic", persona="a pupil", language="German", topic="light"), BASIC).llm.requests[0]
    other = Made(bare("basic"), BASIC).llm.requests[0]
    assert one.messages[0] == other.messages[0]
    for text in ("<scenario>\nPhysics homework.", "<persona>\na pupil", "<language>\nGerman", "<topic>\nlight"):
        assert text in one.messages[-1]["content"]


@pytest.mark.parametrize("field", ["question", "chain_of_thought", "final_answer"])
def test_an_empty_part_is_sent_back_and_the_repair_is_told_what_was_wrong(field):
    made = Made(bare("chain_of_thought"), ("chain_of_thought", REASONED[1] | {field: " "}), REASONED)
    assert f'"{field}" is empty' in made.llm.requests[1].messages[-1]["content"]
    assert [finding.code for finding in check(made.conversation)] == ["repaired_exchange"]
    assert made.llm.requests[0].seed != made.llm.requests[1].seed


def test_a_model_that_never_fits_or_declines_ends_the_attempt():
    with pytest.raises(AttemptFailed) as failed:
        Made(bare("basic"), *[("basic", "no json")] * 3)
    assert failed.value.code == "malformed"
    with pytest.raises(AttemptFailed) as failed:
        Made(bare("basic"), ("basic", LLMRefused("It declined", text="No.")))
    assert failed.value.code == "refused"


@pytest.mark.parametrize("mode", SCRIPTS)
def test_an_answer_is_written_anew_to_a_question_that_stands(mode):
    kept = Made(bare(mode), SCRIPTS[mode]).conversation.model_copy(update={"turns": [Turn(user="Why is it dark?")]})
    made = Made(bare(mode), SCRIPTS[mode], continue_from=kept)
    assert made.conversation.turns[0].user == "Why is it dark?"
    assert made.conversation.turns[0].answer == SCRIPTS[mode][1]["final_answer"]
    assert "<question>\nWhy is it dark?\n</question>" in made.llm.requests[0].messages[-1]["content"]
    again = Made(bare(mode), continue_from=made.conversation)
    assert again.conversation == made.conversation
    assert again.llm.requests == []


@pytest.mark.parametrize("mode", SCRIPTS)
def test_the_same_plan_and_reply_give_the_same_bytes(mode):
    once, again = Made(bare(mode), SCRIPTS[mode]), Made(bare(mode), SCRIPTS[mode])
    assert to_json(once.conversation) == to_json(again.conversation)
    assert once.llm.requests == again.llm.requests
    assert from_json(to_json(once.conversation)) == once.conversation


@pytest.mark.parametrize("mode", SCRIPTS)
def test_the_demo_model_serves_both_modes_in_the_real_sandbox(mode):
    endpoint = OpenAIEndpoint(SETTINGS, transport=demo_transport())
    with embedded_spin() as spin:
        session = Session(spin, world=World(tools=FILE_TOOLS))
        made = run_attempt(plan(mode=mode), llm=endpoint.client(lambda _: None), session=session, report=lambda _: None)
        assert session.is_clean
    endpoint.close()
    assert made.is_complete
    assert "demo model" in (made.turns[0].answer or "")
    assert len(made.turns[0].steps) == (mode == "chain_of_thought")
    assert check(made) == []


@pytest.mark.parametrize("refuses", [set(), {"json_schema", "tools", "json_object"}], ids=["strict", "text"])
def test_both_modes_work_over_http_with_any_structured_output(refuses):
    with OpenAIServer(refuses=refuses) as server, Bench(server.base_url) as bench:
        made = run_attempt(bare("chain_of_thought"), llm=bench.client, session=MemorySession(), report=lambda _: None)
        answered = [line for line in bench.lines if line.outcome == "ok"]
    assert made.is_complete
    assert [line.purpose for line in answered] == ["chain_of_thought"]
