"""McpConnection: one client session with an MCP server, on the official SDK; the only module that imports it.

The SDK is asynchronous: each connection has a portal of its own, a thread with an event loop, which ends with it. Owns
the telling apart of a tool's answer and a failure of the infrastructure. Retries nothing: that is
``generation.sandbox.mcp_session``, which also loads this module, since the SDK is an extra.
"""

import contextlib
import io
import json
import logging
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager
from typing import Any, TextIO

import anyio
import anyio.from_thread
import httpx2
import mcp
from mcp import types
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from pydantic import BaseModel, ValidationError

from generation.errors import SandboxUnavailable
from generation.mcp_servers import McpServer
from generation.sandbox.client import NotDelivered
from generation.sandbox.execution import Execution
from generation.sandbox.mcp_results import execution_of, refusal

MAX_PAGES = 200
"""Pages of tools/list that are read: a server that never stops listing must not hang an import."""

ENDED = frozenset({200, 202, 204, 404, 405})
"""Answers to the DELETE of a session that leave nothing to do: 404 knows it no more, 405 lets no client end sessions."""

WITHOUT_HANDSHAKE = frozenset({types.METHOD_NOT_FOUND, types.UNSUPPORTED_PROTOCOL_VERSION})
"""How servers refuse the initialize handshake that know only the newer protocol, which has no sessions."""

STILL_THERE = frozenset({types.INVALID_PARAMS, types.INTERNAL_ERROR, types.REQUEST_TIMEOUT, types.PARSE_ERROR})
"""Failures of one request, after which the session can be used on."""

SESSION_ID = "mcp-session-id"
CLOSING_S = 5.0

# it writes whole messages and a traceback for every lost connection; what counts is raised
logging.getLogger("mcp").setLevel(logging.CRITICAL)
logging.getLogger("client").setLevel(logging.CRITICAL)


class McpConnection:
    """One conversation's client session, opened by the constructor. For one thread at a time.

    It is had by the initialize handshake, which keeps a session's state apart from others'; a server that knows only the
    newer protocol without sessions is spoken to in that, and holds no state of ours. ``headers`` go with each HTTP request,
    ``environment`` to a process. ``is_broken``: it can't be used any more. Raises NotDelivered when no session could be had.
    """

    def __init__(
        self,
        server: McpServer,
        *,
        headers: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.is_broken = False
        self._server = server
        self._headers = dict(headers or {})
        self._environment = dict(environment or {})
        self._session_headers: dict[str, str] = {}
        self._end_status: int | None = None
        self._stack = ExitStack()
        self._complaints = self._stack.enter_context(_scratch_file())
        try:
            self._portal = self._stack.enter_context(anyio.from_thread.start_blocking_portal())
            self._session = self._open()
        except BaseException as error:
            said = _last_words(self._complaints)
            self.close()
            if not isinstance(error, Exception):
                raise
            raise NotDelivered(f"The MCP server {server} gives no session: {_reason(error)}{said}") from error

    def call(self, name: str, arguments: Mapping[str, Any]) -> Execution:
        """What the tool answers. Raises SandboxUnavailable when no answer came, whether or not the tool ran."""
        if not _is_unicode(arguments):
            return refusal("InvalidRequest", "Invalid request: the arguments hold a lone surrogate, which is no text")
        # not the SDK's call_tool: it asks for the tools again and drops results that miss their declared shape
        request = types.CallToolRequest(params=types.CallToolRequestParams(name=name, arguments=dict(arguments)))
        started = time.perf_counter()
        try:
            result = self._ask(request, types.CallToolResult)
        except MCPError as error:
            if error.code == types.INVALID_PARAMS:
                # the server read the call and refused it: an unknown tool, or arguments it does not take
                is_unknown = error.message.startswith("Unknown tool")
                return refusal("UnknownTool" if is_unknown else "InvalidArguments", error.message)
            raise self._failure(error) from error
        duration_ms = (time.perf_counter() - started) * 1000
        return execution_of(result.model_dump(mode="json", by_alias=True), duration_ms)

    def list_tools(self) -> list[dict[str, Any]]:
        """All pages of tools/list, as MCP writes tools. Raises SandboxUnavailable, also for a listing without end."""
        tools: list[dict[str, Any]] = []
        cursor: str | None = None
        for _ in range(MAX_PAGES):
            request = types.ListToolsRequest(params=types.PaginatedRequestParams(cursor=cursor))
            try:
                page = self._ask(request, types.ListToolsResult)
            except MCPError as error:
                raise self._failure(error) from error
            tools += [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in page.tools]
            cursor = page.next_cursor
            if cursor is None:
                return tools
        raise SandboxUnavailable(f"The MCP server {self._server} has more than {MAX_PAGES} pages of tools")

    def close(self) -> bool:
        """End the session, its process and its thread; whether the server was seen to have ended it. Never raises."""
        self.is_broken = True
        # what broke a connection was told where it mattered
        with contextlib.suppress(Exception):
            self._stack.close()
        if self._session_headers and self._end_status not in ENDED:
            self._end_by_hand()
        return not self._session_headers or self._end_status in ENDED

    def _open(self) -> mcp.ClientSession:
        try:
            return self._entered("legacy")
        except Exception as error:
            cause = _innermost(error)
            if not isinstance(cause, MCPError) or cause.code not in WITHOUT_HANDSHAKE:
                raise
        return self._entered("auto")

    def _entered(self, mode: str) -> mcp.ClientSession:
        client = mcp.Client(
            self._http() if self._server.url else self._process(),
            mode=mode,
            read_timeout_seconds=self._server.timeout_s,
            client_info=types.Implementation(name="tracewright", version="1"),
            cache=None,
        )
        self._stack.enter_context(self._portal.wrap_async_context_manager(client))
        return client.session

    def _process(self) -> AbstractAsyncContextManager[Any]:
        parameters = StdioServerParameters(
            command=self._server.command, args=self._server.args, env=self._environment or None
        )
        return stdio_client(parameters, errlog=self._complaints)

    @asynccontextmanager
    async def _http(self) -> AsyncIterator[Any]:
        async with (
            httpx2.AsyncClient(
                headers=self._headers,
                # longer than a request may take: a wait that ends here would take the whole session along
                timeout=httpx2.Timeout(self._server.timeout_s * 2 + 10, connect=min(5.0, self._server.timeout_s)),
                event_hooks={"response": [self._note]},
                trust_env=False,
            ) as http,
            streamable_http_client(self._server.url, http_client=http) as streams,
        ):
            yield streams

    async def _note(self, response: httpx2.Response) -> None:
        """See which session there is, and what the server says to its end: the SDK keeps both to itself."""
        if SESSION_ID in response.headers:
            self._session_headers[SESSION_ID] = response.headers[SESSION_ID]
        if SESSION_ID in response.request.headers:
            sent = response.request.headers.items()
            self._session_headers.update((name, value) for name, value in sent if name.startswith("mcp-"))
        if response.request.method == "DELETE":
            self._end_status = response.status_code

    def _end_by_hand(self) -> None:
        """End the session of a connection that broke: the SDK then leaves it to the server."""
        headers = {**self._headers, **self._session_headers}
        with contextlib.suppress(httpx2.HTTPError), httpx2.Client(timeout=CLOSING_S, trust_env=False) as http:
            self._end_status = http.delete(self._server.url, headers=headers).status_code

    def _ask(self, request: BaseModel, result_type: type[Any]) -> Any:
        try:
            return self._portal.call(self._send, request, result_type)
        except MCPError as error:
            self.is_broken = self.is_broken or error.code not in STILL_THERE
            raise
        except ValidationError as error:
            raise SandboxUnavailable(
                f"The MCP server {self._server} answered with something that is no result"
            ) from error
        except Exception as error:  # a connection ends in many ways, groups of exceptions among them
            self.is_broken = True
            raise SandboxUnavailable(f"The MCP server {self._server} broke off: {_reason(error)}") from error

    async def _send(self, request: Any, result_type: type[Any]) -> Any:
        # a second bound around the SDK's own, for a connection whose end wakes nobody
        with anyio.fail_after(self._server.timeout_s + 1):
            return await self._session.send_request(
                request, result_type, request_read_timeout_seconds=self._server.timeout_s
            )

    def _failure(self, error: MCPError) -> SandboxUnavailable:
        return SandboxUnavailable(f"The MCP server {self._server} failed: {error.message}")


def _is_unicode(arguments: Mapping[str, Any]) -> bool:
    try:
        json.dumps(arguments, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _innermost(error: BaseException) -> BaseException:
    """The cause that task groups wrap."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _reason(error: BaseException) -> str:
    cause = _innermost(error)
    return str(cause) or type(cause).__name__


def _last_words(complaints: TextIO) -> str:
    """What a process wrote to its standard error, the end of it."""
    complaints.seek(0)
    said = complaints.read().strip()
    return f" (it said: {said[-500:]})" if said else ""


def _scratch_file() -> TextIO:
    # a wrapper of our own: the temporary file's type is a wider one
    return io.TextIOWrapper(tempfile.TemporaryFile("w+b"), encoding="utf-8", errors="replace")
