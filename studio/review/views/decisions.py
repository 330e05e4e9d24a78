"""Decisions: approve, reject, second opinion, skip, and undo. Each leads on to the next conversation of the queue."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from studio.domain import edits, reviews
from studio.domain.errors import DomainError, NotAllowed, StaleVersion
from studio.models import Conversation
from studio.review.answers import Notice, answer_rail, load
from studio.review.queue import queue_of
from studio.review.saving import posted_version
from studio.review.sources import load_sources
from studio.web.decorators import user_of
from studio.web.refusals import status_of


@require_POST
def approve(request: HttpRequest, pid: str) -> HttpResponse:
    """Approve the version the page shows, and go on."""
    return _decide(request, pid, reviews.approve, "Approved.")


@require_POST
def reject(request: HttpRequest, pid: str) -> HttpResponse:
    """Reject with one of the dataset's reasons, or in free words. Reasons come as the page showed them: they may be others by now."""
    reason = request.POST.get("chosen") or request.POST.get("reason", "")
    return _decide(request, pid, reviews.reject, f"Rejected: {reason.strip()}.", reason=reason)


@require_POST
def second_opinion(request: HttpRequest, pid: str) -> HttpResponse:
    """Pass it on to somebody else's judgement."""
    note = request.POST.get("note", "")
    return _decide(request, pid, reviews.ask_second_opinion, "Passed on for a second opinion.", reason=note)


@require_POST
def skip(request: HttpRequest, pid: str) -> HttpResponse:
    """Leave it for later, and go on."""
    conversation = load(request, pid)
    reviews.skip(conversation, by=user_of(request))
    return _go_on(request, conversation)


@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    """Take the last decision back and return to that conversation."""
    undone = reviews.undo(user_of(request))
    if undone is None:
        messages.info(request, "There is nothing to undo.")
        return redirect(f"{reverse('next_review')}{queue_of(request).query}")
    messages.success(request, f"Taken back: {undone.get_decision_display().lower()}.")
    page = reverse("conversation_review", args=[undone.conversation.pid])
    return redirect(f"{page}{queue_of(request).query}")


@require_POST
def confirm_everything(request: HttpRequest, pid: str) -> HttpResponse:
    """Say, with a reason, that all stale parts still hold (those whose own call was changed excepted)."""
    conversation = load(request, pid)
    edits.confirm_fresh(
        conversation,
        version=posted_version(request.POST.get("version")),
        by=user_of(request),
        reason=request.POST.get("holds", ""),
        everything=True,
    )
    page = reverse("conversation_review", args=[pid])
    return redirect(f"{page}{queue_of(request).query}")


def _decide(request: HttpRequest, pid: str, decide: Callable[..., Any], words: str, **details: str) -> HttpResponse:
    conversation = load(request, pid)
    version = posted_version(request.POST.get("version"))
    try:
        decide(conversation, version=version, by=user_of(request), **details)
    except NotAllowed:
        raise
    except DomainError as error:
        is_conflict = isinstance(error, StaleVersion)
        is_known = decide is reviews.approve and not is_conflict and bool(reviews.obstacles(conversation))
        notice = Notice(text=str(error), is_conflict=is_conflict, repeats_obstacles=is_known)
        stands = version if is_conflict else conversation.version
        return answer_rail(
            request,
            load_sources(load(request, pid), by=user_of(request)),
            notice=notice,
            version=stands,
            status=status_of(error),
        )
    messages.success(request, words)
    return _go_on(request, conversation)


def _go_on(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    queue = queue_of(request)
    joint = "&" if queue.query else "?"
    return redirect(f"{reverse('next_review')}{queue.query}{joint}after={conversation.pid}")
