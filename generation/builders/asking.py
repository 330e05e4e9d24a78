"""One question to the model: asked once, accepted, or noted as rejected so that the next asking repairs it.

What was wrong stands in the state as a note, so an attempt that is taken up again asks exactly what it would
have asked. Refuses to decide what a good reply is: that is the question's own ``accept``.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple

from generation.conversation import Conversation, Note
from generation.errors import (
    AttemptFailed,
    LLMEmpty,
    LLMFiltered,
    LLMMalformed,
    LLMRefused,
    LLMReplyError,
    LLMTruncated,
)
from generation.llm.client import LLM, Message, Reply
from generation.plan import Plan, Rng

CODES = {
    LLMRefused: "refused",
    LLMFiltered: "filtered",
    LLMTruncated: "truncated",
    LLMEmpty: "empty",
    LLMMalformed: "malformed",
}
FINAL_CODES = {"refused", "filtered"}
"""Outcomes that the same question would only meet again: the attempt ends at once."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """What one attempt has to work with; the same for all its steps."""

    plan: Plan
    llm: LLM
    rng: Rng


@dataclass(frozen=True, kw_only=True)
class Question(Generic[Reply]):
    """What is asked, and for which place of the conversation. ``schema`` narrows the reply's own."""

    purpose: str
    turn: int | None
    messages: list[Message]
    reply: type[Reply]
    step: int | None = None
    schema: dict[str, Any] | None = None
    temperature: float


class Rejection(NamedTuple):
    """What was wrong with a reply, and the reply."""

    problem: str
    text: str


class Unfit(Exception):
    """The reply has the right shape but can't be used; ``code`` names the reason, the text tells the model."""

    def __init__(self, problem: str, *, code: str) -> None:
        super().__init__(problem)
        self.code = code


def pursue(
    state: Conversation,
    attempt: Attempt,
    question: Question[Reply],
    *,
    accept: Callable[[Reply], Conversation],
    accept_refusal: Callable[[str], Conversation] | None = None,
) -> Conversation:
    """The state after asking once: what ``accept`` makes of the reply, or the state with the rejected reply noted.

    ``accept`` raises Unfit for a reply that has to be repaired; ``accept_refusal`` takes the model's own words where
    declining is what the plan wants. Raises AttemptFailed when the model declined or
    ``step_retries`` repairs were in vain; LLMUnavailable and LLMRejected pass through.
    """
    try:
        reply = attempt.llm.ask(
            purpose=question.purpose,
            messages=question.messages,
            reply=question.reply,
            schema=question.schema,
            seed=request_seed(state, attempt.rng, question),
            temperature=question.temperature,
            max_tokens=attempt.plan.config.max_tokens,
        )
    except LLMReplyError as error:
        if isinstance(error, LLMRefused) and accept_refusal is not None:
            return accept_refusal(error.text)
        return _reject(state, attempt, question, Rejection(error.problem, error.text), code=_code(error))
    try:
        return accept(reply)
    except Unfit as unfit:
        return _reject(state, attempt, question, Rejection(str(unfit), reply_text(reply)), code=unfit.code)


def request_seed(state: Conversation, rng: Rng, question: Question[Reply]) -> int:
    """The seed of this request: it depends on the place and on how often it was asked there, nothing else."""
    asked = sum((note.turn, note.step) == (question.turn, question.step) for note in state.notes)
    place = ["" if part is None else part for part in (question.turn, question.step)]
    return rng.at("request", question.purpose, *place, asked).randrange(2**31)


def rejections(state: Conversation, purpose: str, turn: int | None, step: int | None = None) -> list[Rejection]:
    """The replies to this question that were rejected since it was last asked in another way, oldest first."""
    found: list[Rejection] = []
    for note in state.notes:
        if (note.turn, note.step) != (turn, step):
            continue
        if note.code == f"rejected_{purpose}":
            problem, _, text = note.detail.partition("\n\n")
            found.append(Rejection(problem, text))
        else:
            found.clear()
    return found


def is_last_try(state: Conversation, attempt: Attempt, question: Question[Reply]) -> bool:
    """Whether another rejection of this question ends the attempt."""
    tried = len(rejections(state, question.purpose, question.turn, question.step))
    return tried >= attempt.plan.config.step_retries


def failure(state: Conversation, message: str, *, code: str) -> AttemptFailed:
    """AttemptFailed that carries what was made so far."""
    return AttemptFailed(message, code=code, conversation=state)


def reply_text(reply: Reply) -> str:
    return json.dumps(reply.model_dump(mode="python"), ensure_ascii=False, default=str)


def one_paragraph(text: str) -> str:
    """The text without blank lines, which part a note's problem from the reply it is about."""
    return "\n".join(line.rstrip() for line in text.splitlines() if line.strip())


def _reject(
    state: Conversation, attempt: Attempt, question: Question[Reply], rejection: Rejection, *, code: str
) -> Conversation:
    note = Note(
        code=f"rejected_{question.purpose}",
        detail=f"{one_paragraph(rejection.problem)}\n\n{rejection.text}",
        turn=question.turn,
        step=question.step,
    )
    noted = state.model_copy(update={"notes": [*state.notes, note]})
    if code in FINAL_CODES:
        raise failure(noted, f"The model declined ({question.purpose}): {rejection.problem}", code=code)
    if is_last_try(state, attempt, question):
        tries = attempt.plan.config.step_retries + 1
        times = "once" if tries == 1 else f"{tries} times"
        raise failure(
            noted, f"The model answered {question.purpose} unusably {times}; last: {rejection.problem}", code=code
        )
    return noted


def _code(error: LLMReplyError) -> str:
    return next((code for kind, code in CODES.items() if isinstance(error, kind)), "malformed")
