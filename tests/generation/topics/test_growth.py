"""Growing topics: what the model says becomes the graph, what it fails to say is reported, nothing is made up."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from generation.errors import InvalidInput, LLMMalformed, LLMRefused, LLMRejected, LLMUnavailable
from generation.llm.scripted import ScriptedLLM
from generation.tools import ToolDefinition
from generation.topics.files import read_topics, write_graph, write_tree
from generation.topics.graph import UNEXPANDED, TopicGraph
from generation.topics.growth import Growth, GrowthSettings, grow
from tests.standins.topic_models import RuleLLM, Wanted

LETTERS = "ABCDEFGH"


def lettered(wanted: Wanted) -> dict[str, Any]:
    return {"subtopics": [f"{wanted.topic}{LETTERS[number]}" for number in range(wanted.count)]}


def tree_of(graph: TopicGraph) -> list[list[str]]:
    return [path[1:] for path in graph.topic_paths()]


def test_a_tree_has_its_depth_and_degree_and_asks_once_a_topic() -> None:
    llm = RuleLLM(lettered)
    graph = TopicGraph.of_prompt("Root")
    settings = GrowthSettings(depth=2, degree=3)
    growth = grow(graph, settings, llm=llm)
    assert len(tree_of(graph)) == 9
    assert ["RootA", "RootAC"] in tree_of(graph)
    assert len(llm.asked) == growth.expanded == settings.expansions_at_most == 4
    assert (growth.added, growth.shortfalls, growth.left_out) == (12, [], [])
    assert not any(UNEXPANDED in node.metadata for node in graph.nodes.values())


def test_the_order_does_not_depend_on_which_answer_comes_first() -> None:
    def dawdling(wanted: Wanted) -> dict[str, Any]:
        time.sleep(0.05 if wanted.topic.endswith("A") else 0)
        return lettered(wanted)

    quick, slow = TopicGraph.of_prompt("Root"), TopicGraph.of_prompt("Root")
    grow(quick, GrowthSettings(depth=2, degree=4), llm=RuleLLM(lettered), max_workers=1)
    with ThreadPoolExecutor(8) as pool:
        grow(slow, GrowthSettings(depth=2, degree=4), llm=RuleLLM(dawdling), executor=pool)
        assert pool.submit(int).result() == 0, "an executor that was passed in stays open"
    assert write_graph(quick) == write_graph(slow)


def test_repeated_subtopics_are_asked_for_once_more_and_told() -> None:
    llm = ScriptedLLM(
        [
            ("subtopics", {"subtopics": ["1. Booking flights", "The flight bookings", "Travel", "Hotels"]}),
            ("subtopics", {"subtopics": ["Rental cars"]}),
        ]
    )
    graph = TopicGraph.of_prompt("Travel")
    growth = grow(graph, GrowthSettings(depth=1, degree=3), llm=llm)
    assert tree_of(graph) == [["Booking flights"], ["Hotels"], ["Rental cars"]]
    assert [left.topic for left in growth.left_out] == ["The flight bookings", "Travel"]
    assert "repeats 'Booking flights'" in growth.left_out[0].reason
    second = llm.requests[1].messages[-1]["content"]
    assert '<count number="1"/>' in second
    assert "repeats 'Booking flights'" in second.partition("<problem>")[2]
    assert "Hotels" in second.partition("<known>")[2].partition("</known>")[0]
    assert growth.shortfalls == []


def test_too_few_subtopics_stand_and_are_reported_without_fillers() -> None:
    llm = RuleLLM(lambda wanted: {"subtopics": [] if wanted.is_repair else ["Hotels", "hotel"]})
    graph = TopicGraph.of_prompt("Travel")
    growth = grow(graph, GrowthSettings(depth=1, degree=3), llm=llm)
    assert tree_of(graph) == [["Hotels"]]
    assert [(shortfall.got, shortfall.place.path) for shortfall in growth.shortfalls] == [(1, ("Travel",))]
    assert growth.failed == []


@pytest.mark.parametrize(
    ("failure", "asked", "reason"),
    [
        (LLMMalformed("no JSON"), 2, "no JSON"),
        (LLMRefused("declined"), 1, "declined"),
        (LLMUnavailable("gone"), 1, "gone"),
        ({"subtopics": []}, 2, "only 0 of 2"),
        ({"subtopics": ["", "...", "x" * 400]}, 2, "says nothing"),
    ],
)
def test_a_failed_topic_is_reported_and_the_rest_stands(failure: Any, asked: int, reason: str) -> None:
    llm = RuleLLM(lambda wanted: failure if wanted.topic == "RootB" else lettered(wanted))
    graph = TopicGraph.of_prompt("Root")
    growth = grow(graph, GrowthSettings(depth=2, degree=2), llm=llm)
    assert tree_of(graph) == [["RootA", "RootAA"], ["RootA", "RootAB"], ["RootB"]]
    assert [shortfall.place.path for shortfall in growth.failed] == [("Root", "RootB")]
    assert reason in growth.failed[0].reason
    assert sum(wanted.topic == "RootB" for wanted in llm.asked) == asked
    assert reason in graph.nodes[growth.failed[0].place.id].metadata[UNEXPANDED]


@pytest.mark.parametrize("form", ["tree", "graph"])
def test_a_partial_file_is_continued_and_only_what_is_missing_is_asked(form: str) -> None:
    down = True

    def answer(wanted: Wanted) -> Any:
        return LLMRejected("the key is wrong") if down and wanted.topic == "RootB" else lettered(wanted)

    graph = TopicGraph.of_prompt("Root")
    with pytest.raises(LLMRejected):
        grow(graph, GrowthSettings(depth=2, degree=3), llm=RuleLLM(answer), max_workers=1)
    assert tree_of(graph)[:3] == [["RootA", f"RootA{letter}"] for letter in LETTERS[:3]]
    text = "".join(write_tree(graph)) if form == "tree" else write_graph(graph)
    down = False
    llm = RuleLLM(answer)
    again = read_topics(text, name="topics")
    grow(again, GrowthSettings(depth=2, degree=3), llm=llm)
    assert [wanted.topic for wanted in llm.asked] == ["RootB", "RootC"]
    whole = TopicGraph.of_prompt("Root")
    grow(whole, GrowthSettings(depth=2, degree=3), llm=RuleLLM(lettered))
    assert tree_of(again) == tree_of(whole)


def test_a_finished_tree_grows_by_another_level() -> None:
    graph = TopicGraph.of_prompt("Root")
    grow(graph, GrowthSettings(depth=1, degree=2), llm=RuleLLM(lettered))
    llm = RuleLLM(lettered)
    grow(graph, GrowthSettings(depth=2, degree=2), llm=llm)
    assert sorted(wanted.topic for wanted in llm.asked) == ["RootA", "RootB"]
    assert len(tree_of(graph)) == 4


def test_an_endpoint_that_is_gone_is_not_asked_for_every_topic() -> None:
    def answer(wanted: Wanted) -> Any:
        if wanted.topic == "Root":
            return lettered(wanted)
        time.sleep(0.02)
        return LLMUnavailable("gone")

    llm = RuleLLM(answer)
    graph = TopicGraph.of_prompt("Root")
    growth = Growth()
    with pytest.raises(LLMUnavailable):
        grow(graph, GrowthSettings(depth=2, degree=8), llm=llm, max_workers=1, growth=growth)
    assert len(llm.asked) < 8
    assert growth.added == 8, "what was made before stays, also in the report"


def test_progress_is_told_after_each_topic() -> None:
    seen: list[int] = []
    settings = GrowthSettings(depth=2, degree=3)
    grow(
        TopicGraph.of_prompt("Root"),
        settings,
        llm=RuleLLM(lettered),
        on_progress=lambda growth: seen.append(growth.expanded),
    )
    assert seen == [1, 2, 3, 4]


@pytest.mark.parametrize(("depth", "degree"), [(0, 3), (11, 3), (2, 0), (2, 51), (6, 20)])
def test_what_can_not_be_grown_is_refused(depth: int, degree: int) -> None:
    with pytest.raises(InvalidInput, match="choose"):
        GrowthSettings(depth=depth, degree=degree)


def test_a_graph_connects_branches_and_keeps_no_second_copy_of_a_topic() -> None:
    # The root is 0, Billing 1, Refunds 2; Billing's subtopics are asked for before those of Refunds.
    llm = ScriptedLLM(
        [
            ("subtopics", {"subtopics": [{"topic": "Billing"}, {"topic": "Refunds"}]}),
            ("subtopics", {"subtopics": [{"topic": "Disputed invoices", "connections": [2, 2, 99, 1]}]}),
            ("subtopics", {"subtopics": [{"topic": "Disputed invoices", "connections": []}]}),
        ]
    )
    graph = TopicGraph.of_prompt("Support")
    first = GrowthSettings(depth=1, degree=2, with_connections=True)
    grow(graph, first, llm=llm, max_workers=1)
    growth = grow(graph, GrowthSettings(depth=2, degree=1, with_connections=True), llm=llm, max_workers=1)
    assert sorted(graph.topic_paths()) == [
        ["Support", "Billing", "Disputed invoices"],
        ["Support", "Refunds", "Disputed invoices"],
    ]
    assert len(graph.nodes) == 4
    assert not graph.is_tree
    assert (growth.connections, growth.shortfalls) == (1, [])
    assert [left.topic for left in growth.left_out] == ["connection to 99"]
    shown = llm.requests[1].messages[-1]["content"]
    assert "2: Refunds" in shown


def test_a_graph_never_closes_a_circle_and_says_what_it_left_out() -> None:
    # "Orders" leads to "Returns"; below "Returns" the model wants to go back to "Orders".
    llm = ScriptedLLM(
        [
            ("subtopics", {"subtopics": [{"topic": "Orders"}]}),
            ("subtopics", {"subtopics": [{"topic": "Returns"}]}),
            ("subtopics", {"subtopics": [{"topic": "orders"}, {"topic": "Shop"}]}),
            ("subtopics", {"subtopics": [{"topic": "Lost parcels"}]}),
        ]
    )
    graph = TopicGraph.of_prompt("Shop")
    growth = grow(graph, GrowthSettings(depth=3, degree=1, with_connections=True), llm=llm)
    assert list(graph.topic_paths()) == [["Shop", "Orders", "Returns", "Lost parcels"]]
    assert [(left.topic, left.place.path[-1]) for left in growth.left_out] == [
        ("orders", "Returns"),
        ("Shop", "Returns"),
    ]
    assert all("the way leads here" in left.reason for left in growth.left_out)
    TopicGraph.model_validate(graph.model_dump())


def test_the_static_part_is_the_same_for_every_topic_and_names_the_tools() -> None:
    llm = RuleLLM(lettered)
    tools = [ToolDefinition(name="read_file", description="Read a file.")]
    settings = GrowthSettings(depth=2, degree=2, tools=tools, guidance="Only beginners.")
    grow(TopicGraph.of_prompt("Root"), settings, llm=llm)
    assert len({wanted.system for wanted in llm.asked}) == 1
    assert '"read_file"' in llm.asked[0].system
    assert all(wanted.section("guidance") == "Only beginners." for wanted in llm.asked)
