"""What options name: registries, endpoints, datasets and scenario files, found or refused with what there is."""

from collections.abc import Callable

from generation.errors import InvalidInput
from generation.formats.scenario_files import read_scenarios
from generation.plan import Scenario
from studio.domain.samples import ensure_sample_registry, sample_names
from studio.management.command import read_file
from studio.models import Dataset, Endpoint, Registry


def find_registry(name: str) -> Registry:
    """The registry of this slug; a shipped one is put in place. Raises InvalidInput that names what there is."""
    if name in sample_names():
        return ensure_sample_registry(name)
    registry = Registry.objects.filter(slug=name).first()
    if registry is None:
        known = sorted({*Registry.objects.values_list("slug", flat=True), *sample_names()})
        raise InvalidInput(
            f"There is no registry {name!r}: known are {', '.join(known)}. Import one with import_tools."
        )
    return registry


def find_endpoint(name: str | None) -> Endpoint:
    """The endpoint of this name, without one ``openai`` or else ``demo``. Raises InvalidInput that names what there is."""
    names = list(Endpoint.objects.values_list("name", flat=True))
    wanted = name or ("openai" if "openai" in names else "demo")
    if wanted not in names:
        hint = " Set OPENAI_API_KEY or OPENAI_BASE_URL, and OPENAI_MODEL, to have it." if wanted == "openai" else ""
        raise InvalidInput(f"There is no endpoint {wanted!r}: known are {', '.join(names)}.{hint}")
    return Endpoint.objects.get(name=wanted)


def find_dataset(slug: str) -> Dataset:
    """The dataset of this slug. Raises InvalidInput that names what there is."""
    dataset = Dataset.objects.filter(slug=slug).first()
    if dataset is None:
        known = ", ".join(Dataset.objects.values_list("slug", flat=True)) or "none yet"
        raise InvalidInput(f"There is no dataset {slug!r}: known are {known}.")
    return dataset


def read_usable_scenarios(path: str | None, *, say: Callable[[str], None]) -> list[Scenario]:
    """The scenarios in a file; those that can't be used are said. Raises InvalidInput when none is left."""
    if not path:
        raise InvalidInput("--scenarios is missing: name a JSONL, CSV or YAML file of scenarios.")
    read = read_scenarios(read_file(path), name=path)
    for refused in read.refused:
        say(f"{path}, line {refused.number}: {refused.reason}")
    if not read.scenarios:
        raise InvalidInput(f"{path} holds no scenario that can be used.")
    return read.scenarios
