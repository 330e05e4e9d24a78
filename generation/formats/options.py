"""ExportOptions: what a person may choose about a training file, the same for every preset.

Refuses unknown keys and values, naming what is known.
"""

from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from generation.errors import InvalidInput
from generation.plan import explain

WEIGHTS = (
    "Each assistant message gets a weight: 0 when one of its calls is marked wrong, 1 otherwise. "
    "Calls that nobody marked count as right, and answers are always 1: the approval speaks for them."
)
"""What ``weights`` does, as people are told."""


class Thoughts(StrEnum):
    """Where the model's thoughts go."""

    NONE = "none"
    REASONING_CONTENT = "reasoning_content"  # a field of its own beside the content
    THINK_TAGS = "think_tags"  # <think>…</think> at the head of the content


class ToolChoice(StrEnum):
    """Which of a conversation's tools are written with it."""

    ALL = "all"
    CALLED = "called"


class ExportOptions(BaseModel):
    """``system``: begin with the system message. ``thoughts``: where they go. ``tools``: all, or those
    called plus ``distractors`` others, sampled by ``seed``. ``split_parallel``: one call a message,
    for templates that take no more. ``weights``: each assistant message says whether it is trained on,
    where the preset carries that."""

    model_config = ConfigDict(extra="forbid")

    system: bool = True
    thoughts: Thoughts = Thoughts.NONE
    tools: ToolChoice = ToolChoice.ALL
    distractors: int = Field(default=0, ge=0, le=100)
    split_parallel: bool = False
    seed: int = 0
    weights: bool = Field(default=False, description=WEIGHTS)

    @model_validator(mode="after")
    def _distractors_join_called_tools(self) -> Self:
        if self.distractors and self.tools is ToolChoice.ALL:
            raise ValueError('distractors are sampled beside the called tools: write tools: "called" with them')
        return self


def read_options(values: object) -> ExportOptions:
    """Checked options. Raises InvalidInput that names each wrong key and what is known."""
    try:
        return ExportOptions.model_validate({} if values is None else values)
    except ValidationError as error:
        raise InvalidInput(
            f"The export options are wrong: {explain(error, known=list(ExportOptions.model_fields))}"
        ) from error
