"""Restoring a revision: arguments, results and what was stale come back together, as a new version."""

import pytest

from studio.domain import edits, history, reruns, reviews
from studio.domain.errors import ClaimHeld, NotPossible, StaleVersion
from studio.domain.saving import Save
from studio.models import Conversation, User
from studio.rerunning import work_rerun
from tests.standins.studio_rows import make_conversation, make_user

pytestmark = pytest.mark.django_db


def change(row: Conversation, path: str, *, by: User) -> Conversation:
    return edits.edit_call(
        row, save=Save(version=row.version, by=by, reason="typo"), call_id="call00001", arguments={"file_path": path}
    )


def stale(row: Conversation) -> dict[str, str]:
    return dict(row.pairs.exclude(stale="").values_list("call_id", "stale"))


def restore(row: Conversation, revision: int, *, by: User, version: int | None = None) -> Conversation:
    return history.restore_revision(row, version=version or row.version, revision=revision, by=by, reason="was right")


def test_what_was_generated_comes_back_fresh() -> None:
    by, row = make_user(), make_conversation()
    changed = change(row, "b.txt", by=by)
    assert stale(changed)
    restored = restore(changed, 1, by=by)
    assert restored.version == 3
    assert restored.document == row.document
    assert (stale(restored), restored.stale_answers, restored.stale_count) == ({}, {}, 0)
    last = restored.revisions.first()
    assert (last.summary, last.reason, last.author) == ("Restored version 1", "was right", by)


def test_what_was_stale_then_is_stale_again() -> None:
    by, row = make_user(), make_conversation()
    changed = change(row, "b.txt", by=by)
    then = stale(changed), changed.stale_answers
    rerun = reruns.ask_rerun(changed, call_id="call00001", by=by)
    work_rerun(rerun.pk)
    rerun.refresh_from_db()
    accepted = reruns.accept_rerun(rerun, by=by)
    assert not stale(accepted)
    restored = restore(accepted, 2, by=by)
    assert (stale(restored), restored.stale_answers) == then
    assert stale(restored)["call00001"] == edits.OWN_RESULT


def test_a_restore_can_be_restored_again() -> None:
    by, row = make_user(), make_conversation()
    changed = change(row, "b.txt", by=by)
    back = restore(restore(changed, 1, by=by), 2, by=by)
    assert (back.document, stale(back), back.version) == (changed.document, stale(changed), 4)


def test_of_an_old_revision_all_that_may_be_stale_is_and_can_be_confirmed() -> None:
    by, row = make_user(), make_conversation()
    changed = change(row, "b.txt", by=by)
    changed.revisions.update(stale=None, stale_answers=None)
    again = restore(restore(changed, 1, by=by), 2, by=by)
    assert set(stale(again).values()) == {history.UNKNOWN}
    assert set(stale(again)) == {"call00001", "call00002", "call00003"}
    assert set(again.stale_answers) == {"0", "1"}
    settled = edits.confirm_fresh(again, version=again.version, by=by, reason="Looked at it.", everything=True)
    assert settled.stale_count == 0


def test_restoring_what_stands_makes_no_revision() -> None:
    row = make_conversation()
    assert restore(row, 1, by=make_user()).version == 1


def test_a_decided_conversation_goes_back_to_review() -> None:
    by, row = make_user(), make_conversation()
    row = edits.edit_text(row, save=Save(version=1, by=by), field="answer", turn=0, text="Copied.")
    Conversation.objects.filter(pk=row.pk).update(status=Conversation.Status.APPROVED)
    row.refresh_from_db()
    assert restore(row, 1, by=by).status == Conversation.Status.NEEDS_REVIEW


def test_it_is_refused_when_somebody_saved_holds_it_or_it_is_not_there() -> None:
    by, row = make_user(), make_conversation()
    old = Conversation.objects.get(pk=row.pk)
    changed = change(row, "b.txt", by=by)
    with pytest.raises(StaleVersion):
        restore(old, 1, by=by, version=1)
    with pytest.raises(NotPossible, match="no version 9"):
        restore(changed, 9, by=by)
    reviews.claim(changed, by=make_user())
    changed.refresh_from_db()
    with pytest.raises(ClaimHeld):
        restore(changed, 1, by=by)
    assert Conversation.objects.get(pk=row.pk).version == 2
