"""The real client against a real HTTP server: what is sent, and what each answer becomes."""

import json
import threading
from typing import Any

import httpx2
import pytest

from generation.errors import LLMEmpty, LLMFiltered, LLMMalformed, LLMRefused, LLMReplyError, LLMTruncated
from tests.generation.llm.replies import MESSAGES, Bench, Count, says, three
from tests.standins import faults
from tests.standins.openai_server import Answer, OpenAIServer


def test_the_request_says_exactly_what_was_asked() -> None:
    with OpenAIServer(three) as server, Bench(server.base_url) as bench:
        assert bench.ask(temperature=0.2, max_tokens=77) == Count(count=3)
    body = server.requests[0].body
    schema = body.pop("response_format")["json_schema"]
    assert body == {"model": "gpt-x", "messages": MESSAGES, "temperature": 0.2, "max_tokens": 77, "seed": 11}
    assert (schema["name"], schema["strict"]) == ("count", True)
    assert schema["schema"]["required"] == ["count", "note"]


def test_without_a_seed_none_is_sent() -> None:
    with OpenAIServer(three) as server, Bench(server.base_url) as bench:
        bench.ask(seed=None)
    assert "seed" not in server.requests[0].body


def test_a_narrower_schema_is_the_one_that_is_sent() -> None:
    narrow = {"type": "object", "properties": {"count": {"type": "integer", "enum": [3]}}, "required": ["count"]}
    with OpenAIServer(three) as server, Bench(server.base_url) as bench:
        bench.ask(schema=narrow)
    sent = server.requests[0].body["response_format"]["json_schema"]["schema"]
    assert sent["properties"]["count"]["enum"] == [3]


def test_the_ledger_line_holds_tokens_cost_and_latency() -> None:
    usage = {"prompt_tokens": 1000, "completion_tokens": 10, "prompt_tokens_details": {"cached_tokens": 600}}
    reply = Answer(content={"count": 1}, usage=usage)
    prices = {"price_in": 10.0, "price_cached": 1.0, "price_out": 100.0}
    with OpenAIServer(says(reply)) as server, Bench(server.base_url, **prices) as bench:
        bench.ask()
    (line,) = bench.lines
    assert (line.purpose, line.model, line.attempt, line.outcome) == ("count", "gpt-x", 1, "ok")
    assert (line.tokens_in, line.tokens_cached, line.tokens_out) == (1000, 600, 10)
    assert line.cost == pytest.approx((400 * 10 + 600 * 1 + 10 * 100) / 1e6)
    assert 0 < line.latency_ms < 5000


@pytest.mark.parametrize("usage", [None, {}, {"prompt_tokens": None}, {"prompt_tokens": "many"}])
def test_a_server_that_counts_badly_is_still_understood(usage: object) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        message = {"role": "assistant", "content": '{"count": 2}'}
        return httpx2.Response(200, json={"choices": [{"message": message}], "usage": usage})

    with Bench("http://model.test/v1", transport=httpx2.MockTransport(answer)) as bench:
        assert bench.ask().count == 2
    assert bench.lines[0].tokens_in == 0


@pytest.mark.parametrize(
    ("fault", "error", "outcome"),
    [
        (faults.REFUSAL, LLMRefused, "refused"),
        (faults.TRUNCATED, LLMTruncated, "truncated"),
        (faults.FILTERED, LLMFiltered, "filtered"),
        (faults.PROSE, LLMMalformed, "malformed"),
        (faults.WRONG_SHAPE, LLMMalformed, "malformed"),
    ],
)
def test_an_unusable_reply_is_raised_at_once_and_paid_for(
    fault: faults.Fault, error: type[LLMReplyError], outcome: str
) -> None:
    with OpenAIServer(three, faults=[fault]) as server, Bench(server.base_url, price_out=1.0) as bench:
        with pytest.raises(error) as caught:
            bench.ask()
        assert len(server.requests) == 1
    (line,) = bench.lines
    assert line.outcome == outcome
    assert line.cost > 0
    assert line.reply == caught.value.text
    assert caught.value.problem


def test_a_refusal_keeps_the_models_words() -> None:
    with (
        OpenAIServer(faults=[faults.REFUSAL]) as server,
        Bench(server.base_url) as bench,
        pytest.raises(LLMRefused) as caught,
    ):
        bench.ask()
    assert "can't help" in caught.value.text


def test_another_shape_is_told_with_its_place() -> None:
    with (
        OpenAIServer(says({"count": "three"})) as server,
        Bench(server.base_url) as bench,
        pytest.raises(LLMMalformed, match="count: Input should be a valid integer") as caught,
    ):
        bench.ask()
    assert json.loads(caught.value.text) == {"count": "three"}


@pytest.mark.parametrize("fault", [faults.FENCED, faults.THOUGHTS])
def test_json_is_read_from_what_stands_around_it(fault: faults.Fault) -> None:
    with OpenAIServer(three, faults=[fault]) as server, Bench(server.base_url) as bench:
        assert bench.ask().count == 3
    assert bench.outcomes == ["ok"]


def test_an_empty_reply_is_asked_for_again_without_waiting() -> None:
    with OpenAIServer(three, faults=[faults.EMPTY, faults.EMPTY]) as server, Bench(server.base_url) as bench:
        assert bench.ask().count == 3
    assert bench.outcomes == ["empty", "empty", "ok"]
    assert [line.attempt for line in bench.lines] == [1, 2, 3]
    assert bench.slept == []


def test_a_model_that_stays_empty_is_given_up() -> None:
    with (
        OpenAIServer(three, faults=[faults.EMPTY] * 9) as server,
        Bench(server.base_url) as bench,
        pytest.raises(LLMEmpty),
    ):
        bench.ask()
    assert bench.outcomes == ["empty"] * 3


def test_content_in_parts_and_arguments_as_an_object_are_read() -> None:
    parts: dict[str, Any] = {"content": [{"type": "text", "text": '{"count":'}, {"type": "text", "text": " 4}"}]}
    called: dict[str, Any] = {
        "content": None,
        "tool_calls": [{"function": {"name": "count", "arguments": {"count": 5}}}],
    }
    replies = iter([parts, called])
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, json={"choices": [{"message": next(replies)}]}))
    with Bench("http://model.test/v1", transport=transport) as bench:
        assert [bench.ask().count, bench.ask().count] == [4, 5]


def test_lone_surrogates_in_the_history_do_not_stop_a_conversation() -> None:
    history = [*MESSAGES, {"role": "tool", "tool_call_id": "a", "content": "broken \ud83d text \x00"}]
    with OpenAIServer(three) as server, Bench(server.base_url) as bench:
        bench.ask(messages=history)
    assert server.requests[0].body["messages"][2]["content"] == "broken \ufffd text \x00"
    assert history[2]["content"] == "broken \ud83d text \x00"


def test_a_null_that_stands_for_left_out_takes_the_default() -> None:
    with OpenAIServer(says({"count": 1, "note": None})) as server, Bench(server.base_url) as bench:
        assert bench.ask() == Count(count=1, note="")


def test_the_environment_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-from-the-environment")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-from-the-environment")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with OpenAIServer(three) as server, Bench(server.base_url) as bench:
        bench.ask()
    assert "from-the-environment" not in str(server.requests[0].headers)


def test_many_threads_share_one_endpoint_and_its_connections() -> None:
    with OpenAIServer(lambda body: {"count": body["seed"]}) as server, Bench(server.base_url, concurrency=8) as bench:
        answers: list[tuple[int, int]] = []

        def work(number: int) -> None:
            for turn in range(5):
                seed = number * 100 + turn
                answers.append((seed, bench.ask(seed=seed).count))

        threads = [threading.Thread(target=work, args=(number,)) for number in range(24)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
        assert len(answers) == 24 * 5
        assert all(asked == answered for asked, answered in answers)
        assert server.peak_in_flight <= 8
        assert server.connections_opened <= 8
        assert len(bench.lines) == 24 * 5


def test_requests_per_minute_are_kept() -> None:
    with OpenAIServer(three) as server, Bench(server.base_url, requests_per_minute=60) as bench:
        for _ in range(8):
            bench.ask()
    # Five seconds' worth is saved up; from then on each request waits its second.
    assert len(bench.slept) == 3
    assert bench.slept[-1] == pytest.approx(3.0, abs=0.5)


def test_tokens_per_minute_are_settled_with_what_was_used() -> None:
    usage = {"prompt_tokens": 10, "completion_tokens": 10}
    answer = Answer(content={"count": 1}, usage=usage)
    with OpenAIServer(says(answer)) as server, Bench(server.base_url, tokens_per_minute=60_000) as bench:
        for _ in range(20):
            bench.ask(max_tokens=4000)
    # 20 reservations of 4,000 would overdraw 5,000 saved tokens by far; what was used does not.
    assert bench.slept == []
