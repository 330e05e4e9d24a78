"""``generate_scenarios``: write scenarios for topics with a model."""

import itertools
import json
import sys
from argparse import ArgumentTypeError
from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

from generation.conversation import canonical_json
from generation.errors import InvalidInput
from generation.plan import Mode, Pattern, Scenario
from generation.tools import ToolRegistry
from generation.topics.files import MAX_PATHS, read_topics
from generation.topics.scenario_mix import ScenarioMix, briefs_of
from generation.topics.scenario_writing import WritingSettings
from studio.domain.catalog import registry_value
from studio.domain.datasets import add_scenarios, ensure_dataset
from studio.management.command import CommandParser, StudioCommand, read_file, whole_number
from studio.management.lookups import find_endpoint, find_registry
from studio.management.topic_work import (
    Tally,
    known_scenarios,
    refuse_to_overwrite,
    write_new_scenarios,
    write_whole,
)
from studio.models import Dataset
from studio.wiring import check_model_endpoint, ensure_endpoints

Word = TypeVar("Word", bound=StrEnum)


class Command(StudioCommand):
    help = (
        "Write scenarios for the topics in a tree or graph file with a model: prompt, persona, turns, and the files or "
        "records they need. Each is checked; near-duplicates of each other and of the dataset's are dropped and reported. "
        "The last line of standard output is one JSON object. Exit status: 0 when every scenario was written, 1 when some "
        "were not, 2 when something must be put right first."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--topics", required=True, metavar="FILE", help="What generate_topics or DeepFabric wrote.")
        parser.add_argument(
            "--registry",
            help="The tools: an imported registry, or a shipped one. Not needed for the modes basic and chain_of_thought.",
        )
        parser.add_argument("--count", required=True, type=whole_number, help="How many scenarios, spread over topics.")
        target = parser.add_mutually_exclusive_group(required=True)
        target.add_argument("--dataset", help="Where the scenarios go; made when it is not there.")
        target.add_argument("--output", metavar="FILE", help="JSONL file to write instead.")
        parser.add_argument(
            "--endpoint", help="Name of the model endpoint (default: openai when it is set up, else demo)."
        )
        parser.add_argument(
            "--modes", type=shares(Mode), default={Mode.SINGLE_TURN: 1.0}, metavar="MODE=SHARE,…",
            help=f"Shares of {', '.join(Mode)} (default: single_turn).",
        )  # fmt: skip
        parser.add_argument(
            "--patterns", type=shares(Pattern), default={}, metavar="PATTERN=SHARE,…",
            help=f"Shares of {', '.join(Pattern)} (default: the model's choice).",
        )  # fmt: skip
        parser.add_argument("--persona", action="append", default=[], help="Who asks; again for more, in equal shares.")
        parser.add_argument("--language", action="append", default=[], help="As --persona.")
        parser.add_argument("--max-turns", type=whole_number, default=4, help="Of multi-turn scenarios (default: 4).")
        parser.add_argument("--instructions", default="", help="What else the scenarios should be like.")
        parser.add_argument(
            "--threshold", type=similarity_share, default=0.7, help="Near-duplicate from (default: 0.7)."
        )
        parser.add_argument("--temperature", type=float, default=0.9)
        parser.add_argument("--max-tokens", type=whole_number, default=4000, help="Of one scenario (default: 4000).")
        parser.add_argument("--seed", type=int, default=0, help="Decides which topic gets what (default: 0).")
        parser.add_argument("--concurrency", type=whole_number, default=8, help="Requests at once (default: 8).")

    def work(self, **options: Any) -> None:
        graph = read_topics(read_file(options["topics"]), name=options["topics"])
        mix = ScenarioMix(
            modes=options["modes"],
            patterns=options["patterns"],
            personas=options["persona"],
            languages=options["language"],
            turns_at_most=options["max_turns"],
        )
        paths = list(itertools.islice(graph.topic_paths(), MAX_PATHS))
        briefs = briefs_of(paths, count=options["count"], mix=mix, seed=options["seed"])
        if options["output"]:
            refuse_to_overwrite(options["output"])
        ensure_endpoints()
        endpoint = find_endpoint(options["endpoint"])
        registry = _registry(options)
        check_model_endpoint(endpoint)
        dataset = ensure_dataset(options["dataset"]) if options["dataset"] else None
        tally = Tally(endpoint, dataset=dataset)
        written = write_new_scenarios(
            briefs,
            registry=registry,
            tally=tally,
            settings=WritingSettings(
                instructions=options["instructions"],
                temperature=options["temperature"],
                max_tokens=options["max_tokens"],
                threshold=options["threshold"],
                seed=options["seed"],
            ),
            known=known_scenarios(dataset) if dataset else [],
            concurrency=options["concurrency"],
            keep=_keeper(dataset, options["output"]),
            say=self.say,
        )
        summary = {
            "requested": len(briefs),
            "written": len(written.scenarios),
            "refused": len(written.refused),
            "duplicates": len(written.duplicates),
            "dataset": dataset.slug if dataset else None,
            "file": options["output"],
        }
        self.stdout.write(json.dumps(summary | tally.totals))
        self.stdout.flush()
        if len(written.scenarios) < len(briefs):
            sys.exit(1)


def scenario_line(scenario: Scenario) -> str:
    """The scenario as a line of a file that import_scenarios reads."""
    return canonical_json(scenario.model_dump(exclude_defaults=True)) + "\n"


def shares(words: type[Word]) -> Callable[[str], dict[Word, float]]:
    """An argparse type: ``word=share,word=share`` over an enumeration; a word alone has the share 1."""

    def parse(text: str) -> dict[Word, float]:
        found: dict[Word, float] = {}
        for part in filter(None, (part.strip() for part in text.split(","))):
            name, _, share = part.partition("=")
            try:
                found[words(name.strip())] = float(share or 1)
            except ValueError as error:
                known = ", ".join(word.value for word in words)
                raise ArgumentTypeError(f"{part!r} is no share: write word=number, with one of {known}") from error
        return found

    return parse


def similarity_share(text: str) -> float:
    """An argparse type: above 0 and at most 1."""
    try:
        share = float(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no number") from error
    if not 0 < share <= 1:
        raise ArgumentTypeError(f"{text} is no share: choose above 0 and at most 1")
    return share


def _registry(options: dict[str, Any]) -> ToolRegistry:
    if options["registry"]:
        return registry_value(find_registry(options["registry"]))
    if calling := [mode for mode, share in options["modes"].items() if share and mode.calls_tools]:
        raise InvalidInput(f"--registry is missing: scenarios of the mode {calling[0]} need tools to be written for.")
    return ToolRegistry(name="")


def _keeper(dataset: Dataset | None, path: str | None) -> Callable[[list[Scenario]], None]:
    def keep(scenarios: list[Scenario]) -> None:
        if dataset is not None:
            add_scenarios(dataset, scenarios=scenarios)
        elif path is not None:
            write_whole(path, map(scenario_line, scenarios))
        else:
            raise InvalidInput("neither a dataset nor a file to write to")

    return keep
