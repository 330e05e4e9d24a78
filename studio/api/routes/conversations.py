"""``/api/conversations``: found by filters, read whole, changed against a version."""

from dataclasses import replace

from django.db import transaction
from django.http import HttpRequest
from ninja import Query, Router

from studio.api.authentication import person
from studio.api.conversation_rows import conversation_row, conversation_rows, show_conversation
from studio.api.errors import moved
from studio.api.filters import ConversationFilters
from studio.api.paging import Page, Paging, page_of
from studio.api.responses import answers
from studio.api.schemas.conversations import ConversationDetail, ConversationPatch, ConversationSummary
from studio.domain.edits import edit_text, replace_content
from studio.domain.errors import Refused
from studio.domain.reviews import require_version
from studio.domain.saving import Save
from studio.models import Conversation, User

router = Router(tags=["conversations"])


@router.get("", response=answers(Page[ConversationSummary]))
def list_conversations(
    request: HttpRequest, filters: Query[ConversationFilters], paging: Query[Paging]
) -> Page[ConversationSummary]:
    """Conversations that pass every filter given, without their documents."""
    rows = filters.narrow(conversation_rows(request), by=person(request))
    return page_of(rows, paging=paging, show=ConversationSummary.of, order=filters.order.columns)


@router.get("/{id}", response=answers(ConversationDetail))
def get_conversation(request: HttpRequest, id: str) -> ConversationDetail:
    """One conversation: the document, its pairs, findings, and what keeps it from being approved."""
    return show_conversation(conversation_row(request, id), by=person(request))


@router.patch("/{id}", response=answers(ConversationDetail, conflicts=True))
def change_conversation(request: HttpRequest, id: str, body: ConversationPatch) -> ConversationDetail:
    """Replace the document, or words in it. Results whose call differs become stale, and all calls and answers behind. With
    `merge`, a 409 names what collides in its details."""
    with transaction.atomic():
        conversation = conversation_row(request, id, locked=True)
        if not body.merge:
            require_version(conversation, version=body.version)
        return show_conversation(_change(conversation, body, by=person(request)), by=person(request))


def _change(conversation: Conversation, body: ConversationPatch, *, by: User) -> Conversation:
    save = Save(version=body.version, by=by, reason=body.reason, merges=body.merge)
    if body.document is not None:
        conversation = replace_content(conversation, save=save, document=body.document)
        save = replace(save, version=conversation.version)
    for index, edit in enumerate(body.texts):
        try:
            conversation = edit_text(conversation, save=save, **edit.model_dump())
        except Refused as error:
            details = [{**detail, "pointer": "/text"} for detail in error.details or []]
            raise moved(Refused(error.message, details=details), under=f"/texts/{index}") from error
        # Merged, the next words stand where they stood in the version they were typed on.
        if not body.merge or body.document is not None:
            save = replace(save, version=conversation.version)
    return conversation
