"""What can go wrong with a model server, as values: a plan for the stand-in to follow."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    STATUS = "status"  # an error status with OpenAI's error body
    RESET = "reset"  # the connection is reset instead of an answer
    HANG = "hang"  # no answer for ``seconds``, then the connection closes
    HTML = "html"  # 200 with a proxy's page
    ERROR_200 = "error_200"  # 200 with an error body
    EMPTY = "empty"  # an answer without content
    REFUSAL = "refusal"
    FILTERED = "filtered"  # finish_reason content_filter
    TRUNCATED = "truncated"  # half of the content, finish_reason length
    FENCED = "fenced"  # the right JSON in a code fence behind a sentence
    THOUGHTS = "thoughts"  # the right JSON behind a <think> block with braces in it
    PROSE = "prose"  # no JSON at all
    WRONG_SHAPE = "wrong_shape"  # JSON of another shape


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing going wrong. ``retry_after`` is the header as it is sent; ``seconds`` how long a hang lasts."""

    kind: Kind
    status: int = 200
    message: str = "The server had an error."
    code: str | None = None
    retry_after: str | None = None
    seconds: float = 3.0


def status(
    code: int, *, message: str = "The server had an error.", error: str | None = None, after: str | None = None
) -> Fault:
    return Fault(kind=Kind.STATUS, status=code, message=message, code=error, retry_after=after)


def throttled(after: str | None = None) -> Fault:
    return status(429, message="Rate limit reached.", error="rate_limit_exceeded", after=after)


RESET = Fault(kind=Kind.RESET)
HTML = Fault(kind=Kind.HTML)
EMPTY = Fault(kind=Kind.EMPTY)
REFUSAL = Fault(kind=Kind.REFUSAL)
FILTERED = Fault(kind=Kind.FILTERED)
TRUNCATED = Fault(kind=Kind.TRUNCATED)
FENCED = Fault(kind=Kind.FENCED)
THOUGHTS = Fault(kind=Kind.THOUGHTS)
PROSE = Fault(kind=Kind.PROSE)
WRONG_SHAPE = Fault(kind=Kind.WRONG_SHAPE)

STORM: dict[Fault, float] = {
    throttled(): 0.10,
    status(500): 0.05,
    RESET: 0.02,
    Fault(kind=Kind.HANG): 0.02,
    PROSE: 0.03,
    WRONG_SHAPE: 0.03,
    EMPTY: 0.02,
    REFUSAL: 0.01,
}
"""The storm that generation has to come through: fault to probability."""
