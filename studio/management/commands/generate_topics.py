"""``generate_topics``: grow a tree or graph of topics with a model."""

import json
import sys
from pathlib import Path
from typing import Any

from generation.errors import InvalidInput
from generation.topics.files import read_topics
from generation.topics.graph import TopicGraph
from generation.topics.growth import GrowthSettings
from studio.domain.catalog import registry_value
from studio.management.command import CommandParser, StudioCommand, read_file, whole_number
from studio.management.lookups import find_endpoint, find_registry
from studio.management.topic_work import Tally, grow_topics, refuse_to_overwrite
from studio.wiring import check_model_endpoint, ensure_endpoints


class Command(StudioCommand):
    help = (
        "Grow a tree or graph of topics with a model, level by level, into a file in DeepFabric's form, which "
        "generate_scenarios and import_scenarios read. What was made is in the file whatever happens; --resume goes on. The "
        "last line of standard output is one JSON object. Exit status: 0 when every topic gave its subtopics, 1 when some "
        "gave fewer or none, 2 when something must be put right first."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--prompt", help="The root: what the topics are about. Needed unless --resume finds it.")
        parser.add_argument(
            "--depth", type=whole_number, default=2, help="Levels below the root, 1 to 10 (default: 2)."
        )
        parser.add_argument(
            "--degree", type=whole_number, default=5, help="Subtopics of a topic, 1 to 50 (default: 5)."
        )
        parser.add_argument("--graph", action="store_true", help="Let topics lead to each other across branches.")
        parser.add_argument("--registry", help="Keep to topics that the tools of this registry are needed for.")
        parser.add_argument("--guidance", default="", help="What else the topics should be like.")
        parser.add_argument(
            "--endpoint", help="Name of the model endpoint (default: openai when it is set up, else demo)."
        )
        parser.add_argument("--output", required=True, metavar="FILE", help="JSONL for a tree, JSON for a graph.")
        parser.add_argument("--resume", action="store_true", help="Go on with the topics that FILE holds already.")
        parser.add_argument("--temperature", type=float, default=0.7)
        parser.add_argument("--seed", type=int, default=0, help="Goes into each request's seed (default: 0).")
        parser.add_argument("--concurrency", type=whole_number, default=8, help="Requests at once (default: 8).")

    def work(self, **options: Any) -> None:
        graph = _start(options)
        if not graph.is_tree and not options["graph"]:
            raise InvalidInput(f"{options['output']} holds a graph: add --graph to go on with it.")
        ensure_endpoints()
        endpoint = find_endpoint(options["endpoint"])
        settings = GrowthSettings(
            depth=options["depth"],
            degree=options["degree"],
            with_connections=options["graph"],
            guidance=options["guidance"],
            tools=registry_value(find_registry(options["registry"])).tools if options["registry"] else (),
            temperature=options["temperature"],
            seed=options["seed"],
        )
        check_model_endpoint(endpoint)
        tally = Tally(endpoint)
        growth = grow_topics(
            graph,
            settings,
            tally=tally,
            path=options["output"],
            concurrency=options["concurrency"],
            say=self.say,
        )
        summary = {
            "file": options["output"],
            "topics": len(graph.nodes),
            "added": growth.added,
            "connections": growth.connections,
            "short": len(growth.shortfalls),
            "failed": len(growth.failed),
            "left_out": len(growth.left_out),
        }
        self.stdout.write(json.dumps(summary | tally.totals))
        self.stdout.flush()
        if growth.shortfalls:
            sys.exit(1)


def _start(options: dict[str, Any]) -> TopicGraph:
    """What growing starts from: the file's topics, or the prompt alone. Raises InvalidInput."""
    path, prompt = options["output"], (options["prompt"] or "").strip()
    if options["resume"] and Path(path).exists():
        graph = read_topics(read_file(path), name=path)
        if prompt and graph.root.topic != prompt:
            raise InvalidInput(f"{path} is about {graph.root.topic!r}, not {prompt!r}: leave --prompt out to go on.")
        return graph
    refuse_to_overwrite(path, hint="add --resume to go on with it, or choose another name")
    if not prompt:
        raise InvalidInput("--prompt is missing: say what the topics are about.")
    return TopicGraph.of_prompt(prompt)
