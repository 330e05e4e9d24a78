"""Cleanup counts only when the service was seen to hold nothing."""

from collections.abc import Iterator

import httpx
import pytest

from generation.sandbox.backoff import Backoff
from generation.sandbox.cleanup import sweep_session
from generation.sandbox.client import SpinClient
from tests.standins.spin_server import SpinServer

EAGER = Backoff(retries=2, sleep=lambda _: None)


@pytest.fixture(params=[False, True], ids=["published", "documented"])
def server(request: pytest.FixtureRequest) -> Iterator[SpinServer]:
    with SpinServer(documented_cleanup=request.param) as server:
        yield server


@pytest.fixture
def spin(server: SpinServer) -> Iterator[SpinClient]:
    with SpinClient(server.url, timeout=20) as spin:
        for path in ("a", "b/c", "ü \x00"):
            spin.call("write_file", {"file_path": path, "content": "x"}, component="vfs", session_id="orphan")
        spin.call("write_file", {"file_path": "a", "content": "x"}, component="vfs", session_id="neighbour")
        yield spin


def test_an_orphan_is_swept_and_its_neighbour_left_alone(server: SpinServer, spin: SpinClient) -> None:
    assert sweep_session(spin, "orphan", backoff=EAGER)
    assert server.sessions == {"neighbour": {"a": "x"}}
    assert server.requests[-1][2]["tool"] == "list_files"


def test_sweeping_what_is_not_there_is_verified_too(spin: SpinClient) -> None:
    assert sweep_session(spin, "never seen", backoff=EAGER)


@pytest.mark.parametrize("path", ["/vfs/session", "/vfs/execute"])
@pytest.mark.parametrize("kind", ["500", "reset", "html"])
def test_a_failure_while_cleaning_is_retried(server: SpinServer, spin: SpinClient, kind: str, path: str) -> None:
    server.fail_next(kind, count=2, path=path)
    assert sweep_session(spin, "orphan", backoff=EAGER)
    assert "orphan" not in server.sessions


def test_a_service_that_stays_down_gives_no_verified_cleanup(server: SpinServer, spin: SpinClient) -> None:
    server.fail_next("500", count=999)
    assert not sweep_session(spin, "orphan", backoff=EAGER)


def test_the_word_of_the_delete_route_is_not_enough() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        result = '["immortal"]' if b"list_files" in request.content else "Successfully deleted immortal"
        return httpx.Response(200, json={"success": True, "result": result})

    with SpinClient("http://spin.test", transport=httpx.MockTransport(answer)) as spin:
        assert not sweep_session(spin, "s1", backoff=EAGER)
