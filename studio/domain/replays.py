"""Replays: every call of a conversation run again from a clean sandbox, and what became of each result.

A replay is a rerun without a call id: the same row, lease and worker. It changes nothing in the document: what it found is kept
on the pairs, counted on the conversation for lists, and forgotten when a call or result changes (``save_change``).
"""

from collections.abc import Collection, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from generation.conversation import Call, Outcome
from generation.sandbox.execution import Execution
from generation.sandbox.sameness import same_but_for
from studio.domain.errors import NotPossible
from studio.domain.reruns import end_rerun
from studio.models import Conversation, Pair, Rerun, User

EVERY_CALL = ""
"""The call id of a replay."""
UNDERWAY = (Rerun.Status.PENDING, Rerun.Status.RUNNING)
ENDED = (Rerun.Status.DONE, Rerun.Status.FAILED)

REPLAYED = {
    "identical": Q(replayed_at__isnull=False, replay_differs=0, replay_fails=0),
    "differs": Q(replay_differs__gt=0),
    "fails": Q(replay_fails__gt=0),
    "none": Q(replayed_at=None),
}
"""Which conversations a filter by replay means."""


def ask_replay(conversation: Conversation, *, by: User | None) -> Rerun:
    """Ask for a replay of the version that stands; the one under way when there is one. The caller dispatches it.

    Anybody who may see the conversation may ask, whoever reviews it: nothing of it changes. Raises NotPossible without a call.
    """
    if not conversation.pair_count:
        raise NotPossible("There is no call to replay in this conversation.")
    with transaction.atomic():
        Conversation.objects.select_for_update().get(pk=conversation.pk)
        replays = conversation.reruns.filter(call_id=EVERY_CALL)
        underway = replays.filter(status__in=UNDERWAY, version=conversation.version).first()
        if underway is not None:
            return underway
        replays.filter(status__in=[*UNDERWAY, *ENDED]).update(status=Rerun.Status.DISCARDED)
        return conversation.reruns.create(call_id=EVERY_CALL, version=conversation.version, requested_by=by)


def last_replay(conversation: Conversation) -> Rerun | None:
    """The replay under way, or the last one that ended; None when there was none or it was stopped."""
    return conversation.reruns.filter(call_id=EVERY_CALL, status__in=[*UNDERWAY, *ENDED]).first()


def compare_replayed(call: Call, execution: Execution, volatile: Collection[str]) -> Pair.Replay:
    """What became of a recorded result: identical but for volatile members, another one, or a failure that was none."""
    if same_but_for(call, execution, volatile=volatile):
        return Pair.Replay.IDENTICAL
    fails = execution.outcome is Outcome.TOOL_ERROR and call.outcome is not Outcome.TOOL_ERROR
    return Pair.Replay.FAILS if fails else Pair.Replay.DIFFERS


def finish_replay(rerun: Rerun, *, results: Sequence[dict[str, Any]]) -> bool:
    """Keep what came back, one object per call with ``call_id`` and ``replay``. False: somebody else took it over, it was
    stopped, or the conversation was saved meanwhile; then nothing is kept of it on the pairs."""
    with transaction.atomic():
        row = Conversation.objects.select_for_update().only("pk", "version").get(pk=rerun.conversation_id)
        if not end_rerun(rerun, status=Rerun.Status.DONE, results=list(results)):
            return False
        if row.version != rerun.version:
            return False
        for outcome in (Pair.Replay.IDENTICAL, Pair.Replay.DIFFERS, Pair.Replay.FAILS):
            ids = [result["call_id"] for result in results if result["replay"] == outcome]
            for start in range(0, len(ids), 500):
                row.pairs.filter(call_id__in=ids[start : start + 500]).update(replay=outcome)
        Conversation.objects.filter(pk=row.pk).update(
            replayed_at=timezone.now(),
            replay_version=rerun.version,
            replay_differs=_count(results, Pair.Replay.DIFFERS),
            replay_fails=_count(results, Pair.Replay.FAILS),
        )
    return True


def stop_replay(conversation: Conversation) -> None:
    """Wait no longer for the one under way; what a worker still brings is not kept."""
    conversation.reruns.filter(call_id=EVERY_CALL, status__in=UNDERWAY).update(
        status=Rerun.Status.DISCARDED, finished_at=timezone.now()
    )


def _count(results: Sequence[dict[str, Any]], outcome: str) -> int:
    return sum(result["replay"] == outcome for result in results)
