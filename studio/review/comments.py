"""Threads of comments as the review page shows them: those of a pair below it, those of the conversation in the rail."""

import zlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from studio.domain.comments import split_mentions, threads_for
from studio.models import Comment, Conversation, Thread, User
from studio.web.visible_text import show, typed

CONVERSATION = "conversation"
"""The place of threads that belong to no pair."""


@dataclass(frozen=True, kw_only=True)
class CommentView:
    """One comment. ``text`` is what its author edits."""

    pid: str
    author: str
    html: SafeString
    text: str
    at: datetime
    is_edited: bool
    is_own: bool
    url: str


@dataclass(frozen=True, kw_only=True)
class ThreadView:
    """``is_new``: it mentions the reader, who sees it for the first time. ``is_orphan``: its pair was removed."""

    pid: str
    call_id: str
    url: str
    comments: list[CommentView]
    resolved_by: str
    resolved_at: datetime | None
    is_new: bool
    is_orphan: bool = False

    @property
    def is_resolved(self) -> bool:
        return self.resolved_at is not None


@dataclass(frozen=True, kw_only=True)
class Comments:
    """The comments of one place. ``stop`` is the id of the pair they stand below, "" in the rail; ``url`` begins a thread."""

    name: str
    stop: str
    label: str
    draft: str
    url: str
    people_url: str
    threads: list[ThreadView]

    @property
    def open_count(self) -> int:
        return sum(not thread.is_resolved for thread in self.threads)

    @property
    def open_words(self) -> str:
        return f"{self.open_count} open thread{'' if self.open_count == 1 else 's'}"

    @property
    def print(self) -> str:
        """Changes when what is shown changes. The same for all that are empty: it is compared with that of the same place only."""
        return f"{zlib.crc32(repr(self.threads).encode('utf-8', 'backslashreplace')):08x}"


def show_threads(conversation: Conversation, *, by: User, unread: Collection[int] = ()) -> dict[str, list[ThreadView]]:
    """The threads that ``by`` may see, by call id ("" for the conversation's own). ``unread``: those that mention ``by`` anew."""
    rows = threads_for(conversation, by).select_related("resolved_by")
    found: dict[str, list[ThreadView]] = {}
    for thread in rows.prefetch_related("comments__author", "comments__mentions__user"):
        found.setdefault(thread.call_id, []).append(_thread(conversation, thread, by=by, is_new=thread.pk in unread))
    return found


def comments_of_pair(
    conversation: Conversation, *, number: int, call_id: str, url: str, threads: list[ThreadView]
) -> Comments:
    """The place below a pair; ``number`` counts from 1."""
    return Comments(
        name=f"comments-pair-{number}",
        stop=f"pair-{number}",
        label=f"#{number}",
        draft=f"comment:{call_id}",
        url=f"{url}comment/",
        people_url=reverse("people_to_mention", args=[conversation.pid]),
        threads=threads,
    )


def comments_of_conversation(conversation: Conversation, *, threads: list[ThreadView]) -> Comments:
    """The place in the rail."""
    return Comments(
        name=f"comments-{CONVERSATION}",
        stop="",
        label="the conversation",
        draft="comment",
        url=reverse("comment_conversation", args=[conversation.pid]),
        people_url=reverse("people_to_mention", args=[conversation.pid]),
        threads=threads,
    )


def _thread(conversation: Conversation, thread: Thread, *, by: User, is_new: bool) -> ThreadView:
    return ThreadView(
        pid=thread.pid,
        call_id=thread.call_id,
        url=f"{reverse('conversation_review', args=[conversation.pid])}threads/{thread.pid}/",
        comments=[_comment(conversation, comment, by=by) for comment in thread.comments.all()],
        resolved_by=str(thread.resolved_by or "somebody"),
        resolved_at=thread.resolved_at,
        is_new=is_new,
    )


def _comment(conversation: Conversation, comment: Comment, *, by: User) -> CommentView:
    names = {mention.user.get_username() for mention in comment.mentions.all()}
    return CommentView(
        pid=comment.pid,
        author=str(comment.author or "Somebody"),
        html=_words(comment.text, names),
        text=typed(comment.text),
        at=comment.at,
        is_edited=comment.edited_at is not None,
        is_own=comment.author_id == by.pk,
        url=f"{reverse('conversation_review', args=[conversation.pid])}comments/{comment.pid}/",
    )


def _words(text: str, names: set[str]) -> SafeString:
    pieces = (
        format_html('<span class="mention">{}</span>', show(piece)) if is_name else show(piece)
        for piece, is_name in split_mentions(text, names)
    )
    return format_html_join("", "{}", ((piece,) for piece in pieces))
