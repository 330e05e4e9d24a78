"""What each preset writes, and what it refuses."""

import json
from typing import Any

import pytest

from generation.conversation import Call, Conversation, Outcome, Step, Turn, to_document
from generation.errors import InvalidInput
from generation.formats.chat_reading import Unreadable
from generation.formats.exportable import Exportable
from generation.formats.lines import from_line, to_line
from generation.formats.options import ExportOptions, Thoughts, ToolChoice, read_options
from generation.formats.preparing import Refused
from generation.formats.preset import RoundTripFailed
from generation.formats.presets import PRESETS, preset_named
from tests.standins.conversations import (
    CASES,
    EMPTY_RESULT,
    MULTI_TURN,
    NO_TOOL,
    PARALLEL,
    SINGLE_TURN,
    TOOL_ERROR,
    call,
    conversation,
)


def record_of(preset: str, one: Conversation, **options: Any) -> dict[str, Any]:
    return from_line(preset_named(preset).line(Exportable(conversation=one, id="1"), ExportOptions(**options)))


def roles(record: dict[str, Any]) -> list[str]:
    return [message["role"] for message in record["messages"]]


def test_openai_writes_arguments_as_text_and_results_right_behind_their_calls() -> None:
    record = record_of("openai", PARALLEL)
    assert roles(record) == ["system", "user", "assistant", "tool", "tool", "assistant"]
    asking, first, second = record["messages"][2:5]
    assert asking["content"] == ""
    assert [one["function"]["arguments"] for one in asking["tool_calls"]] == [
        '{"file_path": "a.txt"}',
        '{"file_path": "b.txt"}',
    ]
    assert first == {"role": "tool", "tool_call_id": "call00001", "content": "alpha"}
    assert second["tool_call_id"] == "call00002"
    assert record["parallel_tool_calls"] is True


def test_openai_writes_no_tools_where_there_are_none() -> None:
    record = record_of("openai", NO_TOOL, tools=ToolChoice.CALLED)
    assert list(record) == ["messages"]
    assert record["messages"][-1] == {"role": "assistant", "content": "Hello, what can I do?"}


def test_trl_writes_arguments_as_objects_and_names_its_results() -> None:
    record = record_of("trl", SINGLE_TURN)
    assert record["messages"][2]["tool_calls"][0]["function"]["arguments"] == {"file_path": "notes.txt"}
    assert record["messages"][3]["name"] == "read_file"
    assert list(record) == ["messages", "tools"]


def test_deepfabric_writes_its_trace_executions_and_reasons_when_thoughts_are_wanted() -> None:
    record = record_of("deepfabric", MULTI_TURN, thoughts=Thoughts.REASONING_CONTENT)
    trace = record["reasoning"]["content"]
    assert [step["step_number"] for step in trace] == [1, 2, 3, 4, 5]
    assert [step["action"].split("(")[0] for step in trace[1:4]] == [
        "search_issues",
        "Ready to respond",
        "current_time",
    ]
    assert [one["reasoning"] for one in record["tool_context"]["executions"]] == ["reason 1", "reason 2", "reason 3"]
    assert record["agent_context"]["planning_trace"] == MULTI_TURN.overview
    assert not any("reasoning_content" in message for message in record["messages"])
    without = record_of("deepfabric", MULTI_TURN)
    assert "reasoning" not in without
    assert "reason 1" not in json.dumps(without)


def test_deepfabric_refuses_ids_its_model_refuses() -> None:
    turn = Turn(user="u", steps=[Step(calls=[call(1, "read_file", {}, "x")])], answer="a")
    turn.steps[0].calls[0].id = "toolu_0123456789"
    with pytest.raises(Refused, match="9 letters and digits"):
        record_of("deepfabric", conversation(turn))


def test_deepfabric_reads_the_traces_deepfabric_writes() -> None:
    record = record_of("deepfabric", SINGLE_TURN)
    record["reasoning"] = {
        "style": "agent",
        "content": [
            {"step_number": 1, "thought": "Look first.", "action": 'read_file({"file_path": "notes.txt"})'},
            {"step_number": 2, "thought": "Enough.", "action": "Ready to respond to user"},
        ],
    }
    read = PRESETS["deepfabric"].read(record)
    assert [step.thought for step in read.turns[0].steps] == ["Look first.", "Enough."]


def test_deepfabric_gives_no_turn_the_thought_of_the_next() -> None:
    talk = conversation(Turn(user="a", answer="b"), Turn(user="c", steps=[Step(thought="later")], answer="d"))
    read = PRESETS["deepfabric"].read(record_of("deepfabric", talk, thoughts=Thoughts.REASONING_CONTENT))
    assert [len(turn.steps) for turn in read.turns] == [0, 1]


def test_deepfabric_gives_no_step_the_thought_of_another() -> None:
    record = record_of("deepfabric", SINGLE_TURN)
    record["reasoning"] = {
        "style": "agent",
        "content": [{"step_number": 1, "thought": "Other.", "action": "write_file()"}],
    }
    assert PRESETS["deepfabric"].read(record).turns[0].steps[0].thought == ""


def test_native_writes_everything_whatever_the_options() -> None:
    plain = record_of("native", MULTI_TURN)
    assert plain["conversation"] == to_document(MULTI_TURN)
    assert plain == record_of("native", MULTI_TURN, system=False, thoughts=Thoughts.THINK_TAGS, split_parallel=True)


def test_native_refuses_what_a_newer_version_wrote() -> None:
    record = record_of("native", SINGLE_TURN) | {"format_version": 2}
    with pytest.raises(Unreadable, match="format_version is 2"):
        PRESETS["native"].read(record)


@pytest.mark.parametrize("preset", ["openai", "trl", "deepfabric"])
@pytest.mark.parametrize("case", CASES)
def test_reading_gives_back_texts_calls_and_results(preset: str, case: str) -> None:
    original = CASES[case]
    read = PRESETS[preset].read(record_of(preset, original, thoughts=Thoughts.REASONING_CONTENT))
    assert [turn.user for turn in read.turns] == [turn.user for turn in original.turns]
    assert [turn.answer for turn in read.turns] == [turn.answer for turn in original.turns]
    assert [(one.id, one.tool, one.arguments, one.result, one.outcome) for one in read.calls] == [
        (one.id, one.tool, one.arguments, one.result, one.outcome) for one in original.calls
    ]
    assert [step.thought for turn in read.turns for step in turn.steps] == [
        step.thought for turn in original.turns for step in turn.steps
    ]
    assert [tool.parameters for tool in read.tools] == [tool.parameters for tool in original.tools]


def test_the_system_message_can_be_left_out() -> None:
    assert roles(record_of("openai", SINGLE_TURN, system=False))[0] == "user"


def test_thoughts_go_where_they_are_wanted() -> None:
    def assistant(thoughts: Thoughts) -> list[dict[str, Any]]:
        messages = record_of("trl", SINGLE_TURN, thoughts=thoughts)["messages"]
        return [message for message in messages if message["role"] == "assistant"]

    assert not any("I read it." in json.dumps(message) for message in assistant(Thoughts.NONE))
    assert [one["reasoning_content"] for one in assistant(Thoughts.REASONING_CONTENT)] == ["I read it.", "That is all."]
    assert assistant(Thoughts.THINK_TAGS)[1]["content"] == "<think>\nThat is all.\n</think>\n\nIt says: buy milk."


def test_words_that_hold_think_tags_are_refused_as_thoughts_in_tags_only() -> None:
    one = conversation(Turn(user="u", steps=[Step(thought="a </think> b")], answer="x"))
    with pytest.raises(Refused, match="choose reasoning_content"):
        record_of("openai", one, thoughts=Thoughts.THINK_TAGS)
    assert record_of("openai", one, thoughts=Thoughts.REASONING_CONTENT)


def test_parallel_calls_can_be_written_one_a_message() -> None:
    record = record_of("openai", PARALLEL, split_parallel=True, thoughts=Thoughts.REASONING_CONTENT)
    assert roles(record) == ["system", "user", "assistant", "tool", "assistant", "tool", "assistant"]
    assert record["parallel_tool_calls"] is False
    assert [message.get("reasoning_content") for message in record["messages"][2:5:2]] == ["Two at once.", None]


def test_tools_are_those_called_and_seeded_distractors() -> None:
    def tools(**options: Any) -> list[str]:
        record = record_of("trl", SINGLE_TURN, **options)
        return [tool["function"]["name"] for tool in record["tools"]]

    assert tools(tools=ToolChoice.CALLED) == ["read_file"]
    one = [tools(tools=ToolChoice.CALLED, distractors=1, seed=seed) for seed in range(20)]
    assert one == [tools(tools=ToolChoice.CALLED, distractors=1, seed=seed) for seed in range(20)]
    assert {tuple(names) for names in one} == {("read_file", "search_issues"), ("read_file", "current_time")}
    assert tools(tools=ToolChoice.CALLED, distractors=9) == tools()


def test_an_export_leaves_the_conversation_as_it_was() -> None:
    before = to_document(PARALLEL)
    record_of("trl", PARALLEL, split_parallel=True, system=False, tools=ToolChoice.CALLED)
    assert to_document(PARALLEL) == before


UNFIT = [
    (Conversation(), "no turns"),
    (conversation(Turn(user="u")), "turn 1 has no answer"),
    (
        conversation(Turn(user="u", steps=[Step(calls=[Call(id="call00001", tool="t", arguments={})])], answer="a")),
        r"call 1 \(t\) has no result",
    ),
    (
        conversation(Turn(user="u", steps=[Step(calls=[call(1, "t", {}, ""), call(1, "t", {}, "")])], answer="a")),
        "stands twice",
    ),
    (
        conversation(Turn(user="u", steps=[Step(calls=[call(1, "bad name", {}, "")])], answer="a")),
        "no tool name",
    ),
]
NO_JSON = conversation(Turn(user="u", steps=[Step(calls=[call(1, "t", {"n": float("nan")}, "")])], answer="a"))


@pytest.mark.parametrize("preset", [name for name in PRESETS if name != "native"])
@pytest.mark.parametrize(("unfinished", "reason"), [*UNFIT, (NO_JSON, "JSON can't hold")])
def test_what_is_unfinished_or_unfit_is_refused_with_its_reason(
    preset: str, unfinished: Conversation, reason: str
) -> None:
    with pytest.raises(Refused, match=reason):
        preset_named(preset).line(Exportable(conversation=unfinished), ExportOptions())


@pytest.mark.parametrize("unfinished", [case for case, _ in UNFIT])
def test_native_holds_what_is_unfinished_or_unfit(unfinished: Conversation) -> None:
    line = PRESETS["native"].line(Exportable(conversation=unfinished), ExportOptions())
    assert to_document(PRESETS["native"].read(from_line(line))) == to_document(unfinished)


def test_native_refuses_what_json_can_not_hold() -> None:
    with pytest.raises(Refused, match="JSON can't hold"):
        PRESETS["native"].line(Exportable(conversation=NO_JSON), ExportOptions())


@pytest.mark.parametrize("preset", PRESETS)
def test_a_line_that_lost_something_fails_and_says_where(preset: str) -> None:
    exportable = Exportable(conversation=TOOL_ERROR)
    record = from_line(PRESETS[preset].line(exportable, ExportOptions()))
    changed = json.loads(json.dumps(record).replace("There is no such file.", "There is one."))
    with pytest.raises(RoundTripFailed, match=r"turns\[0\]\.answer"):
        PRESETS[preset].verify(to_line(changed), exportable=exportable, options=ExportOptions())


@pytest.mark.parametrize("preset", PRESETS)
def test_a_line_that_is_cut_fails(preset: str) -> None:
    exportable = Exportable(conversation=EMPTY_RESULT)
    line = PRESETS[preset].line(exportable, ExportOptions())
    for broken in (line[:-1], line[:-20] + b"\n", line + line, b"[]\n", b"{}\n"):
        with pytest.raises(RoundTripFailed):
            PRESETS[preset].verify(broken, exportable=exportable, options=ExportOptions())


def test_an_outcome_is_read_from_its_results_text() -> None:
    read = PRESETS["openai"].read(record_of("openai", TOOL_ERROR))
    assert (read.calls[0].outcome, read.calls[0].error_type) == (Outcome.TOOL_ERROR, "FileNotFound")


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ([], "no list of messages"),
        ([1], "message 1 is no object"),
        ([{"role": "assistant", "content": "hi"}], "message 1: the assistant speaks before"),
        ([{"role": "user", "content": "a"}, {"role": "robot"}], "message 2: role 'robot'"),
        ([{"role": "user", "content": "a"}, {"role": "system", "content": "b"}], "system message stands behind"),
        ([{"role": "user", "content": {"a": 1}}], "content is no text"),
        (
            [{"role": "user", "content": "a"}, {"role": "tool", "tool_call_id": "x", "content": "r"}],
            "no call right before",
        ),
        (
            [
                {"role": "user", "content": "a"},
                {"role": "assistant", "content": "b"},
                {"role": "assistant", "content": "c"},
            ],
            "message 3: the assistant speaks again",
        ),
        (
            [
                {"role": "user", "content": "a"},
                {"role": "assistant", "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "{"}}]},
            ],
            "arguments are no JSON",
        ),
    ],
)
def test_messages_that_fit_no_turn_are_refused_with_their_number(messages: list[Any], reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        PRESETS["openai"].read({"messages": messages})


def test_reading_takes_what_others_write() -> None:
    read = PRESETS["openai"].read(
        {
            "messages": [
                {"role": "developer", "content": [{"type": "text", "text": "Be brief."}]},
                {"role": "user", "content": "Time?"},
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [{"function": {"name": "now", "arguments": {"zone": "UTC"}}}],
                },
                {"role": "tool", "content": "noon"},
                {"role": "assistant", "content": "<think>\nclear\n</think>\n\nNoon."},
            ],
            "tools": json.dumps([{"name": "now", "description": None, "parameters": None}]),
        }
    )
    [turn] = read.turns
    assert (read.system_prompt, turn.answer, turn.steps[-1].thought) == ("Be brief.", "Noon.", "clear")
    assert (turn.calls[0].arguments, turn.calls[0].result) == ({"zone": "UTC"}, "noon")
    assert len(turn.calls[0].id) == 9
    assert read.tools[0].name == "now"


def test_an_unfinished_record_is_read_as_unfinished() -> None:
    read = PRESETS["openai"].read({"messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]})
    assert [turn.answer for turn in read.turns] == [None, None]


def test_unknown_presets_and_options_are_refused_with_what_is_known() -> None:
    with pytest.raises(InvalidInput, match="known are openai, trl, deepfabric, native"):
        preset_named("parquet")
    with pytest.raises(InvalidInput, match=r"sistem is unknown; known are system, thoughts"):
        read_options({"sistem": True})
    with pytest.raises(InvalidInput, match=r"none.*reasoning_content.*think_tags"):
        read_options({"thoughts": "inline"})
    with pytest.raises(InvalidInput, match='write tools: "called"'):
        read_options({"distractors": 2})
    assert read_options(None) == ExportOptions()
