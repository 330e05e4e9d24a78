"""``/api/conversations/{id}/threads`` and ``/api/mentions``: what people say to each other about conversations, and who looks."""

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Query, Router
from ninja.responses import Status

from studio.api.authentication import person
from studio.api.conversation_rows import conversation_row
from studio.api.lookup import by_id
from studio.api.paging import Page, Paging, page_of
from studio.api.responses import answers
from studio.api.schemas.comments import CommentIn, MentionShown, PresenceShown, ThreadIn, ThreadShown
from studio.domain import comments
from studio.domain.presence import others_at
from studio.domain.rounds import is_hidden
from studio.models import Comment, Thread

router = Router(tags=["comments"])
mentions = Router(tags=["comments"])


@router.get("/{id}/threads", response=answers(Page[ThreadShown]))
def list_threads(request: HttpRequest, id: str, paging: Query[Paging]) -> Page[ThreadShown]:
    """The threads on a conversation and its pairs, oldest first. To read them here marks no mention as read."""
    rows = _loaded(comments.threads_for(conversation_row(request, id), person(request)))
    return page_of(rows, paging=paging, show=ThreadShown.of, order=["pk"])


@router.post("/{id}/threads", response=answers(ThreadShown, status=201, conflicts=True))
def start_thread(request: HttpRequest, id: str, body: ThreadIn) -> Status[ThreadShown]:
    """Begin a thread on the conversation, or on the pair of `call_id`."""
    conversation, by = conversation_row(request, id), person(request)
    comment = comments.start_thread(conversation, text=body.text, by=by, call_id=body.call_id)
    return Status(201, _show(comment.thread))


@router.post("/{id}/threads/{thread_id}/comments", response=answers(ThreadShown, status=201, conflicts=True))
def reply_to_thread(request: HttpRequest, id: str, thread_id: str, body: CommentIn) -> Status[ThreadShown]:
    """Answer in a thread; a resolved one is open again."""
    thread = _thread(request, id, thread_id)
    comments.reply(thread, text=body.text, by=person(request))
    return Status(201, _show(thread))


@router.post("/{id}/threads/{thread_id}/resolve", response=answers(ThreadShown))
def resolve_thread(request: HttpRequest, id: str, thread_id: str) -> ThreadShown:
    """Say that it is settled."""
    thread = _thread(request, id, thread_id)
    comments.resolve(thread, by=person(request))
    return _show(thread)


@router.post("/{id}/threads/{thread_id}/reopen", response=answers(ThreadShown))
def reopen_thread(request: HttpRequest, id: str, thread_id: str) -> ThreadShown:
    """Say that it is not settled after all."""
    thread = _thread(request, id, thread_id)
    comments.reopen(thread, by=person(request))
    return _show(thread)


@router.patch("/{id}/comments/{comment_id}", response=answers(ThreadShown))
def edit_comment(request: HttpRequest, id: str, comment_id: str, body: CommentIn) -> ThreadShown:
    """Your own comment in other words."""
    comment = _comment(request, id, comment_id)
    comments.edit_comment(comment, text=body.text, by=person(request))
    return _show(comment.thread)


@router.delete("/{id}/comments/{comment_id}", response=answers(None, status=204))
def delete_comment(request: HttpRequest, id: str, comment_id: str) -> Status[None]:
    """Your own comment goes; with its last comment the thread does."""
    comments.delete_comment(_comment(request, id, comment_id), by=person(request))
    return Status(204, None)


@router.get("/{id}/presence", response=answers(list[PresenceShown]))
def list_presence(request: HttpRequest, id: str) -> list[PresenceShown]:
    """Who else has the conversation's page open now."""
    conversation = conversation_row(request, id)
    hidden = is_hidden(conversation)
    return [PresenceShown.of(row, is_hidden=hidden) for row in others_at(conversation, by=person(request))]


@mentions.get("", response=answers(Page[MentionShown]))
def list_mentions(request: HttpRequest, paging: Query[Paging]) -> Page[MentionShown]:
    """The comments that mention you and that you have not read, newest first."""
    rows = comments.unread_mentions(person(request)).select_related("comment__author", "comment__thread__conversation")
    rows = rows.defer("comment__thread__conversation__document").prefetch_related("comment__mentions__user")
    return page_of(rows, paging=paging, show=MentionShown.of)


@mentions.post("/{id}/read", response=answers(None, status=204))
def read_mentions(request: HttpRequest, id: str) -> Status[None]:
    """Note that you read what mentions you in the conversation of this id."""
    comments.mark_read(conversation_row(request, id), by=person(request))
    return Status(204, None)


def _loaded(threads: QuerySet[Thread]) -> QuerySet[Thread]:
    related = threads.select_related("resolved_by", "conversation")
    return related.defer("conversation__document").prefetch_related("comments__author", "comments__mentions__user")


def _show(thread: Thread) -> ThreadShown:
    return ThreadShown.of(_loaded(Thread.objects.all()).get(pk=thread.pk))


def _seen(request: HttpRequest, pid: str) -> QuerySet[Thread]:
    return comments.threads_for(conversation_row(request, pid), person(request))


def _thread(request: HttpRequest, pid: str, thread_pid: str) -> Thread:
    return by_id(_seen(request, pid).select_related("conversation"), thread_pid, what="thread")


def _comment(request: HttpRequest, pid: str, comment_pid: str) -> Comment:
    rows = Comment.objects.filter(thread__in=_seen(request, pid)).select_related("thread__conversation")
    return by_id(rows, comment_pid, what="comment")
