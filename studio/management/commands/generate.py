"""``generate``: make a run and wait for it."""

import json
import sys
import time
from typing import Any

from django.db import transaction
from tqdm import tqdm

from generation.errors import InvalidInput
from generation.plan import Mode
from generation.plan import Scenario as ScenarioValue
from generation.run_config import RunConfig, read_run_config
from studio.domain.datasets import add_scenarios, ensure_dataset
from studio.domain.estimates import estimate_run
from studio.domain.fitting import fit_of
from studio.domain.judgements import require_judge
from studio.domain.run_progress import progress_of, summary_of
from studio.domain.runs import create_run
from studio.management.command import CommandParser, StudioCommand, read_document, whole_number
from studio.management.deepfabric_run import prepared, translated_file
from studio.management.lookups import find_endpoint, find_registry, read_usable_scenarios
from studio.management.working import hold_lock, is_open, work_run
from studio.models import Dataset, Endpoint, Run, Scenario
from studio.tasks import dispatch_run
from studio.wiring import check_model_endpoint, check_tool_service, ensure_endpoints

NO_WORKER_AFTER = 15


class Command(StudioCommand):
    help = (
        "Generate conversations into a dataset and wait for them. The last line of standard output is one JSON object. "
        "Exit status: 0 when every conversation was made, 1 when some were not, 2 when something must be put right first."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dataset", required=True, help="Where the conversations go; made when it is not there.")
        parser.add_argument(
            "--registry",
            help="The tools: an imported registry, or a shipped one. Not needed for the modes basic and chain_of_thought.",
        )
        parser.add_argument(
            "--scenarios",
            help="JSONL, CSV or YAML file of scenarios. Needed unless --config is a DeepFabric file with topics, for which "
            "they are then written.",
        )
        parser.add_argument(
            "--endpoint", help="Name of the model endpoint (default: openai when it is set up, else demo)."
        )
        parser.add_argument(
            "--mode", choices=[mode.value for mode in Mode], help="Overrules the mode of scenarios and configuration."
        )
        parser.add_argument("--count", type=int, help="How many conversations (default: one a scenario).")
        parser.add_argument("--concurrency", type=whole_number, default=8, help="Conversations at once (default: 8).")
        parser.add_argument(
            "--config", help="YAML or JSON file with the configuration of generation, or one of DeepFabric 4."
        )
        parser.add_argument("--judge", metavar="ENDPOINT", help="Have this endpoint's model score what was made.")
        parser.add_argument("--seed", type=int, help="Decides ids, turn counts and choices (default: drawn).")
        parser.add_argument(
            "--inline", action="store_true", help="Work the items in this process instead of waiting for workers."
        )

    def work(self, **options: Any) -> None:
        theirs = translated_file(options["config"])
        if theirs is not None:
            # Outside of make_run's transaction: the model may be asked for topics and scenarios.
            options = prepared(options, theirs, say=self.say)
        run = make_run(options, say=self.say)
        lock = hold_lock("work", shared=True) if options["inline"] else None
        try:
            with _bar(run) as bar:
                if options["inline"]:
                    work_run(run, concurrency=options["concurrency"], on_progress=lambda: _show(bar, run))
                else:
                    self._wait(run, bar)
        except KeyboardInterrupt:
            self.say(f"\nStopped. Run {run.pid} keeps what it has; workers go on with it, or cancel it on its page.")
            sys.exit(130)
        finally:
            if lock is not None:
                lock.close()
        self._conclude(run)

    def _wait(self, run: Run, bar: "tqdm[Any]") -> None:
        dispatch_run(run.pk)
        started, hinted = time.monotonic(), False
        while is_open(run):
            time.sleep(0.3)
            _show(bar, run)
            if (
                not hinted
                and time.monotonic() - started > NO_WORKER_AFTER
                and not run.items.exclude(started_at=None).exists()
            ):
                hinted = True
                self.say("\nNo worker has taken an item yet: start 'manage.py up' or 'make worker', or use --inline.")

    def _conclude(self, run: Run) -> None:
        run.refresh_from_db()
        summary = summary_of(run)
        if run.stop_reason:
            self.say(f"The run was stopped: {run.stop_reason}")
        for error in run.items.filter(status="failed").values_list("error", flat=True).distinct()[:3]:
            self.say(f"Failed: {error}")
        self.stdout.write(json.dumps(summary))
        self.stdout.flush()
        if summary["generated"] < summary["requested"]:
            sys.exit(2 if run.stop_reason and not summary["generated"] else 1)


def make_run(options: dict[str, Any], *, say: Any) -> Run:
    """The run that the options describe, with its dataset and scenarios, or nothing at all. Raises InvalidInput."""
    asked: RunConfig = options.get("asked") or _config(options["config"])
    if options["count"] is not None and options["count"] < 1:
        raise InvalidInput(f"--count is {options['count']}: ask for at least 1 conversation.")
    values = options.get("ready") or read_usable_scenarios(options["scenarios"], say=say)
    ensure_endpoints()
    endpoint = find_endpoint(options["endpoint"])
    judge = find_endpoint(options["judge"]) if options["judge"] else None
    # Asked before anything is written: on SQLite whoever else writes would wait for a server that does not answer.
    check_model_endpoint(endpoint)
    if judge is not None:
        require_judge(judge)
        check_model_endpoint(judge)
    check_tool_service()
    with transaction.atomic():
        return _created(options, asked, values, endpoint=endpoint, judge=judge, say=say)


def _created(
    options: dict[str, Any],
    asked: RunConfig,
    values: list[ScenarioValue],
    *,
    endpoint: Endpoint,
    judge: Endpoint | None,
    say: Any,
) -> Run:
    registry = find_registry(options["registry"]) if options["registry"] else None
    dataset: Dataset = ensure_dataset(options["dataset"])
    scenarios: list[Scenario] = add_scenarios(dataset, scenarios=values).all
    mode = Mode(options["mode"]) if options["mode"] else None
    fit = fit_of(scenarios, registry=registry, config=asked.config, mode=mode)
    if fit.warning:
        say(f"Warning: {fit.warning}")
    likely = estimate_run(
        fit.scenarios, registry=fit.registry, endpoint=endpoint, config=asked.config, count=options["count"], mode=mode
    )
    say(
        f"Likely {likely.llm_calls} model calls, {likely.tokens_in} tokens in, {likely.tokens_out} out, "
        f"cost {likely.cost:g} ({likely.basis})."
    )
    return create_run(
        dataset,
        registry=fit.registry,
        endpoint=endpoint,
        scenarios=fit.scenarios,
        config=asked.config,
        quotas=asked.quotas,
        budget=asked.budget,
        judge=judge,
        count=options["count"],
        mode=mode,
        seed=options["seed"],
        concurrency=options["concurrency"],
    )


def _config(path: str | None) -> RunConfig:
    return RunConfig() if path is None else read_run_config(read_document(path))


def _bar(run: Run) -> "tqdm[Any]":
    return tqdm(
        total=run.requested, unit="conversation", file=sys.stderr, disable=not sys.stderr.isatty(), dynamic_ncols=True
    )


def _show(bar: "tqdm[Any]", run: Run) -> None:
    if bar.disable:
        return
    progress = progress_of(run)
    bar.n = progress.ended
    bar.set_postfix(
        building=progress.building,
        failed=progress.failed,
        tokens=progress.tokens_in + progress.tokens_out,
        refresh=False,
    )
    bar.refresh()
