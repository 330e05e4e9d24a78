"""DeepFabric 4.4 configurations: every key is honoured or named as ignored, and means what it meant."""

import pytest

from generation.errors import InvalidInput
from generation.formats.deepfabric_config import Translated, is_deepfabric, translate
from generation.plan import Config, Mode

AGENT = """
llm: {provider: openai, model: gpt-4o-mini, temperature: 0.3}
topics:
  prompt: "Everyday work with files on a small company's share"
  mode: tree
  depth: 2
  degree: 4
  max_concurrent: 8
  save_as: topics.jsonl
generation:
  system_prompt: You are an assistant that works on files.
  instructions: Prefer realistic office files.
  conversation:
    type: chain_of_thought
    reasoning_style: agent
    agent_mode: single_turn
  tools:
    spin_endpoint: http://localhost:3000
    components:
      builtin: [read_file, write_file, list_files]
    max_per_query: 4
    strict: true
    max_agent_steps: 7
    scenario_seed:
      files:
        readme.md: "# Share\\n"
  max_retries: 5
  sample_retries: 3
  max_tokens: 3000
output:
  include_system_message: true
  num_samples: 25
  batch_size: 5
  save_as: dataset.jsonl
"""

MULTI = """
llm: &shared
  provider: ollama
  model: qwen3:32b
  base_url: http://127.0.0.1:11434/v1
topics:
  prompt: Customer support of a web shop
  mode: graph
  system_prompt: Think of angry customers, too.
  llm: {temperature: 0.9, model: other-model}
generation:
  system_prompt: Act like a support agent of the years before chat.
  conversation: {type: chain_of_thought, reasoning_style: structured, agent_mode: multi_turn,
                 min_turns: 3, max_turns: 6, min_tool_calls: 4}
  llm: {<<: *shared, temperature: 0.0}
  tools:
    spin_endpoint: http://spin:3000
    tools_endpoint: http://spin:3000/mock/list-tools
    tool_execute_path: /mock/execute
    components: {shop: [get_order, refund_order]}
    custom:
      - name: get_order
        description: Look an order up.
        parameters:
          - {name: order_id, type: str, description: Its number, required: true}
        returns: the order
      - {name: "bad name!", description: x, parameters: []}
  rate_limit: {max_retries: 3, base_delay: 2.0}
output:
  system_prompt: You help customers of a web shop.
  include_system_message: false
  num_samples: 100
  save_as: out.jsonl
huggingface: {repository: me/data, tags: [tools]}
kaggle: {handle: me/data}
evaluation:
  conversation_type: chain_of_thought
  reasoning_style: agent
  metrics: [tool_selection_accuracy]
"""

# Every key of the models in DeepFabric 4.4.0's config.py, sections left out.
ALL_KEYS = """
llm: provider model temperature base_url
topics: prompt mode system_prompt depth degree max_concurrent save_as
topics.llm: provider model temperature base_url
generation: system_prompt instructions max_retries sample_retries max_tokens rate_limit save_as
generation.llm: provider model temperature base_url
generation.conversation: type reasoning_style agent_mode min_turns max_turns min_tool_calls
generation.tools: spin_endpoint components tools_endpoint custom max_per_query strict scenario_seed max_agent_steps tool_execute_path
output: system_prompt include_system_message num_samples batch_size save_as
evaluation: conversation_type reasoning_style agent_mode metrics thresholds weights output_dir output_formats include_failures generate_charts batch_size max_samples
huggingface: repository tags
kaggle: handle tags description version_notes
"""


def honoured(translated: Translated) -> dict[str, str]:
    return dict(translated.honoured)


def ignored(translated: Translated) -> dict[str, str]:
    return dict(translated.ignored)


def all_keys() -> list[str]:
    return [f"{section}.{name}" for section, _, names in (line.partition(": ") for line in ALL_KEYS.strip().splitlines()) for name in names.split()]  # fmt: skip


def test_an_agents_file_becomes_configuration_topics_and_count() -> None:
    found = translate(AGENT)
    assert found.config == Config(
        mode=Mode.SINGLE_TURN,
        system_prompt="You are an assistant that works on files.",
        instructions="Prefer realistic office files.",
        max_calls_per_turn=4,
        max_agent_steps=7,
        attempts=5,
        step_retries=3,
        max_tokens=3000,
        temperature=0.3,
    )
    assert found.system_prompt == found.config.system_prompt
    assert found.count == 25
    assert found.topics is not None
    assert (found.topics.depth, found.topics.degree, found.topics.mode) == (2, 4, "tree")
    assert (found.topics.max_concurrent, found.topics.save_as, found.topics.temperature) == (8, "topics.jsonl", 0.3)
    assert found.tool_names == ["read_file", "write_file", "list_files"]
    assert found.seed_files == {"readme.md": "# Share\n"}
    assert (found.endpoint.provider, found.endpoint.model, found.endpoint.base_url) == ("openai", "gpt-4o-mini", "")
    assert set(ignored(found)) == {
        "generation.tools.spin_endpoint",
        "generation.tools.strict",
        "output.batch_size",
        "output.save_as",
    }
    assert "SPIN_ENDPOINT" in ignored(found)["generation.tools.spin_endpoint"]


def test_sections_overrule_the_shared_model_and_the_exported_prompt_is_outputs() -> None:
    found = translate(MULTI)
    config = found.config
    assert (config.mode, config.min_turns, config.max_turns, config.min_tool_calls) == (Mode.MULTI_TURN, 3, 6, 4)
    assert config.temperature == 0.0
    assert config.include_system_message is False
    assert config.system_prompt == "You help customers of a web shop."
    assert config.instructions == "Act like a support agent of the years before chat."
    assert found.topics is not None
    assert (found.topics.mode, found.topics.temperature) == ("graph", 0.9)
    assert (found.topics.depth, found.topics.degree) == (3, 10), "DeepFabric's defaults"
    assert found.endpoint.base_url == "http://127.0.0.1:11434/v1"
    assert [tool.name for tool in found.tools] == ["get_order"]
    assert found.tools[0].parameters["required"] == ["order_id"]
    left = ignored(found)
    assert "bad name!" in left["generation.tools.custom[1]"]
    assert {"topics.llm.model", "generation.tools.tools_endpoint", "generation.tools.tool_execute_path"} <= set(left)
    assert {"huggingface.repository", "kaggle.handle", "evaluation.metrics", "generation.rate_limit"} <= set(left)
    assert "overruled" in honoured(found)["llm.model"]


@pytest.mark.parametrize("text", [AGENT, MULTI])
def test_every_key_of_a_file_is_named(text: str) -> None:
    found = translate(text)
    named = {*honoured(found), *ignored(found)}
    for key in all_keys():
        *sections, name = key.split(".")
        if all(f"{section}:" in text for section in sections) and f"\n{sections[-1]}.{name}:" in text:
            assert key in named
    assert all(reason for reason in [*honoured(found).values(), *ignored(found).values()])


VALUES = {
    "topics.mode": "graph",
    "topics.depth": 2,
    "topics.degree": 3,
    "topics.max_concurrent": 2,
    "generation.max_retries": 2,
    "generation.sample_retries": 1,
    "generation.max_tokens": 900,
    "generation.conversation.type": "chain_of_thought",
    "generation.conversation.reasoning_style": "agent",
    "generation.conversation.agent_mode": "multi_turn",
    "generation.conversation.min_turns": 3,
    "generation.conversation.max_turns": 5,
    "generation.conversation.min_tool_calls": 1,
    "generation.tools.components": {"builtin": ["read_file"]},
    "generation.tools.custom": [{"name": "t", "description": "d", "parameters": [], "returns": ""}],
    "generation.tools.max_per_query": 2,
    "generation.tools.max_agent_steps": 3,
    "generation.tools.scenario_seed": {"files": {"a": "b"}},
    "output.include_system_message": False,
    "output.num_samples": 4,
}


@pytest.mark.parametrize("key", all_keys())
def test_each_key_alone_is_honoured_or_ignored_with_a_reason_and_never_unknown(key: str) -> None:
    value = VALUES.get(key, 0.5 if key.endswith("temperature") else "text")
    document: dict[str, object] = {"topics": {"prompt": "P"}}
    *sections, name = key.split(".")
    inner = document
    for section in sections:
        inner = inner.setdefault(section, {})  # type: ignore[assignment]  # sections are objects
    inner[name] = value
    found = translate(repr(document))
    named = {**honoured(found), **ignored(found)}
    mine = [reason for place, reason in named.items() if place == key or place.startswith(f"{key}.")]
    assert mine, f"{key} was passed over"
    assert not any("unknown" in reason for reason in mine)


def test_unknown_keys_are_named_at_any_place() -> None:
    found = translate("topics: {prompt: x, colour: red}\nplugins: [a]\ngeneration: {tools: {available: [x]}}")
    assert ignored(found) == {
        "topics.colour": "unknown to DeepFabric 4.4",
        "plugins": "unknown to DeepFabric 4.4",
        "generation.tools.available": "unknown to DeepFabric 4.4",
    }


def test_what_is_left_empty_stays_at_its_default() -> None:
    found = translate("topics: {prompt: x}\ngeneration: {instructions: null, llm: null, max_tokens: }")
    assert found.config == Config(mode=Mode.BASIC)
    assert honoured(found)["generation.max_tokens"] == "left at its default"


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("topics: {prompt: x}", Mode.SINGLE_TURN),
        ("generation: {system_prompt: x}", Mode.BASIC),
        ("generation: {conversation: {type: chain_of_thought, reasoning_style: freetext}}", Mode.CHAIN_OF_THOUGHT),
        ("generation: {conversation: {type: basic, agent_mode: multi_turn}}", Mode.MULTI_TURN),
        ("generation: {conversation: {agent_mode: single_turn}}", Mode.SINGLE_TURN),
    ],
)
def test_the_mode_is_what_deepfabric_would_make(text: str, mode: Mode) -> None:
    assert translate(text).config.mode is mode


def test_no_retries_are_one_attempt() -> None:
    assert translate("generation: {max_retries: 0, sample_retries: 0}").config.attempts == 1


def test_a_prompt_alone_is_exported() -> None:
    for section in ("generation", "output"):
        found = translate(f"{section}: {{system_prompt: Be brief.}}")
        assert (found.config.system_prompt, found.config.instructions) == ("Be brief.", "")
        assert found.topics is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("topics: {prompt: x, depth: 11}", "topics.depth: "),
        ("topics: {depth: 2}", "topics.prompt: Field required"),
        ("topics: {prompt: x, mode: forest}", "topics.mode: "),
        ("generation: {conversation: {min_turns: 5, max_turns: 3}}", "min_turns (5) is above max_turns (3)"),
        ("generation: {conversation: {max_turns: 30}}", "generation.conversation.max_turns: "),
        ("generation: {tools: {max_per_query: 0}}", "generation.tools.max_per_query: "),
        ("generation: {max_retries: 11}", "generation.max_retries: must be"),
        ("generation: {conversation: {agent_mode: both}}", "agent_mode: must be"),
        ("generation: {conversation: {type: poem}}", "type: must be"),
        ("generation: {conversation: {agent_mode: single_turn, reasoning_style: freetext}}", "freetext does not go"),
        ("generation: {tools: {components: [a]}}", "components: must be"),
        ("generation: {tools: {scenario_seed: {files: [a]}}}", "scenario_seed: must be"),
        ("generation: {llm: {temperature: 3}}", "generation.llm.temperature: "),
        ("output: {num_samples: 0}", "output.num_samples: must be"),
        ("topics: {prompt: x}\ngeneration: text", "generation must be a section"),
        ("topic_tree: {topic_prompt: x}\ndata_engine: {}", "before version 4"),
        ("mode: single_turn", "no DeepFabric configuration"),
        ("topics: [", "no YAML"),
        ("a: &a [1]\ntopics: {prompt: x}\nb: [" + ", ".join(["*a"] * 30) + "]", "30 YAML aliases"),
    ],
)
def test_what_deepfabric_would_refuse_is_refused_under_its_names(text: str, words: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        translate(text)
    assert words in str(refusal.value)


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(InvalidInput) as refusal:
        translate("topics: {prompt: x, depth: 0}\ngeneration: {max_tokens: 1, tools: {max_agent_steps: 99}}")
    for key in ("topics.depth", "generation.max_tokens", "generation.tools.max_agent_steps"):
        assert key in str(refusal.value)


@pytest.mark.parametrize(
    ("values", "theirs"),
    [
        ({"topics": {"prompt": "x"}}, True),
        ({"generation": {}}, True),
        ({"topic_tree": {}}, True),
        ({"dataset_system_prompt": "x"}, True),
        ({"mode": "single_turn", "max_turns": 3}, False),
        ({}, False),
        (None, False),
        ([], False),
    ],
)
def test_a_file_is_known_by_its_sections(values: object, theirs: bool) -> None:
    assert is_deepfabric(values) is theirs
