"""A sandbox session in memory, without any transport: files, deterministic to the last byte, and able to fail."""

from collections.abc import Mapping, Sequence
from typing import Any

from generation.conversation import Call, Outcome
from generation.errors import SandboxUnavailable, SeedingFailed
from generation.sandbox.execution import Execution
from generation.tools import ToolDefinition


class MemorySession:
    """Reads, writes and lists files. ``log`` names what was asked of it; ``fail_at`` numbers the executions (from 0)
    that end in an infrastructure failure, once each."""

    def __init__(
        self, files: Mapping[str, str] | None = None, *, seeds: bool = True, fail_at: Sequence[int] = ()
    ) -> None:
        self._seed = dict(files or {})
        self._seeds = seeds
        self._failures = set(fail_at)
        self.files: dict[str, str] = {}
        self.log: list[str] = []
        self.executed: list[tuple[str, dict[str, Any]]] = []

    def seed(self) -> None:
        self.log.append("seed")
        if not self._seeds:
            raise SeedingFailed("Seed file 'a' can't be written")
        self.files = dict(self._seed)

    def execute(self, tool: ToolDefinition, arguments: Mapping[str, Any]) -> Execution:
        number = len(self.executed)
        self.log.append(f"execute {tool.name}")
        if number in self._failures:
            self._failures.remove(number)
            raise SandboxUnavailable("connection refused")
        self.executed.append((tool.name, dict(arguments)))
        return self._run(tool.name, arguments)

    def replay(self, calls: Sequence[Call]) -> list[tuple[Call, Execution]]:
        self.log.append("replay")
        self.files = dict(self._seed)
        return [(call, self._run(call.tool, call.arguments)) for call in calls]

    def close(self) -> bool:
        self.log.append("close")
        self.files = {}
        return True

    def _run(self, tool: str, arguments: Mapping[str, Any]) -> Execution:
        path = arguments.get("file_path", "")
        if tool == "write_file":
            self.files[path] = arguments["content"]
            return _ok(f"Successfully wrote {len(arguments['content'].encode(errors='surrogatepass'))} bytes to {path}")
        if tool == "list_files":
            return _ok(str(list(self.files)))
        if path not in self.files:
            text = f"Error (FileNotFound): File not found: {path}"
            return Execution(text=text, outcome=Outcome.TOOL_ERROR, error_type="FileNotFound", duration_ms=1.0)
        return _ok(self.files[path])


def _ok(text: str) -> Execution:
    return Execution(text=text, outcome=Outcome.OK, duration_ms=1.0)
