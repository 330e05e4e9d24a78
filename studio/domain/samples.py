"""The registries and scenarios that come with Tracewright (``studio/samples/``)."""

import json
from pathlib import Path

from generation.formats.scenario_files import read_scenarios
from generation.plan import Scenario
from generation.tools import ToolRegistry
from studio.domain.catalog import ensure_registry, put_tools
from studio.models import Registry

FOLDER = Path(__file__).resolve().parent.parent / "samples"


def sample_names() -> list[str]:
    """The registries that are shipped, by name."""
    return sorted(path.name.removesuffix(".registry.json") for path in FOLDER.glob("*.registry.json"))


def ensure_sample_registry(name: str) -> Registry:
    """A shipped registry, put in place when it is not there. One that people changed since is left as it is."""
    value = ToolRegistry.model_validate(json.loads((FOLDER / f"{name}.registry.json").read_text("utf-8")))
    registry = ensure_registry(name, name=name.replace("-", " ").capitalize(), description=value.description)
    if not registry.tools.exists():
        put_tools(registry, tools=value.tools, fixtures=value.fixtures, tables=value.tables)
    return registry


def sample_scenarios(name: str) -> list[Scenario]:
    """The scenarios shipped for a registry."""
    path = FOLDER / f"{name}.scenarios.jsonl"
    return list(read_scenarios(path.read_text("utf-8"), name=path.name).scenarios)
