"""The demo model writes topics and scenarios that pass the checks any model's have to pass."""

import json
from pathlib import Path

import pytest
from pydantic import SecretStr

from generation.llm.demo import demo_transport
from generation.llm.openai_endpoint import EndpointSettings, OpenAIEndpoint
from generation.llm.settings import Strategy
from generation.plan import Mode, Pattern
from generation.tools import ToolRegistry
from generation.topics.graph import TopicGraph
from generation.topics.growth import GrowthSettings, grow
from generation.topics.scenario_mix import ScenarioMix, briefs_of
from generation.topics.scenario_writing import write_scenarios

SAMPLES = Path(__file__).resolve().parents[3] / "studio" / "samples"


def endpoint(strategy: Strategy | None = None) -> OpenAIEndpoint:
    settings = EndpointSettings(
        name="demo", base_url="http://demo.invalid/v1", model="demo", api_key=SecretStr("x"), structured_output=strategy
    )
    return OpenAIEndpoint(settings, transport=demo_transport())


@pytest.mark.parametrize("strategy", [None, Strategy.TOOL])
@pytest.mark.parametrize("is_graph", [False, True])
def test_a_whole_tree_or_graph_grows_offline(is_graph: bool, strategy: Strategy | None) -> None:
    graph = TopicGraph.of_prompt("Running the office of a small sailing club on the coast")
    settings = GrowthSettings(depth=3, degree=4, with_connections=is_graph)
    with endpoint(strategy) as demo:
        growth = grow(graph, settings, llm=demo.client())
    assert (growth.shortfalls, growth.left_out) == ([], [])
    assert growth.added == 4 + 16 + 64
    assert graph.is_tree is not is_graph


@pytest.mark.parametrize("name", ["files", "home", "issue-tracker"])
def test_scenarios_for_every_shipped_registry_are_written_offline(name: str) -> None:
    registry = ToolRegistry.model_validate(json.loads((SAMPLES / f"{name}.registry.json").read_text()))
    graph = TopicGraph.of_prompt("Everyday work")
    mix = ScenarioMix(modes={Mode.SINGLE_TURN: 1, Mode.MULTI_TURN: 1}, patterns={Pattern.SINGLE: 1, Pattern.CLARIFY: 1})
    with endpoint() as demo:
        grow(graph, GrowthSettings(depth=2, degree=4), llm=demo.client())
        briefs = briefs_of(list(graph.topic_paths()), count=16, mix=mix)
        written = write_scenarios(briefs, registry=registry, llm=demo.client())
    assert (written.refused, written.duplicates) == ([], [])
    assert len(written.scenarios) == 16
    assert sum(scenario.mode is Mode.MULTI_TURN for scenario in written.scenarios) == 8
    assert all(scenario.seed_files for scenario in written.scenarios) is (name == "files")
