"""run_attempt: one conversation from a plan, from its first word or from where an earlier attempt left off."""

import contextlib
from collections.abc import Callable

from generation.builders import multi_turn, single_shot, single_turn
from generation.builders.asking import Attempt
from generation.builders.rebuild import rebuild
from generation.builders.session import Session
from generation.conversation import Conversation, Note
from generation.errors import SandboxUnavailable
from generation.llm.client import LLM
from generation.plan import Mode, Plan, Rng

Report = Callable[[Conversation], None]
"""Takes the state so far. It is a value that nobody changes any more: keep it as long as you like, don't change it."""

BUILDERS = {
    Mode.SINGLE_TURN.value: single_turn,
    Mode.MULTI_TURN.value: multi_turn,
    Mode.BASIC.value: single_shot,
    Mode.CHAIN_OF_THOUGHT.value: single_shot,
}


def run_attempt(
    plan: Plan,
    *,
    llm: LLM,
    session: Session,
    report: Report,
    rng: Rng | None = None,
    continue_from: Conversation | None = None,
) -> Conversation:
    """The finished conversation of this plan.

    The sandbox is seeded before the first model call (a mode without tools never opens it) and closed whatever happens. ``report`` gets the state after
    each model reply, usable or not, and after each result. ``continue_from`` takes such a state up again: the sandbox is
    rebuilt by replaying its calls, calls without a result are executed, and the attempt goes on; with the same plan,
    seed and replies the outcome is the very bytes an uninterrupted attempt gives (``duration_ms`` apart, if the
    session measures it). Its own tools, system prompt and planned number of turns then stand, not the plan's.

    Raises SeedingFailed, AttemptFailed (which carries the conversation so far), and, to be taken up again from the
    last reported state, LLMUnavailable and SandboxUnavailable; LLMRejected when no attempt can succeed.
    """
    rng = rng or Rng(plan.seed)
    attempt = Attempt(plan=plan, llm=llm, rng=rng)
    try:
        if continue_from is None:
            if plan.mode.calls_tools:
                session.seed()
            state = begin(plan, rng=rng, model=llm.model)
        else:
            state = _taken_up(continue_from, llm.model)
            if plan.mode.calls_tools or state.calls:
                state = rebuild(state, session, report=report)
        # an imported conversation may name a mode of somebody else's
        builder = BUILDERS.get(state.mode, BUILDERS[plan.mode.value])
        while (following := builder.advance(state, attempt, session)) is not None:
            state = following
            report(state)
        return state
    finally:
        # The attempt's outcome stands by now; what is left in the sandbox is found by the sweeper.
        with contextlib.suppress(SandboxUnavailable):
            session.close()


def begin(plan: Plan, *, rng: Rng, model: str) -> Conversation:
    """The state before the first question.

    With ``include_system_message`` off the conversation has no system prompt at all: what a step sees is what is
    exported, never more. Use ``instructions`` for what shall steer without being exported.
    """
    scenario = plan.scenario
    is_multi_turn = plan.mode is Mode.MULTI_TURN
    return Conversation(
        system_prompt=plan.system_prompt,
        tools=plan.tools if plan.mode.calls_tools else [],
        mode=plan.mode.value,
        pattern=scenario.pattern.value if scenario.pattern and plan.mode.calls_tools else None,
        persona=scenario.persona,
        language=scenario.language,
        topic=scenario.topic,
        planned_turns=multi_turn.planned_turns(plan, rng) if is_multi_turn else 1,
        model=model,
        seed=rng.seed,
    )


def _taken_up(state: Conversation, model: str) -> Conversation:
    """The state in this model's hands; a change of model is noted."""
    if not state.model or state.model == model:
        return state.model_copy(update={"model": model})
    note = Note(
        code="model_changed",
        detail=f"{state.model} wrote up to here, {model} goes on.",
        turn=len(state.turns) - 1 if state.turns else None,
    )
    return state.model_copy(update={"model": model, "notes": [*state.notes, note]})
