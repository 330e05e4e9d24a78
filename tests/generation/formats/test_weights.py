"""Verdicts as weights: which assistant messages of a training file are trained on."""

import json
from typing import Any

import pytest

from generation.conversation import Conversation
from generation.errors import InvalidInput
from generation.formats.chat_reading import Unreadable
from generation.formats.exportable import Exportable
from generation.formats.lines import from_line, to_line
from generation.formats.native import NativePreset
from generation.formats.openai import OpenAIPreset, read_weights
from generation.formats.options import ExportOptions, Thoughts, read_options
from generation.formats.preset import Preset, RoundTripFailed
from generation.formats.presets import PRESETS
from tests.standins.conversations import CASES, MULTI_TURN, NO_TOOL, PARALLEL, SINGLE_TURN

ON = ExportOptions(weights=True)


def _marked(content: Conversation, **verdicts: str) -> Exportable:
    marks = [{"call_id": name, "verdict": verdict, "comment": ""} for name, verdict in verdicts.items()]
    return Exportable(conversation=content, id="1", verdicts=[*marks, {"decision": "approved", "by": "Ada"}])


def _messages(exportable: Exportable, **options: Any) -> list[dict[str, Any]]:
    record = from_line(OpenAIPreset().line(exportable, ExportOptions(weights=True, **options)))
    return list(record["messages"])


def _weights(exportable: Exportable, **options: Any) -> list[object]:
    return [message["weight"] for message in _messages(exportable, **options) if message["role"] == "assistant"]


def test_only_the_message_of_a_wrong_call_is_not_trained_on() -> None:
    # call 1, call 2, answer; then call 3, answer
    assert _weights(_marked(MULTI_TURN, call00002="wrong")) == [1, 0, 1, 1, 1]
    assert _weights(_marked(MULTI_TURN, call00003="wrong")) == [1, 1, 1, 0, 1]


def test_unmarked_calls_and_answers_count_as_right() -> None:
    assert _weights(_marked(MULTI_TURN)) == [1, 1, 1, 1, 1]
    assert _weights(_marked(MULTI_TURN, call00001="ok")) == [1, 1, 1, 1, 1]
    assert _weights(_marked(NO_TOOL)) == [1]


def test_one_wrong_call_takes_its_whole_message_unless_calls_are_split() -> None:
    marked = _marked(PARALLEL, call00002="wrong")
    assert _weights(marked) == [0, 1]
    assert _weights(marked, split_parallel=True) == [1, 0, 1]


def test_whatever_else_is_asked_for_the_weights_stay_with_their_messages() -> None:
    marked = _marked(SINGLE_TURN, call00001="wrong")
    for thoughts in Thoughts:
        assert _weights(marked, thoughts=thoughts, system=False) == [0, 1]


@pytest.mark.parametrize("content", CASES.values(), ids=list(CASES))
def test_the_file_is_what_openai_takes(content: Conversation) -> None:
    wrong = {call.id: "wrong" for call in content.calls[:1]}
    for message in _messages(_marked(content, **wrong)):
        if message["role"] == "assistant":
            assert type(message["weight"]) is int
            assert message["weight"] in (0, 1)
        else:
            assert "weight" not in message
    assert any(_weights(_marked(content, **wrong)))  # a line of which nothing is trained on would be none


def test_without_the_option_there_is_no_weight() -> None:
    line = OpenAIPreset().line(_marked(SINGLE_TURN, call00001="wrong"), ExportOptions())
    assert b"weight" not in line


def test_a_line_whose_weights_were_lost_or_moved_fails() -> None:
    marked = _marked(MULTI_TURN, call00001="wrong")
    record = json.loads(OpenAIPreset().line(marked, ON))
    for change in (_without_weights, _with_the_first_two_exchanged, _with_truth_for_one):
        with pytest.raises(RoundTripFailed):
            OpenAIPreset().verify(to_line(change(record)), exportable=marked, options=ON)


def _without_weights(record: dict[str, Any]) -> dict[str, Any]:
    messages = [{name: value for name, value in one.items() if name != "weight"} for one in record["messages"]]
    return record | {"messages": messages}


def _with_the_first_two_exchanged(record: dict[str, Any]) -> dict[str, Any]:
    weights = iter([1, 0, 1, 1, 1])
    return record | {
        "messages": [one | {"weight": next(weights)} if "weight" in one else one for one in record["messages"]]
    }


def _with_truth_for_one(record: dict[str, Any]) -> dict[str, Any]:
    return record | {
        "messages": [one | {"weight": bool(one["weight"])} if "weight" in one else one for one in record["messages"]]
    }


@pytest.mark.parametrize("weight", [2, -1, True, 1.0, "1", None])
def test_a_weight_is_zero_or_one(weight: object) -> None:
    with pytest.raises(Unreadable, match="it is 0 or 1"):
        read_weights({"messages": [{"role": "assistant", "content": "", "weight": weight}]})


def test_nobody_but_the_assistant_has_a_weight() -> None:
    with pytest.raises(Unreadable, match="only assistant"):
        read_weights({"messages": [{"role": "user", "content": "", "weight": 1}]})
    assert read_weights({"messages": [{"role": "user"}, {"role": "assistant"}]}) == [1]


@pytest.mark.parametrize("preset", [preset for preset in PRESETS.values() if not preset.carries_verdicts])
def test_a_format_that_has_no_weights_says_so(preset: Preset) -> None:
    preset.require_options(ExportOptions())
    with pytest.raises(InvalidInput, match=f"The format {preset.name} has no weights"):
        preset.require_options(ON)


def test_native_keeps_the_verdicts_as_they_are() -> None:
    marked = _marked(SINGLE_TURN, call00001="wrong")
    NativePreset().require_options(ON)
    read = NativePreset().read_exportable(from_line(NativePreset().line(marked, ON)))
    assert read.verdicts == marked.verdicts
    assert read.wrong_calls == {"call00001"}


def test_the_option_is_a_yes_or_no() -> None:
    assert read_options({"weights": True}).weights
    with pytest.raises(InvalidInput, match="weights"):
        read_options({"weights": 3})
