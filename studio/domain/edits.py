"""Edits of a conversation: a call's arguments or tool, its result, the words around it. Each is one revision.

An edit says what it made stale (``studio.domain.consequences``). Stale parts keep a conversation from being approved until they are
settled: run again (``studio.domain.reruns``), rewritten, or confirmed with a reason.
"""

from collections.abc import Iterable
from typing import Any, Literal

from generation.conversation import Conversation as Content
from generation.conversation import Outcome, PairRef, Provenance, Shape, canonical_json, from_document
from generation.errors import InvalidInput
from generation.tools import violations
from studio.domain.consequences import ANSWER as ANSWER
from studio.domain.consequences import LATER_RESULT as LATER_RESULT
from studio.domain.consequences import USER as USER
from studio.domain.consequences import answers_since as answers_since
from studio.domain.consequences import compare, stale_from
from studio.domain.conversations import OWN_RESULT as OWN_RESULT
from studio.domain.conversations import Change, save_change
from studio.domain.errors import NotPossible, Refused
from studio.domain.reviews import require_free
from studio.domain.saving import Save, save_edit
from studio.models import Conversation, User

TextField = Literal["system_prompt", "user", "thought", "text", "answer", "reason"]


def edit_call(
    conversation: Conversation, *, save: Save, call_id: str, arguments: object = None, tool: str | None = None
) -> Conversation:
    """Change a call's arguments and, if given, its tool. Its result is stale until it was run again.

    Raises Refused with one entry a violation (``pointer``, ``message``) when the tool's schema refuses the arguments, StaleVersion,
    ClaimHeld.
    """

    def edit(content: Content) -> Change | None:
        ref = find_pair(content, call_id)
        name, was = tool or ref.call.tool, ref.call.tool
        check_arguments(content, tool=name, arguments=arguments)
        assert isinstance(arguments, dict)
        is_same = canonical_json(arguments) == canonical_json(ref.call.arguments)
        if name == was and is_same:
            return None
        ref.call.arguments = arguments
        ref.call.tool = name
        ref.call.provenance = Provenance.EDITED
        changed = f"Changed arguments of #{ref.number + 1} {name}"
        if name != was:
            changed = f"Changed #{ref.number + 1} from {was} to {name}{'' if is_same else ', with other arguments'}"
        return Change(summary=changed, stale=stale_from(content, ref), stale_answers=answers_since(content, ref.turn))

    return save_edit(conversation, edit, save=save)


def check_arguments(content: Content, *, tool: str, arguments: object) -> None:
    """Raises Refused unless ``arguments`` fit the schema of the conversation's tool of that name."""
    definition = content.tool(tool)
    if definition is None:
        raise Refused(
            f"This conversation has no tool {tool!r}.", details=[{"pointer": "", "message": f"Unknown tool {tool}"}]
        )
    if not isinstance(arguments, dict):
        raise Refused("Arguments are a JSON object.", details=[{"pointer": "", "message": "Write a JSON object."}])
    try:
        canonical_json(arguments)
    except ValueError as error:
        details = [{"pointer": "", "message": "NaN and Infinity are no JSON."}]
        raise Refused("Arguments are JSON: NaN and Infinity are none.", details=details) from error
    found = violations(arguments, definition)
    if found:
        details = [{"pointer": violation.pointer, "message": violation.message} for violation in found]
        raise Refused(f"The arguments break the schema of {tool}.", details=details)


def edit_result(
    conversation: Conversation,
    *,
    save: Save,
    call_id: str,
    result: str,
    outcome: Outcome = Outcome.OK,
    error_type: str | None = None,
) -> Conversation:
    """Replace a result by hand; it is marked hand-written, for good."""

    def edit(content: Content) -> Change | None:
        ref = find_pair(content, call_id)
        call = ref.call
        if (call.result, call.outcome, call.error_type) == (result, outcome, error_type):
            return None
        call.error_type = None
        call.result, call.outcome = result, outcome
        call.error_type = error_type if outcome is Outcome.TOOL_ERROR else None
        call.provenance = Provenance.HAND_WRITTEN
        call.duration_ms = None
        return Change(
            summary=f"Wrote the result of #{ref.number + 1} {call.tool} by hand",
            fresh={call_id},
            stale_answers=answers_since(content, ref.turn),
        )

    return save_edit(conversation, edit, save=save)


def edit_text(
    conversation: Conversation,
    *,
    save: Save,
    field: TextField,
    text: str,
    turn: int = 0,
    step: int = 0,
    call_id: str = "",
) -> Conversation:
    """Change words: the system prompt, a turn's user message or answer, a step's thought or text, a call's reason.

    ``turn`` and ``step`` are places in ``version``.
    """

    def edit(content: Content) -> Change | None:
        change = Change(summary=_summary(field, turn, step))
        try:
            part, name = _part(content, field, turn=turn, step=step, call_id=call_id)
        except (IndexError, KeyError) as error:
            raise NotPossible("That part of the conversation is not there any more. Reload the page.") from error
        if field in ("user", "answer") and not text.strip():
            raise Refused(
                f"The {_words(field)} can't be empty.",
                details=[{"pointer": f"/{field}", "message": "Write something."}],
            )
        if getattr(part, name) == text:
            return None
        if field == "reason":
            ref = content.pair(call_id)
            change.summary = f"Changed the reason for #{ref.number + 1} {ref.call.tool}"
        setattr(part, name, text)
        if field == "answer":
            change.fresh_answers.add(turn)
        elif field == "user" and content.turns[turn].answer is not None:
            change.stale_answers[turn] = USER
        return change

    return save_edit(conversation, edit, save=save)


def confirm_fresh(
    conversation: Conversation,
    *,
    version: int,
    by: User,
    reason: str,
    call_ids: Iterable[str] = (),
    turns: Iterable[int] = (),
    everything: bool = False,
) -> Conversation:
    """Say that stale results or answers still hold, and why. Raises Refused without a reason.

    The result of a call whose own arguments were changed can't be confirmed: it is another call's result.
    """
    require_free(conversation, by=by)
    if not reason.strip():
        raise Refused("Say why it still holds.", details=[{"pointer": "/reason", "message": "Write a reason."}])
    stale = dict(conversation.pairs.exclude(stale="").values_list("call_id", "stale"))
    chosen = set(stale) if everything else set(call_ids)
    own = {call_id for call_id in chosen if stale.get(call_id) == OWN_RESULT}
    if own and not everything:
        raise NotPossible("This call was changed: run it again or write its result.")
    answers = {int(turn) for turn in conversation.stale_answers} if everything else set(turns)
    change = Change(summary="Confirmed stale parts", reason=reason, fresh=chosen - own, fresh_answers=answers)
    return save_change(conversation, version=version, content=conversation.content, change=change, by=by)


def replace_content(conversation: Conversation, *, save: Save, document: Any) -> Conversation:
    """Save a whole document. Results whose call is new or another one are stale, as are all calls and answers behind the first
    call that was changed, added, removed or moved.

    Raises Refused when the document is none, StaleVersion, ClaimHeld.
    """

    def edit(content: Content) -> Change | None:
        before = content.model_copy(deep=True)
        given = from_document(document)
        for name in type(content).model_fields:
            setattr(content, name, getattr(given, name))
        return compare(before, content, Change(summary="Replaced the document"))

    try:
        return save_edit(conversation, edit, save=save)
    except InvalidInput as error:
        raise Refused(str(error)) from error


def find_pair(content: Content, call_id: str) -> PairRef:
    """The pair of this id. Raises NotPossible when it is not there any more."""
    try:
        return content.pair(call_id)
    except KeyError as error:
        raise NotPossible("That call is not in the conversation any more. Reload the page.") from error


def _part(content: Content, field: TextField, *, turn: int, step: int, call_id: str) -> tuple[Shape, str]:
    """Where a text stands: the part that holds it, and its name there. Raises IndexError, KeyError."""
    if min(turn, step) < 0:
        raise IndexError("positions count from 0")
    if field == "system_prompt":
        return content, field
    if field == "reason":
        return content.pair(call_id).call, field
    if field in ("user", "answer"):
        return content.turns[turn], field
    if field in ("thought", "text"):
        return content.turns[turn].steps[step], field
    raise KeyError(field)


def _summary(field: TextField, turn: int, step: int) -> str:
    if field == "system_prompt":
        return "Changed the system prompt"
    if field in ("thought", "text"):
        return f"Changed the {_words(field)} of step {step + 1} in turn {turn + 1}"
    return f"Changed the {_words(field)} of turn {turn + 1}"


def _words(field: TextField) -> str:
    return {"user": "user message", "system_prompt": "system prompt", "text": "assistant text"}.get(field, field)
