"""Execution: what a sandbox says of one call."""

from dataclasses import dataclass

from generation.conversation import Outcome


@dataclass(frozen=True, kw_only=True)
class Execution:
    """The tool's answer. ``text`` is exactly what came back (may be empty); for a tool error it is
    ``Error (<error_type>): <text>``. ``duration_ms`` is wall time of the successful request in ms. ``is_injected``: a fault
    plan gave this answer in the tool's place."""

    text: str
    outcome: Outcome
    error_type: str | None = None
    duration_ms: float = 0.0
    is_injected: bool = False
