"""Waivers: a lead lets a blocking finding pass, and says why. What is stale is no finding; it is settled, never waived."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from studio.domain.claims import require_free, require_version
from studio.domain.errors import NotPossible, Refused
from studio.domain.findings import BLOCKING, digest_of, open_findings, waivers_of
from studio.domain.reviews import locked, show_what_stands
from studio.domain.rounds import void
from studio.domain.team import require_lead
from studio.models import Conversation, User, Waiver
from studio.models.fields import plain_text

Status = Conversation.Status


@transaction.atomic
def waive(conversation: Conversation, *, version: int, finding: str, by: User, reason: str) -> Waiver:
    """Let one blocking finding pass while it stands as it is; ``finding`` is its digest (``studio.domain.findings``).

    What was withheld for nothing else goes to review. Raises NotAllowed, Refused without a reason, StaleVersion, ClaimHeld, and
    NotPossible when that finding is not there or is waived already.
    """
    require_lead(by, to="waive a finding")
    if not reason.strip():
        raise Refused("Say why it may pass.", details=[{"pointer": "/reason", "message": "Write a reason."}])
    current = locked(conversation.pk)
    require_free(current, by=by)
    require_version(current, version=version)
    found = next((item for item in current.findings if digest_of(item) == finding), None)
    if found is None or found["severity"] != BLOCKING:
        raise NotPossible("There is no such blocking finding: stale parts and warnings aren't waived. Reload the page.")
    try:
        with transaction.atomic():
            waiver = Waiver.objects.create(
                conversation=current,
                finding=finding,
                code=found["code"],
                call_id=found["call_id"] or "",
                turn=found["turn"],
                message=plain_text(found["message"]),
                reason=plain_text(reason.strip(), 500),
                previous_status=current.status,
                by=by,
            )
    except IntegrityError as error:
        raise NotPossible("That finding is waived already. Reload the page.") from error
    is_clear = _count(current) == 0
    if is_clear and current.status == Status.WITHHELD:
        Conversation.objects.filter(pk=current.pk).update(status=Status.NEEDS_REVIEW)
    return waiver


@transaction.atomic
def revoke_waiver(waiver: Waiver, *, by: User) -> None:
    """Take a waiver back: the finding blocks again. What it let into review is withheld again while nobody decided on it;
    what was approved goes back to review. Raises NotAllowed, ClaimHeld, and NotPossible when it was revoked already."""
    require_lead(by, to="revoke a waiver")
    current = locked(waiver.conversation_id)
    require_free(current, by=by)
    standing = Waiver.objects.filter(pk=waiver.pk, revoked_at=None)
    if not standing.update(revoked_at=timezone.now(), revoked_by=by):
        raise NotPossible("That waiver was revoked already. Reload the page.")
    if _count(current) == 0:
        return
    if current.status == Status.APPROVED:
        columns = void(current, by=None)
        Conversation.objects.filter(pk=current.pk).update(
            status=Status.NEEDS_REVIEW, decided_by=None, decided_at=None, **columns
        )
        show_what_stands([current.pk])
    elif (
        waiver.previous_status == Status.WITHHELD
        and current.status == Status.NEEDS_REVIEW
        and not current.reviews.filter(stands=True).exists()
    ):
        Conversation.objects.filter(pk=current.pk).update(status=Status.WITHHELD, claimed_by=None, claim_until=None)


def _count(current: Conversation) -> int:
    """Count the open blocking findings anew, on the row as well."""
    left = len(open_findings(current.findings, waived=waivers_of(current).keys()))
    Conversation.objects.filter(pk=current.pk).update(blocking_count=left, updated_at=timezone.now())
    return left
