"""Saves that meet: what does not collide is merged, what collides is said, what is sent twice counts once."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from generation.conversation import Provenance, to_document
from studio.domain import edits, structure
from studio.domain.consequences import ANSWER, LATER_RESULT, OWN_RESULT, USER
from studio.domain.errors import ClaimHeld, Collided, Refused, StaleVersion
from studio.domain.reviews import claim, claim_saved
from studio.domain.saving import Save
from studio.models import Conversation, User
from tests.standins.studio_rows import file_walk, make_conversation, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna() -> User:
    return make_user(name="Anna")


@pytest.fixture
def ben() -> User:
    return make_user(name="Ben")


@pytest.fixture
def row() -> Conversation:
    return make_conversation()


def stale_of(row: Conversation) -> dict[str, str]:
    return dict(row.pairs.exclude(stale="").values_list("call_id", "stale"))


def write_answer(row: Conversation, by: User, text: str, *, version: int = 1, turn: int = 1, **more) -> Conversation:
    return edits.edit_text(row, save=Save(version=version, by=by, **more), field="answer", text=text, turn=turn)


def ask_for(row: Conversation, by: User, call_id: str, *, version: int = 1, **arguments) -> Conversation:
    return edits.edit_call(row, save=Save(version=version, by=by, merges=True), call_id=call_id, arguments=arguments)


def test_changes_of_different_parts_are_merged_into_one_revision(row, anna, ben) -> None:
    standing = write_answer(row, ben, "Ben's.", turn=0)
    saved = write_answer(standing, anna, "Anna's.", merges=True)
    assert [turn.answer for turn in saved.content.turns] == ["Ben's.", "Anna's."]
    assert (saved.version, saved.revisions.first().author) == (3, anna)
    assert saved.revisions.first().summary == "Changed the answer of turn 2 (typed on version 1, merged)"


def test_without_merging_a_stale_version_is_refused(row, anna, ben) -> None:
    standing = write_answer(row, ben, "Ben's.", turn=0)
    with pytest.raises(StaleVersion, match="Ben saved version 2"):
        write_answer(standing, anna, "Anna's.")


def test_what_both_changed_is_refused_and_named(row, anna, ben) -> None:
    standing = ask_for(row, ben, "call00002", file_path="out.txt", content="theirs")
    with pytest.raises(Collided) as collided:
        ask_for(standing, anna, "call00002", file_path="mine.txt", content="mine")
    assert collided.value.details["collisions"] == [
        {"part": "arguments", "call_id": "call00002", "turn": None, "step": None, "pointer": "/content"}
    ]
    merged = collided.value.merged.pair("call00002").call.arguments
    assert merged == {"file_path": "mine.txt", "content": "mine"}
    standing.refresh_from_db()
    assert standing.version == 2


def test_members_of_the_same_arguments_are_merged(row, anna, ben) -> None:
    standing = ask_for(row, ben, "call00002", file_path="out.txt", content="theirs")
    saved = ask_for(standing, anna, "call00002", file_path="mine.txt", content="alpha")
    assert saved.content.pair("call00002").call.arguments == {"file_path": "mine.txt", "content": "theirs"}
    assert stale_of(saved) == {"call00002": OWN_RESULT, "call00003": LATER_RESULT}


def test_merged_arguments_are_checked_again(anna, ben) -> None:
    content = file_walk()
    either = {"type": "object", "not": {"required": ["a", "b"]}}
    content.tools[0] = content.tools[0].model_copy(update={"parameters": either})
    content.turns[0].steps[0].calls[0].arguments = {}
    row = make_conversation(content=content)
    standing = ask_for(row, ben, "call00001", a=1)
    with pytest.raises(Refused, match="Ben changed other arguments of #1 meanwhile"):
        ask_for(standing, anna, "call00001", b=1)
    assert ask_for(standing, anna, "call00001", a=1).version == 2


def test_what_becomes_stale_follows_from_the_merged_state(row, anna, ben) -> None:
    """The answer was rewritten for results that somebody changed meanwhile: it does not settle what it did not know of."""
    standing = ask_for(row, ben, "call00003", file_path="a.txt")
    saved = write_answer(standing, anna, "It holds alpha, I looked.", merges=True)
    assert saved.stale_answers == {"1": ANSWER}
    assert stale_of(saved) == {"call00003": OWN_RESULT}
    again = write_answer(saved, anna, "Now I know.", version=saved.version)
    assert again.stale_answers == {}


def test_an_answer_to_the_question_that_was_changed_meanwhile_stays_stale(row, anna, ben) -> None:
    standing = edits.edit_text(row, save=Save(version=1, by=ben), field="user", text="Really?", turn=1)
    assert write_answer(standing, anna, "Yes.", merges=True).stale_answers == {"1": USER}


def test_a_change_of_a_call_makes_the_answer_stale_that_was_written_meanwhile(row, anna, ben) -> None:
    standing = write_answer(row, ben, "Ben's.")
    saved = ask_for(standing, anna, "call00003", file_path="a.txt")
    assert saved.stale_answers == {"1": ANSWER}


def test_a_result_by_hand_for_arguments_that_were_changed_meanwhile_collides(row, anna, ben) -> None:
    standing = ask_for(row, ben, "call00001", file_path="b.txt")
    with pytest.raises(Collided) as collided:
        edits.edit_result(standing, save=Save(version=1, by=anna, merges=True), call_id="call00001", result="mine")
    assert [each["part"] for each in collided.value.collisions] == ["result"]


def test_a_result_by_hand_is_marked_after_merging_too(row, anna, ben) -> None:
    standing = write_answer(row, ben, "Ben's.", turn=0)
    saved = edits.edit_result(standing, save=Save(version=1, by=anna, merges=True), call_id="call00003", result="mine")
    assert saved.content.pair("call00003").call.provenance is Provenance.HAND_WRITTEN
    assert stale_of(saved) == {}
    assert saved.stale_answers == {"1": ANSWER}


def test_words_find_their_step_when_one_was_put_before(row, anna, ben) -> None:
    standing = structure.add_call(
        row, save=Save(version=1, by=ben), call_id="call00001", place="before", tool="list_files", arguments={}
    )
    saved = edits.edit_text(
        standing, save=Save(version=1, by=anna, merges=True), field="thought", text="I write it down.", turn=0, step=1
    )
    assert [step.thought for step in saved.content.turns[0].steps] == ["", "I read it.", "I write it down."]


def test_a_pair_added_and_another_changed_both_stand(row, anna, ben) -> None:
    standing = ask_for(row, ben, "call00001", file_path="b.txt")
    saved = structure.add_call(
        standing, save=Save(version=1, by=anna, merges=True), call_id="call00002", tool="list_files", arguments={}
    )
    assert [call.tool for call in saved.content.calls] == ["read_file", "write_file", "list_files", "read_file"]
    assert saved.content.calls[0].arguments == {"file_path": "b.txt"}


def test_a_change_of_a_pair_that_was_removed_meanwhile_is_refused(row, anna, ben) -> None:
    standing = structure.remove_call(row, save=Save(version=1, by=ben), call_id="call00002")
    with pytest.raises(Collided) as collided:
        ask_for(standing, anna, "call00002", file_path="mine.txt", content="alpha")
    assert [each["part"] for each in collided.value.collisions] == ["call"]


def test_ones_own_other_save_is_merged_without_a_word(row, anna) -> None:
    standing = write_answer(row, anna, "One.", turn=0)
    saved = write_answer(standing, anna, "Two.", merges=True)
    assert saved.revisions.first().summary == "Changed the answer of turn 2"


def test_the_same_again_makes_no_revision_and_no_conflict(row, anna) -> None:
    """The answer to the first was lost: it is sent again from the same version."""
    first = write_answer(row, anna, "Mine.", merges=True)
    again = write_answer(first, anna, "Mine.", merges=True)
    assert (again.version, again.revisions.count()) == (2, 2)


def test_a_save_under_its_key_counts_once_whatever_came_after(row, anna, ben) -> None:
    first = write_answer(row, anna, "Mine.", merges=True, key="k1")
    later = write_answer(first, ben, "Ben knows better.", version=2)
    again = write_answer(later, anna, "Mine.", merges=True, key="k1")
    assert (again.version, again.content.turns[1].answer) == (3, "Ben knows better.")
    assert write_answer(again, anna, "Other.", version=3, merges=True, key="k2").version == 4


def test_a_key_is_ones_own(row, anna, ben) -> None:
    first = write_answer(row, anna, "Mine.", key="k1")
    assert write_answer(first, ben, "Ben's.", version=2, key="k1").version == 3


def test_a_pair_is_added_once_under_its_key(row, anna) -> None:
    add = {"call_id": "call00001", "tool": "list_files", "arguments": {}}
    save = Save(version=1, by=anna, merges=True, key="k1")
    first = structure.add_call(row, save=save, **add)
    assert len(structure.add_call(first, save=save, **add).content.calls) == 4
    other = replace(save, version=2, key="k2")
    assert len(structure.add_call(first, save=other, **add).content.calls) == 5


def test_a_whole_document_is_merged(row, anna, ben) -> None:
    content = row.content
    content.turns[1].answer = "Anna's."
    standing = ask_for(row, ben, "call00001", file_path="b.txt")
    saved = edits.replace_content(standing, save=Save(version=1, by=anna, merges=True), document=to_document(content))
    assert (saved.content.turns[1].answer, saved.content.calls[0].arguments) == ("Anna's.", {"file_path": "b.txt"})
    assert saved.stale_answers == {"0": ANSWER, "1": ANSWER}


def test_what_somebody_claimed_is_not_merged_into(row, anna, ben) -> None:
    standing = write_answer(row, ben, "Ben's.", turn=0)
    claim(standing, by=ben)
    standing.refresh_from_db()
    with pytest.raises(ClaimHeld):
        write_answer(standing, anna, "Anna's.", merges=True)


def test_a_save_renews_ones_own_claim_and_makes_none(row, anna, ben) -> None:
    assert write_answer(row, anna, "Unclaimed.").claim_until is None
    row.refresh_from_db()
    assert claim(row, by=anna)
    soon = timezone.now() + timedelta(minutes=1)
    Conversation.objects.update(claim_until=soon)
    row.refresh_from_db()
    saved = write_answer(row, anna, "Anna's.", version=2)
    saved.refresh_from_db()
    assert saved.claimed_by == anna
    assert saved.claim_until > soon
    over = timezone.now() - timedelta(minutes=1)
    Conversation.objects.update(claim_until=over)
    saved.refresh_from_db()
    saved = write_answer(saved, ben, "Ben's.", version=3)
    saved.refresh_from_db()
    assert (saved.claimed_by, saved.claim_until) == (anna, over)
    claim_saved(saved, by=ben)
    assert saved.claimed_by == ben
    saved.refresh_from_db()
    assert saved.claimed_by == ben


def test_a_version_nobody_knows_is_no_base(row, anna) -> None:
    with pytest.raises(StaleVersion):
        write_answer(row, anna, "Anna's.", version=0, merges=True)
