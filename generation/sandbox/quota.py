"""Quota: what one session of the embedded runtime may hold, and how many sessions there may be."""

from dataclasses import dataclass

from generation.errors import EngineError


@dataclass(frozen=True, kw_only=True)
class Quota:
    """Bounds of one session. Bytes are UTF-8; ``total_bytes`` counts names and contents of files, and (apart from
    them) keys and records of tables. ``sessions`` bounds each component; above it the runtime is out of capacity."""

    files: int = 256
    file_bytes: int = 1_048_576
    records: int = 10_000
    total_bytes: int = 4_194_304
    sessions: int = 4096


class QuotaExceeded(Exception):
    """A session would hold more than it may. Becomes the tool error of that name."""


class OutOfCapacity(EngineError):
    """There are too many sessions. That is no tool's answer: it becomes a 503, an infrastructure failure."""


def size_of(text: str) -> int:
    """Bytes of this text as UTF-8; a lone surrogate counts three."""
    return len(text.encode("utf-8", "surrogatepass"))
