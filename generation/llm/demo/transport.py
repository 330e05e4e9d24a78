"""The demo model as an httpx2 transport, so that the same ``openai`` client talks to it as to a real server."""

import json
import math
import random
import time

import httpx2

from generation.llm.demo.completion import MODEL, answer
from generation.llm.demo.settings import DemoSettings


def demo_transport(settings: DemoSettings | None = None) -> httpx2.MockTransport:
    """A transport that answers ``POST …/chat/completions`` and ``GET …/models`` in process, without key or network.

    Other routes are 404, a body that is no JSON object is 400, both in OpenAI's error form.
    """
    chosen = settings or DemoSettings()

    def handle(request: httpx2.Request) -> httpx2.Response:
        return _respond(request, chosen)

    return httpx2.MockTransport(handle)


def _respond(request: httpx2.Request, settings: DemoSettings) -> httpx2.Response:
    route = request.url.path.rstrip("/")
    if request.method == "GET" and route.endswith("/models"):
        return httpx2.Response(
            200, json={"object": "list", "data": [{"id": MODEL, "object": "model", "created": 0, "owned_by": "demo"}]}
        )
    if request.method != "POST" or not route.endswith("/chat/completions"):
        return _error(404, f"The demo model has no route {request.method} {request.url.path}.")
    try:
        body = json.loads(request.read())
    except ValueError:
        return _error(400, "The request body is no JSON.")
    if not isinstance(body, dict) or not isinstance(body.get("messages"), list):
        return _error(400, "The request needs a list of messages.")
    if body.get("stream"):
        return _error(400, "The demo model does not stream.")
    if settings.latency_ms:
        time.sleep(_latency(body, settings) / 1000)
    content = json.dumps(answer(body, settings=settings), ensure_ascii=True)
    return httpx2.Response(200, content=content.encode("ascii"), headers={"content-type": "application/json"})


def _latency(body: dict[str, object], settings: DemoSettings) -> float:
    """A log-normal latency in ms around the median, drawn from the request's seed."""
    rng = random.Random(f"latency:{body.get('seed')}")
    return settings.latency_ms * math.exp(rng.gauss(0.0, settings.latency_sigma))


def _error(status: int, message: str) -> httpx2.Response:
    return httpx2.Response(
        status, json={"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}}
    )
