"""``find_duplicates``: show which scenarios or conversations of a dataset are nearly the same."""

import json
import sys
from collections.abc import Sequence
from typing import Any

from generation.similarity import THRESHOLD, Cluster
from studio.domain.duplicates import alike_conversations, alike_scenarios
from studio.management.command import CommandParser, StudioCommand
from studio.management.commands.generate_scenarios import similarity_share
from studio.management.lookups import find_dataset
from studio.models import Conversation, Scenario

EXCERPT = 100
CHUNK = 500


class Command(StudioCommand):
    help = (
        "Show the scenarios and the conversations of a dataset that are nearly the same, in groups, with the share of three-"
        "word sequences that each has in common with another of its group. Conversations are compared by what the user said "
        "and the calls made. Nothing is changed. Exit status: 0 when there are none, 1 when there are, 2 when something must "
        "be put right first."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dataset", required=True)
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--scenarios", action="store_true", help="Scenarios only.")
        which.add_argument("--conversations", action="store_true", help="Conversations only.")
        parser.add_argument(
            "--threshold", type=similarity_share, default=THRESHOLD, help=f"The share in common (default: {THRESHOLD})."
        )
        parser.add_argument("--json", action="store_true", help="One JSON object a group.")

    def work(self, **options: Any) -> None:
        dataset = find_dataset(options["dataset"])
        found = 0
        if not options["conversations"]:
            groups = alike_scenarios(dataset, threshold=options["threshold"])
            texts = _texts(Scenario, groups, "prompt")
            found += self._show("scenarios", groups, texts, as_json=options["json"])
        if not options["scenarios"]:
            groups = alike_conversations(dataset, threshold=options["threshold"])
            texts = _texts(Conversation, groups, "excerpt")
            found += self._show("conversations", groups, texts, as_json=options["json"])
        if found:
            sys.exit(1)

    def _show(
        self, kind: str, groups: Sequence[Cluster[int]], texts: dict[int, tuple[str, str]], *, as_json: bool
    ) -> int:
        """Print the groups; how many there are."""
        for group in groups:
            near = {link.second: (link.first, link.similarity) for link in reversed(group.links)}
            if as_json:
                links = [
                    {"first": texts[link.first][0], "second": texts[link.second][0], "similarity": round(link.similarity, 4)}
                    for link in group.links
                ]  # fmt: skip
                self.stdout.write(
                    json.dumps({"kind": kind, "ids": [texts[key][0] for key in group.keys], "links": links})
                )
                continue
            self.stdout.write(f"{len(group.keys)} {kind} are nearly the same:")
            for key in group.keys:
                pid, text = texts[key]
                like = f"{near[key][1]:.0%} like {texts[near[key][0]][0]}" if key in near else ""
                self.stdout.write(f"  {pid}  {like:<22}  {text}")
        if not as_json:
            members = sum(len(group.keys) for group in groups)
            self.stdout.write(f"{kind}: {len(groups)} groups, {members - len(groups)} more than needed")
        return len(groups)


def _texts(
    model: type[Scenario] | type[Conversation], groups: Sequence[Cluster[int]], column: str
) -> dict[int, tuple[str, str]]:
    """Public id and beginning of each member."""
    keys = [key for group in groups for key in group.keys]
    found: dict[int, tuple[str, str]] = {}
    for start in range(0, len(keys), CHUNK):  # SQLite takes a bounded number of parameters
        rows = model._default_manager.filter(pk__in=keys[start : start + CHUNK]).values_list("pk", "pid", column)
        found |= {pk: (str(pid), " ".join(text.split())[:EXCERPT]) for pk, pid, text in rows}
    return found
