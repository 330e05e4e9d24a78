"""The page itself, its thread and rail as fragments, and the way to the next conversation."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_safe

from studio.domain.comments import mark_read
from studio.domain.presence import note_presence, others_at
from studio.domain.reviews import claim_next, last_decision
from studio.domain.rounds import is_hidden
from studio.domain.visibility import conversations_for
from studio.models import Conversation
from studio.review.answers import answer_page, answer_thread, load
from studio.review.background import show_background
from studio.review.editors import CLOSED
from studio.review.presentation import show_thread
from studio.review.queue import neighbours, queue_of
from studio.review.sources import load_sources
from studio.web.decorators import user_of


@require_safe
def conversation_review(request: HttpRequest, pid: str) -> HttpResponse:
    """A conversation to read, edit and decide on."""
    by = user_of(request)
    sources = load_sources(load(request, pid), by=by)
    if request.method == "GET":
        sources.unread, request.unread_mentions = mark_read(sources.conversation, by=by)  # type: ignore[attr-defined]  # for the navigation
    return answer_page(request, sources)


@require_GET
def background(request: HttpRequest, pid: str) -> HttpResponse:
    """What the rail tells besides, for a page that was just opened; and note that it is."""
    conversation, by = load(request, pid), user_of(request)
    note_presence(conversation, by=by)
    hidden = is_hidden(conversation)
    context = {
        "conversation": conversation,
        "background": show_background(conversation, by=by, is_hidden=hidden),
        "others": others_at(conversation, by=by),
        "is_hidden": hidden,
    }
    return render(request, "review/background.html", context)


@require_GET
def step(request: HttpRequest, pid: str, way: str) -> HttpResponse:
    """The conversation before or behind this one in the order of the list that one came from; at its end this one again."""
    conversation, queue = load(request, pid), queue_of(request)
    previous, following = neighbours(conversation, queue=queue, by=user_of(request))
    found = following if way == "next" else previous
    if found is None:
        messages.info(request, f"This is the {'last' if way == 'next' else 'first'} conversation of the list.")
    return redirect(f"{reverse('conversation_review', args=[found or pid])}{queue.query}")


@require_GET
def thread(request: HttpRequest, pid: str) -> HttpResponse:
    """The thread as it stands, for a page that looks which of its parts changed; ``whole``: to be put in place of the old one."""
    sources = load_sources(load(request, pid), by=user_of(request))
    if "whole" in request.GET:
        return answer_thread(request, sources, anchor="")
    context = {
        "thread": show_thread(sources),
        "conversation": sources.conversation,
        "editor": CLOSED,
        "queue": queue_of(request),
    }
    return render(request, "review/thread.html", context)


@require_GET
def next_review(request: HttpRequest) -> HttpResponse:
    """Claim the next conversation of the queue and go there; say what to do when there is none."""
    by, queue = user_of(request), queue_of(request)
    left = Conversation.objects.filter(pid=request.GET.get("after", "")).values_list("pk", flat=True).first()
    found = claim_next(by, among=queue.narrow(conversations_for(by), by=by), order=queue.order, after=left)
    if found is not None:
        return redirect(f"{reverse('conversation_review', args=[found.pid])}{queue.query}")
    waiting = Conversation.objects.filter(status__in=Conversation.Status.waiting())
    context = {
        "queue": queue,
        "elsewhere": bool(queue.filters.given) and waiting.claimable(by=by).exists(),
        "held": queue.narrow(waiting, by=by).in_review().exclude(claimed_by=by).count(),
        "has_decisions": last_decision(by) is not None,
    }
    return render(request, "review/empty_queue.html", context)
