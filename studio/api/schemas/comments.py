"""Threads of comments, mentions, tags and who is looking."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field

from studio.api.schemas.fields import Body, Patch, Plain
from studio.domain.comments import MAX_TEXT
from studio.domain.tags import MAX_NAME
from studio.models import Comment, Mention, Presence, Tag, Thread

Text = Annotated[str, Field(min_length=1, max_length=MAX_TEXT, description="@name mentions somebody.")]
TagName = Annotated[Plain, Field(min_length=1, max_length=MAX_NAME)]
TagColour = Literal["plain", "running", "edited", "ok", "flagged", "error", "stale"]


class CommentShown(BaseModel):
    id: str
    by: str | None
    text: str
    at: datetime
    edited_at: datetime | None
    mentions: list[str] = Field(description="User names.")

    @classmethod
    def of(cls, row: Comment) -> Self:
        """The comment; its author and the people it mentions are loaded."""
        return cls(
            id=row.pid,
            by=str(row.author) if row.author else None,
            text=row.text,
            at=row.at,
            edited_at=row.edited_at,
            mentions=[mention.user.get_username() for mention in row.mentions.all()],
        )


class ThreadShown(BaseModel):
    id: str
    call_id: str = Field(description="The pair it is about; empty when it is about the conversation.")
    created_at: datetime
    resolved_at: datetime | None
    resolved_by: str | None
    comments: list[CommentShown]

    @classmethod
    def of(cls, row: Thread) -> Self:
        """The thread; its comments with what they show are loaded."""
        return cls(
            id=row.pid,
            call_id=row.call_id,
            created_at=row.created_at,
            resolved_at=row.resolved_at,
            resolved_by=str(row.resolved_by) if row.resolved_by else None,
            comments=[CommentShown.of(comment) for comment in row.comments.all()],
        )


class ThreadIn(Body):
    text: Text
    call_id: Annotated[str, Field(max_length=64)] = ""


class CommentIn(Body):
    text: Text


class MentionShown(BaseModel):
    """An unread mention of whoever asks."""

    conversation: str
    thread: str
    comment: CommentShown

    @classmethod
    def of(cls, row: Mention) -> Self:
        """The mention; its comment, thread and conversation are loaded."""
        thread = row.comment.thread
        return cls(conversation=thread.conversation.pid, thread=thread.pid, comment=CommentShown.of(row.comment))


class TagShown(BaseModel):
    id: str
    name: str
    colour: str

    @classmethod
    def of(cls, row: Tag) -> Self:
        """The tag."""
        return cls(id=row.pid, name=row.name, colour=row.colour)


class TagIn(Body):
    name: TagName
    colour: TagColour = "plain"


class TagPatch(Patch):
    name: TagName = ""
    colour: TagColour = "plain"


class TagSetting(Body):
    name: TagName
    is_set: bool = Field(default=True, strict=True, description="false takes it off.")


class PresenceShown(BaseModel):
    by: str = Field(description="Empty while the conversation is reviewed blind.")
    since: datetime
    is_editing: bool

    @classmethod
    def of(cls, row: Presence, *, is_hidden: bool) -> Self:
        """Who looks; the person is loaded."""
        return cls(by="" if is_hidden else str(row.user), since=row.since, is_editing=row.is_editing)
