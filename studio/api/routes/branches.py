"""Conversations gone on from one of their places: asked for, looked at, stopped, kept or discarded."""

from django.http import HttpRequest
from ninja import Router
from ninja.responses import Status

from studio.api.authentication import person
from studio.api.conversation_rows import conversation_row, show_conversation
from studio.api.lookup import by_id, referred_to
from studio.api.responses import answers
from studio.api.routes.calls import find_call
from studio.api.schemas.branches import BranchIn, BranchShown
from studio.api.schemas.conversations import ConversationDetail
from studio.domain.branches import ask_branch, cancel_branch, discard_branch, keep_branch
from studio.domain.reviews import require_version
from studio.models import Branch, Endpoint
from studio.tasks import dispatch_branches

router = Router(tags=["branches"])


@router.post("/{id}/regenerate", response=answers(BranchShown, status=202, conflicts=True))
def regenerate(request: HttpRequest, id: str, body: BranchIn) -> Status[BranchShown]:
    """Keep the conversation up to a place and let an agent go on from there. Look at the branch until it is done, then
    keep or discard it; a conversation has one undecided branch at a time."""
    conversation = conversation_row(request, id)
    require_version(conversation, version=body.version)
    if body.call_id is not None:
        find_call(conversation, body.call_id)
    branch = ask_branch(
        conversation,
        endpoint=referred_to(Endpoint.objects.all(), body.endpoint, what="endpoint", column="name"),
        by=person(request),
        call_id=body.call_id or "",
        turn=body.turn or 0,
        instruction=body.instruction,
    )
    dispatch_branches()
    return Status(202, BranchShown.of(branch))


@router.get("/{id}/branches/{branch_id}", response=answers(BranchShown))
def get_branch(request: HttpRequest, id: str, branch_id: str) -> BranchShown:
    """How far it is, with the steps made so far."""
    return BranchShown.of(_branch(request, id, branch_id))


@router.post("/{id}/branches/{branch_id}/cancel", response=answers(BranchShown, conflicts=True))
def stop_branch(request: HttpRequest, id: str, branch_id: str) -> BranchShown:
    """Stop it while it is under way; what it cost stays on record."""
    cancel_branch(_branch(request, id, branch_id), by=person(request))
    return BranchShown.of(_branch(request, id, branch_id))


@router.post("/{id}/branches/{branch_id}/keep", response=answers(ConversationDetail, conflicts=True))
def keep_new(request: HttpRequest, id: str, branch_id: str) -> ConversationDetail:
    """Make the branch the conversation's next version. One that is the same but for the ids of its calls makes none: it is
    discarded, and the conversation stands as it was."""
    by = person(request)
    return show_conversation(keep_branch(_branch(request, id, branch_id), by=by), by=by)


@router.post("/{id}/branches/{branch_id}/discard", response=answers(BranchShown, conflicts=True))
def keep_original(request: HttpRequest, id: str, branch_id: str) -> BranchShown:
    """Keep the original; the branch stays on record."""
    discard_branch(_branch(request, id, branch_id), by=person(request))
    return BranchShown.of(_branch(request, id, branch_id))


def _branch(request: HttpRequest, pid: str, branch_pid: str) -> Branch:
    conversation = conversation_row(request, pid)
    rows = Branch.objects.filter(conversation=conversation).select_related("endpoint", "conversation__claimed_by")
    return by_id(rows, branch_pid, what="branch")
