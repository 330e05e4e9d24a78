"""Datasets and their scenarios."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from generation.conversation import digest
from generation.errors import InvalidInput
from generation.plan import Scenario as ScenarioValue
from studio.domain.errors import NotPossible
from studio.models import Dataset, Scenario
from studio.models.fields import plain_text

MAX_SLUG = 80


@dataclass(frozen=True)
class Added:
    """Scenarios that were new, and how many stood there already; ``all`` holds both in the order given."""

    new: int
    known: int
    all: list[Scenario]


def ensure_dataset(slug: str, *, name: str = "", description: str = "", guidelines: str = "") -> Dataset:
    """The dataset of this slug, made when there is none."""
    clean = slugify(slug)
    if not clean or len(clean) > MAX_SLUG:
        raise InvalidInput(f"{slug[:80]!r} is no dataset name: use up to {MAX_SLUG} letters, digits and dashes.")
    texts = {"description": plain_text(description), "guidelines": plain_text(guidelines)}
    defaults = {"name": plain_text(name or slug, 120), **texts}
    return Dataset.objects.get_or_create(slug=clean, defaults=defaults)[0]


def create_dataset(slug: str, **values: Any) -> Dataset:
    """A new dataset; ``values`` are its other columns. Raises NotPossible when the slug is taken."""
    try:
        with transaction.atomic():
            return Dataset.objects.create(slug=slug, **{"name": slug, **values})
    except IntegrityError as error:
        raise NotPossible(f"There is a dataset {slug!r} already.") from error


def change_dataset(dataset: Dataset, **values: Any) -> Dataset:
    """Change its name, description, guidelines or reject reasons."""
    for name, value in values.items():
        setattr(dataset, name, value)
    dataset.save(update_fields=list(values))
    return dataset


@transaction.atomic
def add_scenarios(dataset: Dataset, *, scenarios: Iterable[ScenarioValue]) -> Added:
    """Put scenarios into the dataset; the same one again is recognised and adds nothing."""
    wanted = {_digest(scenario): scenario for scenario in scenarios}
    known = {row.digest: row for row in _rows(dataset, list(wanted))}
    new = [_row(dataset, key, value) for key, value in wanted.items() if key not in known]
    Scenario.objects.bulk_create(new, batch_size=500, ignore_conflicts=True)  # somebody may import the same at once
    rows = {row.digest: row for row in _rows(dataset, list(wanted))}
    return Added(new=len(wanted) - len(known), known=len(known), all=[rows[key] for key in wanted])


def _rows(dataset: Dataset, digests: list[str]) -> Iterable[Scenario]:
    chunk = 500  # SQLite takes a bounded number of parameters
    for start in range(0, len(digests), chunk):
        yield from dataset.scenarios.filter(digest__in=digests[start : start + chunk])


def _digest(scenario: ScenarioValue) -> str:
    return digest(_document(scenario))


def _document(scenario: ScenarioValue) -> dict[str, Any]:
    return scenario.model_dump(exclude_defaults=True)  # not mode="json", which refuses lone surrogates in keys


def _row(dataset: Dataset, key: str, value: ScenarioValue) -> Scenario:
    return Scenario(
        dataset=dataset,
        digest=key,
        document=_document(value),
        topic=plain_text(value.topic, 300),
        prompt=plain_text(value.prompt),
        mode=value.mode or "",
        pattern=value.pattern or "",
    )
