"""Scenarios from topics: checked, repaired once or refused with the reason, near-duplicates dropped and reported."""

import json
from pathlib import Path
from typing import Any

import pytest

from generation.errors import InvalidInput, LLMMalformed, LLMRefused, LLMRejected
from generation.llm.schema import wire_schema
from generation.plan import Mode, Pattern, Scenario
from generation.tools import ToolDefinition, ToolRegistry, compile_schema
from generation.topics.record_shapes import key_of, record_schema
from generation.topics.scenario_mix import Brief, ScenarioMix, briefs_of
from generation.topics.scenario_reply import MAX_FILE_CHARACTERS, ScenarioWorld
from generation.topics.scenario_writing import WrittenScenarios, write_scenarios
from tests.standins.topic_models import RuleLLM, Wanted

SAMPLES = Path(__file__).resolve().parents[3] / "studio" / "samples"
PATHS = [("Office", "Reports"), ("Office", "Minutes"), ("Office", "Invoices")]
NAMES = ("Ada", "Bo", "Cleo", "Dan", "Eve", "Finn", "Gus", "Hanna", "Ivo", "Jun", "Kim", "Lou")


def files_registry() -> ToolRegistry:
    return ToolRegistry(name="files", tools=[ToolDefinition(name="read_file", component="vfs")])


def home_registry() -> ToolRegistry:
    return ToolRegistry.model_validate(json.loads((SAMPLES / "home.registry.json").read_text()))


def good(topic: str = "Reports", number: int = 0, **changes: Any) -> dict[str, Any]:
    name = NAMES[number % len(NAMES)]
    reply = {
        "prompt": f"{name} wants the {topic.lower()} {number} added up and {name.lower()}{number} told which is highest.",
        "persona": f"{name}, {30 + number}, in a hurry",
        "turns": None,
        "seed_files": [{"path": f"{topic.lower()}/{number}.csv", "content": "a,1\nb,2\n"}],
    }
    return reply | changes


def brief(**changes: Any) -> Brief:
    return Brief(**{"number": 1, "path": PATHS[0], "mode": Mode.SINGLE_TURN} | changes)


def numbered(wanted: Wanted) -> dict[str, Any]:
    written = len([line for line in wanted.section("written").splitlines() if line])
    return good(wanted.topic, written + {"Reports": 0, "Minutes": 4, "Invoices": 8}[wanted.topic])


def test_scenarios_are_whole_and_in_the_order_of_their_briefs() -> None:
    briefs = briefs_of(PATHS, count=3, mix=ScenarioMix(languages=["de"]))
    written = write_scenarios(briefs, registry=files_registry(), llm=RuleLLM(numbered))
    assert [scenario.topic for scenario in written.scenarios] == [
        "Office > Reports",
        "Office > Minutes",
        "Office > Invoices",
    ]
    first = written.scenarios[0]
    assert first.seed_files == {"reports/0.csv": "a,1\nb,2\n"}
    assert (first.mode, first.turns, first.language) == (Mode.SINGLE_TURN, None, "de")
    assert first.persona == "Ada, 30, in a hurry"
    assert (written.refused, written.duplicates) == ([], [])


def test_the_outcome_does_not_depend_on_the_number_of_workers() -> None:
    briefs = briefs_of(PATHS, count=12, seed=3)
    one = write_scenarios(briefs, registry=files_registry(), llm=RuleLLM(numbered), max_workers=1)
    many = write_scenarios(briefs, registry=files_registry(), llm=RuleLLM(numbered), max_workers=8)
    assert one == many


def test_later_scenarios_of_a_topic_are_shown_the_earlier_ones() -> None:
    llm = RuleLLM(numbered)
    known = [Scenario(prompt="Zoe looks for an old report.", topic="Office > Reports")]
    write_scenarios([brief()], registry=files_registry(), llm=llm, known=known)
    assert llm.asked[0].section("written") == "Zoe looks for an old report."


def test_what_the_brief_says_is_asked_for_and_kept() -> None:
    llm = RuleLLM(lambda _: good(turns=3, persona="somebody else"))
    wanted = brief(mode=Mode.MULTI_TURN, pattern=Pattern.WRITE_THEN_VERIFY, persona="Mara, 38", language="pt")
    written = write_scenarios([wanted], registry=files_registry(), llm=llm)
    scenario = written.scenarios[0]
    assert (scenario.mode, scenario.turns, scenario.pattern) == (Mode.MULTI_TURN, 3, Pattern.WRITE_THEN_VERIFY)
    assert (scenario.persona, scenario.language) == ("Mara, 38", "pt")
    asked = llm.asked[0]
    assert asked.section("persona") == "Mara, 38"
    assert asked.section("pattern") == "write_then_verify"
    assert "looked up again" in asked.section("guidance")
    assert asked.section("way") == "Office"


PROBLEMS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"prompt": "Too short."}, {}, "says too little"),
    ({"prompt": "word " * 600}, {}, "longer than 2000"),
    ({"prompt": "Mara wants the file <file_name> read and the total told to her."}, {}, "placeholder '<file_name>'"),
    ({"prompt": "Mara wants you to use read_file on the old report of last year."}, {}, "names the tool read_file"),
    ({"persona": "p" * 301}, {}, "persona is longer"),
    ({"turns": 9}, {"mode": Mode.MULTI_TURN}, "turns is 9: choose 2 to 4"),
    ({"seed_files": []}, {}, "seed_files is empty"),
    ({"seed_files": [{"path": "../etc/passwd", "content": "x"}]}, {}, "is no path"),
    ({"seed_files": [{"path": "/a.txt", "content": "x"}]}, {}, "is no path"),
    ({"seed_files": [{"path": "a.txt", "content": "x"}, {"path": "a.txt", "content": "y"}]}, {}, "stands 2 times"),
    ({"seed_files": [{"path": "a.txt", "content": " "}]}, {}, "'a.txt' is empty"),
    ({"seed_files": [{"path": "a.txt", "content": "x" * (MAX_FILE_CHARACTERS + 1)}]}, {}, "longer than 20,000"),
    ({"seed_files": [{"path": f"{n}.txt", "content": "x" * 15_000} for n in range(5)]}, {}, "together are longer"),
    ({"seed_files": [{"path": f"{n}.txt", "content": "x"} for n in range(13)]}, {}, "13 seed files are too many"),
    ({"seed_records": [{"table": "t", "key": "k", "record": {}}]}, {}, "no table 't'"),
    ({"prompt": "Mara wants the odd report \ud800 read and the total told to her."}, {}, "prompt"),
]


@pytest.mark.parametrize(("changes", "wanted", "words"), PROBLEMS)
def test_what_is_wrong_is_told_once_and_the_repair_taken(
    changes: dict[str, Any], wanted: dict[str, Any], words: str
) -> None:
    llm = RuleLLM(lambda asked: good() if asked.is_repair else good(**changes))
    written = write_scenarios([brief(**wanted)], registry=files_registry(), llm=llm)
    assert len(written.scenarios) == 1
    assert words in llm.asked[1].section("problem")
    assert '"prompt"' in llm.asked[1].section("rejected")


@pytest.mark.parametrize(("changes", "wanted", "words"), PROBLEMS)
def test_what_stays_wrong_is_refused_with_the_reason(
    changes: dict[str, Any], wanted: dict[str, Any], words: str
) -> None:
    llm = RuleLLM(lambda _: good(**changes))
    written = write_scenarios([brief(**wanted)], registry=files_registry(), llm=llm)
    assert written.scenarios == []
    assert [(refused.number, refused.topic) for refused in written.refused] == [(1, "Office > Reports")]
    assert words in written.refused[0].reason
    assert len(llm.asked) == 2


@pytest.mark.parametrize(("failure", "asked"), [(LLMMalformed("no JSON"), 2), (LLMRefused("declined"), 1)])
def test_a_model_that_does_not_answer_costs_only_its_own_scenario(failure: Exception, asked: int) -> None:
    llm = RuleLLM(lambda wanted: failure if wanted.topic == "Minutes" else numbered(wanted))
    written = write_scenarios(briefs_of(PATHS, count=3), registry=files_registry(), llm=llm)
    assert len(written.scenarios) == 2
    assert [(refused.number, refused.reason) for refused in written.refused] == [(2, str(failure))]
    assert sum(wanted.topic == "Minutes" for wanted in llm.asked) == asked


def test_what_was_written_before_the_endpoint_refused_is_kept() -> None:
    llm = RuleLLM(lambda wanted: LLMRejected("key") if wanted.topic == "Minutes" else numbered(wanted))
    written = WrittenScenarios()
    with pytest.raises(LLMRejected):
        write_scenarios(briefs_of(PATHS, count=3), registry=files_registry(), llm=llm, max_workers=1, written=written)
    assert len(written.scenarios) == 1


def test_a_near_duplicate_is_asked_for_again_and_then_dropped_and_reported() -> None:
    llm = RuleLLM(lambda wanted: good("Minutes", 7) if wanted.is_repair and wanted.topic == "Minutes" else good())
    written = write_scenarios(briefs_of(PATHS, count=3), registry=files_registry(), llm=llm)
    assert [scenario.topic for scenario in written.scenarios] == ["Office > Reports", "Office > Minutes"]
    assert [(drop.number, drop.similarity) for drop in written.duplicates] == [(3, 1.0)]
    assert written.duplicates[0].like == written.scenarios[0].prompt
    assert written.refused == []
    assert written.done == 3
    repairs = [wanted for wanted in llm.asked if wanted.is_repair]
    assert all("resembles one that is there already" in wanted.section("problem") for wanted in repairs)


def test_scenarios_that_are_there_already_are_not_written_again() -> None:
    known = [Scenario(prompt=good()["prompt"])]
    written = write_scenarios([brief()], registry=files_registry(), llm=RuleLLM(lambda _: good()), known=known)
    assert (written.scenarios, len(written.duplicates)) == ([], 1)


def test_progress_is_told_once_for_each_brief() -> None:
    seen: list[int] = []
    llm = RuleLLM(lambda wanted: {"prompt": "?"} if wanted.topic == "Minutes" else numbered(wanted))
    write_scenarios(
        briefs_of(PATHS, count=3), registry=files_registry(), llm=llm, on_progress=lambda done: seen.append(done.done)
    )
    assert seen == [1, 2, 3]


# --- tables


def test_the_reply_is_asked_for_strictly_and_only_with_what_the_tools_have() -> None:
    files = ScenarioWorld.of(files_registry()).reply_schema()
    assert list(files["properties"]) == ["prompt", "persona", "turns", "seed_files"]
    home = ScenarioWorld.of(home_registry()).reply_schema()
    assert list(home["properties"]) == ["prompt", "persona", "turns", "seed_records"]
    assert wire_schema(files).strict
    assert wire_schema(home).strict


@pytest.mark.parametrize("name", ["home", "issue-tracker"])
def test_the_shipped_tables_fit_their_own_shapes_and_keys(name: str) -> None:
    registry = ToolRegistry.model_validate(json.loads((SAMPLES / f"{name}.registry.json").read_text()))
    for table in registry.tables.values():
        shape = record_schema(table)
        assert shape is not None
        for key, record in table.items():
            assert compile_schema(shape).is_valid(record), (key, record)
            assert key_of(record, table) in (key, None)
    assert key_of({"city": "Oslo", "date": "2026-03-14"}, home_registry().tables["forecast"]) == "Oslo 2026-03-14"


EVENT = {
    "id": "event-90",
    "title": "Piano lesson",
    "date": "2026-03-20",
    "start": "16:00",
    "begins": "2026-03-20 16:00",
    "duration_minutes": 45,
    "calendar": "family",
    "location": "Music school",
    "people": ["emeka"],
}


def home_reply(record: dict[str, Any], key: str = "event-90") -> dict[str, Any]:
    prompt = "Amara wants the piano lesson on 2026-03-20 moved by an hour, because she comes home late that day."
    return {"prompt": prompt, "seed_records": [{"table": "events", "key": key, "record": record}]}


def test_a_record_shaped_like_the_others_is_seeded() -> None:
    llm = RuleLLM(lambda _: home_reply(EVENT))
    written = write_scenarios([brief()], registry=home_registry(), llm=llm)
    assert written.scenarios[0].seed_tables == {"events": {"event-90": EVENT}}
    assert "events:" in llm.asked[0].system, "the model sees the tables"
    assert "Dentist" in llm.asked[0].system


@pytest.mark.parametrize(
    ("record", "key", "words"),
    [
        (EVENT | {"colour": "red"}, "event-90", "colour"),
        ({name: value for name, value in EVENT.items() if name != "start"}, "event-90", "start"),
        (EVENT | {"duration_minutes": "45"}, "event-90", "duration_minutes"),
        (EVENT | {"calendar": "piano"}, "event-90", "calendar"),
        (EVENT, "lesson", "its key must be 'event-90'"),
    ],
)
def test_a_record_of_another_shape_is_refused(record: dict[str, Any], key: str, words: str) -> None:
    llm = RuleLLM(lambda _: home_reply(record, key))
    written = write_scenarios([brief()], registry=home_registry(), llm=llm)
    assert words in written.refused[0].reason


def test_files_are_refused_where_no_tool_works_on_them() -> None:
    llm = RuleLLM(lambda _: home_reply(EVENT) | {"seed_files": [{"path": "a.txt", "content": "x"}]})
    written = write_scenarios([brief()], registry=home_registry(), llm=llm)
    assert "no tool works on files" in written.refused[0].reason


# --- the mix


def test_shares_are_met_as_exactly_as_whole_numbers_allow() -> None:
    mix = ScenarioMix(
        modes={Mode.SINGLE_TURN: 3, Mode.MULTI_TURN: 1},
        patterns={Pattern.SEQUENTIAL: 1, Pattern.PARALLEL: 1, Pattern.CLARIFY: 1},
        personas=["a", "b"],
    )
    briefs = briefs_of(PATHS, count=20, mix=mix, seed=5)
    assert sum(one.mode is Mode.MULTI_TURN for one in briefs) == 5
    counts = sorted([one.pattern for one in briefs].count(pattern) for pattern in mix.patterns)
    assert counts == [6, 7, 7]
    assert [one.persona for one in briefs].count("a") == 10
    assert [one.path for one in briefs[:4]] == [*PATHS, PATHS[0]]
    assert briefs == briefs_of(PATHS, count=20, mix=mix, seed=5)
    assert briefs != briefs_of(PATHS, count=20, mix=mix, seed=6)


def test_fewer_scenarios_than_topics_take_them_evenly() -> None:
    paths = [("Root", str(number)) for number in range(100)]
    taken = [int(one.path[1]) for one in briefs_of(paths, count=10)]
    assert taken == list(range(0, 100, 10))


@pytest.mark.parametrize(
    ("paths", "count", "mix", "words"),
    [
        ([], 1, ScenarioMix(), "no topic"),
        (PATHS, 0, ScenarioMix(), "0 scenarios"),
        (PATHS, 1, ScenarioMix(turns_at_most=1), "turns"),
        (PATHS, 1, ScenarioMix(modes={Mode.SINGLE_TURN: 0}), "shares of modes"),
        (PATHS, 1, ScenarioMix(modes={Mode.SINGLE_TURN: 2, Mode.MULTI_TURN: -1}), "shares of modes"),
    ],
)
def test_an_impossible_mix_is_refused(paths: Any, count: int, mix: ScenarioMix, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        briefs_of(paths, count=count, mix=mix)
