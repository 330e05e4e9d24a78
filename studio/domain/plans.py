"""Plans: what each item of a run shall become, frozen when the run is made, and read back when it is worked."""

from collections.abc import Iterator, Sequence

from pydantic import ValidationError

from generation.coverage import FOCUS, Quotas, assign
from generation.errors import InvalidInput, InvalidScenario
from generation.plan import Config, Mode, Plan, Rng, explain
from generation.plan import Scenario as ScenarioValue
from generation.sandbox.client import MOCK
from studio.domain.catalog import toolset_value
from studio.models import Item, Run, Scenario


def planned_items(run: Run, *, scenarios: Sequence[Scenario], quotas: Quotas, mode: Mode | None) -> Iterator[Item]:
    """The run's items, not saved yet: scenarios in turn or as ``quotas`` ask, ``mode`` over their own. Raises InvalidInput."""
    values = [ScenarioValue.model_validate(scenario.document) for scenario in scenarios]
    registry = toolset_value(run.toolset)
    tools = [tool.name for tool in registry.tools]
    planned = assign(values, count=run.requested, quotas=quotas, rng=Rng(run.seed), tools=tools)
    if registry.push_mock and any(tool.component == MOCK for tool in registry.tools):
        _require_no_tables([one.scenario for one in planned])
    for number, one in enumerate(planned):
        # not mode="json", which refuses lone surrogates in keys
        document = one.scenario.model_dump(exclude_defaults=True)
        if mode is not None:
            document["mode"] = mode.value
        plan = {"scenario": document, "seed": run.seed + number * 1000}
        if one.focus:
            plan["focus"] = one.focus
        yield Item(run=run, scenario=scenarios[one.position], number=number, plan=plan)


def _require_no_tables(scenarios: Sequence[ScenarioValue]) -> None:
    """Refuse scenarios of which none could be made: a Spin service has no place for their tables."""
    bringing = [scenario for scenario in scenarios if scenario.seed_tables]
    if bringing:
        raise InvalidInput(
            f"{len(bringing)} of {len(scenarios)} conversations start from seed_tables, which can't be pushed to a Spin service: "
            f"the first is {bringing[0].prompt[:80]!r}. Switch the registry's push_mock off, or leave these scenarios out."
        )


def plan_of(item: Item) -> Plan:
    """The item's frozen plan as the engine's value; each new attempt has a seed of its own.

    Raises InvalidInput when the run's configuration can't be read, InvalidScenario when only this plan can't be.
    """
    try:
        config = Config.model_validate(item.run.config)
    except ValidationError as error:
        problem = explain(error, known=list(Config.model_fields))
        raise InvalidInput(f"The run's configuration can't be used: {problem}. Make a new run.") from error
    if focus := item.plan.get("focus"):
        instructions = "\n".join(part for part in (config.instructions, FOCUS.format(tool=focus)) if part)
        config = config.model_copy(update={"instructions": instructions})
    try:
        return Plan(
            scenario=ScenarioValue.model_validate(item.plan["scenario"]),
            tools=toolset_value(item.run.toolset).tools,
            config=config,
            seed=item.plan["seed"] + item.attempts,
        )
    except ValidationError as error:
        problem = explain(error, known=list(ScenarioValue.model_fields))
        raise InvalidScenario(f"This scenario can't be used: {problem}.") from error
