"""Whether a conversation became what its pattern wanted. No calls at all where calls are wanted is another check's matter."""

import re
from collections.abc import Callable, Iterator

from generation.checks.derivation import is_derived
from generation.checks.evidence import leaves, readable, succeeded
from generation.checks.finding import Spot
from generation.checks.literals import Kind, whole_literal
from generation.checks.reading import only_reads
from generation.conversation import Call, Conversation, Outcome, Turn
from generation.plan import Pattern

MAX_COUNT = 12
"""Up to here almost any number is the count of something."""

_WORD = re.compile(r"[^\W_]{3,}|\d+")
_QUESTION = re.compile(r"[?\uff1f\u061f]\s*(?:$|[\"”»)\n]|\s)")


def unfit_patterns(conversation: Conversation) -> Iterator[Spot]:
    """What of its pattern a finished conversation does not show."""
    find = _UNFIT.get(conversation.pattern or "")
    if find is not None and conversation.turns and all(turn.answer is not None for turn in conversation.turns):
        yield from find(conversation)


def _unfit_parallel(conversation: Conversation) -> Iterator[Spot]:
    if conversation.calls and not any(len(step.calls) > 1 for turn in conversation.turns for step in turn.steps):
        yield Spot("The pattern parallel wants independent calls in one step, but every step makes one call.")


def _unfit_sequential(conversation: Conversation) -> Iterator[Spot]:
    """Each later call of a turn must use something from an earlier result. What opens a turn may be new, but not
    every time."""
    earlier: list[str] = []
    independent: list[Spot] = []
    uses = 0
    for number, turn in enumerate(conversation.turns):
        for position, step in enumerate(turn.steps):
            for call in step.calls if earlier else []:
                if _uses(call, earlier):
                    uses += 1
                elif position:
                    message = f"The pattern sequential wants {call.tool} to use an earlier result, but it uses none."
                    independent.append(Spot(message, call.id, number))
            earlier += [readable(call.result).casefold() for call in step.calls if call.result]
    if independent:
        yield from independent
    elif conversation.calls and not uses:
        yield Spot("The pattern sequential wants calls that depend on each other, but none uses an earlier result.")


def _unfit_write_then_verify(conversation: Conversation) -> Iterator[Spot]:
    """Every turn that changes something must look at it after its last change; and something must be changed."""
    tools = {tool.name: tool for tool in conversation.tools}
    changes = [call for call in conversation.calls if succeeded(call) and not only_reads(call, tools)]
    if conversation.calls and not changes:
        yield Spot("The pattern write_then_verify wants a change, but no call changed anything.")
    if changes:
        calls = conversation.calls
        after = calls[calls.index(changes[-1]) + 1 :]
        if not any(succeeded(call) and only_reads(call, tools) for call in after):
            yield Spot(
                f"The pattern write_then_verify wants a look after {changes[-1].tool}, but none follows.",
                changes[-1].id,
            )


def _unfit_error_recovery(conversation: Conversation) -> Iterator[Spot]:
    calls = conversation.calls
    failed = [position for position, call in enumerate(calls) if call.outcome is Outcome.TOOL_ERROR]
    if calls and not failed:
        yield Spot("The pattern error_recovery wants an error, but every call succeeded.")
    if failed and not any(succeeded(call) for call in calls[failed[0] + 1 :]):
        yield Spot(
            "The pattern error_recovery wants a success after the error, but none follows.", calls[failed[-1]].id
        )


def _unfit_clarify(conversation: Conversation) -> Iterator[Spot]:
    """The opening must be answered by a question, without a call; later turns may do the work."""
    opening: Turn = conversation.turns[0]
    for call in opening.calls:
        yield Spot(f"The pattern clarify wants a question first, but {call.tool} was called.", call.id, 0)
    if not opening.calls and not _QUESTION.search(opening.answer or ""):
        yield Spot("The pattern clarify wants the answer to ask for what is missing, but it asks nothing.", turn=0)


def _unfit_single(conversation: Conversation) -> Iterator[Spot]:
    for number, turn in enumerate(conversation.turns):
        done = [call for call in turn.calls if succeeded(call)]
        if len(done) > 1:
            yield Spot(f"The pattern single wants one call, but {len(done)} succeeded.", done[1].id, number)


_UNFIT: dict[str, Callable[[Conversation], Iterator[Spot]]] = {
    Pattern.SINGLE: _unfit_single,
    Pattern.PARALLEL: _unfit_parallel,
    Pattern.SEQUENTIAL: _unfit_sequential,
    Pattern.WRITE_THEN_VERIFY: _unfit_write_then_verify,
    Pattern.ERROR_RECOVERY: _unfit_error_recovery,
    Pattern.CLARIFY: _unfit_clarify,
}


def _uses(call: Call, results: list[str]) -> bool:
    """Whether something of the call's arguments stands in, or follows from, one of these results. A call
    without arguments can't show what it depends on."""
    texts = list(leaves(call.arguments))
    parts = {part for text in texts for part in _telling_parts(text.casefold())}
    if not parts or any(part in result for part in parts for result in results):
        return True
    return any(
        part.isdecimal() and int(part) > MAX_COUNT and is_derived(part, results) for part in parts if len(part) < 19
    )


def _telling_parts(text: str) -> list[str]:
    """The words and numbers by which a value can be recognised; of an id its number, which tells it from its like."""
    literal = whole_literal(text)
    if literal is not None and literal.kind is Kind.ID and (numbers := re.findall(r"\d{2,}", text)):
        return numbers
    return _WORD.findall(text)
