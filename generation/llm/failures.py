"""What a request that was not answered means: try again, ask differently, or stop, and in which words.

Owns the statuses, ``Retry-After`` and the sentences people read. Knows no SDK.
"""

import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

from generation.errors import LLMError, LLMFiltered, LLMRejected, LLMTruncated, LLMUnavailable
from generation.llm.settings import EndpointSettings

BACKOFF_BASE_S = 0.5
BACKOFF_MAX_S = 30.0
_WORDS_KEPT = 500
# A 429 that waiting does not cure.
_NO_MONEY = re.compile(r"insufficient_quota|billing|credit balance|exceeded your current quota", re.IGNORECASE)
_TOO_LONG = re.compile(
    r"context_length|context length|context window|maximum context|prompt is too long", re.IGNORECASE
)
_FILTERED = re.compile(r"content_filter|content_policy|content management policy|responsibleai", re.IGNORECASE)
_ADVICE = {
    401: "Check the endpoint's API key.",
    402: "Check the account's balance.",
    403: "Check the endpoint's API key and what it may use.",
    404: "Check the model name and the base URL (it usually ends in /v1).",
    405: "Check the base URL (it usually ends in /v1).",
    413: "The request is too large for this endpoint.",
    429: "Check the account's quota and billing.",
}


@dataclass(kw_only=True, eq=False)
class RequestFailed(Exception):
    """One request was not answered. ``status`` None means no HTTP answer, or one that can't be read. ``words`` are the
    server's own, ``retry_after`` its wish in seconds, ``latency_ms`` how long it took to fail."""

    words: str
    status: int | None = None
    code: str = ""
    retry_after: float | None = None
    latency_ms: float = 0.0

    @property
    def throttled(self) -> bool:
        return self.status == 429

    @property
    def is_retryable(self) -> bool:
        if self.status == 429:
            return not _NO_MONEY.search(f"{self.code} {self.words}")
        return self.status is None or self.status in (408, 409) or self.status >= 500

    @property
    def refusal(self) -> str:
        """Everything the server said about why, to be searched."""
        return f"{self.words} {self.code}"


def provider_words(body: Any) -> tuple[str, str]:
    """What the server said in an error body of any of the usual shapes, and its code: (words, code)."""
    if isinstance(body, str):
        title = re.search(r"<title>(.*?)</title>", body, re.DOTALL | re.IGNORECASE)
        return _brief(title.group(1) if title else body), ""
    if not isinstance(body, Mapping):
        return "", ""
    error = body.get("error", body)
    if not isinstance(error, Mapping):
        return _brief(error), str(body.get("code") or "")
    words = error.get("message") or error.get("detail") or error.get("msg") or dict(error)
    code = " ".join(str(error[key]) for key in ("code", "param", "type") if error.get(key) is not None)
    return _brief(words), code


def _brief(words: object) -> str:
    return " ".join(str(words).split())[:_WORDS_KEPT]


def retry_after(headers: Mapping[str, str], *, now: Callable[[], float] = time.time) -> float | None:
    """Seconds the server asks to wait: ``retry-after-ms``, or ``Retry-After`` in seconds or as an HTTP date."""
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers[name]) * scale
        except (KeyError, ValueError):
            continue
        if 0 <= seconds < float("inf"):
            return seconds
    try:
        date = parsedate_to_datetime(headers["retry-after"])
    except (KeyError, ValueError):
        return None
    # A date without a zone is read as UTC, which is what HTTP says it is.
    moment = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, moment.timestamp() - now())


def wait_before_retry(
    failure: RequestFailed, *, failures: int, settings: EndpointSettings, rng: random.Random
) -> float:
    """Seconds to wait after the ``failures``-th failure: exponential with full jitter, or what the server asked for.

    A little jitter on top of ``Retry-After`` keeps many threads from coming back in the same instant.
    """
    backoff = rng.uniform(0.0, min(BACKOFF_MAX_S, BACKOFF_BASE_S * 2.0 ** (failures - 1)))
    if failure.retry_after is None:
        return backoff
    asked = min(failure.retry_after, settings.retry_after_max_s)
    return asked + rng.uniform(0.0, min(BACKOFF_BASE_S, asked * 0.25))


def unavailable(failure: RequestFailed, *, requests: int, settings: EndpointSettings) -> LLMUnavailable:
    """The error after the last retry."""
    tries = "1 request" if requests == 1 else f"{requests} requests"
    status = f"{failure.status} " if failure.status else ""
    words = settings.scrub(f"{status}{failure.words}").strip()
    if failure.status is None:
        advice = "check its base URL and that the server runs"
    else:
        advice = "try again later" + (" or lower the endpoint's concurrency" if failure.throttled else "")
    return LLMUnavailable(f"The model {settings.label} did not answer after {tries} ({words}): {advice}.")


def rejected(failure: RequestFailed, *, settings: EndpointSettings) -> LLMError:
    """The error of a request that trying again can't cure.

    A conversation too long for the model, or one that the provider's filter stops, says nothing about the other
    conversations of a run: these are reply errors. Everything else is LLMRejected.
    """
    words = settings.scrub(failure.words)
    if failure.status in (400, 413, 422) and _TOO_LONG.search(failure.refusal):
        return LLMTruncated(f"The conversation no longer fits the model's context: {words}")
    if failure.status == 400 and _FILTERED.search(failure.refusal):
        return LLMFiltered(f"The provider's content filter stopped the request: {words}")
    if 300 <= (failure.status or 0) < 400:
        advice = "It leads elsewhere, which is not followed: set the base URL it leads to."
    else:
        advice = _ADVICE.get(failure.status or 0, "Check the endpoint's model name and the run's parameters.")
    said = f'{failure.status} "{words}"' if words else str(failure.status)
    return LLMRejected(f'The model {settings.label} refuses requests for model "{settings.model}": {said}. {advice}')
