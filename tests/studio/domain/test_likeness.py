"""Near-duplicates are found as conversations are saved."""

import pytest

from generation.conversation import Conversation as Content
from studio.domain.conversations import Change, add_conversation, save_change
from studio.models import Conversation, LikenessKey
from tests.standins.studio_rows import file_walk, make_dataset

pytestmark = pytest.mark.django_db


def _codes(conversation: Conversation) -> list[str]:
    return [finding["code"] for finding in conversation.findings]


def _other() -> Content:
    content = file_walk()
    content.turns[
        0
    ].user = "Which of our seven suppliers sent an invoice for garden chairs in March, and what did they cost us?"
    content.turns[
        1
    ].user = "Then tell me who ordered them, please, and whether anybody has complained about their colour."
    for call in content.calls:
        call.arguments = {"file_path": f"invoices/{call.id}.txt"}
    return content


def test_the_second_of_two_alike_is_found_and_names_the_first() -> None:
    dataset = make_dataset()
    first = add_conversation(dataset, content=file_walk())
    second = add_conversation(dataset, content=file_walk())
    assert "near_duplicate" not in _codes(first)
    found = next(finding for finding in second.findings if finding["code"] == "near_duplicate")
    assert first.pid in found["message"]
    assert (found["severity"], second.status) == ("warning", Conversation.Status.NEEDS_REVIEW)


def test_other_datasets_and_other_conversations_are_not_alike() -> None:
    dataset = make_dataset()
    add_conversation(dataset, content=file_walk())
    assert "near_duplicate" not in _codes(add_conversation(dataset, content=_other()))
    assert "near_duplicate" not in _codes(add_conversation(make_dataset(), content=file_walk()))


def test_an_edit_that_makes_it_different_clears_the_finding_and_the_keys_follow() -> None:
    dataset = make_dataset()
    add_conversation(dataset, content=file_walk())
    second = add_conversation(dataset, content=file_walk())
    before = set(LikenessKey.objects.filter(conversation=second).values_list("key", flat=True))
    saved = save_change(second, version=1, content=_other(), change=Change(summary="rewrote"), by=None)
    assert "near_duplicate" not in _codes(saved)
    assert set(LikenessKey.objects.filter(conversation=second).values_list("key", flat=True)) != before


def test_an_edit_of_the_only_one_does_not_find_itself() -> None:
    only = add_conversation(make_dataset(), content=file_walk())
    content = only.content
    content.turns[0].answer = "Done. out.txt holds alpha now."
    saved = save_change(only, version=1, content=content, change=Change(summary="reworded"), by=None)
    assert "near_duplicate" not in _codes(saved)
