"""Restoring a revision: it becomes the next version, with the results that belonged to it and what was stale then."""

from generation.conversation import Conversation as Content
from generation.conversation import Provenance, from_json
from studio.domain.claims import require_free
from studio.domain.consequences import answers_since
from studio.domain.conversations import Change, save_change
from studio.domain.errors import NotPossible
from studio.models import Conversation, Revision, User

UNKNOWN = "Restored from a revision of which it isn't known whether this fitted: run it again, or say that it holds."
"""Why parts of a revision from before staleness was kept are stale. People may confirm them."""


def restore_revision(
    conversation: Conversation, *, version: int, revision: int, by: User, reason: str = ""
) -> Conversation:
    """Save revision number ``revision`` as the next version of ``version``; a result stands with the call it was given for.

    What was stale in that revision is stale again, and nothing else. Restoring what stands makes no revision. Raises
    NotPossible when there is no such revision, StaleVersion, ClaimHeld.
    """
    require_free(conversation, by=by)
    row = conversation.revisions.filter(version=revision).first()
    if row is None:
        raise NotPossible(f"This conversation has no version {revision}.")
    content = from_json(row.document)
    stale, stale_answers = _stale_then(row, content)
    change = Change(
        summary=f"Restored version {revision}",
        reason=reason,
        stale=stale,
        stale_answers=stale_answers,
        is_restored=True,
    )
    return save_change(conversation, version=version, content=content, change=change, by=by)


def _stale_then(row: Revision, content: Content) -> tuple[dict[str, str], dict[int, str]]:
    """What was stale in the revision; of an old one that does not say, everything that may have been."""
    if row.stale is not None and row.stale_answers is not None:
        return row.stale, {int(turn): reason for turn, reason in row.stale_answers.items()}
    edited = [ref.number for ref in content.pairs() if ref.call.provenance is Provenance.EDITED]
    first = min(edited, default=None)
    stale = {} if first is None else {ref.call.id: UNKNOWN for ref in content.pairs() if ref.number >= first}
    return stale, dict.fromkeys(answers_since(content, 0), UNKNOWN)
