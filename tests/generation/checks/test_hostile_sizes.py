"""Texts made to take long: a check's time grows with the length of a text, not with its square."""

import time

import pytest

from generation.checks import check
from generation.conversation import Call, Conversation, Outcome, Step, Turn
from generation.tools import ToolDefinition

SIZE = 100_000
SECONDS = 6.0
"""Of CPU, which a busy machine stretches less than the clock: far above what they take (under 1) and far below what squares take (minutes)."""

UNITS = [
    "“",
    "„",
    "«",
    '"',
    "`",
    "a@a.",
    "ENG-1 ",
    "when I created ",
    "Done. ",
    "1 234,",
    "_a-",
    "a/",
    "{{ ",
    "/a/b.c ",
]


def conversation(*, answer: str = "It says 77.", result: str = "milk") -> Conversation:
    call = Call(id="call00001", tool="read", arguments={"path": "a.txt"}, result=result, outcome=Outcome.OK)
    turn = Turn(user="What is in a.txt?", steps=[Step(calls=[call])], answer=answer)
    return Conversation(tools=[ToolDefinition(name="read")], turns=[turn])


def words(count: int) -> str:
    return " ".join(f"ID-{number}" for number in range(1000, 1000 + count))


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("member", ["answer", "result"])
def test_the_same_over_and_over(member: str, unit: str) -> None:
    text = (unit * (SIZE // len(unit) + 1))[:SIZE]
    begun = time.thread_time()
    check(conversation(**{member: text}))
    assert time.thread_time() - begun < SECONDS


def test_an_answer_of_one_sentence_with_thousands_of_inventions() -> None:
    begun = time.thread_time()
    found = check(conversation(answer=words(10_000)))
    assert time.thread_time() - begun < SECONDS
    assert "ungrounded_answer" in {finding.code for finding in found}
