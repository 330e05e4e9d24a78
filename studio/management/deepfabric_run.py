"""A run from somebody's DeepFabric configuration: what it asks for, found or made here, and said where it differs.

Topics and scenarios are asked of the model before the run is made, outside of any transaction; both are kept (the file the
configuration names, the dataset), so that nothing that was paid for is lost when the run can't be made after all.
"""

import itertools
from pathlib import Path
from typing import Any

import yaml

from generation.errors import InvalidInput
from generation.formats.deepfabric_config import EndpointWanted, TopicsWanted, Translated, is_deepfabric, translate
from generation.formats.documents import read_text
from generation.plan import Mode, Scenario
from generation.run_config import RunConfig
from generation.sandbox.client import VFS
from generation.tools import ToolRegistry
from generation.topics.files import MAX_PATHS, read_topics
from generation.topics.graph import TopicGraph
from generation.topics.growth import GrowthSettings, unexpanded
from generation.topics.scenario_mix import ScenarioMix, briefs_of
from generation.topics.scenario_writing import WritingSettings
from studio.domain.catalog import ensure_registry, put_tools, registry_value
from studio.domain.datasets import add_scenarios, ensure_dataset
from studio.domain.samples import ensure_sample_registry
from studio.management.command import read_file
from studio.management.lookups import find_endpoint, find_registry, read_usable_scenarios
from studio.management.topic_work import (
    Say,
    Tally,
    grow_topics,
    known_scenarios,
    write_new_scenarios,
)
from studio.models import Dataset, Endpoint, Registry
from studio.wiring import check_model_endpoint, check_tool_service, endpoint_settings, ensure_endpoints

FILES_REGISTRY = "files"
DEFAULT_COUNT = 3
"""Conversations when the file does not say how many: DeepFabric's own default."""


def translated_file(path: str | None) -> Translated | None:
    """The configuration in our terms when the file is one of DeepFabric's. Raises InvalidInput for one it would refuse."""
    if path is None:
        return None
    text = read_text(read_file(path), name=path)
    try:
        if not is_deepfabric(yaml.safe_load(text)):
            return None
    except (yaml.YAMLError, RecursionError):
        return None  # whoever reads it as ours says what is wrong with it
    try:
        return translate(text)
    except InvalidInput as error:
        raise InvalidInput(f"{path}: {error}") from error


def prepared(options: dict[str, Any], translated: Translated, *, say: Say) -> dict[str, Any]:
    """The options of ``generate`` with what the file says filled in: ``asked`` (a RunConfig), ``ready`` (scenarios), count,
    endpoint. Says what of the file is not honoured. Raises InvalidInput."""
    _say_ignored(translated, path=options["config"], say=say)
    ensure_endpoints()
    count = translated.count if options["count"] is None else options["count"]
    filled = options | {
        "asked": RunConfig(config=translated.config),
        "count": count,
        "endpoint": options["endpoint"] or _endpoint_for(translated.endpoint, say=say),
    }
    registry = _registry_for(options["registry"], translated, say=say)
    ready = read_usable_scenarios(options["scenarios"], say=say) if options["scenarios"] else None
    if ready is None:
        if translated.topics is None:
            raise InvalidInput(f"{options['config']} names no topics: give --scenarios FILE.")
        tools = registry_value(registry) if registry else ToolRegistry(name="")
        ready = _written_scenarios(filled, translated, registry=tools, say=say)
    return filled | {"ready": [_seeded(scenario, translated.seed_files) for scenario in ready]}


def _say_ignored(translated: Translated, *, path: str, say: Say) -> None:
    say(f"{path} is read as a DeepFabric configuration: {len(translated.honoured)} keys honoured.")
    if translated.ignored:
        say("Not honoured:")
    for key, reason in translated.ignored:
        say(f"  {key}: {reason}")


def _endpoint_for(wanted: EndpointWanted, *, say: Say) -> str | None:
    """The endpoint with the model the file names; None (the default one) when there is none, which is said."""
    if not wanted.model:
        return None
    for row in Endpoint.objects.exclude(kind=Endpoint.Kind.DEMO).order_by("name"):
        try:
            there = endpoint_settings(row)
        except InvalidInput:
            continue
        fits_url = not wanted.base_url or (there.base_url or "").rstrip("/") == wanted.base_url.rstrip("/")
        if there.model == wanted.model and fits_url:
            return row.name
    at = f" at {wanted.base_url}" if wanted.base_url else f" of {wanted.provider}" if wanted.provider else ""
    say(
        f"No endpoint has the model {wanted.model}{at}: the default one is used. Set OPENAI_BASE_URL and OPENAI_MODEL, "
        "or name one with --endpoint."
    )
    return None


def _registry_for(name: str | None, translated: Translated, *, say: Say) -> Registry | None:
    """The registry of this name; made of the file's own tools when there is none; None when no conversation needs tools.
    Raises InvalidInput when it lacks some."""
    if name is None:
        if translated.tool_names or translated.tools or translated.config.mode.calls_tools:
            raise InvalidInput(
                "--registry is missing: name the registry of the tools; it is made when the file holds them."
            )
        return None
    from_file = bool(translated.tools) and not Registry.objects.filter(slug=name).exists()
    registry = _made_registry(name, translated, say=say) if from_file else find_registry(name)
    names = {tool.name for tool in registry_value(registry).tools}
    missing = [wanted for wanted in dict.fromkeys(translated.tool_names) if wanted not in names]
    if missing:
        raise InvalidInput(
            f"The configuration names tools that registry {registry.slug!r} lacks: {', '.join(missing)}. Import them with "
            "import_tools, choose another registry, or take them out of generation.tools.components."
        )
    return registry


def _made_registry(name: str, translated: Translated, *, say: Say) -> Registry:
    tools = {tool.name: tool for tool in translated.tools}
    for tool in registry_value(ensure_sample_registry(FILES_REGISTRY)).tools:
        if tool.component == VFS and tool.name in translated.tool_names:
            tools.setdefault(tool.name, tool)
    registry = ensure_registry(name, description="From a DeepFabric configuration.")
    put_tools(registry, tools=tools.values())
    say(f"Registry {registry.slug} was made of the {len(tools)} tools of the configuration.")
    return registry


def _written_scenarios(
    options: dict[str, Any], translated: Translated, *, registry: ToolRegistry, say: Say
) -> list[Scenario]:
    """Scenarios for the file's topics, written by the model; they stand in the dataset at once."""
    check_tool_service()
    topics, config = translated.topics, translated.config
    assert topics is not None, "the caller looked"
    endpoint = find_endpoint(options["endpoint"])
    check_model_endpoint(endpoint)
    dataset: Dataset = ensure_dataset(options["dataset"])
    tally = Tally(endpoint, dataset=dataset)
    graph = _topics(topics, registry=registry, tally=tally, say=say)
    paths = list(itertools.islice(graph.topic_paths(), MAX_PATHS))
    mode = Mode(options["mode"]) if options["mode"] else config.mode
    mix = ScenarioMix(modes={mode: 1.0}, turns_at_most=max(2, config.max_turns))

    def keep(scenarios: list[Scenario]) -> None:
        add_scenarios(dataset, scenarios=[_seeded(scenario, translated.seed_files) for scenario in scenarios])

    written = write_new_scenarios(
        briefs_of(paths, count=options["count"] or DEFAULT_COUNT, mix=mix, seed=options["seed"] or 0),
        registry=registry,
        tally=tally,
        settings=WritingSettings(instructions=config.instructions, seed=options["seed"] or 0),
        known=known_scenarios(dataset),
        concurrency=options["concurrency"],
        keep=keep,
        say=say,
    )
    if not written.scenarios:
        raise InvalidInput("Not one scenario could be written for the topics: see the reasons above.")
    totals = tally.totals
    say(f"{len(written.scenarios)} scenarios for {len(paths)} topics, {totals['llm_calls']} model calls.")
    return written.scenarios


def _topics(topics: TopicsWanted, *, registry: ToolRegistry, tally: Tally, say: Say) -> TopicGraph:
    """The topics in the file that the configuration names when they are whole there, else grown into it."""
    path = topics.save_as or ""
    graph = TopicGraph.of_prompt(topics.prompt)
    if path and Path(path).exists():
        graph = read_topics(read_file(path), name=path)
        say(f"Topics are read from {path}.")
    settings = GrowthSettings(
        depth=topics.depth,
        degree=topics.degree,
        with_connections=topics.mode == "graph",
        guidance=topics.system_prompt,
        tools=registry.tools,
        temperature=topics.temperature,
    )
    if any(unexpanded(graph, level=level) for level in range(topics.depth)):
        grow_topics(graph, settings, tally=tally, path=path, concurrency=topics.max_concurrent, say=say)
    return graph


def _seeded(scenario: Scenario, seed_files: dict[str, str]) -> Scenario:
    return scenario.model_copy(update={"seed_files": {**seed_files, **scenario.seed_files}})
