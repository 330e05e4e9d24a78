"""Texts beside each other: every line of both stands there, what changed is marked, and no text takes long."""

import time
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.text_differences import LINE, Effort, Line, align, compare_lines, compare_words

texts = st.text(alphabet="ab \n", max_size=60) | st.text(max_size=60)


def old_side(lines: list[Line]) -> str:
    return "\n".join("".join(piece.text for piece in line.old) for line in lines if line.old is not None)


def new_side(lines: list[Line]) -> str:
    return "\n".join("".join(piece.text for piece in line.new) for line in lines if line.new is not None)


@given(texts, texts)
def test_both_texts_can_be_read_back(old: str, new: str) -> None:
    lines = list(compare_lines(old, new, effort=Effort()))
    assert (old_side(lines), new_side(lines)) == (old, new)
    assert all(line.is_same for line in lines) == (old == new)


@given(st.lists(st.integers(0, 3)), st.lists(st.integers(0, 3)), st.sampled_from([0, 5, 10_000]))
def test_an_alignment_covers_both_whatever_the_effort(old: list[int], new: list[int], left: int) -> None:
    spans = align(old, new, effort=Effort(left=left))
    assert [item for span in spans for item in old[span.old_from : span.old_to]] == old
    assert [item for span in spans for item in new[span.new_from : span.new_to]] == new
    for span in spans:
        if span.is_same:
            assert old[span.old_from : span.old_to] == new[span.new_from : span.new_to]


def test_the_changed_word_is_marked_and_no_other() -> None:
    old, new = compare_words("read the file twice", "read the folder twice", effort=Effort())
    assert [piece.text for piece in old if piece.is_changed] == ["file"]
    assert [piece.text for piece in new if piece.is_changed] == ["folder"]


def test_of_a_very_long_line_the_surroundings_of_the_change_are_shown() -> None:
    [line] = compare_lines(
        "x " * 300_000 + "old" + " y" * 300_000, "x " * 300_000 + "new" + " y" * 300_000, effort=Effort()
    )
    assert [piece.text for piece in line.old or () if piece.is_changed] == ["old"]
    assert sum(len(piece.text) for piece in line.new or ()) < LINE


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a\n" * 500_000, "b\n" * 500_000),
        ("a b\n" * 200_000, "b a\n" * 200_000),
        ("x" * 1_000_000, "y" * 1_000_000),
        ("ab" * 500_000, "ba" * 500_000),
        ("\n".join(f"a{n % 7}" for n in range(100_000)), "\n".join(f"a{n % 5}" for n in range(100_000))),
        (" ".join("ab"[n % 2] for n in range(480)), " ".join("ba"[n % 3 == 0] for n in range(480))),
    ],
)
def test_a_megabyte_is_compared_in_a_moment(old: str, new: str) -> None:
    began = time.process_time()
    assert not all(line.is_same for line in islice(compare_lines(old, new, effort=Effort()), 1000))
    assert time.process_time() - began < 5


def test_what_was_too_long_to_compare_says_so() -> None:
    effort = Effort()
    next(compare_lines("\n".join(map(str, range(2000))), "\n".join(map(str, range(5000, 7000))), effort=effort))
    assert effort.is_cut
