"""One OpenAI-compatible endpoint: the only place that knows the ``openai`` SDK.

Owns the HTTP client, the one retry layer (the SDK's is off), the concurrency gate, the minute budgets and what
the endpoint turned out to be able to do; all of it is shared by every thread that asks. Refuses to read the
environment, to repair a reply (the builder's business), and to show the key.
"""

import collections
import functools
import json
import random
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self
from urllib.parse import urlsplit

import httpx2
import openai

from generation.conversation import canonical_json
from generation.errors import LLMEmpty, LLMReplyError
from generation.llm.capabilities import Capabilities, Profile, adapted
from generation.llm.client import Ledger, LedgerLine, Message, Reply
from generation.llm.completions import read_completion
from generation.llm.failures import RequestFailed, provider_words, rejected, retry_after, unavailable, wait_before_retry
from generation.llm.limiter import ConcurrencyGate, MinuteBudget
from generation.llm.question import Completion, Question, outcome_of, payload, read_reply, without_lone_surrogates
from generation.llm.schema import WireSchema, wire_schema
from generation.llm.settings import EndpointSettings, Strategy
from generation.llm.shared_budget import Allowance

__all__ = ["EndpointSettings", "OpenAIEndpoint", "Strategy"]

EMPTY_RETRIES = 2
"""Requests repeated at once after an empty reply. Empty is a hiccup of servers, not an answer that could be repaired."""
CHARACTERS_PER_TOKEN = 4
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class OpenAIEndpoint:
    """The endpoint that threads share. Close it when done, or use it as a context manager.

    ``transport`` replaces the network (``httpx2.MockTransport``, the demo model); ``sleep`` and ``clock`` are seconds.
    ``allowance`` makes the budget per minute of ``requests`` or ``tokens``; without it each endpoint object has one of its own.
    """

    def __init__(
        self,
        settings: EndpointSettings,
        *,
        transport: httpx2.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        rng: random.Random | None = None,
        allowance: Callable[[str, int], Allowance] | None = None,
    ) -> None:
        self.settings = settings
        self.sleep = sleep
        self.clock = clock
        self.rng = rng or random.Random()
        self.gate = ConcurrencyGate(settings.concurrency)
        self.capabilities = Capabilities(settings.structured_output)
        self._request_budget = _allowance("requests", settings.requests_per_minute, allowance, clock)
        self._token_budget = _allowance("tokens", settings.tokens_per_minute, allowance, clock)
        tls = httpx2.create_ssl_context(trust_env=_trusts_environment(settings))
        self._connect = functools.partial(_sdk, settings, transport, tls)
        self._idle: collections.deque[openai.OpenAI] = collections.deque()

    @contextmanager
    def _connection(self) -> Iterator[openai.OpenAI]:
        """A client of the SDK for one request at a time, so with one connection.

        In a pool that all threads share each request looks at every connection, twice, under one lock. There are no more of
        these than the gate lets requests through.
        """
        try:
            sdk = self._idle.pop()
        except IndexError:
            sdk = self._connect()
        try:
            yield sdk
        finally:
            self._idle.append(sdk)

    def client(self, ledger: Ledger | None = None) -> "EndpointClient":
        """An ``LLM`` on this endpoint that writes its requests to ``ledger``. Cheap: make one per conversation."""
        return EndpointClient(self, ledger or _no_ledger)

    def check(self) -> None:
        """Ask for the list of models, once, to find out before any work whether the endpoint can be reached and takes the key.

        A server without such a list passes. Raises LLMUnavailable or LLMRejected with what to do.
        """
        try:
            with self._connection() as sdk:
                sdk.models.list(timeout=self.settings.connect_timeout_s)
        except openai.APIStatusError as error:
            if error.status_code not in (401, 403):
                return
            failure = _status_failure(error)
        except openai.APIConnectionError as error:
            failure = RequestFailed(words=f"no connection: {_cause(error)}")
        except (openai.OpenAIError, ValueError):
            return
        else:
            return
        if failure.status is None:
            raise unavailable(failure, requests=1, settings=self.settings)
        raise rejected(failure, settings=self.settings)

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def request(self, body: dict[str, Any]) -> tuple[Completion, float]:
        """One request and its latency in ms, the waits for a place and for the budgets left out. Raises RequestFailed."""
        reserved = self._wait_for_budgets(body)
        ticket = self.gate.enter()
        started = self.clock()
        completion: Completion | None = None
        throttled = False
        try:
            completion = self._send(body)
        except RequestFailed as failure:
            throttled = failure.throttled
            failure.latency_ms = (self.clock() - started) * 1000
            raise
        finally:
            self.gate.leave(ticket, succeeded=completion is not None, throttled=throttled)
            if self._token_budget is not None:
                used = completion.tokens_in + completion.tokens_out if completion else 0
                # A server that counts nothing leaves the estimate standing.
                self._token_budget.settle(reserved=reserved, used=used if used or completion is None else reserved)
        return completion, (self.clock() - started) * 1000

    def _wait_for_budgets(self, body: dict[str, Any]) -> float:
        wait = self._request_budget.reserve() if self._request_budget is not None else 0.0
        tokens = 0.0
        if self._token_budget is not None:
            limit = body.get("max_tokens", body.get("max_completion_tokens", 0))
            tokens = len(canonical_json(body["messages"])) / CHARACTERS_PER_TOKEN + limit
            wait = max(wait, self._token_budget.reserve(tokens))
        if wait > 0:
            self.sleep(wait)
        return tokens

    def _send(self, body: dict[str, Any]) -> Completion:
        try:
            try:
                answer = self._create(body)
            except UnicodeEncodeError:
                # The SDK writes UTF-8; models do emit lone surrogates, and the history brings them back.
                answer = self._create(without_lone_surrogates(body))
        except openai.APIStatusError as error:
            failure = _status_failure(error)
        except openai.APITimeoutError:
            failure = RequestFailed(words=f"no answer within {self.settings.timeout_s:g} s")
        except openai.APIConnectionError as error:
            failure = RequestFailed(words=f"no connection: {_cause(error)}")
        except (openai.OpenAIError, ValueError, RecursionError) as error:
            failure = RequestFailed(words=f"the answer can't be read: {error}")
        else:
            return read_completion(answer)
        # Raised out here so that no SDK error, which holds the request and its headers, hangs on to it.
        raise failure

    def _create(self, body: dict[str, Any]) -> object:
        # Straight through the SDK's transport: its transformation of messages and its types, which check nothing,
        # cost more than the request.
        with self._connection() as sdk:
            response = sdk.post("/chat/completions", body=body, cast_to=httpx2.Response)
        if "json" not in response.headers.get("content-type", "application/json"):
            return response.text
        return json.loads(response.content)


class EndpointClient:
    """``LLM`` on a shared endpoint, with a ledger of its own."""

    def __init__(self, endpoint: OpenAIEndpoint, ledger: Ledger) -> None:
        self._endpoint = endpoint
        self._ledger = ledger

    @property
    def model(self) -> str:
        return self._endpoint.settings.model

    def ask(
        self,
        *,
        purpose: str,
        messages: Sequence[Message],
        reply: type[Reply],
        schema: dict[str, Any] | None = None,
        seed: int | None = None,
        temperature: float = 0.7,
        max_tokens: int = 2000,
    ) -> Reply:
        """See ``LLM.ask``. Server failures are retried with backoff, empty replies ``EMPTY_RETRIES`` times at once; a reply
        of another shape is raised to be repaired. Safe to call from many threads."""
        question = Question(
            purpose=purpose,
            messages=messages,
            reply=reply,
            schema=schema,
            seed=seed,
            temperature=temperature,
            max_tokens=max_tokens,
        )
        wire = wire_schema(question.asked_schema)
        profile = self._endpoint.capabilities.profile(wire.key)
        attempt = failures = empties = 0
        while True:
            attempt += 1
            try:
                return self._ask_once(question, wire=wire, profile=profile, attempt=attempt)
            except LLMEmpty:
                empties += 1
                if empties > EMPTY_RETRIES:
                    raise
                continue
            except RequestFailed as failed:
                failure = failed
            if failure.is_retryable:
                failures += 1
                self._wait_or_give_up(failure, failures=failures, attempt=attempt)
            else:
                profile = self._adapt_or_give_up(failure, profile)

    def _wait_or_give_up(self, failure: RequestFailed, *, failures: int, attempt: int) -> None:
        endpoint = self._endpoint
        if failures > endpoint.settings.retries:
            raise unavailable(failure, requests=attempt, settings=endpoint.settings)
        endpoint.sleep(wait_before_retry(failure, failures=failures, settings=endpoint.settings, rng=endpoint.rng))

    def _adapt_or_give_up(self, failure: RequestFailed, profile: Profile) -> Profile:
        other = adapted(profile, failure.refusal) if failure.status in (400, 404, 422) else None
        if other is None:
            raise rejected(failure, settings=self._endpoint.settings)
        return other

    def _ask_once(self, question: Question[Reply], *, wire: WireSchema, profile: Profile, attempt: int) -> Reply:
        """One request, one ledger line. Raises LLMReplyError and RequestFailed."""
        capabilities = self._endpoint.capabilities
        body = payload(question, model=self.model, profile=profile, wire=wire)
        try:
            completion, latency_ms = self._endpoint.request(body)
        except RequestFailed as failure:
            self._write(question, attempt, failure.latency_ms, "unavailable" if failure.is_retryable else "rejected")
            raise
        capabilities.remember(profile, wire.key)
        try:
            value = read_reply(question, completion)
        except LLMReplyError as error:
            outcome = outcome_of(error)
            if outcome == "malformed":
                capabilities.note_reply(profile.strategy, usable=False)
            self._write(question, attempt, latency_ms, outcome, completion, error.text)
            raise
        capabilities.note_reply(profile.strategy, usable=True)
        self._write(question, attempt, latency_ms, "ok", completion)
        return value

    def _write(
        self,
        question: Question[Reply],
        attempt: int,
        latency_ms: float,
        outcome: str,
        completion: Completion | None = None,
        reply: str = "",
    ) -> None:
        counted = completion or Completion()
        tokens = (counted.tokens_in, counted.tokens_cached, counted.tokens_out)
        line = LedgerLine(
            purpose=question.purpose,
            model=self.model,
            tokens_in=tokens[0],
            tokens_cached=tokens[1],
            tokens_out=tokens[2],
            latency_ms=latency_ms,
            attempt=attempt,
            outcome=outcome,
            cost=self._endpoint.settings.cost(*tokens),
            reply=reply,
        )
        self._ledger(line)


def _no_ledger(line: LedgerLine) -> None:
    """Nobody asked for the figures."""


def _allowance(
    what: str,
    per_minute: int | None,
    make: Callable[[str, int], Allowance] | None,
    clock: Callable[[], float],
) -> Allowance | None:
    if per_minute is None:
        return None
    return make(what, per_minute) if make else MinuteBudget(per_minute, clock=clock)


def _sdk(settings: EndpointSettings, transport: httpx2.BaseTransport | None, tls: ssl.SSLContext) -> openai.OpenAI:
    timeout = httpx2.Timeout(settings.timeout_s, connect=settings.connect_timeout_s, pool=None)
    http_client = httpx2.Client(
        transport=transport,
        timeout=timeout,
        verify=tls,
        limits=httpx2.Limits(keepalive_expiry=30.0),
        # A redirect may lead anywhere, with the key and the conversation: the address that was set up is the one asked.
        follow_redirects=False,
        trust_env=_trusts_environment(settings),
    )
    sdk = openai.OpenAI(
        # Servers without keys ignore this one; the SDK would look into the environment for None.
        api_key=settings.api_key.get_secret_value() if settings.api_key else "no-key",
        base_url=settings.url,
        timeout=timeout,
        max_retries=0,
        http_client=http_client,
    )
    # The SDK reads these from the environment; they belong to OpenAI and must not travel to other servers.
    sdk.organization = sdk.project = None
    return sdk


def _trusts_environment(settings: EndpointSettings) -> bool:
    """Whether the environment's proxies and certificates count: a model on this machine is never asked through the network's proxy."""
    return urlsplit(settings.url).hostname not in _LOOPBACK


def _status_failure(error: openai.APIStatusError) -> RequestFailed:
    words, code = provider_words(error.body)
    return RequestFailed(
        words=words, status=error.status_code, code=code, retry_after=retry_after(error.response.headers)
    )


def _cause(error: BaseException) -> str:
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error) or type(error).__name__
