"""``check``: Django's own; with ``--conversations`` the linter over stored conversations."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.core.management.commands.check import Command as DjangoCheck
from django.db.models import Sum
from tqdm import tqdm

from generation.errors import EngineError
from studio.domain.errors import DomainError
from studio.domain.rechecks import recheck_all
from studio.management.command import USER_MUST_FIX, ensure_schema
from studio.management.lookups import find_dataset
from studio.models import Conversation


class Command(DjangoCheck):
    help = "Checks the project; with --conversations: runs the linter over stored conversations, updates findings and search."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--conversations", action="store_true", help="Check stored conversations, not the project.")
        parser.add_argument("--dataset", help="With --conversations: only those of this dataset.")

    def handle(self, *app_labels: Any, **options: Any) -> None:
        conversations, dataset = options.pop("conversations"), options.pop("dataset")
        if not conversations:
            if dataset is not None:
                raise CommandError("--dataset goes with --conversations.", returncode=USER_MUST_FIX)
            super().handle(*app_labels, **options)
            return
        try:
            ensure_schema()
            self._check_conversations(dataset)
        except (EngineError, DomainError) as error:
            raise CommandError(str(error), returncode=USER_MUST_FIX) from error

    def _check_conversations(self, slug: str | None) -> None:
        rows = Conversation.objects.all() if slug is None else Conversation.objects.filter(dataset=find_dataset(slug))
        count = rows.count()
        progress = tqdm(recheck_all(rows), total=count, unit="conversation", disable=None)
        changed = sum(progress)
        found = rows.aggregate(blocking=Sum("blocking_count"), warnings=Sum("warning_count"))
        self.stdout.write(
            f"{slug or 'all datasets'}: {count} conversations checked, {changed} with other findings than before, "
            f"{rows.filter(blocking_count__gt=0).count()} with blocking ones; "
            f"{found['blocking'] or 0} blocking findings, {found['warnings'] or 0} warnings in all"
        )
