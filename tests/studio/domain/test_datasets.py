"""Datasets and scenarios: imports that may be repeated."""

from functools import partial

import pytest

from generation.errors import InvalidInput
from generation.plan import Mode, Pattern, Scenario
from studio.domain.datasets import add_scenarios, ensure_dataset
from studio.models import Dataset
from studio.models import Scenario as Row
from tests.standins.racing import at_once

ONE, TWO = Scenario(prompt="one"), Scenario(prompt="two", mode=Mode.MULTI_TURN, pattern=Pattern.CLARIFY)


@pytest.mark.django_db
def test_a_dataset_is_made_once_and_found_by_its_slug() -> None:
    dataset = ensure_dataset("My Set", description="first")
    assert (dataset.slug, dataset.name) == ("my-set", "My Set")
    assert ensure_dataset("my-set", description="second") == dataset
    assert Dataset.objects.get().description == "first"


@pytest.mark.django_db
@pytest.mark.parametrize("slug", ["", "???", "x" * 81])
def test_a_name_that_makes_no_slug_is_refused(slug: str) -> None:
    with pytest.raises(InvalidInput):
        ensure_dataset(slug)


@pytest.mark.django_db
def test_the_same_scenario_again_adds_nothing_and_is_found() -> None:
    dataset = ensure_dataset("d")
    first = add_scenarios(dataset, scenarios=[ONE, TWO, ONE])
    assert (first.new, first.known) == (2, 0)
    again = add_scenarios(dataset, scenarios=[TWO, Scenario(prompt="three")])
    assert (again.new, again.known) == (1, 1)
    assert [row.prompt for row in again.all] == ["two", "three"]
    assert again.all[0].pk == first.all[1].pk
    assert (again.all[0].mode, again.all[0].pattern) == ("multi_turn", "clarify")


@pytest.mark.django_db
def test_a_scenario_comes_back_as_it_was_put_in() -> None:
    value = Scenario(
        prompt="p", seed_files={"b": "2", "a": ""}, seed_tables={"t": {"k": {"n": 1.0}}}, tags=["x"], turns=3
    )
    row = add_scenarios(ensure_dataset("d"), scenarios=[value]).all[0]
    row.refresh_from_db()
    assert Scenario.model_validate(row.document) == value
    assert list(row.document["seed_files"]) == ["b", "a"]


@pytest.mark.django_db
def test_the_same_scenario_may_stand_in_two_datasets() -> None:
    assert add_scenarios(ensure_dataset("a"), scenarios=[ONE]).new == 1
    assert add_scenarios(ensure_dataset("b"), scenarios=[ONE]).new == 1


@pytest.mark.django_db
def test_thousands_are_added_at_once() -> None:
    values = [Scenario(prompt=f"scenario {number}") for number in range(2500)]
    dataset = ensure_dataset("d")
    assert add_scenarios(dataset, scenarios=values).new == 2500
    assert add_scenarios(dataset, scenarios=values).known == 2500


@pytest.mark.django_db(transaction=True)
def test_the_same_import_at_once_adds_each_scenario_once() -> None:
    dataset = ensure_dataset("d")
    at_once(*[partial(add_scenarios, dataset, scenarios=[ONE, TWO])] * 8)
    assert sorted(Row.objects.values_list("prompt", flat=True)) == ["one", "two"]
