"""Runs: what they freeze, how they end and go on."""

from datetime import timedelta

import pytest
from django.utils import timezone

from generation.budget import Budget
from generation.errors import InvalidInput
from generation.plan import Config, Mode
from studio.domain import items, runs
from studio.domain.catalog import put_tools, registry_value
from studio.domain.endpoints import ensure_demo_endpoint
from studio.domain.errors import NotPossible
from studio.domain.plans import plan_of
from studio.domain.run_progress import progress_of, summary_of
from studio.models import Item, Run
from tests.standins.studio_rows import claimed, file_walk, make_dataset, make_registry, make_run, make_scenario

pytestmark = pytest.mark.django_db


def test_scenarios_are_taken_in_turn_until_the_count_is_reached() -> None:
    dataset = make_dataset()
    scenarios = [make_scenario(dataset=dataset, prompt=prompt) for prompt in ("one", "two")]
    run = runs.create_run(
        dataset,
        registry=make_registry(),
        endpoint=ensure_demo_endpoint(),
        scenarios=scenarios,
        config=Config(),
        count=5,
        mode=Mode.MULTI_TURN,
    )
    plans = [plan_of(item) for item in run.items.all()]
    assert [plan.scenario.prompt for plan in plans] == ["one", "two", "one", "two", "one"]
    assert {plan.mode for plan in plans} == {Mode.MULTI_TURN}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"count": 0}, "count is 0"),
        ({"count": runs.MAX_REQUESTED + 1}, "count is 100001"),
        ({"concurrency": 0}, "concurrency is 0"),
        ({"concurrency": 257}, "concurrency is 257"),
        ({"seed": 2**70}, "seed is"),
    ],
)
def test_a_run_that_could_not_be_made_is_refused_by_name(given: dict[str, int], sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        make_run(**given)
    assert not Run.objects.exists()


def test_a_change_of_the_registry_does_not_reach_a_run_under_way() -> None:
    run = make_run()
    before = plan_of(run.items.get()).tools
    registry = run.registry
    changed = [tool.model_copy(update={"description": "changed"}) for tool in registry_value(registry).tools]
    put_tools(registry, tools=changed)
    assert plan_of(run.items.get()).tools == before


@pytest.mark.parametrize("hold", [runs.pause_run, lambda run: runs.stop_run(run.pk, reason="no key")])
def test_what_is_being_built_keeps_its_state_when_the_run_is_held_and_goes_on(hold) -> None:
    run = make_run(count=2)
    item = claimed(run)
    items.save_state(item, content=file_walk(), ledger=[])
    hold(run)
    assert not items.save_state(item, content=file_walk(), ledger=[])
    assert items.finish_item(item, content=file_walk()) is None
    runs.resume_run(run)
    run.refresh_from_db()
    assert (run.status, run.stop_reason, run.finished_at) == (Run.Status.RUNNING, "", None)
    again = claimed(run)
    assert items.saved_state(again) == file_walk()


def test_cancelling_ends_what_is_unfinished_and_keeps_what_is_done() -> None:
    run = make_run(count=3)
    items.finish_item(claimed(run), content=file_walk())
    building = claimed(run, number=1)
    runs.cancel_run(run)
    assert list(run.items.values_list("status", flat=True)) == [
        Item.Status.DONE,
        Item.Status.CANCELLED,
        Item.Status.CANCELLED,
    ]
    assert items.finish_item(building, content=file_walk()) is None
    assert run.conversations.count() == 1
    with pytest.raises(NotPossible):
        runs.cancel_run(run)
    with pytest.raises(NotPossible):
        runs.resume_run(run)


def test_a_run_whose_last_worker_died_before_closing_it_is_closed_by_the_sweeper() -> None:
    ended, open_run = make_run(), make_run()
    Item.objects.filter(run=ended).update(status=Item.Status.DONE, passed=True)
    assert runs.settle_open_runs() == 1
    ended.refresh_from_db()
    open_run.refresh_from_db()
    assert (ended.status, open_run.status) == (Run.Status.FINISHED, Run.Status.RUNNING)


def test_a_stopped_run_with_nothing_left_ends_when_it_is_resumed() -> None:
    run = make_run()
    runs.stop_run(run.pk, reason="why")
    Item.objects.update(status=Item.Status.DONE, passed=True)
    runs.resume_run(run)
    run.refresh_from_db()
    assert run.status == Run.Status.FINISHED


def test_progress_counts_what_stands() -> None:
    run = make_run(count=4, config=Config(attempts=1))
    items.finish_item(claimed(run), content=file_walk())
    items.fail_attempt(claimed(run, number=1), error="no")
    claimed(run, number=2)
    progress = progress_of(run)
    assert (progress.done, progress.failed, progress.building, progress.waiting) == (1, 1, 1, 2)
    assert (progress.ended, progress.percent, progress.tool_calls) == (2, 25, 3)
    assert summary_of(run)["interrupted"] == 3


def age(run: Run, **time: float) -> None:
    """Let so much time pass over the run."""
    run.refresh_from_db()
    passed = timedelta(**time)
    Run.objects.filter(pk=run.pk).update(created_at=run.created_at - passed, running_since=run.running_since - passed)
    run.refresh_from_db()


@pytest.mark.parametrize("hold", [runs.pause_run, lambda run: runs.stop_run(run.pk, reason="no key")])
def test_only_the_time_in_which_it_runs_counts(hold) -> None:
    run = make_run(count=2, config=Config(attempts=1), budget=Budget(seconds=3600))
    age(run, minutes=20)
    hold(run)
    age(run, hours=9)
    assert 1200 <= progress_of(run).seconds < 1230
    runs.resume_run(run)
    run.refresh_from_db()
    assert run.status == Run.Status.RUNNING
    age(run, minutes=20)
    items.fail_attempt(claimed(run), error="no")
    run.refresh_from_db()
    assert run.status == Run.Status.RUNNING, "the nine hours it was held do not count"
    assert 2400 <= progress_of(run).seconds < 2430
    age(run, minutes=21)
    items.fail_attempt(claimed(run, number=1), error="no")
    run.refresh_from_db()
    assert (run.status, run.stop_reason[:24]) == (Run.Status.STOPPED, "The time of 3600 s is ov")


@pytest.mark.parametrize("end", [runs.cancel_run, lambda run: runs.settle_run(run.pk)])
def test_the_time_stands_still_when_it_has_ended(end) -> None:
    run = make_run()
    age(run, minutes=5)
    Item.objects.update(status=Item.Status.DONE, passed=True)
    end(run)
    age(run, hours=2)
    assert 300 <= progress_of(run).seconds < 330
    assert run.finished_at is not None
    assert run.finished_at <= timezone.now()
