"""Resident memory of a process that makes many conversations: it must not grow with their number."""

import time
from collections.abc import Iterator
from contextlib import suppress

from tests.load.figures import Figure, Options, at_most, exactly
from tests.load.processes import generate_command, model_server, resident_mb, studio_on

GROWTH = 1.10
"""What allocators and caches may still add after the first tenth."""


def measure(options: Options) -> Iterator[Figure]:
    """After a tenth of the conversations, and after all of them."""
    count = options.size(5000, 1000)
    with model_server() as server, studio_on(OPENAI_BASE_URL=server.base_url, OPENAI_MODEL="standin") as studio:
        process = studio.start(*generate_command(count=count, concurrency=16))
        seen: dict[int, float] = {}
        while process.poll() is None:
            made = studio.count("conversation")
            with suppress(OSError):  # it may end just now
                if made >= count / 10:
                    seen[made] = resident_mb(process.pid)
            time.sleep(0.5)
        yield exactly("memory: conversations", studio.count("conversation"), count)
    early, late = seen[min(seen)], seen[max(seen)]
    name = f"memory: resident after {max(seen):,} against {min(seen):,} conversations"
    yield at_most(name, late / early, GROWTH, note=f"{early:.0f} → {late:.0f} MiB")
