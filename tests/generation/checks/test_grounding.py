"""Where the literals of an answer come from."""

import pytest

from generation.checks import check, ground
from generation.conversation import Call, Conversation, Outcome, Step, Turn

ROWS = "day,takings\n2026-10-05,412.50\n2026-10-06,388.00\n2026-10-07,455.20\n"


def made(number: int, result: str, **arguments: object) -> Call:
    return Call(id=f"call{number:05}", tool="read", arguments=arguments, result=result, outcome=Outcome.OK)


def conversation(*calls: Call, user: str = "What about LEND-104?", answer: str | None = None) -> Conversation:
    return Conversation(turns=[Turn(user=user, steps=[Step(calls=list(calls))], answer=answer)])


def sources(text: str, its: Conversation, turn: int = 0) -> dict[str, str | None]:
    return {text[start:end]: source for start, end, source in ground(text, its, turn)}


def test_a_literal_links_to_the_result_it_comes_from_else_to_the_user():
    its = conversation(made(1, "LEND-7 at docs/a.md, by ann@x.org"), made(2, "due 2026-03-19 14:30, 8,342.17 EUR"))
    text = 'LEND-104 and LEND-7 in docs/a.md (ann@x.org), due 2026-03-19 at 14:30: 8342.17 EUR, "due 2026-03-19"'
    assert sources(text, its) == {
        "LEND-104": "user",
        "LEND-7": "call00001",
        "docs/a.md": "call00001",
        "ann@x.org": "call00001",
        "2026-03-19": "call00002",
        "14:30": "call00002",
        "8342.17": "call00002",
        "due 2026-03-19": "call00002",
    }


def test_what_occurs_nowhere_has_no_source():
    text = 'ORD-99 costs 4711.5 (see /srv/x.log, bob@x.org, https://x.org/y, "blue moon rising") until 2031-01-01.'
    found = sources(text, conversation(made(1, "nothing of it")))
    assert list(found) == [
        "ORD-99",
        "4711.5",
        "/srv/x.log",
        "bob@x.org",
        "https://x.org/y",
        "blue moon rising",
        "2031-01-01",
    ]
    assert set(found.values()) == {None}


def test_places_are_those_of_the_text_and_in_order():
    text = "é LEND-104, and «LEND-104» again: 412.50"
    places = ground(text, conversation(made(1, ROWS)), 0)
    assert [text[start:end] for start, end, _ in places] == ["LEND-104", "LEND-104", "412.50"]
    assert places == sorted(places, key=lambda one: one.start)


@pytest.mark.parametrize("number", ["1,255.70", "1255.7", "1.255,70", "418.57", "67.20", "24.5", "3"])
def test_a_number_that_follows_from_a_result_has_that_result_as_its_source(number):
    assert sources(f"It is {number}.", conversation(made(1, ROWS))) == {number: "call00001"}


@pytest.mark.parametrize("number", ["1256.7", "4711", "99"])
def test_a_number_that_follows_from_nothing_has_no_source(number):
    assert sources(f"It is {number}.", conversation(made(1, ROWS))) == {number: None}


def test_a_rounded_number_is_supported_and_a_falsely_rounded_one_is_not():
    its = conversation(made(1, "pi is 3.14159 and 26.349 mm fell"))
    assert sources("3.14, 26.35", its) == {"3.14": "call00001", "26.35": "call00001"}
    assert sources("3.15", its) == {"3.15": None}


def test_small_numbers_without_a_source_are_no_literals():
    assert ground("There are 7 of them, in 2 groups.", conversation(made(1, "x")), 0) == []


def test_results_of_the_turn_come_first_then_the_user_then_earlier_results_then_what_was_written():
    its = Conversation(
        turns=[
            Turn(user="?", steps=[Step(calls=[made(1, "A-100 B-200 C-300")])], answer="E-500"),
            Turn(user="B-200?", steps=[Step(calls=[made(2, "A-100", text="D-400")])]),
            Turn(user="F-600"),
        ]
    )
    assert sources("A-100 B-200 C-300 D-400 E-500 F-600", its, 1) == {
        "A-100": "call00002",
        "B-200": "user",
        "C-300": "call00001",
        "D-400": "call00002",
        "E-500": None,
        "F-600": None,
    }


def test_a_call_that_failed_supports_only_by_what_its_error_says():
    failed = Call(
        id="call00001",
        tool="read",
        arguments={"path": "x/y.md"},
        result="Error (NotFound): no B-200",
        outcome=Outcome.TOOL_ERROR,
        error_type="NotFound",
    )
    assert sources("x/y.md B-200", conversation(failed)) == {"x/y.md": None, "B-200": "call00001"}


def test_parts_of_longer_words_and_numbers_support_nothing():
    its = conversation(made(1, "LEND-1044 costs 18342.175"), user="?")
    assert sources("LEND-104 8342.17", its) == {"LEND-104": None, "8342.17": None}


def test_escaped_json_is_read_as_what_it_stands_for():
    assert sources(
        "“Zoë’s plan” in café/ö.md",
        conversation(made(1, '{"t": "Zo\\u00eb\\u2019s plan", "p": "caf\\u00e9/\\u00f6.md"}')),
    ) == {
        "Zoë’s plan": "call00001",
        "café/ö.md": "call00001",
    }


@pytest.mark.parametrize("text", ["\x00 \ud800 LEND-104", "9" * 400, "1.2.3.4.5.6", "(((", "", "1e999 " * 50])
def test_hostile_text_is_survived(text):
    its = conversation(made(1, text, **{"k": text}), user=text, answer=text)
    ground(text, its, 0)
    check(its)


def test_an_offer_or_example_in_an_answer_needs_no_source():
    for answer in ['Shall I call it "Blue moon rising"?', "Write to somebody, e.g. bob@x.org."]:
        its = conversation(made(1, "x"), answer=answer)
        assert "ungrounded_answer" not in [finding.code for finding in check(its)]
