"""Waivers, for leads: a blocking finding let pass, and that taken back. Both answer with the rail."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from studio.domain import waivers
from studio.domain.errors import DomainError, NotAllowed, StaleVersion
from studio.review.answers import SAVED, Notice, answer_rail, is_htmx, load, rail_context, reload
from studio.review.queue import queue_of
from studio.review.saving import posted_version
from studio.web.decorators import leads_only, user_of
from studio.web.refusals import status_of

_REASON = "reason-"


@require_POST
@leads_only("waive a finding")
def waive(request: HttpRequest, pid: str) -> HttpResponse:
    """Let the finding pass whose button was pressed; with Enter in its field, the one a reason was written for."""
    conversation = load(request, pid)
    posted = request.POST
    written = {name.removeprefix(_REASON): str(text) for name, text in posted.items() if name.startswith(_REASON)}
    filled = [finding for finding, text in written.items() if text.strip()]
    finding = posted.get("finding") or (filled or [""])[0]
    version = posted_version(posted.get("version"))
    try:
        waivers.waive(
            conversation, version=version, finding=finding, by=user_of(request), reason=written.get(finding, "")
        )
    except NotAllowed:
        raise
    except DomainError as error:
        notice = Notice(text=str(error), is_conflict=isinstance(error, StaleVersion))
        stands = version if notice.is_conflict else conversation.version
        return answer_rail(
            request, reload(request, conversation), notice=notice, version=stands, status=status_of(error)
        )
    return _answer(request, pid)


@require_POST
@leads_only("revoke a waiver")
def revoke(request: HttpRequest, pid: str, waiver_pid: str) -> HttpResponse:
    """Take a waiver back."""
    conversation = load(request, pid)
    waiver = get_object_or_404(conversation.waivers, pid=waiver_pid)
    waivers.revoke_waiver(waiver, by=user_of(request))
    return _answer(request, pid)


def _answer(request: HttpRequest, pid: str) -> HttpResponse:
    sources = reload(request, load(request, pid))
    if not is_htmx(request):
        return redirect(f"{sources.url}{queue_of(request).query}#rail-checks")
    response = render(request, "review/rail.html", rail_context(request, sources))
    response["HX-Trigger-After-Settle"] = SAVED
    return response
