"""Running a call again: edit, ask, execute in the embedded sandbox, accept."""

from datetime import timedelta

import pytest
from django.utils import timezone

from generation.conversation import Provenance
from studio import rerunning
from studio.domain import edits, reruns, reviews
from studio.domain.edits import LATER_RESULT, OWN_RESULT
from studio.domain.errors import NotPossible
from studio.domain.saving import Save
from studio.models import Conversation, Rerun, User
from tests.standins.studio_rows import file_walk, make_conversation, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def by() -> User:
    return make_user()


def edit(row: Conversation, by: User, *, call_id: str, **arguments: object) -> Conversation:
    return edits.edit_call(row, save=Save(version=row.version, by=by), call_id=call_id, arguments=arguments)


def run_again(row: Conversation, by: User, *, call_id: str) -> Rerun:
    rerun = reruns.ask_rerun(row, call_id=call_id, by=by)
    rerunning.work_rerun(rerun.pk)
    return Rerun.objects.select_related("conversation").get(pk=rerun.pk)


def stale_of(row: Conversation) -> dict[str, str]:
    return dict(row.pairs.exclude(stale="").values_list("call_id", "stale"))


def results_of(row: Conversation) -> list[str | None]:
    return [call.result for call in row.content.calls]


def test_an_edited_read_gets_its_new_result_and_the_later_ones_stand_as_they_are(by: User) -> None:
    row = edit(make_conversation(), by, call_id="call00001", file_path="b.txt")
    assert set(stale_of(row)) == {"call00001", "call00002", "call00003"}
    rerun = run_again(row, by, call_id="call00001")
    assert rerun.status == Rerun.Status.DONE
    assert [(result["text"], result["is_identical"]) for result in rerun.results] == [
        ("beta", False),
        ("Successfully wrote 5 bytes to out.txt", True),
        ("alpha", True),
    ]
    assert rerun.drift == []
    row.refresh_from_db()
    assert results_of(row)[0] == "alpha"  # nothing changed yet
    saved = reruns.accept_rerun(rerun, by=by)
    assert (saved.version, stale_of(saved)) == (3, {})
    assert results_of(saved) == ["beta", "Successfully wrote 5 bytes to out.txt", "alpha"]
    provenances = [call.provenance for call in saved.content.calls]
    assert provenances == [Provenance.EDITED, Provenance.EXECUTED, Provenance.EXECUTED]
    assert set(saved.stale_answers) == {"0", "1"}
    assert saved.revisions.first().summary == "Ran #1 again"
    rerun.refresh_from_db()
    assert rerun.status == Rerun.Status.ACCEPTED


def test_a_change_that_reaches_later_results_replaces_them_too(by: User) -> None:
    row = edit(make_conversation(), by, call_id="call00002", file_path="out.txt", content="omega!")
    rerun = run_again(row, by, call_id="call00002")
    saved = reruns.accept_rerun(rerun, by=by)
    assert results_of(saved) == ["alpha", "Successfully wrote 6 bytes to out.txt", "omega!"]
    assert stale_of(saved) == {}
    assert (saved.pairs.get(number=2).provenance, saved.pairs.get(number=2).outcome) == (Provenance.EXECUTED, "ok")


def test_a_call_that_fails_now_is_a_result_and_a_later_success_clears_it(by: User) -> None:
    row = edit(make_conversation(), by, call_id="call00003", file_path="gone.txt")
    failed = reruns.accept_rerun(run_again(row, by, call_id="call00003"), by=by)
    call = failed.content.pair("call00003").call
    assert (call.outcome, call.error_type) == ("tool_error", "FileNotFound")
    assert failed.error_count == 1
    row = edit(failed, by, call_id="call00003", file_path="c.txt")
    mended = reruns.accept_rerun(run_again(row, by, call_id="call00003"), by=by)
    call = mended.content.pair("call00003").call
    assert (call.result, call.outcome, call.error_type) == ("gamma", "ok", None)


def test_the_loop_ends_in_an_approval(by: User) -> None:
    row = edit(make_conversation(), by, call_id="call00003", file_path="b.txt")
    row = reruns.accept_rerun(run_again(row, by, call_id="call00003"), by=by)
    with pytest.raises(NotPossible):
        reviews.approve(row, version=row.version, by=by)
    row = edits.edit_text(row, save=Save(version=row.version, by=by), field="answer", turn=1, text="beta.")
    assert reviews.approve(row, version=row.version, by=by).decision == "approved"


def test_earlier_results_that_come_back_otherwise_are_reported_as_drift(by: User) -> None:
    content = file_walk()
    content.turns[0].steps[0].calls[0].result = "recorded long ago"
    row = edit(make_conversation(content=content), by, call_id="call00003", file_path="a.txt")
    rerun = run_again(row, by, call_id="call00003")
    assert [(result["call_id"], result["text"]) for result in rerun.drift] == [("call00001", "alpha")]
    saved = reruns.accept_rerun(rerun, by=by)
    assert results_of(saved)[0] == "recorded long ago"  # what was not asked for stays


def test_what_comes_back_as_it_was_makes_nothing_stale_and_no_revision(by: User) -> None:
    row = make_conversation()
    saved = reruns.accept_rerun(run_again(row, by, call_id="call00001"), by=by)
    assert (saved.version, saved.document, saved.stale_answers) == (1, row.document, {})


def test_only_what_is_run_again_loses_its_staleness(by: User) -> None:
    row = edit(make_conversation(), by, call_id="call00001", file_path="b.txt")
    saved = reruns.accept_rerun(run_again(row, by, call_id="call00003"), by=by)
    assert stale_of(saved) == {"call00001": OWN_RESULT, "call00002": LATER_RESULT}


def test_a_call_without_a_result_gets_one(by: User) -> None:
    content = file_walk()
    call = content.turns[1].steps[0].calls[0]
    call.result = call.outcome = None
    row = make_conversation(content=content)
    assert row.status == Conversation.Status.WITHHELD
    saved = reruns.accept_rerun(run_again(row, by, call_id="call00003"), by=by)
    assert results_of(saved)[2] == "alpha"
    assert saved.status == Conversation.Status.NEEDS_REVIEW


def test_a_conversation_saved_meanwhile_is_not_run_for_nothing(by: User) -> None:
    row = make_conversation()
    rerun = reruns.ask_rerun(row, call_id="call00003", by=by)
    edit(row, by, call_id="call00001", file_path="b.txt")
    rerunning.work_rerun(rerun.pk)
    rerun.refresh_from_db()
    assert rerun.status == Rerun.Status.FAILED
    assert "run it again" in rerun.error


def test_a_worker_that_died_is_followed_by_another(by: User, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        """What no handler of ours catches, like SIGKILL."""

    def die(*_: object) -> None:
        raise Killed

    rerun = reruns.ask_rerun(make_conversation(), call_id="call00003", by=by)
    with monkeypatch.context() as patch:
        patch.setattr(rerunning, "_replay", die)
        with pytest.raises(Killed):
            rerunning.work_rerun(rerun.pk)
    rerunning.work_rerun(rerun.pk)
    rerun.refresh_from_db()
    assert rerun.status == Rerun.Status.RUNNING  # the dead one's lease still runs
    Rerun.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    rerunning.work_rerun(rerun.pk)
    rerun.refresh_from_db()
    assert rerun.status == Rerun.Status.DONE


def test_a_defect_fails_the_rerun_and_not_the_worker(by: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rerunning, "_replay", lambda *_: 1 / 0)
    rerun = run_again(make_conversation(), by, call_id="call00003")
    assert rerun.status == Rerun.Status.FAILED
    assert "ZeroDivisionError" in rerun.error


def test_a_rerun_that_is_done_or_discarded_is_left_alone(by: User) -> None:
    rerun = run_again(make_conversation(), by, call_id="call00003")
    reruns.discard_rerun(rerun)
    rerunning.work_rerun(rerun.pk)
    rerun.refresh_from_db()
    assert rerun.status == Rerun.Status.DISCARDED
