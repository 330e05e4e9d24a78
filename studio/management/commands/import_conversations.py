"""``import_conversations``: take conversations of a file into a dataset, for review."""

from collections import Counter
from typing import Any

from generation.errors import InvalidInput
from generation.formats.conversation_files import FORMS, read_conversations
from generation.topics.near_duplicates import CODE as NEARLY_THE_SAME
from studio.domain.datasets import ensure_dataset
from studio.domain.imports import import_conversation
from studio.management.command import CommandParser, StudioCommand
from studio.models import Conversation


class Command(StudioCommand):
    help = (
        f"Import conversations for review from JSON lines ({FORMS}; told by content). Each is checked like a generated one. Lines "
        "that can't be read are named, the others are kept; the same file again adds nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE")
        parser.add_argument("--dataset", required=True, help="Made when it is not there.")

    def work(self, **options: Any) -> None:
        counts: Counter[str] = Counter()
        try:
            file = open(options["file"], "rb")  # noqa: SIM115 - read while the dataset fills, and closed below
        except OSError as error:
            raise InvalidInput(f"{options['file']} can't be read: {error.strerror}.") from error
        dataset = ensure_dataset(options["dataset"])
        with file:
            for number, exportable, reason in read_conversations(file, name=options["file"]):
                row = None
                try:
                    if exportable is not None:
                        row = import_conversation(dataset, exportable=exportable)
                except InvalidInput as error:
                    reason = str(error)
                if reason:
                    counts["refused"] += 1
                    self.say(f"Line {number} refused: {reason}")
                elif row is None:
                    counts["known"] += 1
                else:
                    counts["new"] += 1
                    counts["withheld"] += row.status == Conversation.Status.WITHHELD
                    counts["alike"] += any(finding["code"] == NEARLY_THE_SAME for finding in row.findings)
        if counts["refused"] and not counts["new"] + counts["known"]:
            self.fail(f"{options['file']} holds no conversation that can be used.")
        self.stdout.write(
            f"{dataset.slug}: {counts['new']} added, {counts['known']} there already, {counts['refused']} refused"
        )
        if counts["withheld"]:
            self.say(f"{counts['withheld']} of them fail a blocking check and are withheld from review.")
        if counts["alike"]:
            self.say(f"{counts['alike']} of them are nearly the same as another conversation.")
