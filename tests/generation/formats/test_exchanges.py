"""Conversations of the modes without tools, in every preset and back."""

import json

import pytest

from generation.conversation import Conversation, Ending, Step, Turn
from generation.formats.exportable import Exportable
from generation.formats.lines import from_line
from generation.formats.options import ExportOptions, Thoughts
from generation.formats.presets import PRESETS, preset_named

THOUGHT = "Ice floats.\n\nSo it is lighter </b> \ud800 than water."
BASIC = Conversation(system_prompt="Teach.", turns=[Turn(user="Why?", answer="So.")], mode="basic", model="demo")
REASONED = Conversation(
    system_prompt="Teach.",
    turns=[Turn(user="Why?", steps=[Step(thought=THOUGHT)], answer="So.", ending=Ending.FINAL)],
    mode="chain_of_thought",
    model="demo",
)


def written(preset: str, conversation: Conversation, thoughts: Thoughts) -> bytes:
    """The line; writing it verifies the round trip."""
    return preset_named(preset).line(Exportable(conversation=conversation), ExportOptions(thoughts=thoughts))


@pytest.mark.parametrize("thoughts", list(Thoughts))
@pytest.mark.parametrize("conversation", [BASIC, REASONED], ids=["basic", "chain_of_thought"])
@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_writes_an_exchange_and_reads_it_back(preset, conversation, thoughts):
    line = written(preset, conversation, thoughts)
    read = preset_named(preset).read(from_line(line), think_tags=thoughts is Thoughts.THINK_TAGS)
    (turn,) = read.turns
    assert (turn.user, turn.answer, read.tools) == ("Why?", "So.", [])
    is_carried = conversation is REASONED and (thoughts is not Thoughts.NONE or preset == "native")
    assert [step.thought for step in turn.steps] == ([THOUGHT] if is_carried else [])


@pytest.mark.parametrize("preset", ["openai", "trl", "deepfabric"])
def test_no_tools_means_no_word_of_tools(preset):
    record = json.loads(written(preset, REASONED, Thoughts.REASONING_CONTENT))
    assert not record.keys() & {"tools", "parallel_tool_calls", "tool_context", "agent_context"}


def test_deepfabric_gets_a_free_text_trace_and_its_own_names():
    record = json.loads(written("deepfabric", REASONED, Thoughts.REASONING_CONTENT))
    assert record["reasoning"] == {"style": "freetext", "content": json.loads(json.dumps(THOUGHT))}
    assert record["metadata"]["conversation_type"] == "chain_of_thought"
    assert (record["question"], record["final_answer"]) == ("Why?", "So.")
    assert json.loads(written("deepfabric", REASONED, Thoughts.NONE))["metadata"]["conversation_type"] == "basic"


@pytest.mark.parametrize(("conversation", "mode"), [(BASIC, "basic"), (REASONED, "chain_of_thought")])
def test_deepfabric_brings_the_mode_back(conversation, mode):
    line = written("deepfabric", conversation, Thoughts.REASONING_CONTENT)
    assert preset_named("deepfabric").read(from_line(line)).mode == mode


def test_an_exchange_to_which_a_person_added_a_turn_is_still_taken():
    longer = REASONED.model_copy(update={"turns": [*REASONED.turns, Turn(user="And?", answer="Yes.")]})
    record = json.loads(written("deepfabric", longer, Thoughts.REASONING_CONTENT))
    assert record["agent_context"]["mode"] == "multi_turn"
