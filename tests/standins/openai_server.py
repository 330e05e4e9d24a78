"""A real HTTP server that speaks /v1/chat/completions well enough for the ``openai`` SDK.

Use it as a context manager, or run it by hand: ``python -m tests.standins.openai_server --port 8001``.
"""

import argparse
import contextlib
import json
import os
import random
import socket
import struct
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from tests.standins import faults, sensible_agent
from tests.standins.faults import Fault, Kind

Body = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the model says. ``content`` may be an object, which is sent as JSON text."""

    content: Any = None
    finish_reason: str = "stop"
    refusal: str | None = None
    usage: Body | None = None


@dataclass(frozen=True, kw_only=True)
class Latency:
    """Log-normal seconds before each answer."""

    median_s: float = 0.2
    sigma: float = 0.5

    def draw(self, rng: random.Random) -> float:
        return self.median_s * rng.lognormvariate(0.0, self.sigma)


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """One request as it came in."""

    body: Body
    headers: dict[str, str]
    fault: Fault | None


@dataclass(kw_only=True)
class Behaviour:
    """What the server does. ``reply`` makes the answer from the request's JSON; ``plan`` are faults for the next requests
    (None: none), ``storm`` probabilities of faults after that; ``refuses`` names request fields or response formats
    (``json_schema``, ``json_object``, ``tools``, ``seed``, ``max_tokens`` …) that are answered with 400."""

    reply: Callable[[Body], Any] = sensible_agent.reply_to
    plan: deque[Fault | None] = field(default_factory=deque)
    storm: Mapping[Fault, float] = field(default_factory=dict)
    refuses: set[str] = field(default_factory=set)
    api_key: str | None = None
    models: set[str] = field(default_factory=set)
    latency: Latency | None = None
    keep_requests: bool = True


class OpenAIServer:
    """The server, on a free port unless one is given. ``requests`` logs what came in, ``counts`` what was done,
    ``waited_s`` the latency it imposed in all."""

    def __init__(
        self,
        reply: Callable[[Body], Any] | None = None,
        *,
        faults: Iterable[Fault | None] = (),
        port: int = 0,
        rng_seed: int = 0,
        **behaviour: Any,
    ) -> None:
        self.behaviour = Behaviour(reply=reply or sensible_agent.reply_to, plan=deque(faults), **behaviour)
        self.requests: list[Recorded] = []
        self.counts: Counter[str] = Counter()
        self.waited_s = 0.0
        self.in_flight = 0
        self.peak_in_flight = 0
        self.connections_opened = 0
        self.stopping = threading.Event()
        self._rng = random.Random(rng_seed)
        self._lock = threading.Lock()
        self._systems_seen: set[int] = set()
        self._connections: set[socket.socket] = set()
        self._http = _HTTPServer(("127.0.0.1", port), _Handler)
        self._http.standin = self
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def start(self) -> Self:
        self._thread.start()
        return self

    def stop(self) -> None:
        self.stopping.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()
        with self._lock:
            open_connections = list(self._connections)
        for connection in open_connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def connected(self, connection: socket.socket, *, is_open: bool) -> None:
        with self._lock:
            self.connections_opened += is_open
            (self._connections.add if is_open else self._connections.discard)(connection)

    def admit(self, body: Body, headers: dict[str, str]) -> tuple[Fault | None, float]:
        """Log a request and decide its fault and its latency in seconds."""
        behaviour = self.behaviour
        with self._lock:
            self.in_flight += 1
            self.peak_in_flight = max(self.peak_in_flight, self.in_flight)
            fault = behaviour.plan.popleft() if behaviour.plan else self._drawn_fault()
            self.counts[fault.kind if fault else "answered"] += 1
            if behaviour.keep_requests:
                self.requests.append(Recorded(body=body, headers=headers, fault=fault))
            latency = behaviour.latency.draw(self._rng) if behaviour.latency else 0.0
            self.waited_s += latency
            return fault, latency

    def leave(self) -> None:
        with self._lock:
            self.in_flight -= 1

    def _drawn_fault(self) -> Fault | None:
        draw = self._rng.random()
        for fault, probability in self.behaviour.storm.items():
            draw -= probability
            if draw < 0:
                return fault
        return None

    def usage(self, body: Body, content: str) -> Body:
        """Token counts of about a quarter of the characters; a system message seen before counts as cached."""
        messages = body.get("messages", [])
        system = str(messages[0].get("content")) if messages else ""
        with self._lock:
            seen = hash(system) in self._systems_seen
            self._systems_seen.add(hash(system))
        tokens_in, tokens_out = len(json.dumps(messages)) // 4 + 1, len(content) // 4 + 1
        return {
            "prompt_tokens": tokens_in,
            "completion_tokens": tokens_out,
            "total_tokens": tokens_in + tokens_out,
            "prompt_tokens_details": {"cached_tokens": min(tokens_in, len(system) // 4) if seen else 0},
        }


class _HTTPServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    standin: OpenAIServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away are part of the game."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _HTTPServer

    def setup(self) -> None:
        super().setup()
        self.server.standin.connected(self.connection, is_open=True)

    def finish(self) -> None:
        self.server.standin.connected(self.connection, is_open=False)
        super().finish()

    def do_GET(self) -> None:
        if self.path.rstrip("/") == "/v1/models":
            if (refusal := self._refusal({})) is not None and refusal[0] == 401:
                self._send(*refusal)
                return
            self._send(200, {"object": "list", "data": [{"id": "standin", "object": "model", "owned_by": "tests"}]})
        elif self.path == "/v1/counts":
            # For whoever runs it as a process of its own.
            self._send(200, {**self.server.standin.counts, "waited_s": self.server.standin.waited_s})
        else:
            self._send(404, _error(f"No route {self.path}", "not_found"))

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.path != "/v1/chat/completions":
            self._send(404, _error(f"No route {self.path}", "not_found"))
            return
        try:
            body = json.loads(raw)
        except ValueError:
            self._send(400, _error("The body is no JSON", "invalid_json"))
            return
        standin = self.server.standin
        fault, latency = standin.admit(body, {name.lower(): value for name, value in self.headers.items()})
        try:
            if latency:
                standin.stopping.wait(latency)
            self._respond(body, fault)
        finally:
            standin.leave()

    def _respond(self, body: Body, fault: Fault | None) -> None:
        refusal = self._refusal(body)
        if refusal is not None:
            self._send(*refusal)
        elif fault is None or not self._break(fault):
            answer = _spoiled(self._answer(body), fault)
            self._send(200, self._completion(body, answer))

    def _refusal(self, body: Body) -> tuple[int, Body] | None:
        behaviour = self.server.standin.behaviour
        given = (self.headers.get("authorization") or "").removeprefix("Bearer ")
        if behaviour.api_key is not None and given != behaviour.api_key:
            return 401, _error(f"Incorrect API key provided: {given}.", "invalid_api_key")
        if behaviour.models and body.get("model") not in behaviour.models:
            return 404, _error(f"The model `{body.get('model')}` does not exist", "model_not_found")
        form = (body.get("response_format") or {}).get("type")
        if form in behaviour.refuses:
            return 400, _error(f"Invalid parameter: 'response_format' of type '{form}' is not supported.", None)
        if "max_tokens" in behaviour.refuses and "max_tokens" in body:
            return 400, _error("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.", None)
        for name in ("tools", "seed", "temperature"):
            if name in behaviour.refuses and name in body:
                return 400, _error(f"Unsupported parameter: '{name}' is not supported with this model.", None)
        return None

    def _break(self, fault: Fault) -> bool:
        """Do what the fault says instead of answering; False when it only spoils the answer."""
        if fault.kind is Kind.STATUS:
            headers = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
            self._send(fault.status, _error(fault.message, fault.code), headers=headers)
        elif fault.kind is Kind.HTML:
            self._send(200, "<html><head><title>Bad gateway</title></head><body>nginx</body></html>", kind="text/html")
        elif fault.kind is Kind.ERROR_200:
            self._send(200, {"error": {"message": fault.message, "code": 502}})
        elif fault.kind is Kind.RESET:
            self.close_connection = True
            _reset(self.connection)
        elif fault.kind is Kind.HANG:
            self.server.standin.stopping.wait(fault.seconds)
            self.close_connection = True
        else:
            return False
        return True

    def _answer(self, body: Body) -> Answer:
        answer = self.server.standin.behaviour.reply(body)
        return answer if isinstance(answer, Answer) else Answer(content=answer)

    def _completion(self, body: Body, answer: Answer) -> Body:
        content = answer.content
        if content is not None and not isinstance(content, str):
            content = json.dumps(content)
        message: Body = {"role": "assistant", "content": content, "refusal": answer.refusal}
        if body.get("tool_choice") and content:
            function = {"name": body["tools"][0]["function"]["name"], "arguments": content}
            message |= {"content": None, "tool_calls": [{"id": "call_1", "type": "function", "function": function}]}
        return {
            "id": "chatcmpl-standin",
            "object": "chat.completion",
            "created": int(time.time()),
            "model": body.get("model"),
            "choices": [{"index": 0, "message": message, "finish_reason": answer.finish_reason, "logprobs": None}],
            "usage": answer.usage or self.server.standin.usage(body, content or ""),
        }

    def _send(
        self, status: int, body: Any, *, kind: str = "application/json", headers: Mapping[str, str] | None = None
    ) -> None:
        raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(raw)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: the log of requests is ``OpenAIServer.requests``."""


def _error(message: str, code: str | None) -> Body:
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}}


def _spoiled(answer: Answer, fault: Fault | None) -> Answer:
    text = answer.content if isinstance(answer.content, str) else json.dumps(answer.content)
    spoiled = {
        Kind.EMPTY: Answer(content=""),
        Kind.REFUSAL: Answer(refusal="I'm sorry, I can't help with that."),
        Kind.FILTERED: Answer(content="", finish_reason="content_filter"),
        Kind.TRUNCATED: Answer(content=text[: len(text) // 2], finish_reason="length"),
        Kind.FENCED: Answer(content=f"Sure, here it is:\n```json\n{text}\n```\n"),
        Kind.THOUGHTS: Answer(content=f'<think>Maybe {{"content": 0}}?</think>\n{text}'),
        Kind.PROSE: Answer(content="I think we should look into that together."),
        Kind.WRONG_SHAPE: Answer(content={"unexpected": [1, 2, 3]}),
    }
    return answer if fault is None else spoiled.get(fault.kind, answer)


def _reset(connection: socket.socket) -> None:
    # Linger of zero seconds: the other side sees a reset instead of an orderly end. Detached, because the
    # handler's files would keep the socket open.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(connection.detach())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--latency-ms", type=float, default=0.0, help="median of a log-normal latency, sigma 0.5")
    parser.add_argument("--storm", action="store_true", help="10 %% 429, 5 %% 500, resets, hangs, unusable replies")
    parser.add_argument("--api-key", help="ask for this key")
    options = parser.parse_args()
    latency = Latency(median_s=options.latency_ms / 1000) if options.latency_ms else None
    storm = faults.STORM if options.storm else {}
    server = OpenAIServer(
        port=options.port, latency=latency, storm=storm, api_key=options.api_key, keep_requests=False
    ).start()
    print(f"OPENAI_BASE_URL={server.base_url} OPENAI_MODEL=standin", flush=True)
    try:
        while True:
            time.sleep(1)
    except KeyboardInterrupt:
        server.stop()


if __name__ == "__main__":
    main()
