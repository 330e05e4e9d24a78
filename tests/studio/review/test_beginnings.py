"""The beginning of a long JSON text as JSON of its own."""

import json

import pytest

from studio.review.beginnings import MARK, begin_json

ROWS = [
    {"id": number, "in": {"list": [1, 2, [3, 'é"\\']], "say": f"{number} 😀\n"}, "none": None} for number in range(40)
]


@pytest.mark.parametrize("is_ascii", [True, False])
def test_wherever_it_is_cut_what_is_left_is_json_of_what_stands_there(is_ascii):
    text = json.dumps(ROWS, ensure_ascii=is_ascii)
    found = {end: begin_json(text, end) for end in range(20, 700)}
    assert None not in found.values()
    for end, begun in found.items():
        rows = json.loads(begun.text)
        assert begun.end <= end
        assert 1 <= begun.depth <= 5
        *whole, last = rows
        assert whole == ROWS[: len(whole)]
        assert last["id"] == len(whole)
    assert len(json.loads(found[699].text)) > len(json.loads(found[300].text)) > 1


def test_a_text_that_goes_on_is_shown_as_far_as_it_stands():
    begun = begin_json(json.dumps({"path": "a.txt", "content": "word " * 100}), 60)
    content = json.loads(begun.text)["content"]
    assert content.endswith(MARK)
    assert ("word " * 100).startswith(content.removesuffix(MARK))
    assert begun.end == 60


def test_half_a_character_is_none():
    text = json.dumps({"content": "😀" * 50})
    for end in range(30, 60):
        assert set(json.loads(begin_json(text, end).text)["content"]) == {"😀", MARK}


def test_a_key_that_goes_on_is_left_out():
    text = json.dumps({"first": 1, "k" * 100: 2})
    assert json.loads(begin_json(text, 40).text) == {"first": 1}


@pytest.mark.parametrize("text", ["{not json", '[1, 2]]], "x', '{"a": "b\\x, "', "[" * 90, '{"only one key'])
def test_what_is_no_json_so_far_has_no_beginning(text):
    assert begin_json(text + "y" * 100, 50) is None
