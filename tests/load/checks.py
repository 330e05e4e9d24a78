"""The linter's time for one long conversation; ``bench_checks`` says which check takes how much."""

from collections.abc import Iterator

from generation.checks import check
from tests.load.bench_checks import best_ms, conversation
from tests.load.figures import Figure, Options, at_most


def measure(options: Options) -> Iterator[Figure]:
    """60 pairs of 2,000 characters."""
    long = conversation(60)
    yield at_most("checks: 60 pairs, best of several", best_ms(lambda: check(long), options.size(15, 5)), 10, "ms")
