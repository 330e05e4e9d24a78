"""Near-duplicates of a conversation in its dataset, found as it is saved: candidates by shared keys, confirmed exactly."""

from generation.checks.finding import Finding
from generation.conversation import Conversation as Content
from generation.conversation import from_json
from generation.similarity import Fingerprint, band_keys, conversation_fingerprint
from generation.topics.near_duplicates import near_duplicate_findings
from studio.domain import statements
from studio.models import Conversation, LikenessKey

MOST = 8
"""Candidates looked at: one that is confirmed is enough for the finding."""
KNOWN = 1000
"""How many fingerprints a process keeps, at some 10 KB each: a run of few scenarios meets the same ones again and again."""

_known: dict[tuple[str, int], Fingerprint] = {}


def find_alike(content: Content, *, dataset_pk: int, besides: int | None = None) -> tuple[list[Finding], Fingerprint]:
    """The finding that another conversation of the dataset is nearly the same, if one is; and what to remember this one by.

    ``besides``: the primary key of the conversation itself, when it is stored already.
    """
    own = conversation_fingerprint(content)
    if not own.shingles:
        return [], own
    shared = statements.find_alike(dataset_pk=dataset_pk, keys=band_keys(own), besides=besides, limit=MOST)
    return near_duplicate_findings(own, _fingerprints(shared)), own


def remember(conversation: Conversation, *, own: Fingerprint) -> None:
    """Let later conversations find this one; in the place of its former keys."""
    keys = band_keys(own)
    if conversation.version > 1:
        known = set(conversation.likeness_keys.values_list("key", flat=True))
        if known == set(keys):
            return
        conversation.likeness_keys.all().delete()
    statements.insert(
        [LikenessKey(dataset_id=conversation.dataset_id, conversation_id=conversation.pk, key=key) for key in keys]
    )
    if conversation.version == 1:  # a later one may be rolled back, and its number given to another
        _keep({(conversation.pid, 1): own})


def _fingerprints(conversations: list[tuple[str, int]]) -> list[tuple[str, Fingerprint]]:
    """The fingerprints of these, given by public id and version; those met before are not read again."""
    found = {one: _known[one] for one in conversations if one in _known}
    if unread := [pid for pid, version in conversations if (pid, version) not in found]:
        rows = Conversation.objects.filter(pid__in=unread).values_list("pid", "version", "document")
        read = {(pid, version): conversation_fingerprint(from_json(document)) for pid, version, document in rows}
        _keep(read)
        found |= read
    return [(pid, own) for (pid, _), own in found.items()]


def _keep(fingerprints: dict[tuple[str, int], Fingerprint]) -> None:
    if len(_known) >= KNOWN:
        _known.clear()
    _known.update(fingerprints)
