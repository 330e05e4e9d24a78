"""What the demo model decides in a step, for tools it has never seen."""

import pytest

from generation.llm.demo import DemoSettings
from generation.tools import ToolDefinition, violations
from tests.standins.demo_requests import FILES, READ_FILE, Tool, calls, reply, step

BOOK = {
    "name": "book_ferry",
    "description": "Book a ferry for a number of passengers.",
    "parameters": {
        "type": "object",
        "properties": {
            "route": {"type": "string", "enum": ["north", "south", "night_express"]},
            "date": {"type": "string", "format": "date"},
            "passengers": {"type": "integer", "minimum": 1},
            "contact": {
                "type": "object",
                "properties": {"email": {"type": "string", "format": "email"}, "phone": {"type": "string"}},
                "required": ["email"],
                "additionalProperties": False,
            },
            "extras": {"type": "array", "items": {"type": "string", "enum": ["cabin", "meal", "bicycle"]}},
        },
        "required": ["route", "date", "passengers", "contact"],
        "additionalProperties": False,
    },
}
LIST_CREW: Tool = {
    "name": "list_crew",
    "description": "List the crew with their ids.",
    "parameters": {"type": "object", "properties": {}},
    "annotations": {"readOnlyHint": True},
}
PAGE_CREW: Tool = {
    "name": "page_sailor",
    "description": "Send a short message to a sailor.",
    "parameters": {
        "type": "object",
        "properties": {
            "sailor": {
                "type": "string",
                "pattern": "^s-[0-9]+$",
                "description": "Id of the sailor. list_crew shows the ids.",
            },
            "text": {"type": "string", "minLength": 1},
        },
        "required": ["sailor", "text"],
    },
}


def test_arguments_come_from_the_words_of_the_request():
    said = "Please book the night express ferry on 2026-05-02 for 3 passengers with a cabin, contact a.b@sea.example."
    [(name, arguments)] = calls(step(said, tools=[BOOK]))
    assert name == "book_ferry"
    assert arguments == {
        "route": "night_express",
        "date": "2026-05-02",
        "passengers": 3,
        "contact": {"email": "a.b@sea.example"},
        "extras": ["cabin"],
    }


def test_optional_arguments_that_nobody_mentioned_are_left_out():
    said = "Please book the north ferry on 2026-05-02 for 2 passengers, contact a.b@sea.example."
    [(_, arguments)] = calls(step(said, tools=[BOOK]))
    assert "extras" not in arguments


def test_a_change_is_never_made_up_from_nothing():
    assert calls(step("Please book a ferry.", tools=[BOOK])) == []


def test_an_unknown_id_is_looked_up_first_and_then_used():
    said = "Please tell Ada that the boat leaves at noon."
    assert calls(step(said, tools=[LIST_CREW, PAGE_CREW])) == [("list_crew", {})]
    shown = '[{"id": "s-4", "name": "Bo"}, {"id": "s-7", "name": "Ada"}]'
    done = [("list_crew", {}, shown)]
    [(name, arguments)] = calls(step(said, tools=[LIST_CREW, PAGE_CREW], done=done))
    assert (name, arguments["sailor"]) == ("page_sailor", "s-7")
    assert arguments["text"] == "The boat leaves at noon."


def test_independent_reads_go_into_one_step():
    said = "Please read notes/a.md and notes/b.md."
    made = calls(step(said, tools=FILES, sections="<pattern>\nparallel\n</pattern>"))
    assert made == [("read_file", {"file_path": "notes/a.md"}), ("read_file", {"file_path": "notes/b.md"})]


def test_calls_stay_within_the_limit():
    said = "Please read notes/a.md and notes/b.md."
    assert len(calls(step(said, tools=FILES, limits=(5, 1)))) == 1
    final = reply(step(said, tools=FILES, limits=(5, 0)))
    assert final["tool_calls"] == []
    assert final["is_final"] is True


def test_a_write_is_read_back_when_the_pattern_asks_for_it():
    said = 'Please write "milk" to list.txt.'
    done = [("write_file", {"file_path": "list.txt", "content": "milk\n"}, "Successfully wrote 5 bytes to list.txt")]
    body = step(said, tools=FILES, done=done, sections="<pattern>\nwrite_then_verify\n</pattern>")
    assert calls(body) == [("read_file", {"file_path": "list.txt"})]
    after = [*done, ("read_file", {"file_path": "list.txt"}, "milk\n")]
    assert reply(step(said, tools=FILES, done=after, sections="<pattern>\nwrite_then_verify\n</pattern>"))["is_final"]


def test_the_same_call_is_not_made_twice_in_a_row():
    done = [("read_file", {"file_path": "a.md"}, "hello")]
    hint = "<hint>\nread_file was called with these arguments already.\n</hint>"
    assert calls(step("Please read a.md.", tools=FILES, done=done, sections=hint)) == []


def test_a_missing_file_leads_to_a_look_around_and_to_the_closest_name():
    said = "Please read notes/jul report.md."
    path = {"file_path": "notes/july-report.md"}
    said = "Please read notes/july-report.md."
    missing = ("read_file", path, "Error (FileNotFound): File not found: notes/july-report.md")
    assert calls(step(said, tools=FILES, done=[missing])) == [("list_files", {})]
    listed = ("list_files", {}, '["notes/july_report.md", "x.md"]')
    assert calls(step(said, tools=FILES, done=[missing, listed])) == [
        ("read_file", {"file_path": "notes/july_report.md"})
    ]


def test_a_passing_failure_is_tried_again_once():
    timeout = ("read_file", {"file_path": "a.md"}, "Error (Timeout): the disk is busy, try again")
    assert calls(step("Please read a.md.", tools=FILES, done=[timeout])) == [("read_file", {"file_path": "a.md"})]
    assert ("read_file", {"file_path": "a.md"}) not in calls(
        step("Please read a.md.", tools=FILES, done=[timeout, timeout])
    )


def test_a_replacement_keeps_the_rest_of_the_file():
    said = "Please change the roof in minutes.md from 12,000 to 14,500 euros."
    done = [("read_file", {"file_path": "minutes.md"}, "# Minutes\nThe roof costs 12,000 euros.\nThe end.\n")]
    [(name, arguments)] = calls(step(said, tools=FILES, done=done))
    assert name == "write_file"
    assert arguments == {"file_path": "minutes.md", "content": "# Minutes\nThe roof costs 14,500 euros.\nThe end.\n"}


def test_a_file_is_not_changed_to_a_value_that_nobody_named():
    said = "I want the volume in settings.json set to the allowed maximum."
    content = '{"volume": 11, "subtitles": true}'
    made = calls(step(said, tools=FILES, done=[("read_file", {"file_path": "settings.json"}, content)]))
    assert [
        arguments["content"] for name, arguments in made if name == "write_file" and "the" in arguments["content"]
    ] == []


@pytest.mark.parametrize("pattern", ["no_tool", "clarify", "refuse"])
def test_patterns_without_tools_finish_at_once(pattern):
    body = step("Please read a.md.", tools=FILES, sections=f"<pattern>\n{pattern}\n</pattern>")
    assert reply(body)["is_final"] is True
    assert calls(body) == []


def test_errors_on_request_break_the_reply_and_the_repair_is_right():
    tool = ToolDefinition(name="read_file", parameters=READ_FILE["parameters"])
    settings = DemoSettings(error_rate=1.0)
    broken = set()
    for seed in range(12):
        answered = reply(step("Please read a.md.", tools=[READ_FILE], seed=seed), settings=settings)
        call = answered["tool_calls"][0]
        is_wrong = (
            answered["is_final"]
            or call["function_name"] != "read_file"
            or violations(call["arguments"], tool)
            or "demo_mistake" in call["arguments"]
        )
        broken.add(bool(is_wrong))
    assert broken == {True}
    repaired = step("Please read a.md.", tools=[READ_FILE], sections="<problem>\nbroken\n</problem>")
    assert calls(repaired, settings=settings) == [("read_file", {"file_path": "a.md"})]


def test_instructions_can_ask_for_errors_too():
    marked = "<instructions>\ndemo error_rate=1.0\n</instructions>"
    plain = [reply(step("Please read a.md.", tools=[READ_FILE], seed=seed)) for seed in range(4)]
    spoiled = [reply(step("Please read a.md.", tools=[READ_FILE], sections=marked, seed=seed)) for seed in range(4)]
    assert all(one != other for one, other in zip(plain, spoiled, strict=True))
