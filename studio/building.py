"""Works one item: claim, build through the engine, one domain call at the end. Shared by the Celery task and ``generate --inline``."""

import functools
from collections.abc import Sequence

import structlog
from django.db import InterfaceError, OperationalError

from generation.builders.attempt import run_attempt
from generation.conversation import Conversation as Content
from generation.errors import (
    AttemptFailed,
    EngineError,
    InvalidInput,
    InvalidScenario,
    LLMRejected,
    LLMUnavailable,
    SandboxUnavailable,
)
from generation.llm.client import LedgerLine
from generation.sandbox.backoff import Backoff
from generation.sandbox.cleanup import sweep_session
from studio.domain.catalog import toolset_value
from studio.domain.items import (
    add_ledger,
    claim_item,
    fail_attempt,
    finish_item,
    interrupt_item,
    release_item,
    save_state,
    saved_state,
)
from studio.domain.judgements import ask_judgements
from studio.domain.plans import plan_of
from studio.domain.replays import ask_replay
from studio.domain.runs import stop_run
from studio.domain.sessions import forget_session, keep_sessions
from studio.models import Conversation, Item
from studio.wiring import model_endpoint, new_session, service_at
from studio.work import LeaseLost, Stopping, Work

log = structlog.get_logger(__name__)


def work_item(item_pk: int) -> int | None:
    """Work an item if it is due and free; returns its run, or None when there was nothing to do.

    Whatever happens ends in one domain call under the item's token; nothing is raised but what is a defect of the database.
    """
    item = claim_item(item_pk)
    if item is None:
        return None
    save = functools.partial(_save, item)
    with (
        structlog.contextvars.bound_contextvars(run=item.run.pid, item=item.pid),
        Work(item.token, save=save, settle=lambda lines: add_ledger(item, ledger=lines), item=item) as work,
    ):
        _build(item, work)
    return item.run_id


def _save(item: Item, content: Content, ledger: Sequence[LedgerLine]) -> bool:
    return save_state(item, content=content, ledger=ledger)


def _build(item: Item, work: Work) -> None:
    try:
        content = _attempt(item, work)
        work.settle()
        conversation = finish_item(item, content=content)
        if conversation is not None:
            _look_at(conversation, item)
    except LeaseLost:
        log.info("lease_lost")
    except Stopping:
        release_item(item)
    except InvalidScenario as error:
        log.info("scenario_invalid", reason=str(error))
        fail_attempt(item, error=str(error), code="invalid_scenario", is_final=True)
    except (LLMRejected, InvalidInput) as error:
        log.warning("run_stopped", reason=str(error))
        stop_run(item.run_id, reason=str(error))
    except (LLMUnavailable, SandboxUnavailable) as error:
        log.warning("interrupted", reason=str(error))
        interrupt_item(item, error=str(error))
    except AttemptFailed as error:
        log.info("attempt_failed", reason=str(error), code=error.code)
        fail_attempt(item, error=str(error), code=error.code, content=error.conversation)
    except EngineError as error:
        log.info("attempt_failed", reason=str(error))
        fail_attempt(item, error=str(error))
    except (OperationalError, InterfaceError) as error:
        # Not the attempt's fault. If the database stays away, the lease runs out and the item is taken up again.
        log.warning("database_failed", exc_info=True)
        interrupt_item(item, error=f"The database failed: {error}")
    except Exception as error:
        # A defect of ours must not take the worker down, nor be tried for ever.
        log.exception("attempt_broke")
        fail_attempt(item, error=f"Internal error: {type(error).__name__}: {error}")


def _look_at(conversation: Conversation, item: Item) -> None:
    """Ask for what the run wants to know of what it made: workers see to it beside the building."""
    if item.run.config.get("replay") and conversation.pair_count:
        ask_replay(conversation, by=None)
    if item.run.judge is not None:
        ask_judgements([conversation], endpoint=item.run.judge)


def _attempt(item: Item, work: Work) -> Content:
    plan = plan_of(item)
    llm = model_endpoint(item.run.endpoint).client(work.spent)
    session = new_session(toolset_value(item.run.toolset), plan.scenario, seed=plan.seed, on_open=work.opened)
    try:
        return run_attempt(plan, llm=llm, session=session, report=work.report, continue_from=saved_state(item))
    finally:
        work.closed(session)


def sweep_orphan(session_id: str, endpoint: str) -> bool:
    """Clean up a session that nobody speaks for any more; whether nothing of it is left. If not, it is left alone for a while."""
    keep_sessions([session_id])  # one sweeper at a time, and the others of a service that is away get their turn
    if sweep_session(service_at(endpoint), session_id, backoff=Backoff(retries=0)):
        forget_session(session_id)
        return True
    return False
