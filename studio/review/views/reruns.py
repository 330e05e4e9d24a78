"""Running a call again: ask, look how far it is, accept or discard."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from studio import tasks
from studio.domain import reruns, reviews
from studio.models import Conversation, Rerun
from studio.review.answers import CLAIMED, answer_card, find_ref, is_htmx, load, reload
from studio.review.presentation import show_card
from studio.review.queue import queue_of
from studio.review.sources import Sources, load_sources
from studio.web.decorators import user_of


@require_POST
def ask(request: HttpRequest, pid: str, call_id: str) -> HttpResponse:
    """Have the call, and those behind it, executed again in a rebuilt sandbox."""
    conversation, by = load(request, pid), user_of(request)
    find_ref(load_sources(conversation, by=user_of(request)), call_id)
    rerun, was_mine = reruns.ask_rerun(conversation, call_id=call_id, by=by), conversation.claimed_by_id == by.pk
    reviews.claim(conversation, by=by)
    tasks.send_rerun(rerun.pk)
    response = _answer(request, load_sources(conversation, by=user_of(request)), call_id)
    if not was_mine:
        response["HX-Trigger"] = CLAIMED
    return response


@require_GET
def show(request: HttpRequest, pid: str, rerun_pid: str) -> HttpResponse:
    """How far it is; the fragment asks again by itself until it is done."""
    conversation = load(request, pid)
    return _answer(request, load_sources(conversation, by=user_of(request)), _find(conversation, rerun_pid).call_id)


@require_POST
def accept(request: HttpRequest, pid: str, rerun_pid: str) -> HttpResponse:
    """Take the new results into the conversation."""
    conversation, by = load(request, pid), user_of(request)
    rerun = _find(conversation, rerun_pid)
    saved = reruns.accept_rerun(rerun, by=by)
    reviews.claim_saved(saved, by=by)
    return answer_card(request, reload(request, saved), rerun.call_id, saved=True)


@require_POST
def discard(request: HttpRequest, pid: str, rerun_pid: str) -> HttpResponse:
    """Leave the conversation as it is."""
    conversation = load(request, pid)
    rerun = _find(conversation, rerun_pid)
    reviews.require_free(conversation, by=user_of(request))
    reruns.discard_rerun(rerun)
    return _answer(request, load_sources(conversation, by=user_of(request)), rerun.call_id)


def _find(conversation: Conversation, rerun_pid: str) -> Rerun:
    return get_object_or_404(conversation.reruns.select_related("conversation__claimed_by"), pid=rerun_pid)


def _answer(request: HttpRequest, sources: Sources, call_id: str) -> HttpResponse:
    ref = find_ref(sources, call_id)
    if not is_htmx(request):
        return redirect(f"{sources.url}{queue_of(request).query}#pair-{ref.number + 1}")
    context = {"card": show_card(sources, ref), "conversation": sources.conversation, "queue": queue_of(request)}
    return render(request, "review/rerun.html", context)
