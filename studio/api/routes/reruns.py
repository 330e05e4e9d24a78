"""Calls executed again: asked for, looked at, accepted or discarded."""

from django.http import HttpRequest
from ninja import Router
from ninja.responses import Status

from studio.api.authentication import person
from studio.api.conversation_rows import conversation_row, show_conversation
from studio.api.lookup import by_id
from studio.api.responses import answers
from studio.api.routes.calls import find_call
from studio.api.schemas.calls import RerunShown
from studio.api.schemas.conversations import ConversationDetail
from studio.domain.reruns import accept_rerun, ask_rerun, discard_rerun
from studio.domain.reviews import require_free
from studio.models import Rerun
from studio.tasks import send_rerun

router = Router(tags=["reruns"])


@router.post("/{id}/calls/{call_id}/execute", response=answers(RerunShown, status=202, conflicts=True))
def execute_call(request: HttpRequest, id: str, call_id: str) -> Status[RerunShown]:
    """Have the call, and those behind it, executed again in a rebuilt sandbox. Look at the rerun until it is done."""
    conversation = conversation_row(request, id)
    find_call(conversation, call_id)
    rerun = ask_rerun(conversation, call_id=call_id, by=person(request))
    send_rerun(rerun.pk)
    return Status(202, RerunShown.of(rerun))


@router.get("/{id}/reruns/{rerun_id}", response=answers(RerunShown))
def get_rerun(request: HttpRequest, id: str, rerun_id: str) -> RerunShown:
    """How far it is, and what came back."""
    return RerunShown.of(_rerun(request, id, rerun_id))


@router.post("/{id}/reruns/{rerun_id}/accept", response=answers(ConversationDetail, conflicts=True))
def accept_results(request: HttpRequest, id: str, rerun_id: str) -> ConversationDetail:
    """Take the new results into the conversation as one revision."""
    return show_conversation(accept_rerun(_rerun(request, id, rerun_id), by=person(request)), by=person(request))


@router.post("/{id}/reruns/{rerun_id}/discard", response=answers(RerunShown, conflicts=True))
def discard_results(request: HttpRequest, id: str, rerun_id: str) -> RerunShown:
    """Leave the conversation as it is. One that was accepted stays accepted."""
    rerun = _rerun(request, id, rerun_id)
    require_free(rerun.conversation, by=person(request))
    discard_rerun(rerun)
    rerun.refresh_from_db()
    return RerunShown.of(rerun)


def _rerun(request: HttpRequest, pid: str, rerun_pid: str) -> Rerun:
    conversation = conversation_row(request, pid)
    rows = Rerun.objects.filter(conversation=conversation).select_related("conversation__claimed_by")
    return by_id(rows, rerun_pid, what="rerun")
