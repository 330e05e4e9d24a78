"""The judging checks: each finds what it is for, and leaves alone what only looks like it."""

from typing import Any

import pytest

from generation.checks import check, estimated_tokens
from generation.conversation import Call, Conversation, Ending, Outcome, Step, Turn
from generation.tools import ToolDefinition

TOOLS = [
    ToolDefinition(
        name="get_order",
        description="Look an order up, for example ORD-0001.",
        annotations={"readOnlyHint": True},
        parameters={"type": "object", "properties": {"currency": {"enum": ["EUR-2024"]}, "limit": {"default": 777}}},
    ),
    ToolDefinition(name="read_file", annotations={"readOnlyHint": True}),
    ToolDefinition(name="update_order", annotations={"readOnlyHint": False}),
    ToolDefinition(name="write_file"),
]


def ok(tool: str, result: str = "done", **arguments: Any) -> Call:
    return Call(id="000000000", tool=tool, arguments=arguments, result=result, outcome=Outcome.OK)


def error(tool: str, **arguments: Any) -> Call:
    return Call(
        id="000000000",
        tool=tool,
        arguments=arguments,
        result="Error (NotFound): no such thing",
        outcome=Outcome.TOOL_ERROR,
        error_type="NotFound",
    )


def turn(user: str, *steps: Call | list[Call], answer: str = "Yes.") -> Turn:
    """Each call is a step of its own unless it stands in a list."""
    lists = [step if isinstance(step, list) else [step] for step in steps]
    return Turn(user=user, steps=[*(Step(calls=calls) for calls in lists), Step()], answer=answer, ending=Ending.FINAL)


def conversation(*turns: Turn, **changes: Any) -> Conversation:
    its = Conversation(**({"tools": TOOLS, "turns": turns} | changes))
    for number, call in enumerate(its.calls, 1):
        call.id = f"call{number:05}"
    return its


def codes(its: Conversation, *wanted: str) -> list[str]:
    found = [finding.code for finding in check(its)]
    return [code for code in found if not wanted or code in wanted]


def single(user: str, *steps: Call | list[Call], answer: str = "Yes.", **changes: Any) -> Conversation:
    return conversation(turn(user, *steps, answer=answer), **changes)


# invented arguments -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        {"order": "ORD-4711"},
        {"order": "#99812"},
        {"mail": "zoe@tallowreed.dev"},
        {"path": "reports/q9.md"},
        {"url": "https://tallowreed.dev/x"},
        {"day": "2031-01-17"},
        {"amount": 8342.17},
        {"amount": "8342.17"},
        {"id": "4f9c1de2-3f1a-4a53-9c0b-0d1f8c1e2a77"},
        {"room": "west-wing"},
        {"deep": [{"down": {"order": "ORD-4711"}}]},
    ],
)
def test_a_literal_that_nobody_said_and_nothing_returned_is_found(arguments):
    its = single("What about my order?", ok("get_order", **arguments))
    (finding,) = [finding for finding in check(its) if finding.code == "invented_argument"]
    assert finding.call_id == "call00001"
    assert str(next(_leaves(arguments))) in finding.message


def _leaves(value: Any) -> Any:
    if isinstance(value, dict):
        for part in value.values():
            yield from _leaves(part)
    elif isinstance(value, list):
        for part in value:
            yield from _leaves(part)
    else:
        yield value


@pytest.mark.parametrize(
    ("user", "arguments"),
    [
        ("What about ord-4711?", {"order": "ORD-4711"}),
        ("What about order 4711 of ORD?", {"order": "ORD-4711"}),
        ("What is in the west wing?", {"room": "west-wing"}),
        ("Look into docs for plan.md", {"path": "docs/plan.md"}),
        ("It cost 8.342,17 €", {"amount": 8342.17}),
        ("It cost 8,342.17", {"amount": 8342.17}),
        ("Both 120.25 and 30.5 together", {"amount": 150.75}),
        ("What happens next Tuesday?", {"day": "2031-01-17"}),
        ("Was passiert am Montag?", {"day": "2031-01-17", "at": "09:30"}),
        ("Look", {"flag": True, "nothing": None, "page": 3, "limit": 500, "minutes": 90, "hours": 3.5}),
        ("Look", {"query": "overdue invoices", "word": "overdue", "pattern": "*.csv", "regex": "^ORD-\\d+$"}),
        ("Look", {"currency": "EUR-2024", "limit": 777, "order": "ORD-0001"}),
        ("Look", {"zone": "Europe/Berlin", "language": "de"}),
    ],
)
def test_what_was_said_otherwise_or_need_not_be_said_is_no_invention(user, arguments):
    assert codes(single(user, ok("get_order", **arguments)), "invented_argument") == []


def test_an_earlier_result_answer_and_the_system_prompt_support_an_argument():
    first = turn("Hello?", ok("get_order", '[{"id": "ORD-4711", "path": "caf\\u00e9/x.md"}]'), answer="Try ORD-0815.")
    second = turn(
        "Yes", ok("get_order", order="ORD-4711"), ok("get_order", order="ORD-0815"), ok("read_file", p="café/x.md")
    )
    its = conversation(first, second, system_prompt="The shop is SHOP-77.")
    assert codes(its, "invented_argument") == []
    assert (
        codes(single("?", ok("get_order", shop="SHOP-77"), system_prompt="The shop is SHOP-77."), "invented_argument")
        == []
    )


def test_a_result_does_not_support_the_call_it_came_from_nor_one_beside_it():
    its = single("Hello?", [ok("get_order", "ORD-4711", order="ORD-4711"), ok("get_order", "x", order="ORD-4711")])
    assert codes(its, "invented_argument") == ["invented_argument"]
    later = single("Hello?", ok("get_order", "x", order="ORD-4711"), ok("get_order", "ORD-4711"))
    assert codes(later, "invented_argument") == ["invented_argument"]


def test_the_text_and_the_new_path_of_a_file_are_the_models_own():
    its = single(
        "Write a summary", ok("write_file", path="out/summary.md", content="ORD-4711 costs 8342.17 (zoe@x.dev)")
    )
    assert codes(its, "invented_argument") == []
    assert codes(single("Write it", error("write_file", path="out/summary.md")), "invented_argument") == [
        "invented_argument"
    ]


# ignored errors -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    ["The order is on its way.", "Die Bestellung ist unterwegs.", "La commande est en route."],
)
def test_an_error_that_nobody_speaks_of_is_found(answer):
    assert codes(single("My order?", error("get_order"), answer=answer), "ignored_error") == ["ignored_error"]


@pytest.mark.parametrize(
    "its",
    [
        single("My order?", error("get_order"), answer="I could not find it."),
        single("My order?", error("get_order"), answer="Die gibt es leider nicht."),
        single("My order?", error("get_order"), answer="Je n'ai rien trouvé."),
        single("My order?", error("get_order"), answer="注文が見つかりません"),
        single("My order?", error("get_order", order="a"), ok("get_order", order="b")),
        single("My order?", error("get_order", order="a"), ok("read_file", path="a")),
    ],
)
def test_an_error_that_is_told_or_dealt_with_is_no_finding(its):
    assert codes(its, "ignored_error") == []


def test_a_call_beside_the_failed_one_does_not_deal_with_it():
    its = single("a and b?", [ok("get_order", "fine", order="a"), error("get_order", order="b")], answer="All fine.")
    assert codes(its, "ignored_error") == ["ignored_error"]


# unused results -----------------------------------------------------------------------------------

REPORT = "Sunday: twelve parcels arrived from Bruges, carried by Willem and stored upstairs"


def test_a_result_of_which_nothing_comes_back_is_found():
    its = single("What is new?", ok("read_file", REPORT, path="a"), answer="Everything is quiet.")
    assert codes(its, "unused_result") == ["unused_result"]


@pytest.mark.parametrize(
    "its",
    [
        single("?", ok("read_file", REPORT), answer="Parcels came."),
        single("?", ok("read_file", REPORT), ok("read_file", "x", path="Bruges")),
        conversation(turn("?", ok("read_file", REPORT)), turn("And?", answer="Willem was there.")),
        single("?", ok("read_file", "true"), answer="It is on."),
        single("?", ok("read_file", REPORT), ok("write_file")),
        single("?", ok("read_file", "a,1\nb,2\nc,4\nd,8\ne,16\nf,32\ngg,64"), answer="127 in all."),
        single("?", error("read_file"), answer="I found nothing."),
    ],
)
def test_a_result_that_is_used_somewhere_is_no_finding(its):
    assert codes(its, "unused_result") == []


# claims -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        "I've deleted the old order.",
        "I have now sent the message.",
        "The event has been successfully booked.",
        "Sent the message to Ruth.",
        "Done! Updated the order.",
        "Ich habe die Bestellung gelöscht.",
        "J'ai supprimé la commande.",
        "He eliminado el pedido.",
    ],
)
@pytest.mark.parametrize("steps", [[], [ok("get_order", "{}")], [error("update_order")]])
def test_a_claimed_change_without_a_call_that_made_it_is_found(answer, steps):
    assert codes(single("Please do it", *steps, answer=answer), "unsupported_claim") == ["unsupported_claim"]


@pytest.mark.parametrize(
    "answer",
    [
        "I have not deleted anything.",
        "I did not send it.",
        "Shall I say that I sent it?",
        "Once I have sent it, you will hear.",
        "The order was created on Monday by Ada.",
        "Removed by: Ada",
        "It says “I deleted it”.",
        "I already deleted it.",
        "Ich habe nichts gelöscht.",
        "I can have it deleted.",
    ],
)
def test_what_is_denied_asked_reported_or_quoted_is_no_claim(answer):
    assert codes(single("Please", ok("get_order", "{}"), answer=answer), "unsupported_claim") == []


def test_a_change_made_in_this_turn_or_spoken_of_again_supports_the_claim():
    made = turn("Change order 55", ok("update_order", order="ORD-0055"), answer="I updated the order.")
    again = turn("Sure?", ok("get_order", "{}"), answer="Yes, I updated ORD-0055.")
    other = turn("And the garage?", ok("get_order", "{}"), answer="I deleted the garage.")
    assert codes(conversation(made, again), "unsupported_claim") == []
    assert codes(conversation(made, other), "unsupported_claim") == ["unsupported_claim"]


# language -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("user", "answer", "differs"),
    [
        ("Was steht heute auf der Liste und wer ist dran?", "There is one item on the list for you.", True),
        ("What is on the list for today?", "Il y a une tâche sur la liste pour vous.", True),
        ("What is on the list for today?", "今日のリストには牛乳があります", True),
        ("今日のリストには何がありますか", "There is one item on the list for you.", True),
        ("What is on the list for today?", "There is one item on the list for you.", False),
        ("Was steht heute auf der Liste und wer ist dran?", "Auf der Liste ist nur Milch für dich.", False),
        ("What is on the list? Tell me in German.", "Das ist auf der Liste für dich und mich.", False),
        ("What is on the list for today?", "Milk, 2 l", False),
        ("ORD-4711?", "Die Bestellung ist auf dem Weg zu dir.", False),
        ("What is in the file with the notes?", "`die Milch und das Brot für den Tag`", False),
    ],
)
def test_an_answer_in_another_language_is_found_where_both_are_certain(user, answer, differs):
    assert codes(single(user, answer=answer), "language_differs") == ["language_differs"] * differs


# context ------------------------------------------------------------------------------------------


def test_a_conversation_that_does_not_fit_the_chosen_context_is_found():
    its = single("Read it", ok("read_file", "word " * 4000), answer="words")
    assert 4000 < estimated_tokens(its) < 8000
    assert [f.code for f in check(its, context_tokens=4000) if f.code == "too_long"] == ["too_long"]
    assert [f.code for f in check(its, context_tokens=8000) if f.code == "too_long"] == []
    assert codes(its, "too_long") == []


def test_wide_characters_count_as_tokens_of_their_own():
    assert estimated_tokens(single("牛乳" * 500)) > 900 > estimated_tokens(single("milk" * 500))


# patterns -----------------------------------------------------------------------------------------

A, B = ok("get_order", "next is ORD-0002", order="ORD-0001"), ok("get_order", "fine", order="ORD-0002")
WRITE, ELSE = ok("update_order", order="x"), ok("get_order", "fine", order="ORD-0003")


@pytest.mark.parametrize(
    ("pattern", "its", "fits"),
    [
        ("parallel", single("?", [A, B]), True),
        ("parallel", single("?", A, B), False),
        ("sequential", single("?", A, B), True),
        ("sequential", single("?", A, ELSE), False),
        ("sequential", single("?", [A, B]), False),
        ("sequential", single("?", A), False),
        ("write_then_verify", single("?", WRITE, A), True),
        ("write_then_verify", single("?", A, WRITE), False),
        ("write_then_verify", single("?", A, B), False),
        ("error_recovery", single("?", error("get_order"), A), True),
        ("error_recovery", single("?", A, error("get_order")), False),
        ("error_recovery", single("?", A, B), False),
        ("clarify", single("?", answer="Which order do you mean?"), True),
        ("clarify", single("?", answer="您要哪一个？"), True),
        ("clarify", single("?", answer="I need the number."), False),
        ("clarify", single("?", A, answer="Which order do you mean?"), False),
        ("clarify", conversation(turn("?", answer="Which one?"), turn("That one", A)), True),
        ("single", single("?", A), True),
        ("single", single("?", error("get_order"), A), True),
        ("single", single("?", A, B), False),
        ("refuse", single("?", answer="I won't."), True),
        ("no_tool", single("?", answer="Paris."), True),
        (None, single("?", A, B), True),
    ],
)
def test_an_outcome_that_does_not_fit_its_pattern_is_found(pattern, its, fits):
    its.pattern = pattern
    assert bool(codes(its, "pattern_unfit")) is not fits


@pytest.mark.parametrize("pattern", ["refuse", "no_tool"])
def test_a_call_where_none_is_wanted_is_found(pattern):
    assert codes(single("?", A, pattern=pattern), "unwanted_call") == ["unwanted_call"]


def test_an_unfinished_conversation_is_not_yet_judged_by_its_pattern():
    its = single("?", A, pattern="parallel")
    its.turns[0].answer = None
    assert codes(its, "pattern_unfit") == []
