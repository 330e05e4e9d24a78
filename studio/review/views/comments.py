"""Comments: said, answered, changed, deleted, resolved. Whoever may read the conversation may comment, whoever holds it."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from studio.domain import comments
from studio.models import Comment, Conversation, Thread
from studio.review.answers import find_ref, is_htmx, load
from studio.review.comments import CONVERSATION
from studio.review.presentation import show_card
from studio.review.queue import queue_of
from studio.review.sources import load_sources
from studio.web.decorators import user_of


@require_GET
def people(request: HttpRequest, pid: str) -> HttpResponse:
    """Who can be mentioned: ``{"names": […]}``."""
    found = comments.people_to_mention(load(request, pid)).exclude(pk=user_of(request).pk)
    return JsonResponse({"names": list(found.values_list("username", flat=True))})


@require_POST
def start(request: HttpRequest, pid: str, call_id: str = "") -> HttpResponse:
    """A new thread on a pair, or on the conversation."""
    conversation = load(request, pid)
    comments.start_thread(conversation, text=_text(request), by=user_of(request), call_id=call_id)
    return _answer(request, conversation, call_id)


@require_POST
def change_thread(request: HttpRequest, pid: str, thread_pid: str, verb: str) -> HttpResponse:
    """One more comment in a thread; or it is settled, or not after all."""
    conversation, by = load(request, pid), user_of(request)
    thread = _find_thread(request, conversation, thread_pid)
    match verb:
        case "reply":
            comments.reply(thread, text=_text(request), by=by)
        case "resolve":
            comments.resolve(thread, by=by)
        case "reopen":
            comments.reopen(thread, by=by)
    return _answer(request, conversation, thread.call_id)


@require_POST
def change_comment(request: HttpRequest, pid: str, comment_pid: str, verb: str) -> HttpResponse:
    """One's own comment in other words, or it goes."""
    conversation, by = load(request, pid), user_of(request)
    comment = _find_comment(request, conversation, comment_pid)
    call_id = comment.thread.call_id  # with its last comment the thread goes
    match verb:
        case "edit":
            comments.edit_comment(comment, text=_text(request), by=by)
        case "delete":
            comments.delete_comment(comment, by=by)
    return _answer(request, conversation, call_id)


def _text(request: HttpRequest) -> str:
    return request.POST.get("text", "")


def _find_thread(request: HttpRequest, conversation: Conversation, pid: str) -> Thread:
    return get_object_or_404(comments.threads_for(conversation, user_of(request)), pid=pid)


def _find_comment(request: HttpRequest, conversation: Conversation, pid: str) -> Comment:
    seen = comments.threads_for(conversation, user_of(request))
    return get_object_or_404(Comment.objects.select_related("thread__conversation"), pid=pid, thread__in=seen)


def _answer(request: HttpRequest, conversation: Conversation, call_id: str) -> HttpResponse:
    """The place of the comment, and out of band the head of its pair, which counts its threads."""
    sources = load_sources(conversation, by=user_of(request))
    is_there = any(call.id == call_id for call in sources.content.calls)
    card = show_card(sources, find_ref(sources, call_id)) if is_there else None
    place = card.comments if card else sources.comments
    if not is_htmx(request):
        return redirect(f"{sources.url}{queue_of(request).query}#{place.name if card else f'comments-{CONVERSATION}'}")
    context = {"card": card, "place": place, "conversation": conversation, "queue": queue_of(request)}
    return render(request, "review/comments_and_head.html", context)
