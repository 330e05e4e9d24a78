"""``/api/queue/next``: the next conversation to review."""

from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router
from ninja.responses import Status

from studio.api.authentication import person
from studio.api.conversation_rows import conversation_row, show_conversation
from studio.api.filters import QueueFilters
from studio.api.responses import answers
from studio.api.schemas.conversations import ConversationDetail
from studio.domain.reviews import claim_next, undo
from studio.domain.visibility import conversations_for

router = Router(tags=["queue"])


@router.post("/next", response=answers(ConversationDetail, others=(204,)))
def claim_next_conversation(
    request: HttpRequest, filters: Query[QueueFilters], after: Annotated[str, Query()] = ""
) -> Status[ConversationDetail | None]:
    """Claim the next waiting conversation that passes the filters; 204 when there is none. Two people never get the same.

    `after` is the id of the one just left: those behind it in the order come first.
    """
    by = person(request)
    left = conversation_row(request, after).pk if after else None
    claimed = claim_next(by, among=filters.narrow(conversations_for(by), by=by), order=filters.order, after=left)
    return Status(204, None) if claimed is None else Status(200, show_conversation(claimed, by=by))


@router.post("/undo", response=answers(ConversationDetail, others=(204,), conflicts=True))
def undo_last_decision(request: HttpRequest) -> Status[ConversationDetail | None]:
    """Take your last decision back, an adjudication too: status, approvals and what is blind are as before. 204 when there is none,
    409 when somebody acted on that conversation since."""
    by = person(request)
    undone = undo(by)
    return Status(204, None) if undone is None else Status(200, show_conversation(undone.conversation, by=by))
