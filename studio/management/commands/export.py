"""``export``: write conversations of a dataset in a training format."""

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from generation.errors import InvalidInput
from generation.formats.export import ExportReport, export_lines
from generation.formats.options import read_options
from generation.formats.presets import PRESETS, preset_named
from generation.formats.splits import Split
from studio.domain.exports import exportables, read_filter, selection
from studio.management.command import CommandParser, StudioCommand, read_document
from studio.management.lookups import find_dataset


class Command(StudioCommand):
    help = (
        "Write a dataset's conversations as JSONL, by default the approved ones. Every line is read back and compared before it "
        "is written. PATH is a folder (train.jsonl, and validation.jsonl with --split), or - for standard output."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dataset", required=True)
        parser.add_argument("--format", required=True, choices=list(PRESETS), help="The training format.")
        parser.add_argument("--output", required=True, metavar="PATH", help="A folder, or - for standard output.")
        parser.add_argument(
            "--status", default="approved", help="approved (default), any other status, or any: for inspection."
        )
        parser.add_argument(
            "--filter",
            default="",
            metavar="QUERY",
            help="Only those that pass, as in the list's address: 'tool=read_file&tag=gold'.",
        )
        parser.add_argument(
            "--split", type=float, default=0.0, help="Share of scenarios (0 to 1) for validation.jsonl."
        )
        parser.add_argument(
            "--options", help="YAML or JSON file: system, thoughts, tools, distractors, split_parallel, seed, weights."
        )

    def work(self, **options: Any) -> None:
        dataset = find_dataset(options["dataset"])
        share = options["split"]
        if not 0 <= share < 1:
            raise InvalidInput(f"--split is {share}: write a share from 0 up to, not including, 1.")
        to_stdout = options["output"] == "-"
        if to_stdout and share:
            raise InvalidInput("--split needs a folder to write two files into; give --output a folder.")
        preset = preset_named(options["format"])
        chosen = read_options(read_document(options["options"]) if options["options"] else {})
        preset.require_options(chosen)
        rows = selection(dataset, status=options["status"], filters=read_filter(options["filter"]))
        if not rows.exists():
            statuses = f"status {options['status']}" if options["status"] != "any" else "any status"
            passing = " that pass the filter" if options["filter"] else ""
            raise InvalidInput(
                f"Dataset {dataset.slug!r} has no conversations with {statuses}{passing}: nothing to export."
            )
        reports: dict[str, ExportReport] = {}

        def lines(part: Split | None, name: str) -> Iterator[bytes]:
            reports[name] = ExportReport()
            source = exportables(rows, part=part, share=share, seed=chosen.seed, whole=preset.needs_envelope(chosen))
            return export_lines(source, preset=preset, options=chosen, report=reports[name])

        if to_stdout:
            for line in lines(None, "train"):
                sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()
        else:
            folder = _folder(options["output"])
            parts: dict[str, Split | None] = (
                {"train": Split.TRAIN, "validation": Split.VALIDATION} if share else {"train": None}
            )
            for name, part in parts.items():
                _write(folder / f"{name}.jsonl", lines(part, name))
        for name, report in reports.items():
            for refusal in report.refusals:
                self.say(f"Left out {refusal.id}: {refusal.reason}")
            self.say(
                f"{name}: {report.written} conversations, {report.calls} calls, {report.size} bytes; {report.refused} left out"
            )


def _folder(path: str) -> Path:
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInput(f"{path} can't be made a folder: {error.strerror}.") from error
    return folder


def _write(path: Path, lines: Iterator[bytes]) -> None:
    """Write the file whole or not at all: it takes its name when its last line stands."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise InvalidInput(f"{path.parent} can't be written: {error.strerror}.") from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(lines)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
