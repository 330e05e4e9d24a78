"""What a change of a conversation makes stale, worked out from what it was and what it becomes.

The result of a changed call is stale, and so are the calls after it (they ran in a sandbox that the change may have altered) and the
answers given since.
"""

from generation.conversation import Call, PairRef, Provenance, canonical_json
from generation.conversation import Conversation as Content
from studio.domain.conversations import OWN_RESULT, Change

LATER_RESULT = "An earlier call was changed; this result may differ now."
ANSWER = "A result this answer rests on was changed."
USER = "The user message was changed."

_Asked = list[tuple[str, str]]
"""Call ids with what was asked, in order."""


def stale_from(content: Content, changed: PairRef) -> dict[str, str]:
    """What a change of this call makes stale: its own result and every later one."""
    later = {ref.call.id: LATER_RESULT for ref in content.pairs() if ref.number > changed.number}
    return {changed.call.id: OWN_RESULT, **later}


def answers_since(content: Content, turn: int) -> dict[int, str]:
    """The answers that rest on results of this turn or a later one."""
    return {number: ANSWER for number in range(turn, len(content.turns)) if content.turns[number].answer is not None}


def compare(before: Content, after: Content, change: Change) -> Change:
    """Note in ``change`` what ``after`` makes stale and fresh, and mark its calls by what became of them."""
    _compare_calls(before, after, change)
    _compare_words(before, after, change)
    return change


def _compare_calls(before: Content, after: Content, change: Change) -> None:
    """The calls; a result that was rewritten is fresh unless its call or an earlier one changed as well."""
    known = {call.id: call for call in before.calls}
    written: set[str] = set()
    for ref in after.pairs():
        call, old = ref.call, known.get(ref.call.id)
        if old is None or _asked(old) != _asked(call):
            call.provenance = Provenance.EDITED
            change.stale[call.id] = OWN_RESULT
        elif (old.result, old.outcome, old.error_type) != (call.result, call.outcome, call.error_type):
            call.provenance = Provenance.HAND_WRITTEN
            written.add(call.id)
            change.stale_answers |= answers_since(after, ref.turn)
        else:
            call.provenance = old.provenance
    was, stands = [(call.id, _asked(call)) for call in before.calls], [(call.id, _asked(call)) for call in after.calls]
    if was != stands:
        _compare_order(before, after, was, stands, change)
    change.fresh |= written - change.stale.keys()


def _compare_order(before: Content, after: Content, was: _Asked, stands: _Asked, change: Change) -> None:
    first = next((number for number, (old, new) in enumerate(zip(was, stands, strict=False)) if old != new), None)
    first = min(len(was), len(stands)) if first is None else first
    later = {ref.call.id: LATER_RESULT for ref in after.pairs() if ref.number >= first}
    change.stale = {**later, **change.stale}
    turns = [
        next((ref.turn for ref in content.pairs() if ref.number == first), len(content.turns))
        for content in (before, after)
    ]
    change.stale_answers |= answers_since(after, min(turns))


def _compare_words(before: Content, after: Content, change: Change) -> None:
    """A changed question makes its answer stale; an answer that was rewritten while nothing else became of it is fresh."""
    for number, (old, new) in enumerate(zip(before.turns, after.turns, strict=False)):
        if old.answer != new.answer and number not in change.stale_answers:
            change.fresh_answers.add(number)
        elif old.user != new.user and new.answer is not None:
            change.stale_answers.setdefault(number, USER)


def _asked(call: Call) -> str:
    return canonical_json([call.tool, call.arguments])
