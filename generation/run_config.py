"""RunConfig: the configuration of a whole run, as one file holds it: how conversations are made, in what mix, within what budget."""

from typing import Any, TypeVar

from pydantic import BaseModel, Field, ValidationError

from generation.budget import Budget
from generation.coverage import Quotas
from generation.errors import InvalidInput
from generation.plan import Config, explain

Part = TypeVar("Part", bound=BaseModel)


ELSEWHERE = {
    "seed": "it is given with each run (generate --seed)",
    "count": "it is given with each run (generate --count)",
    "concurrency": "it is given with each run (generate --concurrency)",
    "max_per_query": "here it is max_calls_per_turn",
    "reasoning": "it is an option of each export",
    "sampled_distractors": "it is an option of each export, distractors",
}
"""Keys that people look for here, and where they are."""


class RunConfig(BaseModel):
    """``config`` is flat in the file; ``quotas`` and ``budget`` are sections of it."""

    config: Config = Field(default_factory=Config)
    quotas: Quotas = Field(default_factory=Quotas)
    budget: Budget = Field(default_factory=Budget)


def read_run_config(values: object) -> RunConfig:
    """A checked configuration of a run. Raises InvalidInput that names each wrong key and what is expected."""
    if values is None:
        return RunConfig()
    if not isinstance(values, dict):
        raise InvalidInput("The configuration must be a mapping of keys to values, like 'max_turns: 3'")
    rest = {key: value for key, value in values.items() if key not in ("quotas", "budget")}
    if elsewhere := [f"{key} is not set here: {where}" for key, where in ELSEWHERE.items() if key in rest]:
        raise InvalidInput("; ".join(elsewhere))
    return RunConfig(
        config=_read(Config, rest, known=[*Config.model_fields, "quotas", "budget"]),
        quotas=_read(Quotas, values.get("quotas") or {}, place="quotas"),
        budget=_read(Budget, values.get("budget") or {}, place="budget"),
    )


def _read(part: type[Part], values: Any, *, place: str = "", known: list[str] | None = None) -> Part:
    try:
        return part.model_validate(values)
    except ValidationError as error:
        problem = explain(error, known=known or list(part.model_fields))
        raise InvalidInput(f"{place}: {problem}" if place else problem) from error
