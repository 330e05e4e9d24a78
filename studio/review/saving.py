"""A save as the page makes it: what it builds on, and what the page tells of others who saved meanwhile."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.safestring import SafeString

from generation.conversation import Conversation as Content
from studio.domain.errors import Collided, StaleVersion
from studio.domain.saving import Save, content_at
from studio.models import Conversation, Revision, User
from studio.models.fields import plain_text
from studio.review.editors import Conflict
from studio.web.decorators import user_of
from studio.web.visible_text import show

Part = Callable[[Content], object]


@dataclass(frozen=True, kw_only=True)
class Meanwhile:
    """Somebody else saved between what was typed on and what is saved now; both stand in ``version``."""

    by: str
    summary: SafeString
    count: int
    version: int


def save_of(request: HttpRequest) -> Save:
    """The save that a form asks for: merged, of the version it was typed on, with its key and reason."""
    posted = request.POST
    return Save(
        version=posted_version(posted.get("version")),
        by=user_of(request),
        reason=posted.get("reason", ""),
        merges=True,
        key=plain_text(posted.get("key", "")[:64]),
    )


def tell_meanwhile(saved: Conversation, *, save: Save) -> Meanwhile | None:
    """Who else saved since the version that was typed on; None when nobody did."""
    rows = saved.revisions.filter(version__gt=save.version).exclude(author=save.by)
    others = list(rows.select_related("author").defer("document"))
    if not others:
        return None
    names = sorted({_name(saved, row) for row in others})
    return Meanwhile(by=" and ".join(names), summary=show(others[0].summary), count=len(others), version=saved.version)


def version_to_save_onto(conversation: Conversation, *, typed_on: int, part: Part, by: User) -> int:
    """The standing version when ``by`` alone saved since ``typed_on`` and ``part`` is still as it was; else ``typed_on``.

    For what can't be merged: a confirmation holds for what one has seen. Somebody with two editors open would otherwise be in
    conflict with themselves.
    """
    if typed_on >= conversation.version:
        return typed_on
    authors = conversation.revisions.filter(version__gt=typed_on).values_list("author", flat=True)
    before = content_at(conversation, typed_on)
    if before is None or set(authors) != {by.pk}:
        return typed_on
    try:
        is_same = part(before) == part(conversation.content)
    except LookupError:
        return typed_on
    return conversation.version if is_same else typed_on


def describe_conflict(conversation: Conversation, error: StaleVersion, *, standing: SafeString) -> Conflict:
    """Who saved last, what stands now, and which members of the arguments both changed."""
    last = conversation.revisions.select_related("author").defer("document").first()
    collisions = error.collisions if isinstance(error, Collided) else []
    return Conflict(
        by=_name(conversation, last),
        version=error.current,
        summary=str(show(last.summary)) if last else "",
        at=last.at if last else None,
        standing=standing,
        members=[show(each["pointer"].removeprefix("/")) for each in collisions if each["pointer"]],
    )


def posted_version(value: str | None) -> int:
    """The version a form speaks of; one that can't be read is older than any."""
    return int(value) if value and value.isdecimal() and len(value) < 10 else 0


def _name(conversation: Conversation, revision: Revision | None) -> str:
    if conversation.is_blind:
        return "Another reviewer"
    return str(revision.author) if revision and revision.author else "Somebody"
