"""Hostile text all the way: stored, edited on the page and over the API, exported in every format, read back, byte for byte."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils.http import urlencode

from generation.conversation import Call, Conversation, Outcome, Step, Turn, canonical_json, to_document
from generation.formats.exportable import Exportable
from generation.formats.lines import from_line
from generation.formats.native import NativePreset
from generation.formats.presets import PRESETS
from studio.models import Conversation as Row
from tests.standins.conversations import PARALLEL
from tests.studio.api.callers import Caller
from tests.studio.api.conftest import AddConversation

CONTROLS = "NUL \x00, \x1b[31mred\x1b[0m, \x1b]0;title\x07, \x7f, a\r\nb\rc"
BIDI = "\u202etxt.exe\u202c \u2066isolated\u2069 \u200b\ufeff"
LINES = "line\u2028paragraph\u2029next\x85feed\x0b\x0c"
LONE = "half \ud83d and \udc4d the wrong way round, \ude00\ud83d"
LONG = "ä\u2028" * 500_000
HOSTILE = {"controls": CONTROLS, "bidi": BIDI, "line ends": LINES, "lone surrogates": LONE, "a megabyte": LONG}
ODD_NAME = "read\x00\x1b[31m\u202e_file"
TRAINING = [name for name in PRESETS if name != "native"]


def hostile(text: str, *, tool: str = "read_file") -> Conversation:
    """A conversation with this text wherever a model, a tool or a person can write any."""
    call = Call(
        id="call00001",
        tool=tool,
        arguments={"file_path": text, text[:40]: [text[:90]]},
        result=text,
        outcome=Outcome.OK,
    )
    turn = Turn(user=f"Q {text}", steps=[Step(thought=text, text=text, calls=[call])], answer=text)
    return PARALLEL.model_copy(update={"system_prompt": text, "turns": [turn], "metadata": {text[:40]: text}})


def exported(row: Row, preset: str, *, lead: Caller, capture: pytest.CaptureFixture[bytes]) -> bytes:
    """The bytes of its export: the same by the stream of the API, by the download of the page and by the command."""
    stream = lead.get("/exports/stream", dataset="trips", format=preset, status="any")
    assert (stream.status_code, stream["Content-Type"]) == (200, "application/jsonl")
    streamed = b"".join(stream.streaming_content)
    capture.readouterr()
    call_command("export", dataset="trips", format=preset, status="any", output="-")
    assert capture.readouterr().out == streamed
    client = Client()
    client.force_login(lead.user)
    chosen = {"preset": preset, "status": "any", "thoughts": "none", "tools": "all", "share": 0, "system": "on"}
    page = client.get(f"/exports/download/?{urlencode({'dataset': row.dataset.slug, **chosen})}")
    assert page.status_code == 200
    assert b"".join(page.streaming_content) == streamed
    return streamed


def asked_and_given(content: Conversation) -> list[Any]:
    """What was asked of tools and what they gave."""
    return [(call.id, call.tool, canonical_json(call.arguments), call.result) for call in content.calls]


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("name", HOSTILE)
def test_any_text_comes_back_from_every_format(
    name: str, preset: str, lead: Caller, add: AddConversation, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    row = add(hostile(HOSTILE[name]), status="approved")
    line = exported(row, preset, lead=lead, capture=capfdbinary)
    assert len(line.decode("utf-8").splitlines()) == 1
    read = PRESETS[preset].read(from_line(line))
    assert asked_and_given(read) == asked_and_given(row.content)
    assert [(turn.user, turn.answer) for turn in read.turns] == [(turn.user, turn.answer) for turn in row.content.turns]
    assert read.system_prompt == row.content.system_prompt


@pytest.mark.parametrize("name", HOSTILE)
def test_what_page_and_api_save_goes_out_as_it_was_sent(
    name: str, lead: Caller, add: AddConversation, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    text = HOSTILE[name]
    row = add(hostile("plain"), status="approved")
    sent = {"version": 1, "result": text, "outcome": "ok"}
    assert lead.patch(f"/conversations/{row.pid}/calls/call00001", sent).status_code == 200
    document = to_document(Row.objects.get(pk=row.pk).content)
    document["turns"][0]["steps"][0]["calls"][0]["arguments"] = {"file_path": text}
    changed = lead.patch(f"/conversations/{row.pid}", {"version": 2, "document": document})
    assert changed.status_code == 200
    # What a form can carry: line ends are one, and there is no half of a character.
    typed = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "ignore").decode()
    client = Client()
    client.force_login(lead.user)
    post = {"text": typed, "version": 3}
    saved = client.post(f"/conversations/{row.pid}/texts/answer-0/edit/", post, headers={"HX-Request": "true"})
    assert saved.status_code == 200
    row.refresh_from_db()
    call = row.content.calls[0]
    assert (call.result, call.arguments, row.content.turns[0].answer) == (text, {"file_path": text}, typed)
    for preset in PRESETS:
        read = PRESETS[preset].read(from_line(exported(row, preset, lead=lead, capture=capfdbinary)))
        assert asked_and_given(read) == asked_and_given(row.content)
        assert read.turns[0].answer == typed


def test_native_holds_what_no_format_for_training_takes(
    lead: Caller, add: AddConversation, capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> None:
    """A name that is none, a call that was never answered: everything is everything, to the byte."""
    content = hostile(CONTROLS + LONE, tool=ODD_NAME)
    content.turns[0].steps[0].calls.append(Call(id="call00002", tool="read_file", arguments={}))
    row = add(content)
    line = exported(row, "native", lead=lead, capture=capfdbinary)
    native = PRESETS["native"]
    assert isinstance(native, NativePreset)
    whole = native.read_exportable(from_line(line))
    assert isinstance(whole, Exportable)
    assert canonical_json(to_document(whole.conversation)) == row.document
    (tmp_path / "native.jsonl").write_bytes(line)
    call_command("import_conversations", str(tmp_path / "native.jsonl"), dataset="elsewhere")
    assert Row.objects.get(dataset__slug="elsewhere").document == row.document


@pytest.mark.parametrize("preset", TRAINING)
def test_what_does_not_fit_is_named_and_not_left_out_in_silence(
    preset: str, lead: Caller, add: AddConversation, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """Servers refuse such a name, and so would their readers; whoever streams asks for the report, the page shows it."""
    row = add(hostile("plain", tool=ODD_NAME))
    stream = lead.get("/exports/stream", dataset="trips", format=preset, status="any", report=True)
    (line,) = b"".join(stream.streaming_content).splitlines()
    report = json.loads(line)["export"]
    assert (report["written"], report["refused"]) == (0, 1)
    (refusal,) = report["refusals"]
    assert refusal["id"] == row.pid
    assert "is no tool name" in refusal["reason"]
    assert refusal["reason"].isprintable()
    call_command("export", dataset="trips", format=preset, status="any", output="-")
    captured = capfdbinary.readouterr()
    assert captured.out == b""
    assert f"Left out {row.pid}: {refusal['reason']}" in captured.err.decode()
    client = Client()
    client.force_login(lead.user)
    page = client.get(
        f"/exports/?{urlencode({'dataset': 'trips', 'preset': preset, 'status': 'any', 'thoughts': 'none', 'tools': 'all', 'share': 0})}"
    )
    assert "is no tool name" in page.content.decode()


@pytest.mark.parametrize("preset", PRESETS)
def test_a_lone_surrogate_is_an_escape_in_valid_utf_8(
    preset: str, lead: Caller, add: AddConversation, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """UTF-8 has no bytes for it, JSON has: so the rule is its escape, and nothing else of a line is escaped that need not be."""
    row = add(hostile("half \ud83d, whole 🙂, ä"), status="approved")
    line = exported(row, preset, lead=lead, capture=capfdbinary)
    text = line.decode("utf-8", "strict")
    assert "half \\ud83d, whole 🙂, ä" in text
