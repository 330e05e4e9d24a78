"""``import_conversations``: in as it came, checked, once."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from generation.conversation import Call, Outcome, Step, to_document
from generation.formats.exportable import Exportable
from generation.formats.options import ExportOptions
from generation.formats.presets import PRESETS
from studio.domain import edits, imports
from studio.domain.conversations import add_conversation
from studio.domain.datasets import ensure_dataset
from studio.domain.saving import Save
from studio.models import Conversation, LikenessKey, Pair, Revision
from tests.standins.conversations import CASES, MULTI_TURN, PARALLEL
from tests.standins.studio_rows import file_walk, make_conversation, make_user

pytestmark = pytest.mark.django_db


def write(path: Path, *lines: bytes) -> str:
    path.write_bytes(b"".join(lines))
    return str(path)


def line_of(content: Any, preset: str = "native", **members: Any) -> bytes:
    return PRESETS[preset].line(Exportable(conversation=content, **members), ExportOptions())


def imported(path: str, capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    capsys.readouterr()
    call_command("import_conversations", path, dataset="in")
    done = capsys.readouterr()
    return done.out.strip(), done.err


@pytest.mark.parametrize("preset", PRESETS)
def test_conversations_come_in_once(preset: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "in.jsonl", *(line_of(content, preset) for content in CASES.values()))
    assert imported(path, capsys)[0] == f"in: {len(CASES)} added, 0 there already, 0 refused"
    rows = list(Conversation.objects.filter(dataset__slug="in").order_by("pk"))
    read = [PRESETS[preset].read(json.loads(line)) for line in Path(path).read_bytes().split(b"\n")[:-1]]
    assert [to_document(row.content) for row in rows] == [to_document(content) for content in read]
    assert [row.revisions.get().summary for row in rows] == ["Imported"] * len(CASES)
    assert imported(path, capsys)[0] == f"in: 0 added, {len(CASES)} there already, 0 refused"
    assert Conversation.objects.filter(dataset__slug="in").count() == len(CASES)


def test_what_was_edited_since_is_not_taken_in_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "in.jsonl", line_of(MULTI_TURN, "openai"))
    imported(path, capsys)
    row = Conversation.objects.get(dataset__slug="in")
    edits.edit_text(row, save=Save(version=1, by=make_user()), field="answer", text="Other.")
    assert imported(path, capsys)[0] == "in: 0 added, 1 there already, 0 refused"


def test_of_two_who_take_in_the_same_at_once_one_adds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def be_overtaken(*args: Any, **options: Any) -> Conversation:
        add_conversation(*args, **options)
        return add_conversation(*args, **options)

    monkeypatch.setattr(imports, "add_conversation", be_overtaken)
    dataset = ensure_dataset("in")
    assert imports.import_conversation(dataset, exportable=Exportable(conversation=PARALLEL)) is None
    assert dataset.conversations.count() == 1


def test_what_was_exported_from_here_is_known_where_it_stands_unchanged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = make_conversation(dataset=ensure_dataset("in"))
    path = write(tmp_path / "in.jsonl", line_of(row.content, id=row.pid))
    assert imported(path, capsys)[0] == "in: 0 added, 1 there already, 0 refused"


def test_a_line_that_can_not_be_used_is_named_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    twice = file_walk()
    twice.turns[0].steps[0].calls.append(twice.turns[0].steps[0].calls[0].model_copy())
    lines = [line_of(PARALLEL), b"{nope\n", line_of(twice), line_of(MULTI_TURN)]
    out, err = imported(write(tmp_path / "in.jsonl", *lines), capsys)
    assert out == "in: 2 added, 0 there already, 2 refused"
    assert "Line 2 refused: it is no JSON" in err
    assert "Line 3 refused: Call ids stand twice: call00001" in err
    assert Conversation.objects.filter(dataset__slug="in").count() == 2


def test_the_checks_run_and_what_they_block_is_withheld(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = file_walk()
    content.turns[0].steps.insert(
        0, Step(calls=[Call(id="call00009", tool="send_mail", arguments={}, result="sent", outcome=Outcome.OK)])
    )
    _, err = imported(write(tmp_path / "in.jsonl", line_of(content)), capsys)
    row = Conversation.objects.get(dataset__slug="in")
    assert (row.status, row.blocking_count > 0) == ("withheld", True)
    assert "1 of them fail a blocking check" in err


def test_near_duplicates_are_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = MULTI_TURN.model_copy(update={"model": "another"})
    _, err = imported(write(tmp_path / "in.jsonl", line_of(MULTI_TURN), line_of(content)), capsys)
    assert "1 of them are nearly the same" in err
    assert Conversation.objects.filter(dataset__slug="in").count() == 2


def test_a_conversation_is_written_whole_or_not_at_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "in.jsonl", line_of(PARALLEL), line_of(MULTI_TURN))
    added = []

    def add_and_die(*args: Any, **options: Any) -> Conversation:
        if added:
            monkeypatch.setattr("studio.domain.conversations.index_words", _die)
        added.append(1)
        return add_conversation(*args, **options)

    monkeypatch.setattr(imports, "add_conversation", add_and_die)
    with pytest.raises(RuntimeError, match="out of memory"):
        imported(path, capsys)
    rows = Conversation.objects.filter(dataset__slug="in")
    assert rows.count() == 1
    for model in (Pair, Revision, LikenessKey):
        assert not model.objects.exclude(conversation__in=rows).exists()
    monkeypatch.undo()
    assert imported(path, capsys)[0] == "in: 1 added, 1 there already, 0 refused"


def test_a_file_of_which_nothing_can_be_used_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="holds no conversation") as failed:
        call_command("import_conversations", write(tmp_path / "in.jsonl", b"{nope\n"), dataset="in")
    assert failed.value.returncode == 2
    with pytest.raises(CommandError, match="can't be read: No such file"):
        call_command("import_conversations", str(tmp_path / "none.jsonl"), dataset="other")
    assert not Conversation.objects.exists()


def _die(*args: Any, **options: Any) -> None:
    raise RuntimeError("out of memory")
