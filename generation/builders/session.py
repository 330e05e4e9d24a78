"""What the builders need of a sandbox session; ``generation.sandbox.session`` is the real one."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from generation.conversation import Call
from generation.sandbox.execution import Execution
from generation.tools import ToolDefinition


class Session(Protocol):
    """One conversation's own world in the sandbox."""

    def seed(self) -> None:
        """Put the scenario's state in place. Raises SeedingFailed or SandboxUnavailable."""

    def execute(self, tool: ToolDefinition, arguments: Mapping[str, Any], /) -> Execution:
        """Run one call. A tool's own failure is a result; raises SandboxUnavailable after its own retries."""

    def replay(self, calls: Sequence[Call], /) -> Sequence[tuple[Call, Execution]]:
        """Rebuild the world from a fresh seed and run these calls in order, giving each with what it answers now."""

    def close(self) -> bool:
        """Remove the session's state; whether it was seen to be gone."""
