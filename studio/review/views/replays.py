"""Replaying a conversation: ask, look how far it is, wait no longer."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from studio import tasks
from studio.domain import replays
from studio.models import Conversation
from studio.review.answers import SAVED, is_htmx, load
from studio.review.queue import queue_of
from studio.review.replays import show_panel
from studio.review.sources import load_sources
from studio.web.decorators import user_of


@require_POST
def ask(request: HttpRequest, pid: str) -> HttpResponse:
    """Have every call executed again from a clean sandbox."""
    conversation = load(request, pid)
    tasks.send_rerun(replays.ask_replay(conversation, by=user_of(request)).pk)
    return _answer(request, conversation)


@require_safe
def show(request: HttpRequest, pid: str) -> HttpResponse:
    """How far it is; the fragment asks again by itself until it is done, then the page looks which pairs changed."""
    return _answer(request, load(request, pid))


@require_POST
def stop(request: HttpRequest, pid: str) -> HttpResponse:
    """Wait no longer; nothing is kept of it."""
    conversation = load(request, pid)
    replays.stop_replay(conversation)
    return _answer(request, conversation)


def _answer(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    sources = load_sources(conversation, by=user_of(request))
    if not is_htmx(request):
        return redirect(f"{sources.url}{queue_of(request).query}#replay")
    replay = sources.reruns.get(replays.EVERY_CALL)
    panel = show_panel(conversation, replay, repeated=sources.repeated(sources.content.calls))
    context = {"replay": panel, "conversation": conversation, "queue": queue_of(request)}
    response = render(request, "review/replay.html", context)
    if not panel.is_underway:
        response["HX-Trigger-After-Settle"] = SAVED
    return response
