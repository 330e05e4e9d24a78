"""Budget: how much a run may spend on reaching what was asked for, and when going on makes no sense. And what it will likely cost."""

import json
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from generation.plan import Config, Mode, Scenario
from generation.tools import ToolDefinition

CHARACTERS_PER_TOKEN = 4
STEPS_PER_TURN = 3
"""Model calls to decide steps in a usual turn: two that call tools and a final one."""
REPLY_TOKENS = 120
GROWTH_TOKENS = 250
"""By how much the history grows with each step: the call and its result."""


class Budget(BaseModel):
    """What a run may use. ``attempts``: conversations begun, as a multiple of those asked for; ``tokens`` in and out together;
    ``cost`` in the endpoint's currency; ``seconds`` in which the run was running, pauses left out. ``acceptance``: the share of ended conversations that must
    have passed once ``acceptance_after`` have ended."""

    model_config = ConfigDict(extra="forbid")

    attempts: float = Field(default=2.0, ge=1, le=20)
    tokens: int | None = Field(default=None, ge=1)
    cost: float | None = Field(default=None, gt=0)
    seconds: float | None = Field(default=None, gt=0)
    acceptance: float = Field(default=0.3, ge=0, le=1)
    acceptance_after: int = Field(default=20, ge=1)

    @property
    def is_metered(self) -> bool:
        """Whether what was spent matters, so that it must be added up."""
        return self.tokens is not None or self.cost is not None

    @property
    def is_limited(self) -> bool:
        """Whether a run must be looked at after each conversation, however it ended."""
        return self.is_metered or self.seconds is not None


class Spent(BaseModel):
    """Where a run stands: conversations that passed and that ended in another way, and what they took."""

    requested: int
    passed: int
    ended: int
    tokens: int = 0
    cost: float = 0.0
    seconds: float = 0.0


def exhausted(budget: Budget, spent: Spent) -> str:
    """Why the run must stop now, as a sentence; "" when it may go on."""
    if spent.passed >= spent.requested:
        return ""
    so_far = f"{spent.passed} of {spent.requested} conversations passed"
    if budget.tokens is not None and spent.tokens >= budget.tokens:
        return f"The budget of {budget.tokens} tokens is used up: {so_far}."
    if budget.cost is not None and spent.cost >= budget.cost:
        return f"The budget of {budget.cost:g} is used up: {so_far}."
    if budget.seconds is not None and spent.seconds >= budget.seconds:
        return f"The time of {budget.seconds:g} s is over: {so_far}."
    if spent.ended >= budget.acceptance_after and spent.passed < budget.acceptance * spent.ended:
        share = 100 * spent.passed / spent.ended
        return (
            f"Only {share:.0f} % of {spent.ended} conversations passed, below the floor of {100 * budget.acceptance:.0f} %: "
            "look at what failed before spending more."
        )
    return ""


class Estimate(BaseModel):
    """What a run will likely take: model calls, tokens in and out, cost. ``basis`` says what it rests on."""

    llm_calls: int
    tokens_in: int
    tokens_out: int
    cost: float
    basis: str


class Experience(BaseModel):
    """Means a conversation of earlier ones with the same tools and endpoint."""

    conversations: int
    llm_calls: float
    tokens_in: float
    tokens_out: float


def estimate(
    scenarios: Sequence[Scenario],
    *,
    config: Config,
    tools: Sequence[ToolDefinition],
    experience: Experience | None = None,
    price_in: float = 0.0,
    price_out: float = 0.0,
) -> Estimate:
    """What conversations of these scenarios will likely take; prices are per million tokens, caching left out.

    Earlier conversations, where there are enough, are believed before the rule of thumb.
    """
    if experience is not None:
        count = len(scenarios)
        calls, tokens_in, tokens_out = (
            round(count * mean) for mean in (experience.llm_calls, experience.tokens_in, experience.tokens_out)
        )
        basis = f"the mean of {experience.conversations} earlier conversations"
    else:
        calls, tokens_in, tokens_out = (
            sum(parts) for parts in zip(*(_rule_of_thumb(s, config, tools) for s in scenarios), strict=True)
        )
        basis = "a rule of thumb; better after the first conversations"
    cost = (tokens_in * price_in + tokens_out * price_out) / 1_000_000
    return Estimate(llm_calls=calls, tokens_in=tokens_in, tokens_out=tokens_out, cost=round(cost, 4), basis=basis)


def _rule_of_thumb(scenario: Scenario, config: Config, tools: Sequence[ToolDefinition]) -> tuple[int, int, int]:
    mode = scenario.mode or config.mode
    if not mode.calls_tools:
        return 1, (len(config.system_prompt) + 2000) // CHARACTERS_PER_TOKEN, 3 * REPLY_TOKENS
    definitions = json.dumps([tool.model_dump() for tool in tools])
    static = (len(config.system_prompt) + len(definitions) + 2000) // CHARACTERS_PER_TOKEN
    if mode is not Mode.MULTI_TURN:
        turns, extra = 1, 0
    else:
        turns = scenario.turns or (config.min_turns + config.max_turns + 1) // 2
        extra = 1 + max(turns - config.min_turns, 0)  # the overview, and whether the goal is reached
    per_turn = 2 + min(STEPS_PER_TURN, config.max_agent_steps)
    calls = turns * per_turn + extra
    tokens_in = calls * static + GROWTH_TOKENS * calls * (calls - 1) // 2
    return calls, tokens_in, calls * REPLY_TOKENS
