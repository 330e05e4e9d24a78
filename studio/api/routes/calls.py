"""``/api/conversations/{id}/calls/{call_id}``: one call's arguments, result and verdict."""

from dataclasses import replace

from django.db import transaction
from django.http import Http404, HttpRequest
from ninja import Router

from generation.conversation import Call
from studio.api.authentication import person
from studio.api.conversation_rows import conversation_row, show_conversation
from studio.api.errors import moved, place
from studio.api.responses import answers
from studio.api.schemas.calls import CallPatch
from studio.api.schemas.conversations import ConversationDetail
from studio.domain.edits import edit_call, edit_result
from studio.domain.errors import Refused
from studio.domain.reviews import require_version, set_verdict
from studio.domain.saving import Save, content_at
from studio.models import Conversation, User

router = Router(tags=["calls"])


@router.patch("/{id}/calls/{call_id}", response=answers(ConversationDetail, conflicts=True))
def change_call(request: HttpRequest, id: str, call_id: str, body: CallPatch) -> ConversationDetail:
    """Change a call; all of it is saved or nothing. Arguments that break the tool's schema are refused with 422 and a
    pointer to each place, under `/arguments`. With `merge`, a 409 names what collides in its details."""
    with transaction.atomic():
        conversation = conversation_row(request, id, locked=True)
        call = find_call(conversation, call_id)
        if not body.merge:
            require_version(conversation, version=body.version)
        return show_conversation(_change(conversation, call, body, by=person(request)), by=person(request))


def find_call(conversation: Conversation, call_id: str) -> Call:
    """The call of this id. Raises Http404."""
    try:
        return conversation.content.pair(call_id).call
    except KeyError as error:
        raise Http404("There is no call of this id in the conversation.") from error


def _change(conversation: Conversation, call: Call, body: CallPatch, *, by: User) -> Conversation:
    save = Save(version=body.version, by=by, reason=body.reason, merges=body.merge)
    if body.changes_call:
        conversation = _change_arguments(conversation, call, body, save=save)
        # What was asked is saved by now, so its result is written for that.
        save = replace(save, version=conversation.version)
    if body.result is not None:
        conversation = edit_result(
            conversation,
            save=save,
            call_id=call.id,
            result=body.result,
            outcome=body.outcome,
            error_type=body.error_type,
        )
    if body.says_something:
        verdict: str | None = body.verdict
        if verdict is None:
            own = conversation.pair_verdicts.filter(call_id=call.id, reviewer=by).first()
            verdict = own.verdict if own else ""
        set_verdict(conversation, call_id=call.id, verdict=verdict, by=by, comment=body.comment, tag=body.tag)
    return conversation


def _change_arguments(conversation: Conversation, call: Call, body: CallPatch, *, save: Save) -> Conversation:
    if body.tool is not None and conversation.content.tool(body.tool) is None:
        message = f"This conversation has no tool {body.tool!r}."
        raise Refused(message, details=[place("/tool", message)])
    typed_on = content_at(conversation, body.version) or conversation.content
    was = next((before for before in typed_on.calls if before.id == call.id), call)
    try:
        return edit_call(
            conversation,
            save=save,
            call_id=call.id,
            arguments=was.arguments if body.arguments is None else body.arguments,
            tool=body.tool,
        )
    except Refused as error:
        raise moved(error, under="/arguments") from error
