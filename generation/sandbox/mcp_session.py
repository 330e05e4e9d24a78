"""McpSession: an MCP server as a conversation's sandbox, with what can be promised there.

One client session a conversation, opened at its first call. A server keeps its state where it likes and can't be seeded
or rebuilt by us. So **a call that may change something is never made twice within an attempt**: when its answer is
lost, the attempt ends as interrupted. Reads are repeated; but when the connection itself is gone after a change, so may be
the state that a read should see, and that ends the attempt, too.

An attempt that is taken up again replays its answered calls in a new client session. That is exact for a server that keeps its
state by client session (over stdio: a process of its own); one whose state is shared by all sees those calls again.

What a killed worker leaves is the server's to clear: over stdio its input ends, over HTTP it lets idle sessions expire. They
can't be swept from here, because nobody but the dead process knew them.
"""

import importlib
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from generation.errors import InvalidInput, SandboxUnavailable
from generation.mcp_servers import McpServer
from generation.sandbox.backoff import Backoff, RetriesExhausted
from generation.sandbox.execution import Execution
from generation.tools import ToolDefinition


class Connection(Protocol):
    """What is needed of ``generation.sandbox.mcp_connection.McpConnection``."""

    is_broken: bool

    def call(self, name: str, arguments: Mapping[str, Any], /) -> Execution: ...

    def list_tools(self) -> list[dict[str, Any]]: ...

    def close(self) -> bool: ...


class CallLost(RetriesExhausted):
    """A call that may have run got no answer, or the state it acted on is gone: this attempt can't go on."""


def open_connection(server: McpServer, *, secrets: Mapping[str, str]) -> Connection:
    """A client session with the server. ``secrets`` holds the variables its document names.

    Raises InvalidInput when the SDK is not installed or a variable is not set, SandboxUnavailable when there is no answer.
    """
    require_secrets(server, secrets=secrets)
    headers = {header: secrets[name] for header, name in server.headers_from_env.items()}
    environment = {name: secrets[name] for name in server.env}
    connection: Connection = _sdk().McpConnection(server, headers=headers, environment=environment)
    return connection


def require_secrets(server: McpServer, *, secrets: Mapping[str, str]) -> None:
    """Raises InvalidInput that names the variables of the server's document which are not set."""
    names = [*server.headers_from_env.values(), *server.env]
    missing = sorted({name for name in names if not secrets.get(name)})
    if missing:
        raise InvalidInput(f"The MCP server {server} needs {', '.join(missing)}: set it in the environment.")


def _sdk() -> Any:
    # Loaded when it is needed: the SDK is an extra and takes half a second.
    try:
        return importlib.import_module("generation.sandbox.mcp_connection")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "generation":
            raise
        raise InvalidInput(
            f"MCP servers need the extra 'mcp' of pyproject.toml, and {error.name} is not installed: run make setup."
        ) from error


class McpSession:
    """A conversation's calls to an MCP server. For one thread at a time. ``connect`` opens a client session."""

    def __init__(self, connect: Callable[[], Connection], *, backoff: Backoff | None = None) -> None:
        self._connect = connect
        self._backoff = backoff or Backoff()
        self._connection: Connection | None = None
        self._has_changed = False
        self._is_lost = False

    def execute(self, tool: ToolDefinition, arguments: Mapping[str, Any]) -> Execution:
        """The tool's answer. Raises SandboxUnavailable when there is none, after which only ``renew`` helps if the
        tool may have changed something; InvalidInput when the server can't be spoken to as configured."""
        if self._is_lost:
            raise CallLost("The MCP server's state is unknown since a call was lost: start the attempt again")
        return self._backoff.run(lambda: self._attempt(tool, arguments))

    def renew(self) -> None:
        """Forget the client session; the next call opens another."""
        self.close()
        self._has_changed = self._is_lost = False

    def close(self) -> bool:
        """End the client session; whether the server was seen to have ended it. Never raises; may be repeated."""
        connection, self._connection = self._connection, None
        return connection is None or connection.close()

    def _attempt(self, tool: ToolDefinition, arguments: Mapping[str, Any]) -> Execution:
        if self._connection is None:
            self._connection = self._connect()
        connection = self._connection
        try:
            execution = connection.call(tool.name, arguments)
        except SandboxUnavailable as failure:
            if connection.is_broken:
                self.close()
            if not tool.only_reads or (connection.is_broken and self._has_changed):
                self._is_lost = True
                raise CallLost(f"{failure}. {tool.name} is not repeated") from failure
            raise
        self._has_changed = self._has_changed or not tool.only_reads
        return execution
