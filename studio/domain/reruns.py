"""Running a call again: ask for it, keep what came back, accept it. Nothing in the conversation changes before that."""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from generation.conversation import Outcome, Provenance
from studio.domain.conversations import Change, save_change
from studio.domain.edits import answers_since, find_pair
from studio.domain.errors import NotPossible
from studio.domain.reviews import require_free
from studio.models import Conversation, Rerun, User
from studio.models.fields import plain_text

LEASE = timedelta(minutes=2)
"""How long a silent worker keeps a rerun; workers renew it."""
MESSAGE_LOST_AFTER = timedelta(seconds=30)
OPEN = (Rerun.Status.PENDING, Rerun.Status.RUNNING, Rerun.Status.DONE, Rerun.Status.FAILED)
"""Nobody has decided on it yet, so its card shows it."""
NOTHING_TO_ACCEPT = "There is no result to accept: run the call again."


def ask_rerun(conversation: Conversation, *, call_id: str, by: User) -> Rerun:
    """Ask for a call, and those behind it, to be executed again for the version that stands. The caller dispatches it."""
    require_free(conversation, by=by)
    find_pair(conversation.content, call_id)
    with transaction.atomic():
        conversation.reruns.filter(status__in=OPEN, call_id=call_id).update(status=Rerun.Status.DISCARDED)
        return Rerun.objects.create(
            conversation=conversation, call_id=call_id, version=conversation.version, requested_by=by
        )


def claim_rerun(pk: int) -> Rerun | None:
    """Take a pending rerun, or one whose worker died, under a fresh token; None when there is nothing to do."""
    now = timezone.now()
    token = secrets.token_hex(16)
    rows = Rerun.objects.filter(pk=pk)
    # One statement each: whoever comes second finds it running under a live lease.
    taken = {"status": Rerun.Status.RUNNING, "token": token, "lease_until": now + LEASE}
    if not (
        rows.filter(status=Rerun.Status.PENDING).update(**taken)
        or rows.filter(status=Rerun.Status.RUNNING, lease_until__lt=now).update(**taken)
    ):
        return None
    row = Rerun.objects.select_related("conversation__toolset", "conversation__scenario", "conversation__item").get(
        pk=pk
    )
    row.token = token  # ours, even when it was taken away by now
    return row


def renew_reruns(tokens: Sequence[str]) -> int:
    """Keep the reruns of these tokens; returns how many are still held."""
    held = Rerun.objects.filter(token__in=tokens, status=Rerun.Status.RUNNING)
    return held.update(lease_until=timezone.now() + LEASE)


def finish_rerun(rerun: Rerun, *, results: Sequence[dict[str, Any]], drift: Sequence[dict[str, Any]]) -> bool:
    """Keep what came back. False: somebody else took it over or it was discarded."""
    return end_rerun(rerun, status=Rerun.Status.DONE, results=list(results), drift=list(drift))


def fail_rerun(rerun: Rerun, *, error: str) -> bool:
    """Note that the sandbox could not be rebuilt or reached; it can be asked for again."""
    return end_rerun(rerun, status=Rerun.Status.FAILED, error=plain_text(error, 2000))


def discard_rerun(rerun: Rerun) -> None:
    """Leave the conversation as it is."""
    Rerun.objects.filter(pk=rerun.pk, status__in=OPEN).update(status=Rerun.Status.DISCARDED, finished_at=timezone.now())


def accept_rerun(rerun: Rerun, *, by: User) -> Conversation:
    """Take the new results into the conversation as one revision; what came back unchanged is no longer stale.

    Raises NotPossible unless it is done and the conversation still stands at the version it ran for.
    """
    conversation = rerun.conversation
    require_free(conversation, by=by)
    if rerun.status != Rerun.Status.DONE or not rerun.call_id:
        raise NotPossible(NOTHING_TO_ACCEPT)
    if conversation.version != rerun.version:
        raise NotPossible("The conversation changed since this ran: run the call again.")
    content = conversation.content
    change = Change(summary=f"Ran #{find_pair(content, rerun.call_id).number + 1} again")
    for result in rerun.results:
        ref = find_pair(content, result["call_id"])
        call = ref.call
        change.fresh.add(call.id)
        if result["is_identical"]:
            continue
        call.error_type = None
        call.result, call.outcome = result["text"], Outcome(result["outcome"])
        call.error_type = result["error_type"]
        call.duration_ms = result["duration_ms"]
        call.provenance = _provenance(call.provenance, is_injected=result.get("is_injected", False))
        change.stale_answers |= answers_since(content, ref.turn)
    with transaction.atomic():
        if not Rerun.objects.filter(pk=rerun.pk, status=Rerun.Status.DONE).update(status=Rerun.Status.ACCEPTED):
            raise NotPossible(NOTHING_TO_ACCEPT)
        return save_change(conversation, version=rerun.version, content=content, change=change, by=by)


def _provenance(before: Provenance, *, is_injected: bool) -> Provenance:
    if is_injected:
        return Provenance.INJECTED
    return Provenance.EDITED if before is Provenance.EDITED else Provenance.EXECUTED


def take_reruns_for_dispatch() -> list[int]:
    """Reruns that no message may be under way for: pending ones, and those whose worker died. Each is named once in half a minute."""
    now = timezone.now()
    lost = Q(status=Rerun.Status.PENDING, created_at__lt=now - timedelta(seconds=5))
    died = Q(status=Rerun.Status.RUNNING)
    unsent = Q(lease_until=None) | Q(lease_until__lt=now)
    rows = Rerun.objects.filter(unsent, lost | died).order_by("pk")
    chosen = list(rows.values_list("pk", flat=True)[:100])
    # The lease of a pending one is only the time its message has; one whose worker died is taken by its lease.
    Rerun.objects.filter(pk__in=chosen, status=Rerun.Status.PENDING).update(lease_until=now + MESSAGE_LOST_AFTER)
    return chosen


def end_rerun(rerun: Rerun, **values: Any) -> bool:
    """End it under its token with these columns. False: it is not ours any more."""
    held = Rerun.objects.filter(pk=rerun.pk, token=rerun.token, status=Rerun.Status.RUNNING)
    return bool(held.update(finished_at=timezone.now(), lease_until=None, **values))
