"""Claims: who reviews a conversation now."""

from typing import Annotated

from django.db import transaction
from django.http import HttpRequest
from ninja import Body, Router

from studio.api.authentication import person
from studio.api.conversation_rows import conversation_row, show_conversation
from studio.api.responses import answers
from studio.api.schemas.conversations import ConversationDetail
from studio.api.schemas.reviews import ClaimRequest
from studio.domain import reviews
from studio.domain.claims import require_claim
from studio.domain.errors import NotPossible
from studio.models import Conversation

router = Router(tags=["claims"])


@router.post("/{id}/claim", response=answers(ConversationDetail, conflicts=True))
def claim_conversation(
    request: HttpRequest, id: str, body: Annotated[ClaimRequest, Body(default_factory=ClaimRequest)]
) -> ConversationDetail:
    """Claim it for ten minutes, or renew one's claim; 409 `claim_held` when somebody else has it."""
    by = person(request)
    with transaction.atomic():
        conversation = conversation_row(request, id, locked=True)
        if conversation.status not in Conversation.Status.waiting():
            raise NotPossible("Only a conversation that waits for a decision can be claimed.")
        if body.take_over:
            reviews.take_over(conversation, by=by)
        else:
            require_claim(conversation, by=by)
    return show_conversation(conversation, by=by)


@router.post("/{id}/release", response=answers(ConversationDetail))
def release_conversation(request: HttpRequest, id: str) -> ConversationDetail:
    """Let go of one's own claim; somebody else's stays."""
    conversation = conversation_row(request, id)
    by = person(request)
    reviews.release(conversation, by=by)
    return show_conversation(conversation, by=by)
