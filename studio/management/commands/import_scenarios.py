"""``import_scenarios``: put scenarios into a dataset."""

from typing import Any

from generation.formats.scenario_files import read_scenarios
from studio.domain.datasets import add_scenarios, ensure_dataset
from studio.domain.duplicates import alike_scenarios
from studio.management.command import CommandParser, StudioCommand, read_file
from studio.models import Dataset

MAX_COMPARED = 20_000
"""Scenarios in a dataset up to which an import compares them all, which takes some seconds."""


class Command(StudioCommand):
    help = "Import scenarios (JSONL, JSON, CSV or YAML) into a dataset. The same file again adds nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE")
        parser.add_argument("--dataset", required=True, help="Made when it is not there.")

    def work(self, **options: Any) -> None:
        read = read_scenarios(read_file(options["file"]), name=options["file"])
        for refused in read.refused:
            self.say(f"Line {refused.number} refused: {refused.reason}")
        if not read.scenarios:
            self.fail(f"{options['file']} holds no scenario that can be used.")
        dataset = ensure_dataset(options["dataset"])
        before = set(dataset.scenarios.values_list("pk", flat=True))
        added = add_scenarios(dataset, scenarios=read.scenarios)
        self.stdout.write(
            f"{dataset.slug}: {added.new} added, {added.known} there already, {len(read.refused)} refused"
        )
        if added.new:
            self._note_duplicates(dataset, before=before)

    def _note_duplicates(self, dataset: Dataset, *, before: set[int]) -> None:
        """Say how many of the new scenarios are nearly the same as another one. They stay."""
        if len(before) > MAX_COMPARED:
            self.say(
                f"Near-duplicates were not looked for among so many: find_duplicates --dataset {dataset.slug} does."
            )
            return
        alike = {key for group in alike_scenarios(dataset) for key in group.keys} - before
        if alike:
            self.say(
                f"{len(alike)} of them are nearly the same as another scenario: "
                f"find_duplicates --dataset {dataset.slug} --scenarios shows which."
            )
