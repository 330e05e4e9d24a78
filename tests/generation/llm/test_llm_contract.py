"""The shipped fake and the real client over HTTP behave alike: same replies, same errors, same ledger lines."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import pytest
from pydantic import BaseModel

from generation.errors import LLMMalformed, LLMRefused, LLMRejected, LLMReplyError, LLMTruncated, LLMUnavailable
from generation.llm.client import LLM, LedgerLine
from generation.llm.scripted import ScriptedLLM
from tests.generation.llm.replies import MESSAGES, Bench, Count
from tests.standins import faults
from tests.standins.openai_server import Answer, OpenAIServer

Answering = Callable[[Sequence[Any]], tuple[LLM, list[LedgerLine]]]

FAILURES: dict[type[Exception], tuple[faults.Fault, Exception]] = {
    LLMRefused: (faults.REFUSAL, LLMRefused("no", text="I'm sorry, I can't help with that.")),
    LLMTruncated: (faults.TRUNCATED, LLMTruncated("cut", text='{"coun')),
    LLMUnavailable: (faults.status(503), LLMUnavailable("down")),
    LLMRejected: (faults.status(401), LLMRejected("no key")),
}


@pytest.fixture(params=["scripted", "openai"])
def answering(request: pytest.FixtureRequest) -> Iterator[Answering]:
    """A maker of LLMs that answer these values; a class of errors stands for that failure."""
    with ExitStack() as stack:

        def scripted(values: Sequence[Any]) -> tuple[LLM, list[LedgerLine]]:
            lines: list[LedgerLine] = []
            told = [FAILURES[value][1] if isinstance(value, type) else value for value in values]
            return ScriptedLLM([("count", value) for value in told], ledger=lines.append, model="gpt-x"), lines

        def real(values: Sequence[Any]) -> tuple[LLM, list[LedgerLine]]:
            # A server that fails never asks its model; one whose reply is spoiled does.
            spoken = [value for value in values if value not in (LLMUnavailable, LLMRejected)]
            answers = iter([{"count": 1} if isinstance(value, type) else value for value in spoken])
            plan = [FAILURES[value][0] if isinstance(value, type) else None for value in values]
            server = stack.enter_context(OpenAIServer(lambda _: Answer(content=next(answers)), faults=plan))
            bench = stack.enter_context(Bench(server.base_url, retries=0))
            return bench.client, bench.lines

        yield scripted if request.param == "scripted" else real


def ask(llm: LLM, **changes: Any) -> Count:
    asked: dict[str, Any] = {"purpose": "count", "messages": MESSAGES, "reply": Count} | changes
    reply: Count = llm.ask(**asked)
    return reply


@pytest.mark.parametrize(
    "value",
    [
        {"count": 3},
        '{"count": 3, "note": null}',
        'Here: ```json\n{"count": 3}\n```',
        '<think>{"count": 9}</think>{"count": 3}',
        'From {} and {"other": 1} follows {"count": 3}, then {"count": 4}.',
    ],
)
def test_a_fitting_reply_is_validated_and_written_down(answering: Answering, value: Any) -> None:
    llm, lines = answering([value])
    assert ask(llm) == Count(count=3, note="")
    (line,) = lines
    assert (line.purpose, line.model, line.outcome, line.attempt, line.reply) == ("count", "gpt-x", "ok", 1, "")
    assert llm.model == "gpt-x"


@pytest.mark.parametrize("value", [{"count": "many"}, {}, "no JSON at all", '{"count": 3', {"other": 1}])
def test_an_unfitting_reply_is_malformed_with_its_text_kept(answering: Answering, value: Any) -> None:
    llm, lines = answering([value, {"count": 3}])
    with pytest.raises(LLMMalformed) as caught:
        ask(llm)
    assert caught.value.problem
    assert caught.value.text
    assert [(line.outcome, line.reply) for line in lines] == [("malformed", caught.value.text)]
    assert ask(llm) == Count(count=3)


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [
        (LLMRefused, "refused"),
        (LLMTruncated, "truncated"),
        (LLMUnavailable, "unavailable"),
        (LLMRejected, "rejected"),
    ],
)
def test_a_failure_is_raised_as_its_type_and_written_down(
    answering: Answering, failure: type[Exception], outcome: str
) -> None:
    llm, lines = answering([failure, {"count": 3}])
    with pytest.raises(failure) as caught:
        ask(llm)
    assert [line.outcome for line in lines] == [outcome]
    if isinstance(caught.value, LLMReplyError):
        assert lines[0].reply == caught.value.text != ""
    assert ask(llm) == Count(count=3)


def test_a_null_is_taken_for_left_out_only_where_the_schema_asked_for_has_none(answering: Answering) -> None:
    nullable = {
        "type": "object",
        "properties": {"count": {"type": "integer"}, "note": {"type": ["string", "null"]}},
        "required": ["count"],
    }
    llm, _ = answering([{"count": 1, "note": None}, {"count": 1, "note": None}])
    assert ask(llm) == Count(count=1)
    with pytest.raises(LLMMalformed, match="note"):
        ask(llm, schema=nullable)


def test_an_object_without_any_field_asked_for_is_no_answer_even_if_all_have_defaults(answering: Answering) -> None:
    class Thought(BaseModel):
        thought: str = ""
        is_final: bool = False

    llm, lines = answering([{"unexpected": [1, 2, 3]}, {"is_final": True}])
    with pytest.raises(LLMMalformed, match="none of the fields asked for: thought, is_final"):
        llm.ask(purpose="count", messages=MESSAGES, reply=Thought)
    assert llm.ask(purpose="count", messages=MESSAGES, reply=Thought) == Thought(is_final=True)
    assert [line.outcome for line in lines] == ["malformed", "ok"]
