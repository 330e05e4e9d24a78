"""Judge: a model scores a finished conversation by a rubric. Advice for people, shown beside their verdict; it decides nothing."""

import json
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from generation.builders.transcript import transcript
from generation.conversation import Conversation
from generation.errors import LLMMalformed
from generation.llm.client import LLM, Message
from generation.prompts import prompt, section

PURPOSE = "judge"


class Criterion(BaseModel):
    """One question of a rubric. ``weight`` is its part in the overall score."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    question: str = Field(min_length=1, max_length=500)
    weight: float = Field(default=1.0, gt=0)


class Rubric(BaseModel):
    """What is judged. Names are unique."""

    model_config = ConfigDict(extra="forbid")

    criteria: list[Criterion] = Field(min_length=1, max_length=12)

    @field_validator("criteria")
    @classmethod
    def _names_are_unique(cls, criteria: list[Criterion]) -> list[Criterion]:
        names = [criterion.name for criterion in criteria]
        if len(set(names)) < len(names):
            raise ValueError("each criterion needs a name of its own")
        return criteria


DEFAULT_RUBRIC = Rubric(
    criteria=[
        Criterion(name="task_solved", question="Is what the user asked for done, or shown to be impossible?", weight=2),
        Criterion(name="faithful", question="Does every claim of the answers follow from the results?", weight=2),
        Criterion(name="efficient", question="Were the calls needed, well chosen, and made in a sensible order?"),
        Criterion(name="natural", question="Would a person ask and an assistant answer like this?"),
    ]
)


class Score(BaseModel):
    """One criterion's score (1 to 5) and why, in a sentence."""

    criterion: str
    score: int = Field(ge=1, le=5)
    reason: str = ""


class Judgement(BaseModel):
    """A judge's reply. ``overall`` is computed by ``judge``, never asked for."""

    scores: list[Score]
    summary: str = ""


def judge(
    conversation: Conversation, *, llm: LLM, rubric: Rubric = DEFAULT_RUBRIC, seed: int | None = None
) -> Judgement:
    """The model's scores, one a criterion in the rubric's order. Raises LLMReplyError, LLMUnavailable, LLMRejected."""
    judgement = llm.ask(
        purpose=PURPOSE,
        messages=_messages(conversation, rubric),
        reply=Judgement,
        schema=_schema(rubric),
        seed=seed,
        temperature=0.0,
    )
    names = [criterion.name for criterion in rubric.criteria]
    by_name = {score.criterion: score for score in judgement.scores}
    if sorted(by_name) != sorted(names) or len(judgement.scores) != len(names):
        raise LLMMalformed("The judge did not score each criterion once.", text=judgement.model_dump_json())
    return judgement.model_copy(update={"scores": [by_name[name] for name in names]})


def overall(judgement: Judgement, rubric: Rubric) -> float:
    """The weighted mean of the scores, 1 to 5."""
    weights = {criterion.name: criterion.weight for criterion in rubric.criteria}
    total = sum(weights[score.criterion] for score in judgement.scores)
    return sum(weights[score.criterion] * score.score for score in judgement.scores) / total


def _messages(conversation: Conversation, rubric: Rubric) -> list[Message]:
    tools = "\n".join(
        json.dumps({"name": tool.name, "description": tool.description, "parameters": tool.parameters})
        for tool in conversation.tools
    )
    criteria = "\n".join(f"{criterion.name}: {criterion.question}" for criterion in rubric.criteria)
    system = "\n\n".join(
        part for part in (section("tools", tools), prompt("judge"), section("criteria", criteria)) if part
    )
    task = "\n\n".join([section("conversation", transcript(conversation, with_calls=True)), prompt("judge_task")])
    return [{"role": "system", "content": system}, {"role": "user", "content": task}]


def _schema(rubric: Rubric) -> dict[str, Any]:
    names = [criterion.name for criterion in rubric.criteria]
    score = {
        "type": "object",
        "properties": {
            "criterion": {"type": "string", "enum": names},
            "score": {"type": "integer", "enum": [1, 2, 3, 4, 5]},
            "reason": {"type": "string"},
        },
        "required": ["criterion", "score", "reason"],
    }
    return {
        "type": "object",
        "properties": {"scores": {"type": "array", "items": score}, "summary": {"type": "string"}},
        "required": ["scores", "summary"],
    }
