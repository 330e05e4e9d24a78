"""Celery tasks: thin, idempotent, keyword-only. And who sends them: ``dispatch_run``, ``send_rerun``, ``dispatch_branches``, and the sweeper for what got lost."""

import threading
import time

import structlog
from celery.signals import worker_ready, worker_shutting_down
from django.conf import settings
from django.db import close_old_connections
from kombu.exceptions import OperationalError

from studio.branching import work_branch
from studio.building import sweep_orphan, work_item
from studio.celery import app
from studio.domain.branches import take_branches_for_dispatch
from studio.domain.bulk import AT_ONCE, drop_unstarted, take_bulk_for_dispatch, work_at_once, work_batch
from studio.domain.items import release_expired, runs_with_work, take_for_dispatch, take_next
from studio.domain.judgements import take_judgements_for_dispatch
from studio.domain.policies import settlement_of, take_settlements_for_dispatch, work_settlement
from studio.domain.presence import forget_absent
from studio.domain.reruns import take_reruns_for_dispatch
from studio.domain.reviews import release_old_claims
from studio.domain.runs import settle_open_runs
from studio.domain.sessions import orphaned_sessions
from studio.heartbeat import stopping
from studio.judging import work_judgement
from studio.models import BulkAction, Dataset
from studio.rerunning import work_rerun

log = structlog.get_logger(__name__)

SWEEP_EVERY = 1.0
"""Seconds between two looks for work that no message is under way for."""
GO_ON = 5.0
"""Seconds for which a task takes up one item after the other before it sends a message for the next, so that other tasks get their turn.
Short conversations would else cost half as much to send about as to make."""
TIDY_EVERY = 5.0
"""Seconds between two looks for expired leases, orphaned sessions and old claims."""

BREATH = 0.02
"""Seconds between two batches of a bulk action or a settlement."""

SWEEP_SESSIONS = 5.0
"""Seconds of one look for which orphaned sessions are cleaned up; the others wait for the next."""

_has_worker = threading.Event()


@app.task(name="studio.build_item")
def build_item(*, item_pk: int) -> None:
    """Work one item, then the next of its run, for a while. Idempotent: an item that is not due, or taken, is left alone."""
    until = time.monotonic() + GO_ON
    following: int | None = item_pk
    while following is not None:
        run_pk = work_item(following)
        following = take_next(run_pk) if run_pk is not None else None
        if following is not None and (time.monotonic() >= until or stopping.is_set()):
            _send(build_item, item_pk=following)
            return


@app.task(name="studio.run_again")
def run_again(*, rerun_pk: int) -> None:
    """Execute a call again for a person. Idempotent: a rerun that is taken or done is left alone."""
    work_rerun(rerun_pk)


@app.task(name="studio.judge_conversation")
def judge_conversation(*, judgement_pk: int) -> None:
    """Have a conversation judged. Idempotent: a judgement that is taken or done is left alone."""
    work_judgement(judgement_pk)


@app.task(name="studio.regenerate")
def regenerate(*, branch_pk: int) -> None:
    """Let the agent go on with a conversation. Idempotent: a branch that is taken, cancelled or done is left alone."""
    work_branch(branch_pk)


@app.task(name="studio.work_bulk_action")
def work_bulk_action(*, action_pk: int) -> None:
    """Do, or undo, a bulk action batch by batch. Idempotent: what is done is not done again."""
    # The pause lets others to the database, of which SQLite has one writer at a time.
    while work_batch(action_pk) and not stopping.wait(BREATH):
        pass


@app.task(name="studio.settle_policy")
def settle_policy(*, settlement_pk: int) -> None:
    """Bring what waits in a dataset up to its policy, batch by batch. Idempotent: what is settled is not settled again."""
    while work_settlement(settlement_pk) and not stopping.wait(BREATH):
        pass


def send_settlement(dataset: Dataset) -> None:
    """Send the message for what a changed policy left to a worker, if it left anything."""
    settlement = settlement_of(dataset)
    if settlement is not None and _reaches_a_worker():
        _send(settle_policy, settlement_pk=settlement.pk)


def begin_bulk(action: BulkAction) -> None:
    """Work a small bulk action now, and send the message for a large one."""
    if action.total <= AT_ONCE:
        work_at_once(action)
    elif _reaches_a_worker():
        _send(work_bulk_action, action_pk=action.pk)


def dispatch_run(run_pk: int) -> int:
    """Send messages for the items of a run that may be worked now, as many as its concurrency allows; returns how many.

    Without a broker only the process with the worker can send; elsewhere the rows wait for its sweeper.
    """
    if not _reaches_a_worker():
        return 0
    chosen = take_for_dispatch(run_pk)
    return sum(_send(build_item, item_pk=pk) for pk in chosen)


def send_rerun(rerun_pk: int) -> None:
    """Send the message for a rerun."""
    if _reaches_a_worker():
        _send(run_again, rerun_pk=rerun_pk)


def dispatch_branches() -> int:
    """Send messages for the branches that wait, as many as may be under way at once; returns how many."""
    if not _reaches_a_worker():
        return 0
    return sum(_send(regenerate, branch_pk=pk) for pk in take_branches_for_dispatch())


def dispatch_all() -> int:
    """Send messages for everything that is due and not under way; returns how many."""
    if not _reaches_a_worker():
        return 0
    sent = sum(dispatch_run(run_pk) for run_pk in runs_with_work())
    sent += sum(_send(run_again, rerun_pk=pk) for pk in take_reruns_for_dispatch())
    sent += dispatch_branches()
    sent += sum(_send(work_bulk_action, action_pk=pk) for pk in take_bulk_for_dispatch())
    sent += sum(_send(settle_policy, settlement_pk=pk) for pk in take_settlements_for_dispatch())
    return sent + sum(_send(judge_conversation, judgement_pk=pk) for pk in take_judgements_for_dispatch())


def tidy() -> dict[str, int]:
    """Put right what dead workers left: expired leases, runs without work, old claims, orphaned sandbox sessions. Returns the counts."""
    return {
        "leases": release_expired(),
        "runs": settle_open_runs(),
        "claims": release_old_claims(),
        "presences": forget_absent(),
        "bulk": drop_unstarted(),
        "sessions": _sweep_sessions(),
    }


def _sweep_sessions() -> int:
    swept, away = 0, set()
    until = time.monotonic() + SWEEP_SESSIONS
    for session in orphaned_sessions():
        if time.monotonic() >= until:
            break  # messages are sent by this thread as well
        # A service that is away must not keep the sweeper from its other work: one try, then the next time.
        if session.endpoint in away:
            continue
        if sweep_orphan(session.session_id, session.endpoint):
            swept += 1
        else:
            away.add(session.endpoint)
    return swept


def start_sweeper() -> threading.Thread:
    """Run the sweeper beside the worker of this process until the process stops."""
    _has_worker.set()
    thread = threading.Thread(target=_sweep_on, name="sweeper", daemon=True)
    thread.start()
    return thread


@worker_ready.connect
def _sweeper_comes_with_the_worker(**_: object) -> None:
    start_sweeper()


@worker_shutting_down.connect
def _put_items_back(**_: object) -> None:
    stopping.set()


def _sweep_on() -> None:
    tidied = 0.0
    while not stopping.wait(SWEEP_EVERY):
        try:
            if time.monotonic() - tidied >= TIDY_EVERY:
                tidied = time.monotonic()
                tidy()
            dispatch_all()
        except Exception:
            # The database may be away for a while; the next look finds it again.
            log.warning("sweep_failed", exc_info=True)
        finally:
            close_old_connections()


def _reaches_a_worker() -> bool:
    return bool(settings.BROKER_URL) or _has_worker.is_set()


def _send(task: object, **arguments: int) -> bool:
    try:
        task.apply_async(kwargs=arguments)  # type: ignore[attr-defined]  # celery has no types
    except OperationalError as error:
        log.warning("broker_unreachable", reason=str(error))
        return False
    return True
