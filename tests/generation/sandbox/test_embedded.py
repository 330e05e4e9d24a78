"""The embedded runtime itself: files, bounds, routes, threads."""

import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from generation.errors import SandboxUnavailable
from generation.fixtures import Fixture
from generation.sandbox.client import SpinClient
from generation.sandbox.embedded import EmbeddedRuntime, embedded_spin
from generation.sandbox.execution import Execution
from generation.sandbox.quota import Quota
from generation.tools import ToolDefinition

SMALL = Quota(files=3, file_bytes=10, total_bytes=26, sessions=2)


@pytest.fixture
def spin() -> Iterator[SpinClient]:
    with embedded_spin(SMALL) as spin:
        yield spin


def write(spin: SpinClient, path: str, content: str, *, session_id: str = "s1") -> Execution:
    return spin.call("write_file", {"file_path": path, "content": content}, component="vfs", session_id=session_id)


def test_a_session_holds_so_many_files(spin: SpinClient) -> None:
    assert [write(spin, name, "").error_type for name in "abcda"] == [None, None, None, "QuotaExceeded", None]
    assert spin.list_files("s1") == ["a", "b", "c"]


def test_a_file_holds_so_many_bytes_of_utf_8(spin: SpinClient) -> None:
    assert write(spin, "a", "ü" * 5).text == "Successfully wrote 10 bytes to a"
    refused = write(spin, "a", "ü" * 5 + "x")
    assert refused.text == "Error (QuotaExceeded): Quota exceeded: a file holds at most 10 bytes"
    assert spin.call("read_file", {"file_path": "a"}, component="vfs", session_id="s1").text == "ü" * 5


def test_a_session_holds_so_many_bytes_names_included(spin: SpinClient) -> None:
    assert write(spin, "12345", "x" * 10).error_type is None
    assert write(spin, "1", "x" * 10).error_type is None  # 26 of 26
    assert write(spin, "2", "").error_type == "QuotaExceeded"
    assert write(spin, "1", "x" * 5).error_type is None
    assert write(spin, "2", "1234").error_type is None
    assert write(spin, "2", "12345").error_type == "QuotaExceeded"


def test_too_many_sessions_are_a_failure_of_the_runtime_not_of_the_tool(spin: SpinClient) -> None:
    tool = ToolDefinition(name="tool")
    for session_id in ("s1", "s2"):
        write(spin, "a", "", session_id=session_id)
        spin.seed_mock(session_id, tools=[tool], fixtures=[], tables={})
    with pytest.raises(SandboxUnavailable, match="503"):
        write(spin, "a", "", session_id="s3")
    with pytest.raises(SandboxUnavailable, match="503"):
        spin.seed_mock("s3", tools=[tool], fixtures=[], tables={})
    spin.end_session("s1")
    spin.end_session("s1", component="mock")
    assert write(spin, "a", "", session_id="s3").error_type is None
    spin.seed_mock("s3", tools=[tool], fixtures=[], tables={})


def test_looking_opens_no_session() -> None:
    runtime = EmbeddedRuntime(SMALL)
    with SpinClient("http://spin.test", transport=runtime) as spin:
        spin.list_files("s1")
        spin.call("read_file", {"file_path": "a"}, component="vfs", session_id="s1")
        spin.call("tool", {}, component="mock", session_id="s1")
        assert runtime.open_sessions == 0
        write(spin, "a", "")
        assert runtime.open_sessions == 1


def test_text_that_models_emit_survives(spin: SpinClient) -> None:
    content = "\x00\ud800\u2028ü"
    write(spin, "\ud800", content)
    assert spin.call("read_file", {"file_path": "\ud800"}, component="vfs", session_id="s1").text == content
    assert spin.list_files("s1") == ["\ud800"]


def test_a_session_id_of_any_characters_can_be_ended(spin: SpinClient) -> None:
    write(spin, "a", "", session_id="a/b %2F?")
    assert spin.end_session("a/b %2F?")
    assert spin.list_files("a/b %2F?") == []


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"\xff", b'{"tool": "list_files"}', b'{"session_id": 1, "tool": "x"}', b"[" * 99_999]
)
def test_a_body_that_can_not_be_read_is_an_invalid_request(body: bytes) -> None:
    with httpx.Client(transport=EmbeddedRuntime(Quota()), base_url="http://spin.test") as http:
        reply = http.post("/vfs/execute", content=body)
        document = json.loads(reply.content)
        assert (reply.status_code, document["success"], document["error_type"]) == (400, False, "InvalidRequest")


def test_many_threads_each_get_their_own_session() -> None:
    with embedded_spin() as spin:

        def live(number: int) -> list[str]:
            for step in range(20):
                write(spin, f"{step}", f"{number}", session_id=f"s{number}")
            paths = spin.list_files(f"s{number}")
            spin.end_session(f"s{number}")
            return paths

        with ThreadPoolExecutor(16) as pool:
            lives = list(pool.map(live, range(32)))
        assert lives == [[str(step) for step in range(20)]] * 32


def test_calls_of_one_session_from_many_threads_are_atomic() -> None:
    bump = ToolDefinition(name="bump")
    insert = {"do": "insert", "table": "hits", "new_key": "{{$n}}", "record": {"n": "{{$n}}"}}
    fixture = Fixture.model_validate({"tool": "bump", "action": insert, "response": "{{$n}}"})
    patience = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with embedded_spin() as spin, ThreadPoolExecutor(8) as pool:
            spin.seed_mock("s1", tools=[bump], fixtures=[fixture], tables={})
            texts = list(pool.map(lambda _: spin.execute(bump, {}, session_id="s1").text, range(400)))
    finally:
        sys.setswitchinterval(patience)
    assert sorted(map(int, texts)) == list(range(1, 401))
