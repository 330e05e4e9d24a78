"""McpStandIn: an MCP server on the official SDK, over real streamable HTTP and over stdio, with faults on request.

    with McpStandIn() as server:
        server.fail_next("500", tool="put", after_running=True)
        ...
        assert server.sessions == set()

It keeps notes, each client session its own (``put``, ``get``, ``keys``), lists its tools two a page, and has tools for every
shape of answer. ``python -m tests.standins.mcp_server`` speaks stdio; ``die`` ends that process in the middle of a call.
"""

import json
import logging
import os
import socket
import sys
import threading
from dataclasses import dataclass
from typing import Any, Self

import anyio
import uvicorn
from mcp import types
from mcp.server import Server
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError

PAGE = 2
TEXT = {"type": "string"}


def _tool(name: str, *properties: str, reads: bool = False, description: str = "") -> types.Tool:
    schema = {"type": "object", "properties": dict.fromkeys(properties, TEXT), "required": list(properties)}
    annotations = types.ToolAnnotations(read_only_hint=True) if reads else None
    return types.Tool(name=name, description=description, input_schema=schema, annotations=annotations)


TOOLS = [
    _tool("put", "key", "value", description="Keeps a note."),
    _tool("get", "key", reads=True, description="Says a note."),
    _tool("keys", reads=True),
    _tool("fail", "message"),
    _tool("whole", reads=True),
    _tool("parts", reads=True),
    _tool("both", reads=True),
    _tool("variable", "name", reads=True),
    _tool("die"),
]


class Notes:
    """The server itself. ``notes`` is ``{session: {key: value}}``; ``called`` names what ran, in order."""

    def __init__(self, *, endless: bool = False) -> None:
        self.notes: dict[str, dict[str, str]] = {}
        self.called: list[str] = []
        self._endless = endless
        self.server: Server[Any] = Server("notes", on_list_tools=self._list, on_call_tool=self._call)

    async def _list(self, _: Any, params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        start = int(params.cursor) if params and params.cursor else 0
        has_more = start + PAGE < len(TOOLS) or self._endless
        return types.ListToolsResult(
            tools=TOOLS[start : start + PAGE], next_cursor=str(start + PAGE) if has_more else None
        )

    async def _call(self, context: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
        session_id = context.request.headers.get("mcp-session-id", "none") if context.request else "process"
        notes = self.notes.setdefault(session_id, {})
        self.called.append(params.name)
        arguments = params.arguments or {}
        match params.name:
            case "put":
                notes[arguments["key"]] = arguments["value"]
                return _said(f"kept {arguments['key']}")
            case "get" if arguments["key"] in notes:
                return _said(notes[arguments["key"]])
            case "get":
                return _said(f"no note {arguments['key']}", is_error=True)
            case "keys":
                return _said(*notes)
            case "fail":
                return _said(arguments["message"], is_error=True)
            case "whole":
                return types.CallToolResult(content=[], structured_content={"b": [1, "ü"], "a": None})
            case "parts":
                return _parts()
            case "both":
                value = {"n": 1, "list": [1, 2]}
                return types.CallToolResult(
                    content=[types.TextContent(text=json.dumps(value, indent=2))], structured_content=value
                )
            case "variable":
                headers = context.request.headers if context.request else os.environ
                return _said(headers.get(arguments["name"], "not set"))
            case "die":
                sys.stderr.write("dying\n")
                os._exit(3)
        raise MCPError(types.INVALID_PARAMS, f"Unknown tool: {params.name}")


def _said(*texts: str, is_error: bool = False) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(text=text) for text in texts], is_error=is_error)


def _parts() -> types.CallToolResult:
    resource = types.TextResourceContents(uri="note://a", text="embedded", mime_type="text/plain")
    return types.CallToolResult(
        content=[
            types.TextContent(text="first"),
            types.ImageContent(data="aGk=", mime_type="image/png"),
            types.EmbeddedResource(resource=resource),
            types.ResourceLink(uri="note://b", name="b"),
        ]
    )


@dataclass
class _Fault:
    kind: str
    left: int
    tool: str | None
    method: str | None
    after_running: bool


class McpStandIn:
    """A running server over HTTP. ``sessions``: ids that were given out and not ended; ``opened`` counts them all."""

    def __init__(self, *, endless: bool = False, ends_sessions: int = 200) -> None:
        self.app = Notes(endless=endless)
        self.sessions: set[str] = set()
        self._given: set[str] = set()
        self.headers: list[dict[str, str]] = []
        self._ends_sessions = ends_sessions
        self._faults: list[_Fault] = []
        self._stopping = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._asgi = self.app.server.streamable_http_app()
        config = uvicorn.Config(
            self._serve, interface="asgi3", log_config=None, lifespan="on", timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)

    @property
    def opened(self) -> int:
        return len(self._given)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}/mcp"

    def fail_next(
        self,
        kind: str,
        *,
        tool: str | None = None,
        method: str | None = None,
        count: int = 1,
        after_running: bool = False,
    ) -> None:
        """Answer the next ``count`` requests (for this tool, or of this JSON-RPC or HTTP method) with "500", "html",
        "error" (of JSON-RPC), "shape" (a result that is none), "reset" or "hang". ``after_running``: only the answer is lost."""
        self._faults.append(_Fault(kind, count, tool, method, after_running))

    def __enter__(self) -> Self:
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive(), "the stand-in did not start"
            self._stopping.wait(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Go down, with all connections."""
        self._stopping.set()
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(10)
        self._socket.close()

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._asgi(scope, receive, send)
            return
        body, message = b"", await receive()
        body += message.get("body", b"")
        while message.get("more_body"):
            message = await receive()
            body += message.get("body", b"")
        self.headers.append({name.decode(): value.decode() for name, value in scope["headers"]})
        fault = self._next_fault(scope["method"], body)

        given = [False]

        async def replay() -> Any:
            if given[0]:
                return await receive()
            given[0] = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def forward(event: Any) -> None:
            if event["type"] == "http.response.start":
                self._note(scope, event)
            if fault is None:
                await send(event)

        if fault is None or fault.after_running:
            await self._asgi(scope, replay, forward)
        if fault is not None:
            await self._fail(fault.kind, body, send)

    def _note(self, scope: Any, event: Any) -> None:
        session_id = dict(event["headers"]).get(b"mcp-session-id", b"").decode()
        if session_id and session_id not in self._given:
            self._given.add(session_id)
            self.sessions.add(session_id)
        if scope["method"] == "DELETE":
            event["status"] = self._ends_sessions
            if self._ends_sessions == 200:
                self.sessions.discard(dict(scope["headers"]).get(b"mcp-session-id", b"").decode())

    def _next_fault(self, http_method: str, body: bytes) -> _Fault | None:
        message = json.loads(body) if body else {}
        tool = (message.get("params") or {}).get("name")
        for fault in self._faults:
            is_method = fault.method in (None, http_method, message.get("method"))
            if fault.left > 0 and fault.tool in (None, tool) and is_method:
                fault.left -= 1
                return fault
        return None

    async def _fail(self, kind: str, body: bytes, send: Any) -> None:
        if kind == "hang":
            for _ in range(1000):
                if self._stopping.is_set():
                    break
                await anyio.sleep(0.02)
        reply = {"jsonrpc": "2.0", "id": json.loads(body)["id"] if body else None}
        status, content_type, text = {
            "reset": (200, "application/json", '{"jsonrpc": "2.0", '),
            "html": (200, "text/html", "<h1>Login</h1>"),
            "error": (200, "application/json", json.dumps({**reply, "error": {"code": -32603, "message": "it broke"}})),
            "unknown": (
                200,
                "application/json",
                json.dumps({**reply, "error": {"code": -32601, "message": "no such"}}),
            ),
            "shape": (200, "application/json", json.dumps({**reply, "result": {"content": 7}})),
        }.get(kind, (500, "text/plain", "trapped"))
        length = len(text) + (100 if kind == "reset" else 0)  # a body that breaks off
        headers = [(b"content-type", content_type.encode()), (b"content-length", str(length).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": text.encode(), "more_body": kind == "reset"})
        if kind == "reset":
            raise ConnectionResetError


async def _stdio() -> None:
    server = Notes().server
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())


if __name__ == "__main__":
    anyio.run(_stdio)
