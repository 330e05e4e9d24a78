"""Saving an edit: onto the version it was made from or, when asked for, merged onto what somebody saved meanwhile."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

from generation.conversation import Conversation as Content
from generation.conversation import canonical_json, from_json
from generation.tools import violations
from studio.domain.consequences import compare
from studio.domain.conversations import Change, last_author, save_change
from studio.domain.errors import Collided, Refused, StaleVersion
from studio.domain.merging import Merged, merge
from studio.domain.reviews import require_free
from studio.models import Conversation, User

Edit = Callable[[Content], Change | None]
"""Changes the content it is given and says what that means; None when it changes nothing. Raises Refused, NotPossible."""
ATTEMPTS = 5
"""How often a merge that was overtaken by another save is made anew."""


@dataclass(frozen=True, kw_only=True)
class Save:
    """Who saves an edit, of which version it was made, and why.

    ``merges``: when somebody saved since ``version``, the edit is merged onto what stands. ``key``: sent again under it, because
    the answer to the first was lost, a save changes nothing more.
    """

    version: int
    by: User
    reason: str = ""
    merges: bool = False
    key: str = ""


def save_edit(conversation: Conversation, edit: Edit, *, save: Save) -> Conversation:
    """Make one edit one revision.

    Raises ClaimHeld, StaleVersion, and Collided (a StaleVersion) when merging is asked for and both changed the same part.
    """
    for left in reversed(range(ATTEMPTS if save.merges else 1)):
        if save.key and conversation.revisions.filter(key=save.key, author=save.by).exists():
            return conversation
        require_free(conversation, by=save.by)
        try:
            if save.merges and save.version < conversation.version:
                return _save_merged(conversation, edit, save=save)
            return _save(conversation, edit, save=save)
        except StaleVersion as error:
            if isinstance(error, Collided) or not left:
                raise
            conversation = Conversation.objects.select_related("claimed_by").get(pk=conversation.pk)
    raise AssertionError("the last attempt returns or raises")


def content_at(conversation: Conversation, version: int) -> Content | None:
    """The conversation as it was at that version; None when there is none."""
    if version == conversation.version:
        return conversation.content
    document = conversation.revisions.filter(version=version).values_list("document", flat=True).first()
    return None if document is None else from_json(document)


def _save(conversation: Conversation, edit: Edit, *, save: Save) -> Conversation:
    content = conversation.content
    change = edit(content)
    if change is None:
        return conversation
    change.reason, change.key = save.reason, save.key
    return save_change(conversation, version=save.version, content=content, change=change, by=save.by)


def _save_merged(conversation: Conversation, edit: Edit, *, save: Save) -> Conversation:
    base, mine = content_at(conversation, save.version), content_at(conversation, save.version)
    if base is None or mine is None:
        raise StaleVersion(current=conversation.version, by=last_author(conversation))
    meant = edit(mine)
    if meant is None:
        return conversation
    theirs = conversation.content
    merged = merge(base, mine, theirs)
    if merged.collisions:
        raise _collided(conversation, merged)
    _check_merged_arguments(conversation, mine, theirs, merged.content)
    is_own = not conversation.revisions.filter(version__gt=save.version).exclude(author=save.by).exists()
    summary = meant.summary if is_own else f"{meant.summary} (typed on version {save.version}, merged)"
    change = compare(theirs, merged.content, Change(summary=summary, reason=save.reason, key=save.key))
    # Whoever wrote an answer or a result did not know what was made stale meanwhile.
    unknown = compare(base, conversation.content, Change(summary=""))
    change.fresh -= unknown.stale.keys()
    change.fresh_answers -= unknown.stale_answers.keys()
    return save_change(conversation, version=conversation.version, content=merged.content, change=change, by=save.by)


def _collided(conversation: Conversation, merged: Merged) -> Collided:
    return Collided(
        current=conversation.version,
        by=last_author(conversation),
        collisions=[asdict(collision) for collision in merged.collisions],
        merged=merged.content,
    )


def _check_merged_arguments(conversation: Conversation, mine: Content, theirs: Content, merged: Content) -> None:
    """Raises Refused when arguments that came from both sides break the tool's schema together."""
    asked = [{call.id: canonical_json([call.tool, call.arguments]) for call in side.calls} for side in (mine, theirs)]
    for ref in merged.pairs():
        call = ref.call
        both = canonical_json([call.tool, call.arguments])
        tool = merged.tool(call.tool)
        if tool is None or any(both == side.get(call.id) for side in asked):
            continue
        found = violations(call.arguments, tool)
        if found:
            raise Refused(
                f"{last_author(conversation)} changed other arguments of #{ref.number + 1} meanwhile. Together with yours they "
                f"break the schema of {call.tool}: look at version {conversation.version}, then save again.",
                details=[{"pointer": violation.pointer, "message": violation.message} for violation in found],
            )
