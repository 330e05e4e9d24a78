"""Which blocking findings of a conversation stand open: those that no lead waived. A waiver is about one very finding:
its check, its place and its words; when any of these changes, the finding is another one and the waiver holds no more."""

from collections.abc import Container, Iterable, Mapping
from typing import Any

from generation.conversation import digest
from studio.models import Conversation, Waiver

BLOCKING = "blocking"
Stored = Mapping[str, Any]
"""A finding as it is stored on the row."""


def digest_of(finding: Stored) -> str:
    """What tells this finding from every other one of its conversation."""
    return digest([finding[name] for name in ("code", "call_id", "turn", "message")])


def waivers_of(conversation: Conversation) -> dict[str, Waiver]:
    """The waivers that were not revoked, by the digest of their finding; whether that still stands is for the reader to see."""
    return {row.finding: row for row in conversation.waivers.select_related("by").filter(revoked_at=None)}


def waivers_that_hold(conversation: Conversation) -> dict[str, Waiver]:
    """The same for what is to be waived at all; asks nothing where no finding blocks."""
    is_needed = any(finding["severity"] == BLOCKING for finding in conversation.findings)
    return waivers_of(conversation) if is_needed else {}


def open_findings(findings: Iterable[Stored], *, waived: Container[str]) -> list[Stored]:
    """The blocking ones among them that are not waived."""
    return [item for item in findings if item["severity"] == BLOCKING and digest_of(item) not in waived]
