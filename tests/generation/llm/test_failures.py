"""Server failures: what is retried, for how long, and what people read when it is over."""

import random
import socket

import httpx2
import pytest

from generation.errors import LLMFiltered, LLMRejected, LLMTruncated, LLMUnavailable
from generation.llm.failures import RequestFailed, provider_words, retry_after, wait_before_retry
from generation.llm.settings import EndpointSettings
from tests.generation.llm.replies import Bench, three
from tests.standins import faults
from tests.standins.faults import Fault, Kind
from tests.standins.openai_server import OpenAIServer

KEY = "sk-secret-0123456789"
SETTINGS = EndpointSettings(name="e", model="m", base_url="http://h/v1", retry_after_max_s=60)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize(
    "fault",
    [
        *(faults.status(code) for code in (408, 409, 429, 500, 502, 503, 504, 529)),
        faults.RESET,
        faults.HTML,
        Fault(kind=Kind.ERROR_200),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}",
)
def test_a_failure_of_the_server_is_tried_again(fault: Fault) -> None:
    with OpenAIServer(three, faults=[fault]) as server, Bench(server.base_url) as bench:
        assert bench.ask().count == 3
        assert len(server.requests) == 2
    assert bench.outcomes == ["unavailable", "ok"]
    assert [line.attempt for line in bench.lines] == [1, 2]
    assert len(bench.slept) == 1


def test_a_server_that_hangs_is_left_after_the_timeout() -> None:
    hang = Fault(kind=Kind.HANG, seconds=60)
    with OpenAIServer(three, faults=[hang]) as server, Bench(server.base_url, timeout_s=0.2) as bench:
        assert bench.ask().count == 3
    assert 150 < bench.lines[0].latency_ms < 30_000


@pytest.mark.parametrize("body", ["<html>Bad gateway</html>", "", "null", "[]", "{}", '{"choices": []}'])
def test_a_200_that_is_no_chat_completion_counts_as_a_failure_of_the_server(body: str) -> None:
    headers = {"content-type": "application/json"}
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, text=body, headers=headers))
    with (
        Bench("http://model.test/v1", transport=transport, retries=1) as bench,
        pytest.raises(LLMUnavailable),
    ):
        bench.ask()
    assert bench.outcomes == ["unavailable", "unavailable"]


def test_after_the_last_retry_one_sentence_says_what_happened() -> None:
    with OpenAIServer(three, faults=[faults.status(503, message="Overloaded.")] * 9) as server:
        with Bench(server.base_url, retries=2) as bench, pytest.raises(LLMUnavailable) as caught:
            bench.ask()
        assert len(server.requests) == 3
    text = str(caught.value)
    assert text.startswith(f'The model endpoint "openai" ({server.base_url}) did not answer after 3 requests')
    assert "503 Overloaded." in text
    assert "\n" not in text


def test_an_unreachable_model_is_named_with_what_to_check() -> None:
    url = f"http://127.0.0.1:{free_port()}/v1"
    with Bench(url, retries=1) as bench, pytest.raises(LLMUnavailable) as caught:
        bench.ask()
    text = str(caught.value)
    assert url in text
    assert "onnection refused" in text
    assert "check its base URL and that the server runs" in text


def test_backoff_doubles_with_full_jitter_up_to_its_cap() -> None:
    rng = random.Random(3)
    failure = RequestFailed(words="", status=500)
    for failures, ceiling in [(1, 0.5), (2, 1.0), (3, 2.0), (5, 8.0), (12, 30.0)]:
        waits = [wait_before_retry(failure, failures=failures, settings=SETTINGS, rng=rng) for _ in range(400)]
        assert max(waits) <= ceiling
        assert max(waits) > 0.9 * ceiling
        assert min(waits) < 0.1 * ceiling


def test_retry_after_is_obeyed_and_never_undercut() -> None:
    with OpenAIServer(three, faults=[faults.throttled(after="7")]) as server, Bench(server.base_url) as bench:
        bench.ask()
    (waited,) = bench.slept
    assert 7.0 <= waited <= 7.5


def test_retry_after_is_obeyed_up_to_the_cap() -> None:
    failure = RequestFailed(words="", status=429, retry_after=3600.0)
    waited = wait_before_retry(failure, failures=1, settings=SETTINGS, rng=random.Random(0))
    assert 60.0 <= waited <= 60.5


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "0.25"}, 0.25),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": "Fri, 14 Mar 2025 00:00:30 GMT"}, 30.0),
        ({"retry-after": "Thu, 13 Mar 2025 00:00:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_read_in_all_its_forms(headers: dict[str, str], seconds: float | None) -> None:
    midnight = 1741910400.0  # 2025-03-14T00:00:00Z
    assert retry_after(headers, now=lambda: midnight) == seconds


@pytest.mark.parametrize("code", [400, 401, 403, 404, 405, 422])
def test_a_rejection_stops_at_once_with_the_providers_words(code: int) -> None:
    fault = faults.status(code, message="That will not do.")
    with OpenAIServer(three, faults=[fault] * 9) as server, Bench(server.base_url) as bench:
        with pytest.raises(LLMRejected) as caught:
            bench.ask()
        assert len(server.requests) == 1
    assert f'{code} "That will not do."' in str(caught.value)
    assert "Check" in str(caught.value)
    assert bench.outcomes == ["rejected"]
    assert bench.slept == []


def test_a_wrong_key_is_told_without_the_key() -> None:
    with OpenAIServer(three, api_key="sk-the-right-one") as server, Bench(server.base_url, api_key=KEY) as bench:
        with pytest.raises(LLMRejected) as caught:
            bench.ask()
        assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    error = caught.value
    assert "Incorrect API key provided: [secret]" in str(error)
    assert "Check the endpoint's API key" in str(error)
    # Nor may it come out with a traceback: nothing of the SDK's error hangs on to ours.
    while error is not None:
        assert KEY not in f"{error!r} {error} {vars(error)}"
        error = error.__cause__ or error.__context__  # type: ignore[assignment]  # the chain ends in None


def test_a_wrong_model_name_is_told_with_what_to_check() -> None:
    with (
        OpenAIServer(three, models={"llama"}) as server,
        Bench(server.base_url) as bench,
        pytest.raises(LLMRejected, match=r"`gpt-x` does not exist.*Check the model name and the base URL"),
    ):
        bench.ask()


def test_a_429_for_want_of_money_is_not_waited_for() -> None:
    broke = faults.status(429, message="You exceeded your current quota.", error="insufficient_quota")
    with OpenAIServer(three, faults=[broke] * 9) as server, Bench(server.base_url) as bench:
        with pytest.raises(LLMRejected, match="quota and billing"):
            bench.ask()
        assert len(server.requests) == 1


def test_a_conversation_too_long_for_the_model_ends_this_conversation_not_the_run() -> None:
    long = faults.status(400, message="maximum context length is 8192 tokens", error="context_length_exceeded")
    with (
        OpenAIServer(three, faults=[long]) as server,
        Bench(server.base_url) as bench,
        pytest.raises(LLMTruncated, match="8192"),
    ):
        bench.ask()


def test_a_prompt_the_provider_filters_ends_this_conversation_not_the_run() -> None:
    filtered = faults.status(400, message="Triggered our content management policy", error="content_filter")
    with (
        OpenAIServer(three, faults=[filtered]) as server,
        Bench(server.base_url) as bench,
        pytest.raises(LLMFiltered),
    ):
        bench.ask()


def test_a_burst_of_throttling_lowers_the_endpoints_concurrency() -> None:
    plan = [faults.throttled()] * 4
    with OpenAIServer(three, faults=plan) as server, Bench(server.base_url, concurrency=8, retries=4) as bench:
        bench.ask()
    assert bench.endpoint.gate.limit == 6
    assert bench.endpoint.gate.in_flight == 0


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": {"message": "No.", "code": "bad", "param": "seed"}}, ("No.", "bad seed")),
        ({"message": "No.", "type": "x"}, ("No.", "x")),
        ({"error": "No."}, ("No.", "")),
        ({"detail": "Not Found"}, ("Not Found", "")),
        ("<html><title>502 Bad\nGateway</title></html>", ("502 Bad Gateway", "")),
        ("plain  words", ("plain words", "")),
        (None, ("", "")),
    ],
)
def test_the_providers_words_are_found_in_every_usual_shape(body: object, words: tuple[str, str]) -> None:
    assert provider_words(body) == words


@pytest.mark.parametrize("code", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(code: int) -> None:
    asked: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.url.host)
        return httpx2.Response(code, headers={"location": "http://169.254.169.254/latest/meta-data/"})

    with (
        Bench("http://model.test/v1", transport=httpx2.MockTransport(answer)) as bench,
        pytest.raises(LLMRejected, match="leads elsewhere"),
    ):
        bench.ask()
    assert set(asked) == {"model.test"}
