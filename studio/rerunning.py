"""Works one rerun or replay: rebuild the sandbox, execute a call and those behind it, or all, again, keep what came back."""

from collections.abc import Collection
from typing import Any

import structlog

from generation.conversation import Call, Conversation
from generation.errors import EngineError, InvalidInput
from generation.plan import Scenario
from generation.sandbox.execution import Execution
from generation.tools import ToolRegistry
from studio.domain.catalog import toolset_value
from studio.domain.replays import compare_replayed, finish_replay
from studio.domain.reruns import claim_rerun, fail_rerun, finish_rerun
from studio.domain.volatile import volatile_of
from studio.models import Conversation as Row
from studio.models import Pair, Rerun
from studio.wiring import new_session
from studio.work import Work

log = structlog.get_logger(__name__)


def work_rerun(rerun_pk: int) -> None:
    """Execute a rerun if it waits; its outcome, or why there is none, is written under its token."""
    rerun = claim_rerun(rerun_pk)
    if rerun is None:
        return
    with Work(rerun.token) as work:
        try:
            if rerun.call_id:
                results, drift = _execute(rerun, work)
                finish_rerun(rerun, results=results, drift=drift)
            else:
                recorded = [call.result for call in rerun.conversation.content.calls]
                finish_replay(rerun, results=list(map(_short, _run(rerun, work), recorded)))
        except EngineError as error:
            fail_rerun(rerun, error=str(error))
        except Exception as error:
            log.exception("rerun_broke", rerun=rerun.pid)
            fail_rerun(rerun, error=f"Internal error: {type(error).__name__}: {error}")


def _execute(rerun: Rerun, work: Work) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The results from the asked call on, and what came before it and differs now."""
    results = _run(rerun, work)
    first = rerun.conversation.content.pair(rerun.call_id).number
    return results[first:], [result for result in results[:first] if not result["is_identical"]]


def _run(rerun: Rerun, work: Work) -> list[dict[str, Any]]:
    """What every call gives now, in order."""
    if rerun.conversation.version != rerun.version:
        raise InvalidInput("The conversation was saved meanwhile: run it again.")
    content = rerun.conversation.content
    volatile = volatile_of(rerun.conversation, content)
    return [
        _result(call, execution, volatile.get(call.tool, frozenset()))
        for call, execution in _replay(rerun, content, work)
    ]


def _replay(rerun: Rerun, content: Conversation, work: Work) -> list[tuple[Call, Execution]]:
    conversation = rerun.conversation
    session = new_session(
        registry_of(conversation, content), scenario_of(conversation), seed=content.seed, on_open=work.opened
    )
    try:
        return session.replay(content.calls)
    finally:
        session.close()
        work.closed(session)


def registry_of(conversation: Row, content: Conversation) -> ToolRegistry:
    """The tools the conversation was made with, as they were; for an imported one those it brought along."""
    if conversation.toolset is not None:
        return toolset_value(conversation.toolset)
    return ToolRegistry(name="imported", tools=content.tools)


def scenario_of(conversation: Row) -> Scenario:
    """The world the conversation was made in: the item's frozen plan, else its scenario, else an empty one."""
    if conversation.item is not None:
        return Scenario.model_validate(conversation.item.plan["scenario"])
    if conversation.scenario is not None:
        return Scenario.model_validate(conversation.scenario.document)
    return Scenario(prompt="(imported)")


def _result(call: Call, execution: Execution, volatile: Collection[str]) -> dict[str, Any]:
    outcome = compare_replayed(call, execution, volatile)
    return {
        "call_id": call.id,
        "text": execution.text,
        "outcome": execution.outcome.value,
        "error_type": execution.error_type,
        "duration_ms": execution.duration_ms,
        "is_injected": execution.is_injected,
        "is_identical": outcome == Pair.Replay.IDENTICAL,
        "replay": outcome.value,
    }


def _short(result: dict[str, Any], recorded: str | None) -> dict[str, Any]:
    """Of a replayed call that gave the same to the letter, the text stands in the conversation already."""
    return {**result, "text": ""} if result["is_identical"] and result["text"] == recorded else result
