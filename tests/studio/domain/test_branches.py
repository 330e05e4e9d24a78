"""Branches as rows: asked for once, held under a token, kept only on what it came from, nothing lost on the way."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from generation.conversation import Conversation as Content
from generation.conversation import Note, Outcome, Provenance, Step, from_json
from generation.llm.client import LedgerLine
from studio.domain import branches, edits, reviews
from studio.domain.edits import OWN_RESULT
from studio.domain.endpoints import ensure_demo_endpoint
from studio.domain.errors import ClaimHeld, NotPossible, Refused
from studio.domain.saving import Save
from studio.models import Branch, Conversation, User
from tests.standins.racing import at_once
from tests.standins.studio_rows import file_walk, make_call, make_conversation, make_user

STATUS = Branch.Status


@pytest.fixture
def by() -> User:
    return make_user()


def ask(row: Conversation, by: User, **values: Any) -> Branch:
    return branches.ask_branch(row, **{"endpoint": ensure_demo_endpoint(), "by": by, "call_id": "call00002"} | values)


def fresh(branch: Branch) -> Branch:
    return Branch.objects.select_related("conversation__claimed_by", "endpoint").get(pk=branch.pk)


def done(branch: Branch, **members: Any) -> Branch:
    """The branch as a worker ends it: one more call, and an answer."""
    held = branches.claim_branch(branch.pk)
    assert held is not None
    content = from_json(held.state)
    for call in content.calls:
        if not call.is_answered:
            call.result, call.outcome = members.get("result", "beta"), Outcome.OK
            call.provenance = Provenance.EXECUTED
    content.turns[-1].steps.append(Step(thought="I look.", calls=[make_call(9, "list_files", result="[]")]))
    content.turns[-1].answer = "It is copied."
    assert branches.finish_branch(held, content=content)
    return fresh(branch)


def done_the_same(branch: Branch, *, but: Callable[[Content], None] = lambda _: None) -> Branch:
    """The branch as it ends when the agent did and said the same again: calls have other ids and take another time."""
    held = branches.claim_branch(branch.pk)
    assert held is not None
    content, kept = branch.conversation.content, {call.id for call in from_json(held.state).calls}
    for number, call in enumerate(content.calls, start=50):
        if call.id not in kept:
            call.id, call.duration_ms = f"call000{number}", 99.0
    but(content)
    assert branches.finish_branch(held, content=content)
    return fresh(branch)


def line(**values: Any) -> LedgerLine:
    return LedgerLine(**{"purpose": "step", "model": "m", "tokens_in": 10, "tokens_out": 2, "cost": 0.5} | values)


@pytest.mark.django_db
class TestAsking:
    def test_what_is_kept_is_written_down_at_once(self, by: User) -> None:
        row = make_conversation()
        branch = ask(row, by, instruction="Be careful.")
        state = from_json(branch.state)
        assert [call.id for call in state.calls] == ["call00001", "call00002"]
        assert (state.turns[0].answer, branch.turn, branch.version, branch.status) == (None, 0, 1, STATUS.PENDING)
        assert branch.seed != row.content.seed

    def test_one_is_undecided_at_a_time(self, by: User) -> None:
        row = make_conversation()
        branch = ask(row, by)
        with pytest.raises(NotPossible, match="a branch already"):
            ask(row, by, call_id="call00001")
        branches.cancel_branch(fresh(branch), by=by)
        assert ask(row, by, call_id="call00001").status == STATUS.PENDING

    def test_places_that_are_gone_and_endless_instructions_are_refused(self, by: User) -> None:
        row = make_conversation()
        with pytest.raises(NotPossible):
            ask(row, by, call_id="call00099")
        with pytest.raises(NotPossible):
            ask(row, by, call_id="", turn=2)
        with pytest.raises(Refused):
            ask(row, by, instruction="x" * 4001)
        with pytest.raises(NotPossible, match="no tools"):
            ask(make_conversation(content=Content(turns=file_walk().turns[:1])), by)
        assert not Branch.objects.exists()

    def test_whoever_does_not_hold_the_claim_neither_asks_nor_decides(self, by: User) -> None:
        row = make_conversation()
        branch = done(ask(row, by))
        reviews.claim(row, by=make_user(name="holder"))
        for verb in (branches.keep_branch, branches.discard_branch, branches.cancel_branch, branches.ask_again):
            with pytest.raises(ClaimHeld):
                verb(fresh(branch), by=by)
        assert fresh(branch).status == STATUS.DONE


@pytest.mark.django_db
class TestHolding:
    def test_it_is_held_once_and_taken_up_when_the_lease_ran_out(self, by: User) -> None:
        branch = ask(make_conversation(), by)
        first = branches.claim_branch(branch.pk)
        assert first is not None
        assert branches.claim_branch(branch.pk) is None
        Branch.objects.filter(pk=branch.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
        second = branches.claim_branch(branch.pk)
        assert second is not None
        content = from_json(branch.state)
        assert not branches.save_branch_state(first, content=content, ledger=[line()])
        assert not branches.finish_branch(first, content=content)
        assert not branches.fail_branch(first, error="late")
        assert branches.save_branch_state(second, content=content, ledger=[line()])
        assert branches.finish_branch(second, content=content)
        standing = fresh(branch)
        assert (standing.tokens_in, standing.tokens_out, standing.cost) == (20, 4, 1.0), "both were paid for"
        assert standing.requests.count() == 2

    def test_a_heartbeat_keeps_it(self, by: User) -> None:
        held = branches.claim_branch(ask(make_conversation(), by).pk)
        assert held is not None
        Branch.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        assert branches.renew_branches([held.token, "another"]) == 1
        assert branches.claim_branch(held.pk) is None

    def test_messages_go_out_once_and_so_many_at_a_time(self, by: User) -> None:
        waiting = [ask(make_conversation(), by).pk for _ in range(3)]
        assert branches.take_branches_for_dispatch(at_once=2) == waiting[:2]
        assert branches.take_branches_for_dispatch(at_once=2) == []
        branches.claim_branch(waiting[0])
        assert branches.take_branches_for_dispatch(at_once=3) == [waiting[2]]
        Branch.objects.update(sent_at=timezone.now() - timedelta(minutes=2))
        assert branches.take_branches_for_dispatch() == waiting[1:], "messages get lost"

    def test_what_a_cancelled_one_still_costs_is_written_down(self, by: User) -> None:
        held = branches.claim_branch(ask(make_conversation(), by).pk)
        assert held is not None
        branches.cancel_branch(fresh(held), by=by)
        assert not branches.save_branch_state(held, content=from_json(held.state), ledger=[line()])
        assert (fresh(held).status, fresh(held).tokens_in) == (STATUS.CANCELLED, 10)
        with pytest.raises(NotPossible):
            branches.cancel_branch(fresh(held), by=by)


@pytest.mark.django_db
class TestDeciding:
    def test_the_new_one_becomes_the_next_version_and_the_old_stays_in_the_history(self, by: User) -> None:
        row = make_conversation()
        before = row.document
        saved = branches.keep_branch(done(ask(row, by, instruction="Be careful.")), by=by)
        assert (saved.version, saved.stale_count, saved.turn_count) == (2, 0, 1)
        assert list(saved.pairs.values_list("call_id", flat=True)) == ["call00001", "call00002", "call00009"]
        revision = saved.revisions.first()
        assert (revision.summary, revision.reason, revision.author) == (
            "Regenerated from #2 write_file",
            "Be careful.",
            by,
        )
        assert saved.revisions.get(version=1).document == before
        assert branches.open_branch(saved) is None

    def test_verdicts_of_what_was_kept_stay(self, by: User) -> None:
        row = make_conversation()
        reviews.set_verdict(row, call_id="call00001", verdict="ok", by=by)
        saved = branches.keep_branch(done(ask(row, by)), by=by)
        assert list(saved.pairs.values_list("verdict", flat=True)) == ["ok", "", ""]

    def test_it_settles_what_was_stale_from_there_on_and_nothing_before(self, by: User) -> None:
        row = edits.edit_call(
            make_conversation(), save=Save(version=1, by=by), call_id="call00001", arguments={"file_path": "b.txt"}
        )
        assert row.pairs.get(call_id="call00001").stale == OWN_RESULT
        assert row.stale_count == 5
        branch = done(ask(row, by, call_id="call00003"))
        assert branch.renewed == ["call00001", "call00002", "call00003"]
        saved = branches.keep_branch(branch, by=by)
        assert set(saved.stale_answers) == {"0"}, "turn 1 was not said anew"
        assert not saved.pairs.exclude(stale="").exists()
        assert saved.content.calls[0].provenance == Provenance.EDITED

    def test_it_is_refused_when_somebody_saved_and_asked_again_for_what_stands(self, by: User) -> None:
        row = make_conversation()
        branch = done(ask(row, by))
        edits.edit_text(row, save=Save(version=1, by=by), field="answer", text="Else.")
        with pytest.raises(NotPossible, match="regenerate again"):
            branches.keep_branch(fresh(branch), by=by)
        again = branches.ask_again(fresh(branch), by=by)
        assert (again.version, again.call_id, again.status) == (2, "call00002", STATUS.PENDING)
        assert (fresh(branch).status, again.seed != branch.seed) == (STATUS.DISCARDED, True)
        assert branches.original_of(fresh(branch)).turns[0].answer == file_walk().turns[0].answer

    def test_it_is_kept_once_and_a_discarded_one_never(self, by: User) -> None:
        branch = done(ask(make_conversation(), by))
        branches.keep_branch(fresh(branch), by=by)
        with pytest.raises(NotPossible):
            branches.keep_branch(fresh(branch), by=by)
        with pytest.raises(NotPossible):
            branches.discard_branch(fresh(branch), by=by)
        other = done(ask(make_conversation(), by))
        branches.discard_branch(other, by=by)
        with pytest.raises(NotPossible):
            branches.keep_branch(fresh(other), by=by)

    def test_one_that_is_the_same_makes_no_version_and_is_discarded(self, by: User) -> None:
        row = make_conversation()
        reviews.set_verdict(row, call_id="call00002", verdict="ok", by=by)
        branch = done_the_same(ask(row, by, call_id="call00001"))
        saved = branches.keep_branch(branch, by=by)
        assert (saved.version, saved.revisions.count()) == (1, 1)
        assert saved.content == file_walk()
        assert saved.pairs.get(call_id="call00002").verdict == "ok"
        assert (fresh(branch).status, branches.open_branch(saved)) == (STATUS.DISCARDED, None)

    def test_one_that_says_the_same_settles_what_was_stale_and_keeps_ids_and_verdicts(self, by: User) -> None:
        row = make_conversation()
        reviews.set_verdict(row, call_id="call00002", verdict="ok", by=by)
        Conversation.objects.filter(pk=row.pk).update(stale_answers={"1": "Something changed."}, stale_count=1)
        branch = done_the_same(ask(Conversation.objects.get(pk=row.pk), by, call_id="call00001"))
        saved = branches.keep_branch(branch, by=by)
        assert (saved.version, saved.stale_count, fresh(branch).status) == (2, 0, STATUS.KEPT)
        assert saved.content == file_walk()
        assert saved.pairs.get(call_id="call00002").verdict == "ok"

    @pytest.mark.parametrize(
        "change",
        [
            lambda content: setattr(content.turns[-1], "answer", "Else."),
            lambda content: setattr(content.turns[0].steps[-1], "thought", "Another one."),
            lambda content: setattr(content.calls[-1], "provenance", Provenance.HAND_WRITTEN),
            lambda content: setattr(content, "model", "another"),
            lambda content: content.notes.append(Note(code="repeated_call", detail="So it was.", turn=0)),
        ],
    )
    def test_whatever_else_differs_makes_a_version(self, by: User, change: Callable[[Content], None]) -> None:
        branch = done_the_same(ask(make_conversation(), by, call_id="call00001"), but=change)
        assert branches.keep_branch(branch, by=by).version == 2

    def test_a_decided_conversation_goes_back_to_review(self, by: User) -> None:
        row = make_conversation()
        reviews.approve(row, version=1, by=by)
        saved = branches.keep_branch(done(ask(Conversation.objects.get(pk=row.pk), by)), by=by)
        assert saved.status == Conversation.Status.NEEDS_REVIEW


@pytest.mark.django_db(transaction=True)
def test_of_many_who_ask_at_once_one_gets_a_branch_and_of_many_workers_one_holds_it() -> None:
    row, by = make_conversation(), make_user()
    endpoint = ensure_demo_endpoint()

    def one(_: int = 0) -> bool:
        try:
            branches.ask_branch(Conversation.objects.get(pk=row.pk), endpoint=endpoint, by=by, call_id="call00001")
        except NotPossible:
            return False
        return True

    assert sorted(at_once(*[one] * 6)) == [False] * 5 + [True]
    pk = Branch.objects.get().pk
    held = at_once(*[lambda: branches.claim_branch(pk) is not None] * 6)
    assert sorted(held) == [False] * 5 + [True]
