"""The questions a model is asked, as messages: static part first, history, then the task.

messages[0] holds what never changes within a run (for step and answer the exported system prompt verbatim, the
tools in registry order, the rules), so that providers' prompt caches hit. The history of step and answer is the
very messages an export writes (``formats.messages``). What steers this one request stands in the last message, in
tagged sections. The scenario, the overview and the persona never reach the assistant's questions.
"""

import json

from generation.builders.asking import Attempt, Question, rejections
from generation.builders.replies import (
    AnswerReply,
    BasicReply,
    ChainOfThoughtReply,
    ConclusionReply,
    OverviewReply,
    StepReply,
    UserMessageReply,
)
from generation.builders.shown_tools import full_schemas, tools_block
from generation.builders.state import REPEATED_CALL, calls_left, notes_at, steps_left
from generation.builders.step_schema import step_schema
from generation.builders.transcript import transcript
from generation.conversation import Conversation, Ending
from generation.formats.messages import chat_messages
from generation.llm.client import Message
from generation.prompts import pattern_prompt, prompt, section

MAX_REJECTED_CHARACTERS = 4_000
"""How much of a rejected reply is shown to the model again; its note keeps all of it."""

ENDING_HINTS = {Ending.STEP_LIMIT: "step_limit_hint", Ending.CALL_LIMIT: "call_limit_hint"}


def overview_question(state: Conversation, attempt: Attempt) -> Question[OverviewReply]:
    return Question(
        purpose="overview",
        turn=None,
        messages=_steering_messages(
            state,
            attempt,
            "overview",
            None,
            [section("scenario", attempt.plan.scenario.prompt), *_world(attempt)],
        ),
        reply=OverviewReply,
        temperature=attempt.plan.config.temperature,
    )


def user_message_question(state: Conversation, attempt: Attempt) -> Question[UserMessageReply]:
    sections = [
        section("scenario", attempt.plan.scenario.prompt),
        section("overview", state.overview),
        *_world(attempt),
        section("conversation", transcript(state)),
    ]
    return Question(
        purpose="user_message",
        turn=len(state.turns),
        messages=_steering_messages(state, attempt, "user_message", len(state.turns), sections),
        reply=UserMessageReply,
        temperature=attempt.plan.config.temperature,
    )


def conclusion_question(state: Conversation, attempt: Attempt) -> Question[ConclusionReply]:
    turn = len(state.turns) - 1
    sections = [section("overview", state.overview), section("conversation", transcript(state, with_calls=True))]
    return Question(
        purpose="conclusion",
        turn=turn,
        messages=_steering_messages(state, attempt, "conclusion", turn, sections),
        reply=ConclusionReply,
        temperature=0.0,
    )


def step_question(state: Conversation, attempt: Attempt) -> Question[StepReply]:
    config = attempt.plan.config
    turn, step = len(state.turns) - 1, len(state.turns[-1].steps)
    steps, calls = steps_left(state, config), calls_left(state, config)
    hints = [note.detail.partition("\n\n")[0] for note in notes_at(state, turn, step) if note.code == REPEATED_CALL]
    hints = [f"{hint}\n{prompt('repeated_call_hint')}" for hint in hints]
    if calls == 0:
        hints.append(prompt("no_calls_left_hint"))
    elif steps == 1:
        hints.append(prompt("last_step_hint"))
    sections = [
        _place(state, turn),
        f'<limits steps_left="{steps}" calls_left="{calls}"/>',
        section("hint", "\n".join(hints)),
        *_repair(state, "step", turn, step),
        _schemas_called(state, turn, step),
    ]
    return Question(
        purpose="step",
        turn=turn,
        step=step,
        messages=_assistant_messages(state, attempt, "step", sections),
        reply=StepReply,
        schema=step_schema(state.tools),
        temperature=config.temperature,
    )


def answer_question(state: Conversation, attempt: Attempt) -> Question[AnswerReply]:
    turn = len(state.turns) - 1
    ending = state.turns[-1].ending
    hint = prompt(ENDING_HINTS[ending]) if ending in ENDING_HINTS else ""
    sections = [_place(state, turn), section("hint", hint), *_repair(state, "answer", turn)]
    return Question(
        purpose="answer",
        turn=turn,
        messages=_assistant_messages(state, attempt, "answer", sections),
        reply=AnswerReply,
        temperature=attempt.plan.config.temperature,
    )


def basic_question(state: Conversation, attempt: Attempt) -> Question[BasicReply]:
    return Question(
        purpose="basic",
        turn=0,
        messages=_single_shot_messages(state, attempt, "basic"),
        reply=BasicReply,
        temperature=attempt.plan.config.temperature,
    )


def chain_of_thought_question(state: Conversation, attempt: Attempt) -> Question[ChainOfThoughtReply]:
    return Question(
        purpose="chain_of_thought",
        turn=0,
        messages=_single_shot_messages(state, attempt, "chain_of_thought"),
        reply=ChainOfThoughtReply,
        temperature=attempt.plan.config.temperature,
    )


def _assistant_messages(state: Conversation, attempt: Attempt, purpose: str, sections: list[str]) -> list[Message]:
    """Messages of a question to the assistant: it sees what the trained model will see, and its task."""
    steering = [_language(state), *_pattern(state, purpose), section("instructions", attempt.plan.config.instructions)]
    static = [state.system_prompt, tools_block(state.tools), prompt(purpose)]
    return [
        _message("system", static, gap="\n\n"),
        *chat_messages(state, system=False),
        _message("user", [*steering, *sections, prompt(f"{purpose}_task")]),
    ]


def _steering_messages(
    state: Conversation, attempt: Attempt, purpose: str, turn: int | None, sections: list[str]
) -> list[Message]:
    """Messages of a question to whoever steers the conversation: the simulated user, the scenario writer, the judge of its end."""
    persona = section("persona", state.persona) if purpose != "conclusion" else ""
    steering = [
        persona,
        _language(state),
        *_pattern(state, purpose),
        section("instructions", attempt.plan.config.instructions),
        _place(state, turn or 0) if purpose != "conclusion" else "",
        *_repair(state, purpose, turn),
    ]
    return [
        _message("system", [tools_block(state.tools), prompt(purpose)], gap="\n\n"),
        _message("user", [*sections, *steering, prompt(f"{purpose}_task")]),
    ]


def _single_shot_messages(state: Conversation, attempt: Attempt, purpose: str) -> list[Message]:
    """Messages of a question for a whole exchange: who answers it writes both sides, so it sees the scenario."""
    # sampling many from one scenario needs something in the request that differs
    variation = f'<variation number="{attempt.rng.seed % 1000}"/>'
    sections = [
        section("scenario", attempt.plan.scenario.prompt),
        section("topic", state.topic),
        section("persona", state.persona),
        _language(state),
        section("instructions", attempt.plan.config.instructions),
        variation,
        section("question", state.turns[0].user if state.turns else ""),
        *_repair(state, purpose, 0),
    ]
    return [
        _message("system", [section("system_prompt", state.system_prompt), prompt(purpose)], gap="\n\n"),
        _message("user", [*sections, prompt(f"{purpose}_task")]),
    ]


def _world(attempt: Attempt) -> list[str]:
    """What the scenario puts into the sandbox, by name, so that the user speaks of what is there."""
    scenario = attempt.plan.scenario
    return [
        section("seed_files", "\n".join(scenario.seed_files)),
        section("seed_tables", "\n".join(scenario.seed_tables)),
    ]


def _pattern(state: Conversation, purpose: str) -> list[str]:
    if state.pattern is None:
        return []
    return [section("pattern", state.pattern), section("guidance", pattern_prompt(state.pattern, purpose))]


def _language(state: Conversation) -> str:
    return section("language", state.language)


def _place(state: Conversation, turn: int) -> str:
    """Where in the conversation this turn stands; says nothing when there is but one."""
    planned = state.planned_turns or 1
    return f'<turn number="{turn + 1}" of="{max(planned, turn + 1)}"/>' if planned > 1 else ""


def _repair(state: Conversation, purpose: str, turn: int | None, step: int | None = None) -> list[str]:
    """What was wrong with the last reply to this very question, if it was rejected."""
    rejected = rejections(state, purpose, turn, step)
    if not rejected:
        return []
    problem, text = rejected[-1]
    shown = text if len(text) <= MAX_REJECTED_CHARACTERS else text[:MAX_REJECTED_CHARACTERS] + " […]"
    return [prompt("repair"), section("problem", problem), section("rejected", shown)]


def _schemas_called(state: Conversation, turn: int, step: int) -> str:
    """Of a step to be repaired: the full schemas of the tools it called, where the prompt shows them in less detail."""
    rejected = rejections(state, "step", turn, step)
    try:
        calls = json.loads(rejected[-1].text)["tool_calls"] if rejected else []
        names = [str(call["function_name"]) for call in calls]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return full_schemas(names, state.tools) if names else ""


def _message(role: str, parts: list[str], *, gap: str = "\n") -> Message:
    return {"role": role, "content": gap.join(part for part in parts if part)}
