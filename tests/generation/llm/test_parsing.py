"""JSON out of what models write."""

import json

import pytest

from generation.llm.parsing import NoJson, json_objects

ANSWER = {"thought": "look {here}", "calls": [{"name": "a"}], "code": "```\nx\n```", "tag": "</think>"}
TEXT = json.dumps(ANSWER)


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        f"\n  {TEXT}\n",
        "\ufeff" + TEXT,
        f"```json\n{TEXT}\n```",
        f"```\n{TEXT}\n```",
        f"Sure! Here it is:\n```json\n{TEXT}\n```\nAnything else?",
        f"I fill in {{name}} and {{'a': 1}} as asked: {TEXT}",
        f'<think>Maybe {{"a": 1}}? No.</think>\n{TEXT}',
        f"<thinking>\nfirst\n</thinking>\n<think>second</think> {TEXT}",
        f'The opening tag is missing {{"a": 1}}</think>{TEXT}',
        json.dumps(ANSWER, indent=2),
    ],
)
def test_the_object_is_found_behind_whatever_stands_around_it(text: str) -> None:
    assert json_objects(text) == [ANSWER]


def test_several_objects_are_given_in_order() -> None:
    assert json_objects('first {"a": 1} then {"b": {"c": 2}}') == [{"a": 1}, {"b": {"c": 2}}]


def test_raw_line_breaks_inside_strings_are_taken() -> None:
    assert json_objects('{"a": "one\ntwo"}') == [{"a": "one\ntwo"}]


def test_nul_and_lone_surrogates_survive() -> None:
    assert json_objects('{"a": "\\u0000\\ud800"}') == [{"a": "\x00\ud800"}]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("just words", "no JSON object"),
        ("", "no JSON object"),
        ("[1, 2]", "no JSON object"),
        ('"text"', "no JSON object"),
        (TEXT[:-5], "cut off"),
        ('{"thought": "x", "calls": [{"name": "a"}], oops}', "broken"),
        # An object inside a broken one must never be taken for the answer.
        ('{"calls": [{"name": "a"}], "thought": "never end', "cut off"),
        ('{"thought": \'x\', "calls": [{"name": "a"}]}', "broken"),
        ('<think>all my {"tokens": 1} went into', "inside its thoughts"),
        ('{"a": NaN}', "can't be read"),
        ('{"a": 1e999}', "can't be read"),
        ('{"a":' * 5000 + "1" + "}" * 5000, "can't be read"),
    ],
)
def test_what_is_no_json_is_told_in_words_for_the_model(text: str, problem: str) -> None:
    with pytest.raises(NoJson, match=problem):
        json_objects(text)


def test_a_hostile_text_of_braces_ends_quickly() -> None:
    with pytest.raises(NoJson):
        json_objects("{" * 200_000)
