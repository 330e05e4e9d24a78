"""Pairs, steps and turns added, removed and put into another order. Each is one revision; what it makes stale follows from it.

A step stands and falls with its calls: without any it would be the last of its turn, so the last call that goes takes its step with
it, thought and words included.
"""

import secrets
import string
from collections.abc import Callable
from typing import Any, Literal

from generation.conversation import Call, PairRef, Provenance, Step
from generation.conversation import Conversation as Content
from studio.domain.consequences import compare
from studio.domain.conversations import Change
from studio.domain.edits import check_arguments, find_pair
from studio.domain.errors import NotPossible
from studio.domain.saving import Save, save_edit
from studio.models import Conversation

Place = Literal["beside", "before", "after"]
"""Where a new call goes: into the same step behind the call, or into a step of its own before or after that one."""
Way = Literal["up", "down"]
ID_LENGTH = 9
_LETTERS = string.ascii_letters + string.digits
_GONE = "That place is not in the conversation any more. Reload the page."


def add_call(
    conversation: Conversation,
    *,
    save: Save,
    tool: str,
    arguments: Any,
    call_id: str = "",
    turn: int = 0,
    place: Place = "after",
    thought: str = "",
) -> Conversation:
    """Add a call that was not run yet, next to the call ``call_id``, or as the first step of ``turn`` when none is named.

    ``thought`` is that of a new step. Raises Refused when the tool's schema refuses the arguments, NotPossible when the place is
    gone, StaleVersion, ClaimHeld.
    """

    def edit(content: Content) -> str:
        check_arguments(content, tool=tool, arguments=arguments)
        call = Call(id=fresh_id(content), tool=tool, arguments=arguments, provenance=Provenance.EDITED)
        if not call_id:
            _turn_of(content, turn).steps.insert(0, Step(thought=thought, calls=[call]))
        else:
            ref = find_pair(content, call_id)
            steps = content.turns[ref.turn].steps
            if place == "beside":
                steps[ref.step].calls.insert(ref.position + 1, call)
            else:
                steps.insert(ref.step + (place == "after"), Step(thought=thought, calls=[call]))
        number = content.pair(call.id).number
        return f"Added #{number + 1} {tool}"

    return _restructure(conversation, edit, save=save)


def remove_call(conversation: Conversation, *, save: Save, call_id: str, whole_step: bool = False) -> Conversation:
    """Remove a pair, or all pairs of its step with it."""

    def edit(content: Content) -> str:
        ref = find_pair(content, call_id)
        steps = content.turns[ref.turn].steps
        calls = steps[ref.step].calls
        summary = f"Removed #{ref.number + 1} {ref.call.tool}"
        if whole_step and len(calls) > 1:
            first = ref.number - ref.position + 1
            summary = f"Removed the step of #{first} to #{first + len(calls) - 1}"
        if whole_step or len(calls) == 1:
            del steps[ref.step]
        else:
            del calls[ref.position]
        return summary

    return _restructure(conversation, edit, save=save)


def move_call(
    conversation: Conversation, *, save: Save, call_id: str, way: Way, whole_step: bool = False
) -> Conversation:
    """Move a pair among those of its step, or its whole step among those of its turn. Raises NotPossible at either end."""

    def edit(content: Content) -> str:
        ref = find_pair(content, call_id)
        steps = content.turns[ref.turn].steps
        if whole_step:
            # The step without calls closes its turn: nothing goes behind it.
            _swap(steps, ref.step, way, end=sum(bool(step.calls) for step in steps))
        else:
            _swap(steps[ref.step].calls, ref.position, way, end=len(steps[ref.step].calls))
        what = "the step of " if whole_step else ""
        return f"Moved {what}#{ref.number + 1} {ref.call.tool} {way}"

    return _restructure(conversation, edit, save=save)


def split_step(conversation: Conversation, *, save: Save, call_id: str) -> Conversation:
    """Let this call and those behind it in its step be a step of their own. Raises NotPossible for the first of a step."""

    def edit(content: Content) -> str:
        ref = find_pair(content, call_id)
        if ref.position == 0:
            raise NotPossible("This pair is the first of its step already.")
        steps = content.turns[ref.turn].steps
        calls = steps[ref.step].calls
        steps.insert(ref.step + 1, Step(calls=calls[ref.position :]))
        del calls[ref.position :]
        return f"Split the step before #{ref.number + 1}"

    return _restructure(conversation, edit, save=save)


def join_step(conversation: Conversation, *, save: Save, call_id: str) -> Conversation:
    """Put the calls of this call's step into the step before: parallel calls, under the thoughts of both. Raises NotPossible for
    the first step of a turn."""

    def edit(content: Content) -> str:
        ref = find_pair(content, call_id)
        steps = content.turns[ref.turn].steps
        if ref.step == 0:
            raise NotPossible("This is the first step of its turn: there is none to join.")
        earlier, step = steps[ref.step - 1], steps[ref.step]
        earlier.calls += step.calls
        earlier.thought = _joined(earlier.thought, step.thought)
        earlier.text = _joined(earlier.text, step.text)
        del steps[ref.step]
        return f"Joined #{ref.number + 1} with the step before"

    return _restructure(conversation, edit, save=save)


def remove_turn(conversation: Conversation, *, save: Save, turn: int) -> Conversation:
    """Remove the last turn. Raises NotPossible for any other, and for the only one."""

    def edit(content: Content) -> str:
        _turn_of(content, turn)
        if turn != len(content.turns) - 1:
            raise NotPossible("Only the last turn can be removed: later ones build on the others.")
        if turn == 0:
            raise NotPossible("A conversation has one turn at least.")
        del content.turns[turn]
        return f"Removed turn {turn + 1}"

    return _restructure(conversation, edit, save=save)


def fresh_id(content: Content) -> str:
    """A call id that the conversation doesn't have; random, so that it comes again in no other version either."""
    taken = {call.id for call in content.calls}
    while (found := "".join(secrets.choice(_LETTERS) for _ in range(ID_LENGTH))) in taken:
        pass
    return found


def siblings(content: Content, ref: PairRef) -> list[Call]:
    """The calls of a pair's step, itself included."""
    return content.turns[ref.turn].steps[ref.step].calls


def _restructure(conversation: Conversation, edit: Callable[[Content], str], *, save: Save) -> Conversation:
    """Save what ``edit`` makes of the content, under the summary it returns."""

    def compared(content: Content) -> Change:
        before = content.model_copy(deep=True)
        summary = edit(content)
        return compare(before, content, Change(summary=summary))

    return save_edit(conversation, compared, save=save)


def _turn_of(content: Content, turn: int) -> Any:
    if not 0 <= turn < len(content.turns):
        raise NotPossible(_GONE)
    return content.turns[turn]


def _swap(elements: list[Any], at: int, way: Way, *, end: int) -> None:
    to = at + (1 if way == "down" else -1)
    if not 0 <= to < end:
        raise NotPossible(f"It can't go further {way}.")
    elements[at], elements[to] = elements[to], elements[at]


def _joined(one: str, other: str) -> str:
    return "\n\n".join(part for part in (one, other) if part)
