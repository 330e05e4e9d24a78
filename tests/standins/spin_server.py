"""SpinServer: a Spin tool service over real HTTP, faithful to the published one's quirks, with faults on request.

    with SpinServer() as server:
        spin = SpinClient(server.url)
        server.fail_next("html", count=2, tool="read_file")
        ...
        assert server.sessions == {}

Its quirks: DELETE /vfs/session/{id} answers 400, nothing is routed at the root, the mock table is one for the whole
service, lists its tools in random order, never matches values with commas, breaks ties at random and lets ``match: {}``
beat the mock response. Written without the engine's code, so that a mistake there can't hide here.
"""

import json
import random
import socket
import struct
import threading
from collections import Counter
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

FAULTS: dict[str, tuple[int, str, str]] = {
    # name: status, content type, body
    "500": (500, "text/plain", "component trapped"),
    "502": (502, "text/html", "<html><h1>Bad Gateway</h1></html>"),
    "html": (200, "text/html", "<!doctype html><title>Login</title>"),
    "not_json": (200, "application/json", '{"success": true, "result": '),
    "other_shape": (200, "application/json", '{"status": "fine"}'),
    "list": (200, "application/json", '[{"success": true}]'),
    "404": (404, "text/plain", "Not Found"),
    "400_html": (400, "text/html", "<h1>Bad Request</h1>"),
    "result_null": (200, "application/json", '{"success": true, "result": null}'),
    "result_object": (200, "application/json", '{"success": true, "result": {"a": [1, 2.5], "ü": null}}'),
    "result_list": (200, "application/json", '{"success": true, "result": [1, "two"]}'),
    "result_number": (200, "application/json", '{"success": true, "result": 7}'),
    "400_result": (
        400,
        "application/json",
        '{"success": false, "result": "can\'t read body", "error_type": "InvalidRequest"}',
    ),
    "400_error": (400, "application/json", '{"error": "no such thing"}'),
    # without a reply: "reset" tears the connection down, "timeout" never answers
}
EVERY_KIND = (*FAULTS, "reset", "timeout")


@dataclass
class _Fault:
    kind: str
    left: int
    skip: int
    tool: str | None
    path: str | None
    after_running: bool


class SpinServer:
    """A running service. ``sessions``: the files each session still holds; ``requests``: what came in, in order.

    ``documented_cleanup``: let DELETE /vfs/session/{id} work as it is documented (the published one never does).
    ``storm``: the share of requests that meet a fault, of every kind in turn, half of them after they took effect;
    ``hang_s``: how long a "timeout" stays silent before it closes the connection.
    """

    def __init__(
        self, *, documented_cleanup: bool = False, storm: float = 0.0, hang_s: float = 20.0, rng_seed: int = 0
    ) -> None:
        self.documented_cleanup = documented_cleanup
        self.storm = storm
        self.hang_s = hang_s
        self.storm_counts: Counter[str] = Counter()
        self._rng = random.Random(rng_seed)
        self.requests: list[tuple[str, str, Any]] = []
        self.mock_tools: dict[str, dict[str, Any]] = {}
        self._files: dict[str, dict[str, str]] = {}
        self._faults: list[_Fault] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"spin": self}))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def sessions(self) -> dict[str, dict[str, str]]:
        """Sessions that hold files, with them: empty when everybody cleaned up."""
        with self._lock:
            return {session_id: dict(files) for session_id, files in self._files.items() if files}

    def calls(self, tool: str | None = None) -> list[Any]:
        """Bodies of the tool calls that came in, of one tool or of all."""
        bodies = [body for _, path, body in self.requests if path.endswith("/execute") and isinstance(body, dict)]
        return [body for body in bodies if tool in (None, body.get("tool", body.get("name")))]

    def fail_next(
        self,
        kind: str,
        *,
        count: int = 1,
        skip: int = 0,
        tool: str | None = None,
        path: str | None = None,
        after_running: bool = False,
    ) -> None:
        """Answer the next ``count`` requests (for this tool, or whose path holds ``path``) with a fault of FAULTS,
        "reset" or "timeout". ``skip``: let so many of them pass first. ``after_running``: the request takes effect first, only its reply is lost."""
        if kind not in EVERY_KIND:
            raise ValueError(f"unknown fault {kind!r}")
        with self._lock:
            self._faults.append(_Fault(kind, count, skip, tool, path, after_running))

    def heal(self) -> None:
        """Forget all faults."""
        with self._lock:
            self._faults.clear()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _next_fault(self, path: str, body: Any) -> _Fault | None:
        tool = body.get("tool", body.get("name")) if isinstance(body, dict) else None
        with self._lock:
            for fault in self._faults:
                if fault.left > 0 and fault.tool in (None, tool) and (fault.path is None or fault.path in path):
                    if fault.skip > 0:
                        fault.skip -= 1
                        continue
                    fault.left -= 1
                    return fault
            return self._drawn_fault()

    def _drawn_fault(self) -> _Fault | None:
        if self._rng.random() >= self.storm:
            return None
        kind = EVERY_KIND[self.storm_counts.total() % len(EVERY_KIND)]
        self.storm_counts[kind] += 1
        return _Fault(kind, 1, 0, None, None, after_running=self._rng.random() < 0.5)

    def _answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        with self._lock:
            match method, path:
                case "GET", "/vfs/health" | "/mock/health":
                    return 200, {"status": "healthy"}
                case "POST", "/vfs/execute":
                    return self._execute_vfs(body)
                case "DELETE", _ if path.startswith("/vfs/session/"):
                    return self._delete_session(path.rpartition("/")[2])
                case _ if path.startswith("/mock/"):
                    return self._answer_mock(method, path.removeprefix("/mock/"), body)
        return 404, "Not Found"

    def _delete_session(self, session_id: str) -> tuple[int, Any]:
        if not self.documented_cleanup:
            return 400, {"error": "Missing session_id"}
        self._files.pop(session_id, None)
        return 200, {"success": True}

    def _execute_vfs(self, body: Any) -> tuple[int, Any]:
        try:
            session_id, tool, args = body["session_id"], body["tool"], body["args"]
            files = self._files.setdefault(session_id, {})
            # the component is Rust: text with a lone surrogate can't be read
            json.dumps(body, ensure_ascii=False).encode()
        except (KeyError, TypeError, UnicodeEncodeError) as error:
            return 400, {"success": False, "result": f"Invalid request: {error}", "error_type": "InvalidRequest"}
        needed = {"read_file": ["file_path"], "write_file": ["file_path", "content"], "delete_file": ["file_path"]}
        for name in needed.get(tool, []):
            if not isinstance(args.get(name), str):
                return 200, _vfs_error("InvalidArguments", f"Missing required argument: {name}")
        path = args.get("file_path")
        if tool in ("read_file", "delete_file") and path not in files:
            return 200, _vfs_error("FileNotFound", f"File not found: {path}")
        if tool == "read_file":
            return 200, {"success": True, "result": files[path]}
        if tool == "write_file":
            files[path] = args["content"]
            size = len(args["content"].encode())
            return 200, {"success": True, "result": f"Successfully wrote {size} bytes to {path}"}
        if tool == "delete_file":
            del files[path]
            return 200, {"success": True, "result": f"Successfully deleted {path}"}
        if tool == "list_files":
            return 200, {"success": True, "result": json.dumps(list(files))}
        return 200, _vfs_error("UnknownTool", f"Unknown tool: {tool}")

    def _answer_mock(self, method: str, route: str, body: Any) -> tuple[int, Any]:
        match method, route:
            case "GET", "list-tools":
                return 200, {"tools": random.sample(list(map(_listed, self.mock_tools.values())), len(self.mock_tools))}
            case "POST", "clear":
                self.mock_tools.clear()
                return 200, {"cleared": True}
            case "POST", "load-schema":
                return self._load_schema(body)
            case "POST", "pull":
                return 502, {"error": "connection refused"}
            case "POST", "execute" | "update-response" | "add-fixture":
                if not isinstance(body, dict) or "name" not in body:
                    return 500, "missing field `name`"
                tool = self.mock_tools.get(body["name"])
                if tool is None:
                    return (400 if route == "execute" else 404), {"error": f"Unknown tool: {body['name']}"}
                return self._use_mock_tool(route, tool, body)
        return 404, "Not Found"

    def _load_schema(self, body: Any) -> tuple[int, Any]:
        tools = body.get("tools") if isinstance(body, dict) else body
        if not isinstance(tools, list) or not all(isinstance(tool, dict) and "name" in tool for tool in tools):
            return 500, "data did not match any variant"
        for tool in tools:
            fixtures = {_fixture_key(one["match"]): one["response"] for one in tool.get("mockFixtures") or []}
            self.mock_tools[tool["name"]] = {**tool, "fixtures": fixtures}
        return 200, {"loaded": len(tools), "tools": [tool["name"] for tool in tools]}

    def _use_mock_tool(self, route: str, tool: dict[str, Any], body: dict[str, Any]) -> tuple[int, Any]:
        if route == "update-response":
            tool["mockResponse"] = body["mockResponse"]
            return 200, {"updated": tool["name"]}
        if route == "add-fixture":
            key = _fixture_key(body["match"])
            tool["fixtures"][key] = body["response"]
            return 200, {"tool": tool["name"], "fixture_key": key, "total_fixtures": len(tool["fixtures"])}
        return 200, {"result": _mock_result(tool, body.get("arguments") or {})}


def _vfs_error(error_type: str, text: str) -> dict[str, Any]:
    return {"success": False, "result": text, "error_type": error_type}


def _listed(tool: dict[str, Any]) -> dict[str, Any]:
    return {name: tool.get(name) for name in ("name", "description", "inputSchema")}


def _fixture_key(match: dict[str, Any]) -> str:
    return ",".join(f"{name}={_text(value)}" for name, value in sorted(match.items()))


def _mock_result(tool: dict[str, Any], arguments: dict[str, Any]) -> Any:
    said = {f"{name}={_text(value)}" for name, value in arguments.items()}
    # the fault with commas: the key is split at each of them
    fitting = [key for key in tool["fixtures"] if set(key.split(",")) - {""} <= said]
    if fitting:
        pairs = max(key.count("=") for key in fitting)
        best = random.choice([key for key in fitting if key.count("=") == pairs])
        return _fill(tool["fixtures"][best], arguments)
    if tool.get("mockResponse") is not None:
        return _fill(tool["mockResponse"], arguments)
    return {
        "tool": tool["name"],
        "description": tool.get("description"),
        "input_received": arguments,
        "mock_result": f"Successfully executed {tool['name']}",
        "status": "success",
    }


def _fill(value: Any, arguments: dict[str, Any]) -> Any:
    if isinstance(value, str):
        for name, argument in arguments.items():
            value = value.replace("{{" + name + "}}", _text(argument))
        return value
    if isinstance(value, dict):
        return {key: _fill(member, arguments) for key, member in value.items()}
    return [_fill(item, arguments) for item in value] if isinstance(value, list) else value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Torn connections are what this server is for: nothing is printed."""


class _Handler(BaseHTTPRequestHandler):
    spin: SpinServer
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one segment per reply; otherwise delayed ACKs cost 40 ms each
    timeout = 30

    def log_message(self, format: str, *args: Any) -> None:
        """Tests stay quiet."""

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def _serve(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = _parsed(raw)
        self.spin.requests.append((self.command, self.path, body))
        fault = self.spin._next_fault(self.path, body)
        if fault is None:
            status, document = self.spin._answer(self.command, self.path, body)
            if isinstance(document, str):
                self._reply(status, "text/plain", document)
            else:
                self._reply(status, "application/json", json.dumps(document))
            return
        if fault.after_running:
            self.spin._answer(self.command, self.path, body)
        if fault.kind in FAULTS:
            self._reply(*FAULTS[fault.kind])
        elif fault.kind == "timeout":
            self.spin._stopping.wait(self.spin.hang_s)
            self.close_connection = True
        else:
            self._tear_down()

    def _tear_down(self) -> None:
        # lingering zero seconds makes the kernel send RST
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.rfile.close()
        self.close_connection = True

    def _reply(self, status: int, content_type: str, text: str) -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return None
