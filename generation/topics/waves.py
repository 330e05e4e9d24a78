"""Many questions to a model at once, their answers in the order of the questions.

The answers of one wave are used in order by one thread, so that the outcome does not depend on which came first. What
can't be used comes back as the error it was; only what stops everything is raised.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic

from generation.errors import LLMFiltered, LLMRefused, LLMReplyError, LLMUnavailable
from generation.llm.client import LLM, Message, Reply

MAX_UNAVAILABLE = 3
"""Questions in a row the endpoint did not answer, each after all its retries, before the rest is not asked any more."""


@dataclass(frozen=True, kw_only=True)
class Ask(Generic[Reply]):
    """One question, as ``LLM.ask`` takes it."""

    purpose: str
    messages: list[Message]
    reply: type[Reply]
    schema: dict[str, Any] | None = None
    seed: int | None = None
    temperature: float = 0.7
    max_tokens: int = 2000


Failure = LLMReplyError | LLMUnavailable


def is_worth_repairing(failure: Failure) -> bool:
    """Whether the model may do better when it is told what was wrong."""
    return isinstance(failure, LLMReplyError) and not isinstance(failure, LLMRefused | LLMFiltered)


@contextmanager
def pool_of(executor: Executor | None, *, max_workers: int) -> Iterator[Executor]:
    """The executor that was passed in, or one of our own that ends with the block."""
    if executor is not None:
        yield executor
        return
    own = ThreadPoolExecutor(max_workers=max_workers, thread_name_prefix="topics")
    try:
        yield own
    finally:
        # After an interrupt nobody waits for answers that are not used any more.
        own.shutdown(wait=False, cancel_futures=True)


def ask_each(asks: Sequence[Ask[Reply]], *, llm: LLM, pool: Executor) -> Iterator[Reply | Failure]:
    """The answer to each question, in order; for one without usable answer the error.

    Raises LLMRejected, and LLMUnavailable when ``MAX_UNAVAILABLE`` in a row were not answered; what was not asked yet is
    then not asked any more.
    """
    waiting: deque[Future[Reply | Failure]] = deque(pool.submit(_asking(llm, ask)) for ask in asks)
    unanswered = 0
    try:
        while waiting:
            answer = waiting.popleft().result()
            unanswered = unanswered + 1 if isinstance(answer, LLMUnavailable) else 0
            if isinstance(answer, LLMUnavailable) and unanswered >= MAX_UNAVAILABLE:
                raise answer
            yield answer
    finally:
        for future in waiting:
            future.cancel()


def _asking(llm: LLM, ask: Ask[Reply]) -> Callable[[], Reply | Failure]:
    def asking() -> Reply | Failure:
        try:
            return llm.ask(
                purpose=ask.purpose,
                messages=ask.messages,
                reply=ask.reply,
                schema=ask.schema,
                seed=ask.seed,
                temperature=ask.temperature,
                max_tokens=ask.max_tokens,
            )
        except (LLMReplyError, LLMUnavailable) as error:
            return error

    return asking
