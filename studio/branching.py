"""Works one branch: rebuild the sandbox by replaying what is kept, let the agent go on, keep what came of it.

The conversation itself is left alone; ``studio.domain.branches`` is told how far it is and how it ended, under the token.
"""

import functools
from collections.abc import Sequence

import structlog
from django.db import InterfaceError, OperationalError

from generation.builders.attempt import run_attempt
from generation.conversation import Conversation as Content
from generation.conversation import from_json
from generation.errors import EngineError, InvalidInput, LLMRejected, LLMUnavailable, SandboxUnavailable
from generation.llm.client import LedgerLine
from generation.plan import Config, Mode, Plan
from studio.domain.branches import (
    add_branch_requests,
    claim_branch,
    fail_branch,
    finish_branch,
    interrupt_branch,
    save_branch_state,
)
from studio.domain.plans import plan_of
from studio.models import Branch, Conversation
from studio.rerunning import registry_of, scenario_of
from studio.wiring import model_endpoint, new_session
from studio.work import LeaseLost, Stopping, Work

log = structlog.get_logger(__name__)


def work_branch(branch_pk: int) -> None:
    """Work a branch if it waits; what came of it, or why there is nothing, is written under its token."""
    branch = claim_branch(branch_pk)
    if branch is None:
        return
    save = functools.partial(_save, branch)
    with (
        structlog.contextvars.bound_contextvars(branch=branch.pid),
        Work(branch.token, save=save, settle=lambda lines: add_branch_requests(branch, ledger=lines)) as work,
    ):
        _build(branch, work)


def _save(branch: Branch, content: Content, ledger: Sequence[LedgerLine]) -> bool:
    return save_branch_state(branch, content=content, ledger=ledger)


def _build(branch: Branch, work: Work) -> None:
    try:
        content = _attempt(branch, work)
        work.settle()
        finish_branch(branch, content=content)
    except LeaseLost:
        log.info("branch_lost")
    except Stopping:
        interrupt_branch(branch)
    except (LLMRejected, InvalidInput, LLMUnavailable, SandboxUnavailable) as error:
        # Somebody watches: they are told at once, and asking again goes on from here.
        log.warning("branch_failed", reason=str(error))
        fail_branch(branch, error=str(error), is_resumable=True)
    except EngineError as error:
        log.info("branch_failed", reason=str(error))
        fail_branch(branch, error=str(error))
    except (OperationalError, InterfaceError):
        # Not the branch's fault. If the database stays away, the lease runs out and it is taken up again.
        log.warning("database_failed", exc_info=True)
        interrupt_branch(branch)
    except Exception as error:
        # A defect of ours must not take the worker down, nor be tried for ever.
        log.exception("branch_broke")
        fail_branch(branch, error=f"Internal error: {type(error).__name__}: {error}")


def _attempt(branch: Branch, work: Work) -> Content:
    conversation = branch.conversation
    if branch.endpoint is None:
        raise InvalidInput("Its endpoint was deleted: regenerate with another one.")
    state = from_json(branch.state)
    llm = model_endpoint(branch.endpoint).client(work.spent)
    # The world is the original's, faults included; the choices are the branch's own, by the plan's seed.
    session = new_session(
        registry_of(conversation, state), scenario_of(conversation), seed=state.seed, on_open=work.opened
    )
    try:
        return run_attempt(plan_for(branch, state), llm=llm, session=session, report=work.report, continue_from=state)
    finally:
        work.closed(session)


def plan_for(branch: Branch, state: Content) -> Plan:
    """The plan to go on by: the conversation's own tools, mode and configuration, with the instruction added."""
    conversation = branch.conversation
    config = _config(conversation, state)
    instructions = "\n".join(part for part in (config.instructions, branch.instruction) if part)
    mode = Mode(state.mode) if state.mode in set(Mode) else Mode.SINGLE_TURN
    return Plan(
        scenario=scenario_of(conversation).model_copy(update={"mode": None}),
        tools=state.tools,
        config=config.model_copy(update={"instructions": instructions, "mode": mode}),
        seed=branch.seed,
    )


def _config(conversation: Conversation, state: Content) -> Config:
    if conversation.item is not None:
        return plan_of(conversation.item).config
    if conversation.run is not None:
        return Config.model_validate(conversation.run.config)
    # Nobody set limits for an imported one. What it holds already must not leave the agent without any room.
    config, turn = Config(), state.turns[-1]
    room = {
        "max_agent_steps": config.max_agent_steps + len(turn.steps),
        "max_calls_per_turn": config.max_calls_per_turn + len(turn.calls),
        "max_calls": config.max_calls + len(state.calls),
    }
    return config.model_copy(update=room)
