"""``/api/conversations/{id}/replay``: every call again from a clean sandbox; and revisions restored."""

from typing import Annotated

from django.http import Http404, HttpRequest
from ninja import Path, Router
from ninja.responses import Status

from studio.api.authentication import person
from studio.api.conversation_rows import conversation_row, show_conversation
from studio.api.responses import answers
from studio.api.schemas.conversations import ConversationDetail
from studio.api.schemas.fields import MAX_INTEGER
from studio.api.schemas.replays import ReplayShown, Restore
from studio.domain.history import restore_revision
from studio.domain.replays import ask_replay, last_replay
from studio.tasks import send_rerun

router = Router(tags=["revisions"])


@router.post("/{id}/replay", response=answers(ReplayShown, status=202, conflicts=True))
def replay_conversation(request: HttpRequest, id: str) -> Status[ReplayShown]:
    """Have every call executed again from a clean sandbox; the replay under way when there is one. Look at it until it is done."""
    rerun = ask_replay(conversation_row(request, id), by=person(request))
    send_rerun(rerun.pk)
    return Status(202, ReplayShown.of(rerun))


@router.get("/{id}/replay", response=answers(ReplayShown))
def get_replay(request: HttpRequest, id: str) -> ReplayShown:
    """The replay under way, or the last one."""
    rerun = last_replay(conversation_row(request, id))
    if rerun is None:
        raise Http404("This conversation has not been replayed.")
    return ReplayShown.of(rerun)


@router.post("/{id}/revisions/{version}/restore", response=answers(ConversationDetail, conflicts=True))
def restore(
    request: HttpRequest, id: str, version: Annotated[int, Path(ge=1, le=MAX_INTEGER)], body: Restore
) -> ConversationDetail:
    """Make this revision the next version, with the results that belonged to it and what was stale then. The body's
    `version` is the one that stands."""
    conversation = conversation_row(request, id)
    if not conversation.revisions.filter(version=version).exists():
        raise Http404(f"There is no version {version} of this conversation.")
    by = person(request)
    return show_conversation(
        restore_revision(conversation, version=body.version, revision=version, by=by, reason=body.reason), by=by
    )
