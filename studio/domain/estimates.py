"""What a run will likely take, from what runs like it took."""

from collections.abc import Sequence

from django.db.models import Count, Sum

from generation.budget import Estimate, Experience, estimate
from generation.plan import Config, Mode
from generation.plan import Scenario as ScenarioValue
from studio.domain.catalog import registry_value
from studio.domain.fitting import fit_of
from studio.models import Conversation, Endpoint, LedgerEntry, Registry, Scenario

ENOUGH = 20
"""Conversations of one mode that must stand before their mean is believed."""


def estimate_run(
    scenarios: Sequence[Scenario],
    *,
    registry: Registry | None,
    endpoint: Endpoint,
    config: Config,
    count: int | None = None,
    mode: Mode | None = None,
) -> Estimate:
    """Model calls, tokens and cost of ``count`` conversations (default: one a scenario that fits). Raises InvalidInput as
    ``create_run`` does for scenarios that can't be generated from."""
    fit = fit_of(scenarios, registry=registry, config=config, mode=mode)
    registry = fit.registry
    values = [ScenarioValue.model_validate(scenario.document) for scenario in fit.scenarios]
    wanted = [values[number % len(values)] for number in range(len(values) if count is None else count)]
    if mode is not None:
        wanted = [scenario.model_copy(update={"mode": mode}) for scenario in wanted]
    modes = {scenario.mode or config.mode for scenario in wanted}
    return estimate(
        wanted,
        config=config,
        tools=registry_value(registry).tools if registry else [],
        experience=_experience(registry, endpoint, modes.pop()) if len(modes) == 1 else None,
        price_in=endpoint.price_in,
        price_out=endpoint.price_out,
    )


def _experience(registry: Registry | None, endpoint: Endpoint, mode: Mode) -> Experience | None:
    made = Conversation.objects.filter(
        run__registry=registry, run__endpoint=endpoint, mode=mode.value, item__isnull=False
    )
    count = made.count()
    if count < ENOUGH:
        return None
    spent = LedgerEntry.objects.filter(item__in=made.values("item")).aggregate(
        calls=Count("pk"), tokens_in=Sum("tokens_in"), tokens_out=Sum("tokens_out")
    )
    return Experience(
        conversations=count,
        llm_calls=spent["calls"] / count,
        tokens_in=(spent["tokens_in"] or 0) / count,
        tokens_out=(spent["tokens_out"] or 0) / count,
    )
