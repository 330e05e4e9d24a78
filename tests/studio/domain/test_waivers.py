"""Waivers: one blocking finding let pass by a lead, while it stands as it is."""

import pytest

from generation.conversation import Conversation as Content
from studio.domain import edits, reviews
from studio.domain.errors import NotAllowed, NotPossible, Refused, StaleVersion
from studio.domain.findings import BLOCKING, digest_of
from studio.domain.rechecks import recheck
from studio.domain.saving import Save
from studio.domain.waivers import revoke_waiver, waive
from studio.models import Conversation, User
from tests.standins.studio_rows import file_walk, make_conversation, make_user

pytestmark = pytest.mark.django_db

Status = Conversation.Status


@pytest.fixture
def lead() -> User:
    return make_user(name="lena", role=User.Role.LEAD)


def odd_walk(*ids: str) -> Content:
    """A walk whose first calls have these ids, which are none: each is a blocking finding."""
    content = file_walk()
    for call, call_id in zip(content.calls, ids, strict=False):
        call.id = call_id
    return content


def blocking(row: Conversation) -> list[str]:
    return [digest_of(item) for item in fresh(row).findings if item["severity"] == BLOCKING]


def fresh(row: Conversation) -> Conversation:
    return Conversation.objects.get(pk=row.pk)


def test_a_waived_finding_keeps_nothing_from_approval_and_sends_it_to_review(lead: User) -> None:
    row = make_conversation(content=odd_walk("one"))
    assert row.status == Status.WITHHELD
    waiver = waive(row, version=1, finding=blocking(row)[0], by=lead, reason="Ids of the old system.")
    stands = fresh(row)
    assert (stands.status, stands.blocking_count, reviews.obstacles(stands)) == (Status.NEEDS_REVIEW, 0, [])
    assert (waiver.code, waiver.call_id, waiver.by, waiver.reason) == (
        "malformed_id",
        "one",
        lead,
        "Ids of the old system.",
    )
    reviews.approve(row, version=1, by=make_user())
    assert fresh(row).status == Status.APPROVED


def test_each_finding_is_waived_for_itself(lead: User) -> None:
    row = make_conversation(content=odd_walk("one", "two"))
    first, second = blocking(row)
    waive(row, version=1, finding=first, by=lead, reason="Known.")
    assert (fresh(row).status, fresh(row).blocking_count) == (Status.WITHHELD, 1)
    with pytest.raises(NotPossible, match="'two' is no call id"):
        reviews.approve(row, version=1, by=lead)
    waive(row, version=1, finding=second, by=lead, reason="Known.")
    assert fresh(row).status == Status.NEEDS_REVIEW


def test_it_holds_for_that_very_finding_through_edits_and_checks(lead: User) -> None:
    row = make_conversation(content=odd_walk("one"))
    waive(row, version=1, finding=blocking(row)[0], by=lead, reason="Known.")
    edited = edits.edit_text(fresh(row), save=Save(version=1, by=lead), field="answer", turn=1, text="It holds alpha!")
    assert (edited.status, edited.blocking_count, reviews.obstacles(edited)) == (Status.NEEDS_REVIEW, 0, [])
    recheck(row.pk)
    assert fresh(row).blocking_count == 0
    document = edited.content
    document.turns[0].user = " "
    other = edits.replace_content(edited, save=Save(version=2, by=lead), document=document)
    assert other.blocking_count == 1
    assert reviews.obstacles(other)[0] == "The user's message of turn 1 is empty."


def test_a_finding_of_the_same_check_in_other_words_is_another_one(lead: User) -> None:
    content = file_walk()
    content.calls[2].arguments = {"file_path": 5}
    row = make_conversation(content=content)
    waive(row, version=1, finding=blocking(row)[0], by=lead, reason="Known.")
    document = fresh(row).content
    document.calls[2].arguments = {"file_path": ["a.txt"]}
    edited = edits.replace_content(fresh(row), save=Save(version=1, by=lead), document=document)
    assert edited.blocking_count == 1


def test_a_withheld_one_stays_so_while_an_unwaived_finding_stands(lead: User) -> None:
    row = make_conversation(content=odd_walk("one", "two"))
    waive(row, version=1, finding=blocking(row)[0], by=lead, reason="Known.")
    edited = edits.edit_text(fresh(row), save=Save(version=1, by=lead), field="answer", turn=1, text="Alpha.")
    assert edited.status == Status.WITHHELD


def test_revoked_it_blocks_again(lead: User) -> None:
    row = make_conversation(content=odd_walk("one"))
    waiver = waive(row, version=1, finding=blocking(row)[0], by=lead, reason="Known.")
    revoke_waiver(waiver, by=lead)
    assert (fresh(row).status, fresh(row).blocking_count) == (Status.WITHHELD, 1)
    with pytest.raises(NotPossible, match="revoked already"):
        revoke_waiver(waiver, by=lead)
    again = waive(row, version=1, finding=blocking(row)[0], by=lead, reason="After all.")
    reviews.approve(row, version=1, by=make_user())
    revoke_waiver(again, by=lead)
    stands = fresh(row)
    assert (stands.status, stands.decided_by) == (Status.NEEDS_REVIEW, None)
    assert not row.reviews.filter(stands=True).exists()


def test_what_somebody_decided_on_is_not_withheld_again(lead: User) -> None:
    row = make_conversation(content=odd_walk("one"))
    waiver = waive(row, version=1, finding=blocking(row)[0], by=lead, reason="Known.")
    reviews.reject(row, version=1, by=make_user(), reason="Off topic")
    revoke_waiver(waiver, by=lead)
    assert fresh(row).status == Status.REJECTED


def test_a_waiver_is_for_leads_and_needs_a_reason_and_the_version_that_stands(lead: User) -> None:
    row = make_conversation(content=odd_walk("one"))
    (finding,) = blocking(row)
    with pytest.raises(NotAllowed):
        waive(row, version=1, finding=finding, by=make_user(), reason="Known.")
    with pytest.raises(Refused, match="Say why"):
        waive(row, version=1, finding=finding, by=lead, reason=" ")
    with pytest.raises(StaleVersion):
        waive(row, version=2, finding=finding, by=lead, reason="Known.")
    waiver = waive(row, version=1, finding=finding, by=lead, reason="Known.")
    with pytest.raises(NotPossible, match="waived already"):
        waive(row, version=1, finding=finding, by=lead, reason="Known.")
    with pytest.raises(NotAllowed):
        revoke_waiver(waiver, by=make_user())


def test_neither_warnings_nor_what_is_stale_are_waived(lead: User) -> None:
    content = file_walk()
    content.turns[1].answer = "It holds alpha and 815."
    row = make_conversation(content=content)
    (warning,) = [digest_of(item) for item in row.findings]
    stale = edits.edit_call(row, save=Save(version=1, by=lead), call_id="call00003", arguments={"file_path": "b.txt"})
    for finding in (warning, "stale", ""):
        with pytest.raises(NotPossible, match="stale parts and warnings aren't waived"):
            waive(stale, version=2, finding=finding, by=lead, reason="Known.")
