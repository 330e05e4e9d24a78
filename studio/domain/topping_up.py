"""Topping up: what a run begins in place of conversations that failed or were withheld."""

from django.db.models import Max

from generation.plan import Rng
from studio.models import Item, Run


def add_replacements(run: Run, *, missing: int, limit: int) -> int:
    """Add up to ``missing`` items, as long as the run holds no more than ``limit``; returns how many.

    Each takes the place of one that did not pass, with a seed of its own. Its scenario is tried once more; after that a
    scenario of the same pattern that has passed stands in, so that the quotas hold and an impossible one is not paid for
    for ever. The caller holds the run's row.
    """
    count = min(missing, limit - run.items.count())
    if count <= 0:
        return 0
    highest = run.items.aggregate(highest=Max("number"))["highest"]
    lost = _unreplaced(run, count)
    passed = _that_passed(run) if any("replaces" in failed.plan for failed in lost) else []
    rng = Rng(run.seed)
    added = []
    for number, failed in enumerate(lost, start=highest + 1):
        plan = dict(failed.plan)
        scenario_pk = failed.scenario_id
        alike = [item for item in passed if _pattern(item) == _pattern(failed)]
        if "replaces" in failed.plan and alike:
            stand_in = rng.at("stand_in", number).choice(alike)
            plan, scenario_pk = dict(stand_in.plan), stand_in.scenario_id
        plan |= {"seed": run.seed + number * 1000, "replaces": failed.number}
        added.append(Item(run=run, scenario_id=scenario_pk, number=number, plan=plan))
    Item.objects.bulk_create(added)
    return len(added)


def _unreplaced(run: Run, count: int) -> list[Item]:
    # Plans hold whole seed files: of thousands of items only the few that are needed are read.
    replacements = run.items.filter(number__gte=run.requested).order_by()
    replaced = {plan["replaces"] for plan in replacements.values_list("plan", flat=True).iterator(chunk_size=200)}
    ended = run.items.filter(status__in=[Item.Status.DONE, Item.Status.FAILED]).exclude(passed=True)
    numbers = ended.order_by("number").values_list("number", flat=True)
    chosen = [number for number in numbers if number not in replaced][:count]
    return list(run.items.filter(number__in=chosen).order_by("number"))


def _that_passed(run: Run) -> list[Item]:
    return list(run.items.filter(passed=True).order_by("number")[:200])


def _pattern(item: Item) -> object:
    scenario = item.plan["scenario"]
    return scenario.get("pattern"), scenario.get("mode")
