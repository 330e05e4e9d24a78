"""Throughput against the bound that the model's latency sets, and CPU per model call.

The bound is calls times mean latency, divided by the conversations at once, with the latency the server itself imposed: what the studio
adds on the way does not count as latency. Saving everything is part of the time.
"""

import statistics
from collections.abc import Iterator
from typing import NamedTuple

from tests.load.figures import Figure, Options, at_least, at_most, exactly
from tests.load.processes import ModelServer, cpu_of, generate, model_server, seconds_of_work, studio_on
from tests.studio.commands.processes import Studio, free_port, wait_until

LATENCY_MS = 200
RATIO, CPU_MS = 0.80, 3.5


class Outcome(NamedTuple):
    made: int
    ratio: float
    cpu_ms: float


def measure(options: Options) -> Iterator[Figure]:
    """With 64 and 16 at once inline, and 64 at once in the worker of ``up``."""
    rounds = options.size(3, 1)
    with model_server(latency_ms=LATENCY_MS) as server:
        for concurrency, count in ((64, options.size(1280, 320)), (16, options.size(320, 96))):
            outcomes = [_inline(server, concurrency=concurrency, count=count) for _ in range(rounds)]
            yield from _figures(f"generate --inline, {concurrency} at once", outcomes, count)
        count = options.size(1280, 320)
        outcomes = [_in_worker(server, concurrency=64, count=count) for _ in range(rounds)]
        yield from _figures("worker of up, 64 at once", outcomes, count)


def _figures(what: str, outcomes: list[Outcome], count: int) -> Iterator[Figure]:
    ratios, costs = [outcome.ratio for outcome in outcomes], [outcome.cpu_ms for outcome in outcomes]
    best = f"median of {len(outcomes)}, best {{:.3g}}"
    yield exactly(f"{what}: conversations", min(outcome.made for outcome in outcomes), count)
    yield at_least(f"{what}: share of the bound", statistics.median(ratios), RATIO, note=best.format(max(ratios)))
    yield at_most(f"{what}: CPU per model call", statistics.median(costs), CPU_MS, "ms", note=best.format(min(costs)))


def _inline(server: ModelServer, *, concurrency: int, count: int) -> Outcome:
    with studio_on(OPENAI_BASE_URL=server.base_url, OPENAI_MODEL="standin") as studio:
        _, idle = generate(studio, count=1, concurrency=1)
        before = server.counts()
        summary, cpu = generate(studio, count=count, concurrency=concurrency)
        return _outcome(server, studio, before, summary, concurrency=concurrency, cpu=cpu - idle)


def _in_worker(server: ModelServer, *, concurrency: int, count: int) -> Outcome:
    with studio_on(OPENAI_BASE_URL=server.base_url, OPENAI_MODEL="standin") as studio:
        up = studio.start("up", "--port", str(free_port()), "--concurrency", str(concurrency))
        generate(studio, count=1, concurrency=1, inline=False)
        wait_until(lambda: studio.count("item", "status = 'done'") == 1, what="the first conversation")
        cpu, before = cpu_of(up.pid), server.counts()
        summary, _ = generate(studio, count=count, concurrency=concurrency, inline=False)
        return _outcome(server, studio, before, summary, concurrency=concurrency, cpu=cpu_of(up.pid) - cpu)


def _outcome(
    server: ModelServer,
    studio: Studio,
    before: dict[str, float],
    summary: dict[str, object],
    *,
    concurrency: int,
    cpu: float,
) -> Outcome:
    after = server.counts()
    calls = after["answered"] - before["answered"]
    bound = (after["waited_s"] - before["waited_s"]) / concurrency
    made = studio.count("conversation") - 1
    return Outcome(made, bound / seconds_of_work(studio, str(summary["run"])), cpu / calls * 1000)
