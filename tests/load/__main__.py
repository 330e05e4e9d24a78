"""``python -m tests.load [name…]``: run benchmarks and print one table. Exit status 1 only when something was wrong, not slow."""

import argparse
import importlib
import os
import sys
import time
import timeit
from collections.abc import Iterable
from typing import cast

import django

from tests import isolation
from tests.load.figures import Bench, Figure, Options, table, to_lines

BENCHES = {
    "checks": "the linter on a conversation of 60 pairs",
    "throughput": "conversations from a slow model: how near to the bound its latency sets, and the CPU spent",
    "storm": "every fault of model and tool service at once: is everything made, nothing left, little wasted",
    "kills": "workers killed in the middle: nothing lost, nothing doubled",
    "pages": "server time, queries and bytes of the review page; save of an edit; list of 100,000 conversations",
    "big_pages": "the review page of 200 pairs with 5 MB of results: server time, transfer, and what Chromium makes of it",
    "queue": "32 annotators at once: who gets what, and what their saves cost (SQLite, and PostgreSQL when it is there)",
    "memory": "resident memory over 5,000 conversations",
}


def main() -> int:
    options = _arguments()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studio.settings")
    django.setup()
    figures: list[Figure] = []
    for name in options.names or BENCHES:
        figures += _run(name, Options(is_quick=options.quick))
    print(to_lines(figures) if options.json else table([_machine(), *figures]))
    return int(any(figure.is_broken for figure in figures))


def _machine() -> Figure:
    """How fast it is now: machines are shared and throttled, and figures of two runs compare only beside this one."""
    seconds = min(timeit.repeat("for number in range(10_000_000): total += number", "total = 0", number=1, repeat=3))
    return Figure(name="this machine: ten million additions", measured=f"{seconds:.2f} s")


def _arguments() -> argparse.Namespace:
    known = "\n".join(f"  {name:<12}{what}" for name, what in BENCHES.items())
    parser = argparse.ArgumentParser(
        prog="python -m tests.load",
        description="Benchmarks. Figures are ratios and medians, because machines differ and are shared.",
        epilog=f"benchmarks, in the order they run:\n{known}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="name", help="which benchmarks (default: all)")
    parser.add_argument(
        "--quick", action="store_true", help="smaller sizes: minutes become seconds, figures prove less"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a figure instead of the table")
    options = parser.parse_args()
    if unknown := sorted(set(options.names) - set(BENCHES)):
        parser.error(f"unknown: {', '.join(unknown)}; known are {', '.join(BENCHES)}")
    return options


def _run(name: str, options: Options) -> Iterable[Figure]:
    started = time.monotonic()
    print(f"{name} …", end="", file=sys.stderr, flush=True)
    # Loaded only now: these modules need Django's settings, and those the isolation above.
    figures = list(cast(Bench, importlib.import_module(f"tests.load.{name}").measure)(options))
    print(f" {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    return figures


if __name__ == "__main__":
    assert isolation.folder, "the benchmarks must never touch a real data folder"
    sys.exit(main())
