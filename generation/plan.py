"""Plan: everything that decides what one conversation becomes, before the first model call.

A plan is a scenario, tools, a configuration and a seed. A run freezes one plan per item, so that what
was asked for can't change under it. Refuses unknown keys and impossible combinations with what to write.
"""

import hashlib
import random
from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from generation.faults import Fault
from generation.tools import ToolDefinition


class Mode(StrEnum):
    """How a conversation is made. The last two are one model call each, question and answer together, without tools."""

    SINGLE_TURN = "single_turn"
    MULTI_TURN = "multi_turn"
    BASIC = "basic"
    CHAIN_OF_THOUGHT = "chain_of_thought"

    @property
    def calls_tools(self) -> bool:
        return self not in TOOLLESS


TOOLLESS = frozenset({Mode.BASIC, Mode.CHAIN_OF_THOUGHT})
"""Modes that need no tools, no sandbox and no pattern, and leave out those they are given."""

SYSTEM_PROMPT = (
    "You are a helpful assistant with access to tools. Use them to find out and to act; say only what they showed."
)
TOOLLESS_SYSTEM_PROMPT = "You are a helpful assistant. Answer clearly and briefly, and say so when you don't know."


class Pattern(StrEnum):
    """What kind of conversation a plan asks for."""

    SINGLE = "single"
    SEQUENTIAL = "sequential"
    PARALLEL = "parallel"
    NO_TOOL = "no_tool"
    CLARIFY = "clarify"
    REFUSE = "refuse"
    ERROR_RECOVERY = "error_recovery"
    WRITE_THEN_VERIFY = "write_then_verify"


CALLLESS = frozenset({Pattern.NO_TOOL, Pattern.CLARIFY, Pattern.REFUSE})
"""Patterns whose conversations may do without any tool call."""


class Scenario(BaseModel):
    """What a conversation is about and the state of the world it starts in.

    ``prompt`` is the situation in a few sentences (hidden from the simulated user's counterpart);
    ``seed_files`` is ``{path: content}`` for the vfs component, ``seed_tables`` ``{table: {key: record}}`` for mock (merged over
    the registry's tables, record by record). ``turns`` fixes the number of turns of a multi-turn conversation.
    ``tools`` names those it can't do without, so that it is not tried with a registry that lacks them.
    ``faults`` are what goes wrong with its tools; the pattern ``error_recovery`` gets some drawn when there are none, unless
    the tag ``tool-error`` says that its tools fail for real.
    """

    model_config = ConfigDict(extra="forbid")

    prompt: str = Field(min_length=1)
    topic: str = ""
    mode: Mode | None = None
    turns: int | None = Field(default=None, ge=1, le=10)
    seed_files: dict[str, str] = Field(default_factory=dict)
    seed_tables: dict[str, dict[str, Any]] = Field(default_factory=dict)
    tags: list[str] = Field(default_factory=list)
    persona: str = ""
    language: str = ""
    pattern: Pattern | None = None
    tools: list[str] = Field(default_factory=list)
    faults: list[Fault] = Field(default_factory=list)


class Config(BaseModel):
    """How conversations are made. Names and limits are the ancestor's where it has one."""

    model_config = ConfigDict(extra="forbid")

    mode: Mode = Mode.SINGLE_TURN
    system_prompt: str = SYSTEM_PROMPT
    include_system_message: bool = True
    instructions: str = ""
    min_turns: int = Field(default=2, ge=1, le=10)
    max_turns: int = Field(default=4, ge=1, le=10)
    min_tool_calls: int = Field(default=2, ge=0, le=20)
    max_agent_steps: int = Field(default=5, ge=1, le=10)
    max_calls_per_turn: int = Field(default=3, ge=1, le=10)
    max_calls: int = Field(default=20, ge=1, le=100)
    step_retries: int = Field(default=2, ge=0, le=5)
    attempts: int = Field(default=3, ge=1, le=10)
    temperature: float = Field(default=0.7, ge=0, le=2)
    max_tokens: int = Field(default=2000, ge=16)
    keep_error_traces: bool = False
    replay: bool = False
    """Run every call once more from a clean sandbox when the conversation is made, to see whether its results come back."""

    @model_validator(mode="after")
    def _limits_fit_each_other(self) -> Self:
        if self.min_turns > self.max_turns:
            raise ValueError(
                f"min_turns ({self.min_turns}) is above max_turns ({self.max_turns}): lower it or raise max_turns"
            )
        if self.min_tool_calls > self.max_calls:
            raise ValueError(
                f"min_tool_calls ({self.min_tool_calls}) is above max_calls ({self.max_calls}): lower it or raise max_calls"
            )
        return self


class Plan(BaseModel):
    """One conversation to be made. ``seed`` decides ids, the number of turns and every other choice."""

    model_config = ConfigDict(extra="forbid")

    scenario: Scenario
    tools: list[ToolDefinition]
    config: Config = Field(default_factory=Config)
    seed: int = 0

    @model_validator(mode="after")
    def _needs_tools(self) -> Self:
        if not self.tools and self.mode.calls_tools:
            raise ValueError(
                f"a plan of mode {self.mode} needs at least one tool: choose a registry that has some, "
                f"or one of the modes {', '.join(sorted(TOOLLESS))}"
            )
        return self

    @property
    def mode(self) -> Mode:
        return self.scenario.mode or self.config.mode

    @property
    def system_prompt(self) -> str:
        """The exported system prompt. The default one speaks of tools, so a mode without tools has a default of its own."""
        if not self.config.include_system_message:
            return ""
        is_default = self.config.system_prompt == SYSTEM_PROMPT
        return TOOLLESS_SYSTEM_PROMPT if is_default and not self.mode.calls_tools else self.config.system_prompt


def explain(error: ValidationError, *, known: list[str]) -> str:
    """One sentence per wrong key of a pydantic error; ``known`` is offered where a key is unknown."""
    sentences = []
    for problem in error.errors(include_url=False, include_input=True):
        place = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            sentences.append(f"{place} is unknown; known are {', '.join(known)}")
        else:
            message = problem["msg"].removeprefix("Value error, ")
            sentences.append(f"{place}: {message}" if place else message)
    return "; ".join(sentences)


class Rng:
    """Seeded randomness that is addressed by place instead of drawn in sequence.

    ``at("call", 0, 2)`` is the same stream however often and in whatever order it is asked for, so an
    attempt that is taken up again after a crash makes the very choices it would have made.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def at(self, *place: str | int) -> random.Random:
        text = ":".join(str(part) for part in (self.seed, *place))
        return random.Random(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]))

    def call_id(self, *place: str | int) -> str:
        """A call id: 9 characters [A-Za-z0-9], the same for the same place."""
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        return "".join(self.at("call_id", *place).choices(alphabet, k=9))
