"""``judge``: have a model score conversations by a rubric."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import close_old_connections
from pydantic import ValidationError
from tqdm import tqdm

from generation.errors import InvalidInput
from generation.judge import DEFAULT_RUBRIC, Rubric
from generation.plan import explain
from studio.domain.exports import selection
from studio.domain.judgements import ask_judgements
from studio.judging import work_judgement
from studio.management.command import CommandParser, StudioCommand, read_document, whole_number
from studio.management.lookups import find_dataset, find_endpoint
from studio.models import Judgement
from studio.wiring import check_model_endpoint, ensure_endpoints


class Command(StudioCommand):
    help = (
        "Have a model score a dataset's conversations by a rubric. Advice beside the human verdict: no status changes."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dataset", required=True)
        parser.add_argument("--endpoint", required=True, help="The judge's model endpoint.")
        parser.add_argument(
            "--status", default="needs_review", help="Which conversations (default: needs_review), or any."
        )
        parser.add_argument("--rubric", help='YAML or JSON file: {"criteria": [{"name", "question", "weight"}]}.')
        parser.add_argument("--concurrency", type=whole_number, default=8)

    def work(self, **options: Any) -> None:
        dataset = find_dataset(options["dataset"])
        ensure_endpoints()
        endpoint = find_endpoint(options["endpoint"])
        rubric = _rubric(options["rubric"])
        rows = selection(dataset, status=options["status"])
        check_model_endpoint(endpoint)
        # documents stay where they are: a dataset of them would not fit
        asked = ask_judgements(rows.only("pk", "version").iterator(), endpoint=endpoint, rubric=rubric)
        waiting = Judgement.objects.filter(
            conversation__dataset=dataset, endpoint=endpoint, status=Judgement.Status.PENDING
        ).values_list("pk", flat=True)
        with ThreadPoolExecutor(options["concurrency"]) as pool:
            list(tqdm(pool.map(_work, list(waiting)), total=len(waiting), unit="conversation", disable=None))
        judged = Judgement.objects.filter(conversation__dataset=dataset, endpoint=endpoint)
        failed = judged.filter(status=Judgement.Status.FAILED)
        for error in failed.values_list("error", flat=True).distinct()[:3]:
            self.say(f"Failed: {error}")
        self.stdout.write(
            f"{dataset.slug}: {asked} asked, {judged.filter(status='done').count()} judged, {failed.count()} failed"
        )


def _work(pk: int) -> None:
    try:
        work_judgement(pk)
    finally:
        close_old_connections()


def _rubric(path: str | None) -> Rubric:
    if path is None:
        return DEFAULT_RUBRIC
    try:
        return Rubric.model_validate(read_document(path))
    except ValidationError as error:
        raise InvalidInput(f"{path}: {explain(error, known=['criteria', 'name', 'question', 'weight'])}") from error
