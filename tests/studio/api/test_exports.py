"""The streamed export: the same bytes as the command, verified line by line, and a break that can't be missed."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import httpx
import pytest
from django.core.management import call_command
from waitress import wasyncore
from waitress.server import create_server

from generation.formats.openai import OpenAIPreset
from generation.formats.preset import RoundTripFailed
from generation.formats.presets import PRESETS
from studio.domain.exports import exportables
from studio.models import Conversation, Dataset
from studio.wsgi import application
from tests.standins.conversations import CASES, MULTI_TURN, PARALLEL, UNICODE
from tests.studio.api.callers import Caller
from tests.studio.api.conftest import AddConversation

STREAM = "/exports/stream"


def _lines(response: Any) -> bytes:
    assert response.status_code == 200
    assert response["Content-Type"] == "application/jsonl"
    return b"".join(response.streaming_content)


@pytest.fixture
def mixed(add: AddConversation) -> list[Conversation]:
    """One conversation of each kind, approved; one that waits."""
    rows = [add(content, status="approved") for content in CASES.values()]
    return [*rows, add(status="needs_review")]


@pytest.mark.parametrize("preset", PRESETS)
def test_the_stream_is_what_the_command_writes(
    annotator: Caller, mixed: list[Conversation], capfdbinary: pytest.CaptureFixture[bytes], preset: str
) -> None:
    call_command("export", dataset="trips", format=preset, output="-")
    written = capfdbinary.readouterr().out
    assert written.count(b"\n") == len(CASES)
    assert _lines(annotator.get(STREAM, dataset="trips", format=preset)) == written


def test_options_choose_what_is_written(annotator: Caller, mixed: list[Conversation]) -> None:
    query = {"dataset": "trips", "format": "openai", "system": False, "tools": "called"}
    first = json.loads(_lines(annotator.get(STREAM, **query)).split(b"\n")[0])
    assert first["messages"][0]["role"] == "user"
    assert [tool["function"]["name"] for tool in first["tools"]] == ["read_file"]


def test_the_sides_of_a_split_make_up_the_whole(annotator: Caller, mixed: list[Conversation]) -> None:
    query = {"dataset": "trips", "format": "trl", "share": 0.5}
    sides = [_lines(annotator.get(STREAM, **query, part=part)).splitlines() for part in ("train", "validation")]
    whole = _lines(annotator.get(STREAM, dataset="trips", format="trl")).splitlines()
    assert sorted(sides[0] + sides[1]) == sorted(whole)
    assert all(sides)


def test_what_is_not_approved_is_for_leads(annotator: Caller, lead: Caller, mixed: list[Conversation]) -> None:
    for status in ("any", "needs_review"):
        refused = annotator.get(STREAM, dataset="trips", format="native", status=status)
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    everything = _lines(lead.get(STREAM, dataset="trips", format="native", status="any"))
    assert everything.count(b"\n") == len(CASES) + 1


@pytest.mark.parametrize(
    ("query", "status", "pointers"),
    [
        ({"format": "nothing"}, 422, []),
        ({"thoughts": "loud"}, 422, ["/thoughts"]),
        ({"distractors": 3}, 422, [""]),
        ({"share": 1}, 422, ["/share"]),
        ({"format": "trl", "weights": True}, 422, []),
        ({"status": "odd"}, 422, None),
        ({"dataset": "nothing"}, 404, None),
    ],
)
def test_a_wrong_export_is_refused_before_it_begins(
    annotator: Caller, dataset: Dataset, query: dict[str, Any], status: int, pointers: list[str] | None
) -> None:
    response = annotator.get(STREAM, **{"dataset": "trips", "format": "openai", **query})
    assert response.status_code == status
    if pointers is not None:
        assert [entry["pointer"] for entry in response.json()["details"]] == pointers


def test_the_filters_of_the_list_narrow_it(annotator: Caller, add: AddConversation) -> None:
    for content in (PARALLEL, MULTI_TURN):
        add(content, status="approved")
    mine = add(UNICODE, status="approved")
    Conversation.objects.filter(pk=mine.pk).update(assigned_to=annotator.user)
    query = {"dataset": "trips", "format": "native"}
    for filter_ in ("assigned_to=me", f"assigned_to={annotator.user}&stale=no&sort=oldest"):
        (line,) = _lines(annotator.get(STREAM, **query, filter=filter_)).splitlines()
        assert json.loads(line)["id"] == mine.pid
    for wrong in ("tag", "colour=red", "stale=perhaps", "dataset=other"):
        refused = annotator.get(STREAM, **query, filter=wrong)
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid"), wrong


def test_verdicts_go_out_as_weights(annotator: Caller, add: AddConversation) -> None:
    row = add(MULTI_TURN, status="approved")
    row.pairs.filter(number=2).update(verdict="wrong")
    (line,) = _lines(annotator.get(STREAM, dataset="trips", format="openai", weights=True)).splitlines()
    messages = json.loads(line)["messages"]
    assert [one["weight"] for one in messages if one["role"] == "assistant"] == [1, 1, 1, 0, 1]


def test_an_export_of_nothing_is_empty(annotator: Caller, dataset: Dataset) -> None:
    assert _lines(annotator.get(STREAM, dataset="trips", format="openai")) == b""


def test_a_report_ends_the_stream_and_names_what_was_left_out(annotator: Caller, add: AddConversation) -> None:
    add(status="approved")
    unfinished = add(status="approved")
    document = json.loads(unfinished.document)
    document["turns"][0]["answer"] = None
    Conversation.objects.filter(pk=unfinished.pk).update(document=json.dumps(document))
    lines = _lines(annotator.get(STREAM, dataset="trips", format="openai", report=True)).splitlines()
    report = json.loads(lines[-1])["export"]
    assert (len(lines), report["written"], report["refused"]) == (2, 1, 1)
    assert [refusal["id"] for refusal in report["refusals"]] == [unfinished.pid]


def test_lines_go_out_while_others_are_still_unread(
    annotator: Caller, add: AddConversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    for content in (PARALLEL, MULTI_TURN, UNICODE):
        add(content, status="approved")
    read: list[str] = []

    def watched(*args: Any, **options: Any) -> Iterator[Any]:
        for exportable in exportables(*args, **options):
            read.append(exportable.id)
            yield exportable

    monkeypatch.setattr("studio.api.routes.exports.exportables", watched)
    stream = iter(annotator.get(STREAM, dataset="trips", format="trl").streaming_content)
    next(stream)
    assert len(read) == 1


@contextmanager
def _serving() -> Iterator[str]:
    """The studio behind a real server; its address. The server's thread closes what it waits on itself, and ends."""
    server = create_server(application, host="127.0.0.1", port=0, threads=1)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        server.task_dispatcher.shutdown()
        server.trigger.pull_trigger(partial(wasyncore.close_all, server._map))
        thread.join()


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_failure_midway_breaks_the_transfer(
    annotator: Caller, add: AddConversation, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    for content in (PARALLEL, MULTI_TURN, UNICODE):
        add(content, status="approved")
    verify, seen = OpenAIPreset.verify, []

    def fail_at_the_second(self: OpenAIPreset, line: bytes, **options: Any) -> None:
        seen.append(line)
        if len(seen) == 2:
            raise RoundTripFailed("the line reads back differently")
        verify(self, line, **options)

    monkeypatch.setattr(OpenAIPreset, "verify", fail_at_the_second)
    received: list[bytes] = []
    with _serving() as address:
        url = f"{address}/api{STREAM}"
        query = {"dataset": "trips", "format": "openai"}
        headers = {**annotator.headers, "Accept-Encoding": encoding}
        with httpx.stream("GET", url, params=query, headers=headers) as response:
            assert response.status_code == 200
            assert "Content-Length" not in response.headers
            with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
                received.extend(response.iter_raw())
        if encoding == "identity":
            assert b"".join(received) == seen[0]
        seen += [b""] * 2
        whole = httpx.get(url, params=query, headers=headers)
        assert whole.content.count(b"\n") == 3
