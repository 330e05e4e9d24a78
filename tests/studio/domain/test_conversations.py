"""Conversations as they are stored: document, derived columns, pairs and revisions together."""

from types import SimpleNamespace

import pytest

from generation.conversation import to_json
from generation.errors import InvalidInput
from studio.domain.conversations import Change, add_conversation, save_change
from studio.domain.errors import StaleVersion
from studio.domain.reviews import set_verdict
from studio.models import Conversation, Pair, Revision
from tests.standins.studio_rows import file_walk, make_call, make_conversation, make_dataset, make_user

pytestmark = pytest.mark.django_db


def test_a_new_conversation_has_its_pairs_its_first_revision_and_derived_columns() -> None:
    row = make_conversation()
    assert row.content == file_walk()
    assert (row.status, row.version) == (Conversation.Status.NEEDS_REVIEW, 1)
    assert (row.turn_count, row.pair_count, row.error_count, row.blocking_count) == (2, 3, 0, 0)
    assert row.tool_names == " read_file write_file "
    assert row.excerpt == "Copy a.txt to out.txt."
    pairs = row.pairs.values_list("number", "turn", "step", "tool", "outcome", "stale", "verdict")
    assert list(pairs) == [
        (0, 0, 0, "read_file", "ok", "", ""),
        (1, 0, 1, "write_file", "ok", "", ""),
        (2, 1, 0, "read_file", "ok", "", ""),
    ]
    revision = row.revisions.get()
    assert (revision.version, revision.document, revision.summary) == (1, row.document, "Imported")


def test_a_conversation_that_breaks_a_rule_is_withheld_until_it_is_mended() -> None:
    content = file_walk()
    content.turns[1].answer = None
    row = make_conversation(content=content)
    assert row.status == Conversation.Status.WITHHELD
    assert row.blocking_count == 1
    mended = save_change(row, version=1, content=file_walk(), change=Change(summary="Mended"), by=make_user())
    assert (mended.status, mended.blocking_count) == (Conversation.Status.NEEDS_REVIEW, 0)


@pytest.mark.parametrize("call_id", ["", "x" * 65, "with space", "nul\x00", "\ud800", "ü"])
def test_a_call_id_that_pairs_can_not_be_kept_by_is_refused(call_id: str) -> None:
    content = file_walk()
    content.turns[0].steps[0].calls[0].id = call_id
    with pytest.raises(InvalidInput, match="call id"):
        make_conversation(content=content)
    assert not Conversation.objects.exists()


def test_call_ids_that_stand_twice_are_refused_by_name() -> None:
    content = file_walk()
    content.turns[1].steps[0].calls[0].id = "call00001"
    with pytest.raises(InvalidInput, match="call00001"):
        make_conversation(content=content)


def test_numbers_that_json_lacks_are_refused() -> None:
    content = file_walk()
    content.metadata["score"] = float("nan")
    with pytest.raises(InvalidInput, match="NaN"):
        make_conversation(content=content)


def test_words_longer_than_their_columns_are_shortened_in_the_columns_only() -> None:
    content = file_walk(mode="m" * 40, pattern="p" * 40, model="n" * 300)
    content.turns[0].user = "w" * 500
    row = make_conversation(content=content)
    row.refresh_from_db()
    assert row.content == content
    assert [len(text) for text in (row.mode, row.pattern, row.model, row.excerpt)] == [16, 24, 120, 200]


def test_a_save_is_one_revision_with_who_what_and_why() -> None:
    row, by = make_conversation(), make_user()
    content = row.content
    content.turns[1].answer = "alpha, still."
    saved = save_change(row, version=1, content=content, change=Change(summary="Reworded", reason="clearer"), by=by)
    assert (saved.version, saved.is_edited, saved.content) == (2, True, content)
    revision = Revision.objects.get(conversation=row, version=2)
    assert (revision.document, revision.author, revision.summary, revision.reason) == (
        to_json(content),
        by,
        "Reworded",
        "clearer",
    )


def test_a_save_that_changes_nothing_makes_no_revision() -> None:
    row = make_conversation()
    saved = save_change(row, version=1, content=row.content, change=Change(summary="Nothing"), by=make_user())
    assert saved.version == 1
    assert not saved.is_edited
    assert row.revisions.count() == 1


def test_a_save_from_an_older_version_is_refused_and_says_whose_stands() -> None:
    row = make_conversation()
    content = row.content
    content.turns[1].answer = "mine"
    save_change(row, version=1, content=content, change=Change(summary="x"), by=make_user(name="Ada"))
    content.turns[1].answer = "yours"
    with pytest.raises(StaleVersion, match="Ada saved version 2") as refused:
        save_change(row, version=1, content=content, change=Change(summary="y"), by=make_user())
    assert refused.value.current == 2
    # an old row with the new version's number would carry the first save away
    with pytest.raises(StaleVersion):
        save_change(row, version=2, content=content, change=Change(summary="y"), by=make_user())
    row.refresh_from_db()
    assert row.content.turns[1].answer == "mine"


def test_pairs_follow_the_document_and_keep_what_people_said_of_them() -> None:
    row, by = make_conversation(), make_user()
    for call_id, verdict in (("call00001", "ok"), ("call00003", "wrong")):
        set_verdict(row, call_id=call_id, verdict=verdict, by=by, comment=f"about {call_id}")
    kept = Pair.objects.get(conversation=row, call_id="call00003").pk
    content = row.content
    del content.turns[0].steps[0]
    content.turns[1].steps[0].calls.insert(0, make_call(9, "list_files", result="[]"))
    save_change(row, version=1, content=content, change=Change(summary="Moved"), by=by)
    pairs = list(row.pairs.values_list("call_id", "number", "turn", "step", "verdict", "comment"))
    assert pairs == [
        ("call00002", 0, 0, 0, "", ""),
        ("call00009", 1, 1, 0, "", ""),
        ("call00003", 2, 1, 0, "wrong", "about call00003"),
    ]
    assert Pair.objects.get(conversation=row, call_id="call00003").pk == kept


class _Unwritable:
    objects = SimpleNamespace(create=lambda **_: 1 / 0)

    def __init__(self, **_: object) -> None:
        raise ZeroDivisionError


def test_nothing_is_written_when_a_part_of_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    row = make_conversation()
    content = row.content
    content.turns[1].answer = "half"
    monkeypatch.setattr("studio.domain.conversations.Revision", _Unwritable)
    with pytest.raises(ZeroDivisionError):
        save_change(row, version=1, content=content, change=Change(summary="x"), by=None)
    row.refresh_from_db()
    assert (row.version, row.content) == (1, file_walk())
    with pytest.raises(ZeroDivisionError):
        add_conversation(make_dataset(), content=file_walk())
    assert Conversation.objects.count() == 1
