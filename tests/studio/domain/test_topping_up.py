"""A run asks for conversations that passed, and stops when going on makes no sense."""

import pytest

from generation.budget import Budget
from generation.conversation import Conversation as Content
from generation.coverage import Quotas
from generation.llm.client import LedgerLine
from generation.plan import Config, Pattern
from studio.domain import items, runs
from studio.domain.plans import plan_of
from studio.domain.run_progress import summary_of
from studio.models import Conversation, Item, Run
from tests.standins.studio_rows import claimed, file_walk, make_run

pytestmark = pytest.mark.django_db
ONE_ATTEMPT = Config(attempts=1)


def _blocked() -> Content:
    """A conversation that a blocking check holds back: its last answer is missing."""
    content = file_walk()
    content.turns[-1].answer = None
    return content


def _end(run: Run, number: int, content: Content | None) -> None:
    item = claimed(run, number=number)
    if content is None:
        items.fail_attempt(item, error="no")
    else:
        items.finish_item(item, content=content)


def test_a_withheld_or_failed_conversation_is_replaced_until_enough_have_passed() -> None:
    run = make_run(count=2, config=ONE_ATTEMPT)
    _end(run, 0, _blocked())
    _end(run, 1, None)
    assert [item.plan.get("replaces") for item in run.items.order_by("number")] == [None, None, 0, 1]
    _end(run, 2, file_walk())
    _end(run, 3, file_walk())
    run.refresh_from_db()
    assert (run.status, run.stop_reason) == (Run.Status.FINISHED, "")
    assert Conversation.objects.filter(run=run, status=Conversation.Status.NEEDS_REVIEW).count() == 2
    assert summary_of(run)["generated"] == 2


def test_a_replacement_has_a_seed_of_its_own() -> None:
    run = make_run(count=1, config=ONE_ATTEMPT)
    _end(run, 0, None)
    seeds = {item.plan["seed"] for item in run.items.all()}
    assert len(seeds) == 2


def test_an_impossible_scenario_is_not_tried_for_ever() -> None:
    run = make_run(count=2, config=ONE_ATTEMPT, budget=Budget(attempts=5))
    hopeless = run.items.get(number=0)
    hopeless.plan = {**hopeless.plan, "scenario": {**hopeless.plan["scenario"], "prompt": "Impossible"}}
    hopeless.save()
    _end(run, 1, file_walk())
    _end(run, 0, None)
    assert run.items.get(number=2).plan["scenario"]["prompt"] == "Impossible"
    _end(run, 2, None)
    assert run.items.get(number=3).plan["scenario"]["prompt"] != "Impossible"


def test_topping_up_ends_with_the_budget_of_attempts_and_says_so() -> None:
    run = make_run(count=2, config=ONE_ATTEMPT, budget=Budget(attempts=1.5))
    for number in range(3):
        _end(run, number, None)
    run.refresh_from_db()
    assert run.items.count() == 3
    assert run.status == Run.Status.FINISHED
    assert "0 of 2 conversations passed" in run.stop_reason


def test_falling_acceptance_stops_the_run_with_the_reason() -> None:
    run = make_run(count=30, config=ONE_ATTEMPT, budget=Budget(acceptance=0.5, acceptance_after=4))
    for number in range(4):
        _end(run, number, file_walk() if number == 0 else None)
    run.refresh_from_db()
    assert run.status == Run.Status.STOPPED
    assert "25 % of 4" in run.stop_reason
    assert not Item.objects.due().filter(run=run).exists()


def test_what_was_spent_is_added_up_rarely_in_a_long_run() -> None:
    run = make_run(count=2, budget=Budget(tokens=100))
    assert all(runs.needs_settling(run, number=number) for number in range(400))
    assert sum(runs.needs_settling(run, number=number) for number in range(9_800, 10_000)) == 5
    assert not runs.needs_settling(make_run(count=2), number=0)


@pytest.mark.parametrize("budget", [Budget(tokens=100), Budget(cost=0.5)])
def test_spending_the_budget_stops_the_run(budget: Budget) -> None:
    run = make_run(count=5, budget=budget)
    item = claimed(run)
    line = LedgerLine(purpose="step", model="m", tokens_in=90, tokens_out=20, cost=0.6)
    items.save_state(item, content=file_walk(), ledger=[line])
    items.finish_item(item, content=file_walk())
    run.refresh_from_db()
    assert run.status == Run.Status.STOPPED
    assert "used up: 1 of 5" in run.stop_reason


def test_quotas_are_frozen_into_the_items_and_the_focus_reaches_the_prompts() -> None:
    quotas = Quotas(patterns={Pattern.PARALLEL: 1, Pattern.SEQUENTIAL: 1}, tools={"write_file": 1})
    run = make_run(count=4, quotas=quotas)
    patterns = sorted(item.plan["scenario"]["pattern"] for item in run.items.all())
    assert patterns == ["parallel", "parallel", "sequential", "sequential"]
    focused = next(item for item in run.items.all() if item.plan.get("focus"))
    assert "`write_file`" in plan_of(focused).config.instructions
