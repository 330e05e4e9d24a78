"""The shapes in which a model answers the builders' questions; field names are the ecosystem's."""

from typing import Any

from pydantic import BaseModel, Field


class UserMessageReply(BaseModel):
    """What the simulated user says next."""

    content: str


class OverviewReply(BaseModel):
    """The hidden goal of a multi-turn conversation."""

    description: str


class ToolCallReply(BaseModel):
    """One call as the model wrote it. ``arguments`` should be an object, or the JSON text of one; whatever
    else came is kept, so that the model can be told what was wrong with it."""

    function_name: str
    arguments: Any = Field(default_factory=dict)
    reasoning: str = ""


class StepReply(BaseModel):
    """One step: a thought, and calls or the word that it was the last one."""

    thought: str = ""
    tool_calls: list[ToolCallReply] = Field(default_factory=list)
    is_final: bool = False


class AnswerReply(BaseModel):
    """The assistant's answer of a turn."""

    content: str


class ConclusionReply(BaseModel):
    """Whether the conversation may end before all its planned turns were made."""

    should_conclude: bool


class BasicReply(BaseModel):
    """A question and its answer, from one call."""

    question: str
    final_answer: str


class ChainOfThoughtReply(BaseModel):
    """A question, the reasoning that leads to its answer, and the answer, from one call."""

    question: str
    chain_of_thought: str
    final_answer: str
