"""The embedded runtime: Spin's routes answered inside this process, as an httpx transport.

The studio uses it when no endpoint is configured; so do the tests and the demo. It holds pure data, runs no code
of the tools, and bounds what a session may hold. Beyond Spin's contract it keeps mock state per session (header
``X-Session-Id``) and adds two routes: ``POST /mock/seed`` and ``DELETE /mock/session/{id}``. State dies with it.
"""

import json
import threading
from collections.abc import Callable
from typing import Any

import httpx
from pydantic import BaseModel, Field, ValidationError

from generation.conversation import canonical_json
from generation.sandbox.client import MOCK, SESSION_HEADER, VFS, SpinClient
from generation.sandbox.mock import Mock, MockSeed, UnknownTool
from generation.sandbox.mock_tools import McpFixture, read_tools
from generation.sandbox.quota import OutOfCapacity, Quota
from generation.sandbox.tables import FixtureFault, ToolError
from generation.sandbox.vfs import Vfs

Reply = tuple[int, Any]
"""A status and a body: JSON data, or a string for plain text."""


def embedded_spin(quota: Quota | None = None) -> SpinClient:
    """A client of a new embedded runtime. Its sessions live as long as the client: share one per process."""
    return SpinClient("http://embedded.invalid", transport=EmbeddedRuntime(quota or Quota()), is_embedded=True)


class VfsCall(BaseModel):
    session_id: str
    tool: str
    args: dict[str, Any] = Field(default_factory=dict)


class MockCall(BaseModel):
    name: str
    arguments: dict[str, Any] = Field(default_factory=dict)


class NewResponse(BaseModel):
    name: str
    mockResponse: Any


class NewFixture(McpFixture):
    name: str


class EmbeddedRuntime(httpx.BaseTransport):
    """Answers requests one at a time: every session's calls are atomic, whichever thread they come from."""

    def __init__(self, quota: Quota) -> None:
        self._lock = threading.Lock()
        self._vfs = Vfs(quota)
        self._mock = Mock(quota)
        self._routes: dict[tuple[str, str], Callable[[bytes, str | None], Reply]] = {
            ("GET", "/vfs/health"): _healthy,
            ("GET", "/mock/health"): _healthy,
            ("POST", "/vfs/execute"): self._execute_vfs,
            ("POST", "/mock/execute"): self._execute_mock,
            ("POST", "/mock/load-schema"): self._load_schema,
            ("POST", "/mock/update-response"): self._update_response,
            ("POST", "/mock/add-fixture"): self._add_fixture,
            ("GET", "/mock/list-tools"): self._list_tools,
            ("POST", "/mock/pull"): _refuse_pull,
            ("POST", "/mock/clear"): self._clear,
            ("POST", "/mock/seed"): self._seed,
        }

    @property
    def open_sessions(self) -> int:
        """How many sessions hold state in any component."""
        with self._lock:
            return max(len(self._vfs), len(self._mock))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        body = request.read()
        with self._lock:
            status, document = self._answer(request, body)
            # written out under the lock: the data may be a session's own
            content = document if isinstance(document, str) else canonical_json(document)
        kind = "text/plain; charset=utf-8" if isinstance(document, str) else "application/json"
        return httpx.Response(status, headers={"Content-Type": kind}, content=content.encode(), request=request)

    def _answer(self, request: httpx.Request, body: bytes) -> Reply:
        path = request.url.path
        if request.method == "DELETE":
            return self._end_session(path)
        route = self._routes.get((request.method, path))
        if route is None:
            return 404, "Not Found"
        try:
            return route(body, request.headers.get(SESSION_HEADER))
        except OutOfCapacity as error:
            return 503, str(error)
        except FixtureFault as error:
            return 500, f"A fixture can't be carried out: {error}"

    def _end_session(self, path: str) -> Reply:
        component, _, session_id = path.removeprefix("/").partition("/session/")
        drops = {VFS: self._vfs.drop, MOCK: self._mock.drop}
        if component not in drops or not session_id:
            return 404, "Not Found"
        drops[component](session_id)
        return 200, {"success": True}

    def _execute_vfs(self, body: bytes, _: str | None) -> Reply:
        try:
            call = VfsCall.model_validate(json.loads(body))
        except (ValueError, RecursionError) as error:
            return 400, {"success": False, "result": _unreadable(error), "error_type": "InvalidRequest"}
        return 200, self._vfs.execute(call.tool, call.args, session_id=call.session_id)

    def _execute_mock(self, body: bytes, session_id: str | None) -> Reply:
        try:
            call = MockCall.model_validate(json.loads(body))
        except (ValueError, RecursionError) as error:
            return _refusal(_unreadable(error), "InvalidRequest")
        try:
            return 200, {"result": self._mock.execute(call.name, call.arguments, session_id=session_id)}
        except ToolError as error:
            return _refusal(str(error), error.error_type)

    def _load_schema(self, body: bytes, session_id: str | None) -> Reply:
        try:
            tools = read_tools(body.decode())
        except (ValueError, RecursionError) as error:
            return 500, f"The tools can't be loaded: {error}"
        self._mock.load(tools, session_id=session_id)
        return 200, {"loaded": len(tools), "tools": [tool.name for tool in tools]}

    def _update_response(self, body: bytes, session_id: str | None) -> Reply:
        try:
            new = NewResponse.model_validate(json.loads(body))
            self._mock.update_response(new.name, new.mockResponse, session_id=session_id)
        except (ValueError, RecursionError) as error:
            return _refusal(_unreadable(error), "InvalidRequest")
        except UnknownTool as error:
            return 404, {"error": str(error)}
        return 200, {"updated": new.name}

    def _add_fixture(self, body: bytes, session_id: str | None) -> Reply:
        try:
            new = NewFixture.model_validate(json.loads(body))
            key, total = self._mock.add_fixture(new.name, new, session_id=session_id)
        except (ValueError, RecursionError) as error:
            return _refusal(_unreadable(error), "InvalidRequest")
        except UnknownTool as error:
            return 404, {"error": str(error)}
        return 200, {"tool": new.name, "fixture_key": key, "total_fixtures": total}

    def _list_tools(self, _: bytes, session_id: str | None) -> Reply:
        return 200, {"tools": self._mock.listed(session_id=session_id)}

    def _clear(self, _: bytes, session_id: str | None) -> Reply:
        self._mock.clear(session_id=session_id)
        return 200, {"cleared": True}

    def _seed(self, body: bytes, session_id: str | None) -> Reply:
        if session_id is None:
            return _refusal(f"Missing header {SESSION_HEADER}", "InvalidRequest")
        try:
            seed = MockSeed.model_validate(json.loads(body))
            self._mock.seed(seed, session_id=session_id)
        except (ValueError, RecursionError) as error:
            return _refusal(_unreadable(error), "InvalidRequest")
        except ToolError as error:
            return _refusal(str(error), error.error_type)
        return 200, {"tools": len(seed.tools), "fixtures": len(seed.fixtures), "tables": len(seed.tables)}


def _healthy(_: bytes, __: str | None) -> Reply:
    return 200, {"status": "healthy"}


def _refuse_pull(_: bytes, __: str | None) -> Reply:
    return 502, {"error": "The embedded runtime reaches no other server: load the tools with /mock/load-schema"}


def _refusal(text: str, error_type: str) -> Reply:
    return 400, {"error": text, "error_type": error_type}


def _unreadable(error: Exception) -> str:
    if isinstance(error, ValidationError):
        places = (".".join(map(str, problem["loc"])) + ": " + problem["msg"] for problem in error.errors())
        return "Invalid request: " + "; ".join(places)
    return f"Invalid request: {error}"
