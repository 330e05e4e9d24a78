"""Items: claim one, save what stands, end it. Each verb is one conditional update on the token, so a late worker changes nothing."""

import secrets
from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from generation.conversation import Conversation as Content
from generation.conversation import from_json, to_json
from generation.errors import InvalidInput, InvalidScenario
from generation.llm.client import LedgerLine
from studio.domain.conversations import add_conversation, examine
from studio.domain.runs import needs_settling, settle_run, stop_run
from studio.domain.statements import claim, insert_requests, next_due, update_held
from studio.models import Conversation, FailedAttempt, Item, LedgerEntry, Run
from studio.models.fields import plain_text

LEASE = timedelta(seconds=30)
"""How long a silent worker keeps an item; workers renew at a quarter of it."""
MESSAGE_LOST_AFTER = timedelta(seconds=30)
MAX_INTERRUPTIONS = 5
"""After so many interruptions in a row of one item its run is stopped, to be resumed by a person."""


def claim_item(pk: int) -> Item | None:
    """Take a due item under a fresh token, or None when somebody else has it, it is not due, or its run does not run."""
    now = timezone.now()
    token = secrets.token_hex(16)
    with transaction.atomic():
        if not claim(pk, token=token, lease_until=now + LEASE, now=now):
            return None
        its = Item.objects.select_related("run__toolset", "run__endpoint", "run__dataset")
        return its.defer("run__toolset__document", "run__dataset__guidelines").get(pk=pk)


def save_state(item: Item, *, content: Content, ledger: Sequence[LedgerLine]) -> bool:
    """Keep the unfinished conversation and what it cost so far, and renew the lease. False: the lease is lost, stop working."""
    state = to_json(content)
    with transaction.atomic():
        held = update_held(item, state=state, lease_until=timezone.now() + LEASE, interruptions=0)
        if held and ledger:
            insert_requests(LedgerEntry, ledger=ledger, run=item.run, item=item)
        else:
            add_ledger(item, ledger=ledger)  # paid for, whoever holds the item now
    if held:
        item.interruptions = 0
    return held


def add_ledger(item: Item, *, ledger: Sequence[LedgerLine]) -> None:
    """Write down requests that were made for this item; nothing when it was deleted meanwhile."""
    if not ledger or not Item.objects.filter(pk=item.pk).exists():
        return
    insert_requests(LedgerEntry, ledger=ledger, run=item.run, item=item)


def renew_leases(tokens: Sequence[str]) -> int:
    """Keep the items of these tokens; returns how many are still held."""
    held = Item.objects.filter(token__in=tokens, status=Item.Status.BUILDING)
    return held.update_in_order(lease_until=timezone.now() + LEASE)


def saved_state(item: Item) -> Content | None:
    """Where an interrupted attempt stood, or None when it starts afresh. Raises InvalidScenario when that can't be read."""
    try:
        return from_json(item.state) if item.state else None
    except InvalidInput as error:
        raise InvalidScenario(f"Where this conversation stood can't be read: {error}") from error


def finish_item(item: Item, *, content: Content) -> Conversation | None:
    """Turn the item into its conversation, once. None when the lease was lost: somebody else finishes it."""
    examined = examine(item.run.dataset, content=content)
    with transaction.atomic():
        if not _end(item, Item.Status.DONE, error="", passed=True):
            return None
        conversation = add_conversation(
            dataset=item.run.dataset,
            content=content,
            item=item,
            run=item.run,
            scenario_pk=item.scenario_id,
            toolset=item.run.toolset,
            examined=examined,
        )
        if is_withheld := conversation.status == Conversation.Status.WITHHELD:
            Item.objects.filter(pk=item.pk).update(passed=False)
    if is_withheld or needs_settling(item.run, number=item.number):
        settle_run(item.run_id)
    return conversation


def fail_attempt(
    item: Item, *, error: str, code: str = "", content: Content | None = None, is_final: bool = False
) -> bool:
    """Note a failed attempt and what it had come to: the item waits for the next one, or has failed when there is none left.

    ``is_final``: another attempt would end the same way, so it has failed now. False: the lease was lost.
    """
    with transaction.atomic():
        state = _held(item).select_for_update(no_key=True).values_list("state", flat=True).first()
        if state is None:
            return False
        FailedAttempt.objects.create(
            item=item,
            number=item.attempts + 1,
            code=plain_text(code, 40),
            error=plain_text(error, 2000),
            document=to_json(content) if content else state,
        )
        ended = _next_attempt_or_failed(
            item, error=error, allowed=1 if is_final else item.run.config.get("attempts", 3)
        )
    settle_run(item.run_id)
    return ended


def _next_attempt_or_failed(item: Item, *, error: str, allowed: int) -> bool:
    if item.attempts + 1 >= allowed:
        return _end(item, Item.Status.FAILED, error=error, attempts=item.attempts + 1, passed=False)
    return bool(
        _held(item).update(
            status=Item.Status.PENDING,
            attempts=item.attempts + 1,
            interruptions=0,
            state="",
            token="",
            lease_until=None,
            sent_at=None,
            error=plain_text(error, 2000),
        )
    )


def interrupt_item(item: Item, *, error: str) -> bool:
    """Put the item back with its state after an infrastructure failure, to be taken up after a growing pause.

    An item interrupted too often in a row stops its run, with the reason. False: the lease was lost.
    """
    pause = timedelta(seconds=min(2 ** (item.interruptions + 1), 120))
    put_back = _held(item).update(
        status=Item.Status.INTERRUPTED,
        interruptions=F("interruptions") + 1,
        not_before=timezone.now() + pause,
        token="",
        lease_until=None,
        sent_at=None,
        error=plain_text(error, 2000),
    )
    if put_back and item.interruptions + 1 >= MAX_INTERRUPTIONS:
        stop_run(item.run_id, reason=error)
    return bool(put_back)


def release_item(item: Item) -> None:
    """Put the item back at once, with its state, as if it had not been claimed (the worker shuts down)."""
    _held(item).update(
        status=Item.Status.INTERRUPTED, token="", lease_until=None, sent_at=None, not_before=timezone.now()
    )


def release_expired(*, everything: bool = False) -> int:
    """Put items back whose lease ran out; ``everything``: all that are being built (no other process can be alive)."""
    orphans = Item.objects.filter(status=Item.Status.BUILDING)
    if not everything:
        orphans = orphans.filter(lease_until__lt=timezone.now())
    if everything:
        Item.objects.filter(status__in=[Item.Status.PENDING, Item.Status.INTERRUPTED]).update(sent_at=None)
    return orphans.update_in_order(
        status=Item.Status.INTERRUPTED, token="", lease_until=None, sent_at=None, not_before=timezone.now()
    )


def take_for_dispatch(run_pk: int) -> list[int]:
    """Items to send messages for now, so that the run's concurrency is used and no more. Marks them as sent."""
    now = timezone.now()
    with transaction.atomic():
        its_run = Run.objects.order_by().filter(pk=run_pk, status=Run.Status.RUNNING)
        run = its_run.select_for_update(no_key=True).only("concurrency").first()
        if run is None:
            return []
        waiting = Item.objects.filter(run=run, status__in=[Item.Status.PENDING, Item.Status.INTERRUPTED])
        underway = Q(status=Item.Status.BUILDING) | Q(
            status__in=[Item.Status.PENDING, Item.Status.INTERRUPTED], sent_at__gte=now - MESSAGE_LOST_AFTER
        )
        room = run.concurrency - Item.objects.filter(underway, run=run).count()
        unsent = Q(sent_at=None) | Q(sent_at__lt=now - MESSAGE_LOST_AFTER)
        due = waiting.filter(unsent, not_before__lte=now).order_by("number").values_list("pk", flat=True)
        chosen = list(due[: max(room, 0)])
        Item.objects.filter(pk__in=chosen).update(sent_at=now)
    return chosen


def take_next(run_pk: int) -> int | None:
    """The item to work in the place of one that has ended, marked as sent; None when no other is due."""
    now = timezone.now()
    with transaction.atomic():
        return next_due(run_pk, now=now, lost_before=now - MESSAGE_LOST_AFTER)


def runs_with_work() -> list[int]:
    """Running runs that have items due."""
    due = Item.objects.due().filter(run=OuterRef("pk"))
    return list(Run.objects.order_by("pk").filter(Exists(due), status=Run.Status.RUNNING).values_list("pk", flat=True))


def _held(item: Item) -> QuerySet[Item]:
    return Item.objects.filter(pk=item.pk, token=item.token, status=Item.Status.BUILDING)


def _end(
    item: Item, status: Item.Status, *, error: str, attempts: int | None = None, passed: bool | None = None
) -> bool:
    return update_held(
        item,
        status=status,
        token="",
        lease_until=None,
        state="",
        error=plain_text(error, 2000),
        passed=passed,
        attempts=item.attempts if attempts is None else attempts,
        finished_at=timezone.now(),
    )
