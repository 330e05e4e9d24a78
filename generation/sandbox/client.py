"""SpinClient: the wire contract of the Spin tool service, over one shared connection pool.

Owns routes, request shapes, time limits and the telling apart of tool errors and infrastructure failures.
Keeps no session state and retries nothing: that is ``generation.sandbox.session``. The embedded runtime is
this same client over an in-process transport.
"""

import json
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx

from generation.conversation import canonical_json
from generation.errors import InvalidInput, SandboxUnavailable, SeedingFailed
from generation.fixtures import Fixture
from generation.sandbox.execution import Execution
from generation.sandbox.replies import read_execution, read_object, strange_reply
from generation.tools import ToolDefinition

T = TypeVar("T")

VFS = "vfs"
MOCK = "mock"
MCP = "mcp"
SESSION_HEADER = "X-Session-Id"
READS = frozenset({"read_file", "list_files"})


def is_read(tool: ToolDefinition) -> bool:
    """Whether the tool is known to change nothing: vfs's reads, and tools that say so of themselves (``readOnlyHint``)."""
    return tool.only_reads or (tool.component == VFS and tool.name in READS)


def mcp_form(tool: ToolDefinition) -> dict[str, Any]:
    """What the mock component needs to know of a tool."""
    return {"name": tool.name, "description": tool.description, "inputSchema": tool.parameters}


class NotDelivered(SandboxUnavailable):
    """No connection was had, so the request certainly did not run: repeating it is always safe."""


class SpinClient:
    """One Spin service. Thread-safe; shared by all sessions, closed once.

    ``timeout`` is in seconds and bounds each wait for bytes, not the whole call. ``transport`` replaces the network.
    ``is_embedded`` says that the service has the embedded runtime's extension routes (sessions and seeds for mock).
    Proxy settings of the environment are not read. Raises InvalidInput for an endpoint that is no http(s) URL.
    """

    def __init__(
        self,
        endpoint: str,
        *,
        timeout: float = 30.0,
        max_connections: int = 100,
        transport: httpx.BaseTransport | None = None,
        is_embedded: bool = False,
    ) -> None:
        self.endpoint = _checked(endpoint)
        self.is_embedded = is_embedded
        limits = httpx.Limits(max_connections=max_connections, max_keepalive_connections=max_connections)
        # Without httpx.Client around it, whose cookies, redirects and authentication a tool service needs none of.
        self._transport = transport or httpx.HTTPTransport(limits=limits, trust_env=False)
        self._timeout = {"timeout": httpx.Timeout(timeout, connect=min(5.0, timeout)).as_dict()}
        self._is_closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._is_closed = True
        self._transport.close()

    def execute(self, tool: ToolDefinition, arguments: Mapping[str, Any], *, session_id: str) -> Execution:
        """Run the tool once. Tools of ``mock`` are called in the mock style, all others in their component's.

        Raises NotDelivered or SandboxUnavailable; a tool's own failure is a result.
        """
        return self.call(tool.name, arguments, component=tool.component, session_id=session_id)

    def call(self, tool: str, arguments: Mapping[str, Any], *, component: str, session_id: str) -> Execution:
        """``execute`` for a tool that is known by name only."""
        body: dict[str, Any]
        if component == MOCK:
            # the real component knows no sessions and ignores the header
            body, header = {"name": tool, "arguments": arguments}, session_id
        else:
            body, header = {"session_id": session_id, "tool": tool, "args": arguments}, None
        started = time.perf_counter()
        response = self._send("POST", f"/{quote(component, safe='')}/execute", body, session_id=header)
        duration_ms = (time.perf_counter() - started) * 1000
        return read_execution(
            response.status_code, response.content, has_success=component != MOCK, duration_ms=duration_ms
        )

    def is_healthy(self, component: str = VFS) -> bool:
        """Whether the component's health route answers 200. Never raises."""
        try:
            return self._send("GET", f"/{quote(component, safe='')}/health").status_code == 200
        except SandboxUnavailable:
            return False

    def list_files(self, session_id: str) -> list[str]:
        """The session's paths in the order they were written. Raises SandboxUnavailable, also for a tool error."""
        listed = self.call("list_files", {}, component=VFS, session_id=session_id)
        try:
            paths = json.loads(listed.text)
        except ValueError:
            paths = None
        if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
            raise SandboxUnavailable(f"The tool service can't list the files of a session: {listed.text[:200]!r}")
        return paths

    def end_session(self, session_id: str, *, component: str = VFS) -> bool:
        """Ask by the documented route that the session's state be dropped; whether the service says it did.

        The published component never does. Raises SandboxUnavailable when there was no HTTP reply.
        """
        route = f"/{quote(component, safe='')}/session/{quote(session_id, safe='')}"
        return self._send("DELETE", route).status_code == 200

    def load_schema(self, tools: Sequence[Mapping[str, Any]], *, session_id: str | None = None) -> list[str]:
        """Load MCP tools into the mock component; the names it loaded. Loading a tool again drops its fixtures.

        Without ``session_id`` (and always in the real service) they are there for every session.
        """
        reply = self._manage("POST", "/mock/load-schema", {"tools": list(tools)}, session_id=session_id)
        return _member(reply, "tools", list)

    def update_response(self, name: str, response: object, *, session_id: str | None = None) -> None:
        """Set what a mock tool answers when no fixture fits. Raises InvalidInput for an unknown tool."""
        self._manage("POST", "/mock/update-response", {"name": name, "mockResponse": response}, session_id=session_id)

    def add_fixture(
        self, name: str, *, match: Mapping[str, Any], response: object, session_id: str | None = None
    ) -> int:
        """Add an answer for certain arguments; how many the tool now has. Raises InvalidInput for an unknown tool."""
        body = {"name": name, "match": match, "response": response}
        reply = self._manage("POST", "/mock/add-fixture", body, session_id=session_id)
        return _member(reply, "total_fixtures", int)

    def list_mock_tools(self, *, session_id: str | None = None) -> list[dict[str, Any]]:
        """The mock component's tools by name: the service lists them in random order."""
        listed = _member(self._manage("GET", "/mock/list-tools", session_id=session_id), "tools", list)
        return sorted(listed, key=lambda tool: _member(tool, "name", str))

    def clear_mock(self, *, session_id: str | None = None) -> None:
        """Drop all tools of the mock component: the session's own, or those of the whole service."""
        self._manage("POST", "/mock/clear", {}, session_id=session_id)

    def seed_mock(
        self,
        session_id: str,
        *,
        tools: Sequence[ToolDefinition],
        fixtures: Sequence[Fixture],
        tables: Mapping[str, Mapping[str, Any]],
    ) -> None:
        """Give a session its own mock tools, fixtures and tables, replacing what it had. Embedded runtime only.

        Raises SeedingFailed when they are refused (a quota), SandboxUnavailable otherwise.
        """
        body = {
            "tools": [mcp_form(tool) for tool in tools],
            "fixtures": [fixture.model_dump(mode="json", exclude_unset=True) for fixture in fixtures],
            "tables": tables,
        }
        response = self._send("POST", "/mock/seed", body, session_id=session_id)
        if response.status_code == 400:
            raise SeedingFailed(f"The mock sandbox refuses its tables or fixtures: {response.text}")
        if response.status_code != 200:
            raise strange_reply(response.status_code, response.content)

    def _manage(self, method: str, route: str, body: object = None, *, session_id: str | None = None) -> dict[str, Any]:
        response = self._send(method, route, body, session_id=session_id)
        document = read_object(response.content, status=response.status_code)
        if response.status_code in (400, 404) and "error" in document:
            raise InvalidInput(f"The mock component refuses {route}: {document['error']}")
        if response.status_code != 200:
            raise strange_reply(response.status_code, response.content)
        return document

    def _send(self, method: str, route: str, body: object = None, *, session_id: str | None = None) -> httpx.Response:
        if self._is_closed:
            raise NotDelivered(f"The client of the tool service at {self.endpoint} is closed")
        headers = {"User-Agent": "tracewright", "Accept": "application/json"}
        if session_id is not None:
            headers[SESSION_HEADER] = session_id
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = canonical_json(body).encode("ascii")
        try:
            url = self.endpoint + route
            request = httpx.Request(method, url, content=content, headers=headers, extensions=self._timeout)
            with closing(self._transport.handle_request(request)) as response:
                response.read()
            return response
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise NotDelivered(f"The tool service at {self.endpoint} can't be reached: {error}") from error
        except httpx.HTTPError as error:
            reason = str(error) or type(error).__name__
            raise SandboxUnavailable(
                f"The tool service at {self.endpoint} broke off {method} {route}: {reason}"
            ) from error


def _member(document: object, name: str, kind: type[T]) -> T:
    value = document.get(name) if isinstance(document, dict) else None
    if not isinstance(value, kind):
        raise SandboxUnavailable(f"The mock component's reply lacks {name!r}: {str(document)[:200]}")
    return value


def _checked(endpoint: str) -> str:
    try:
        url = httpx.URL(endpoint)
    except httpx.InvalidURL as error:
        raise InvalidInput(f"{endpoint!r} is no URL of a tool service: {error}") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise InvalidInput(f"{endpoint!r} is no URL of a tool service: write it like http://127.0.0.1:3000")
    return endpoint.rstrip("/")
