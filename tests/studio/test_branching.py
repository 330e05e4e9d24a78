"""Regenerating in earnest: the sandbox is rebuilt, an agent goes on, a killed worker's branch is taken up, a cancelled one stops."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from generation.conversation import Conversation as Content
from generation.conversation import Provenance, Turn, from_json, to_json
from studio import branching, building, tasks, work
from studio.branching import work_branch
from studio.domain import branches, edits
from studio.domain.conversations import add_conversation
from studio.domain.endpoints import ensure_demo_endpoint
from studio.domain.errors import NotPossible
from studio.domain.saving import Save
from studio.models import Branch, Conversation, Endpoint, SandboxSession, User
from tests.standins import sensible_agent
from tests.standins.openai_server import Body, OpenAIServer
from tests.standins.studio_rows import file_walk, make_conversation, make_dataset, make_run, make_user

pytestmark = pytest.mark.django_db
STATUS = Branch.Status


@pytest.fixture(autouse=True)
def nobody_stops() -> None:
    work.stopping.clear()


@pytest.fixture
def by() -> User:
    return make_user()


def endpoint(url: str, *, name: str = "other") -> Endpoint:
    return Endpoint.objects.create(name=name, base_url=url, model="other-1", price_in=10, price_out=20)


def ask(row: Conversation, by: User, **values: Any) -> Branch:
    return branches.ask_branch(row, **{"endpoint": ensure_demo_endpoint(), "by": by} | values)


def worked(branch: Branch) -> Branch:
    work_branch(branch.pk)
    return fresh(branch)


def fresh(branch: Branch) -> Branch:
    return Branch.objects.select_related("conversation__claimed_by", "endpoint").get(pk=branch.pk)


def state_of(branch: Branch) -> Content:
    return from_json(branch.state)


def one_turn() -> Content:
    content = file_walk(mode="single_turn")
    return content.model_copy(update={"turns": content.turns[:1]})


def test_the_agent_goes_on_from_the_call_in_the_sandbox_as_it_then_was(by) -> None:
    row = make_conversation(content=one_turn())
    with OpenAIServer(listing_then_done) as server:
        branch = worked(ask(row, by, call_id="call00002", endpoint=endpoint(server.base_url)))
    assert (branch.status, branch.error) == (STATUS.DONE, "")
    state = state_of(branch)
    calls = state.calls
    assert [call.id for call in calls[:2]] == ["call00001", "call00002"]
    assert calls[2].tool == "list_files"
    assert "out.txt" in (calls[2].result or ""), "what the kept calls wrote is there"
    assert (state.model, state.turns[0].answer) == ("other-1", "It is all there.")
    assert state.is_complete
    row.refresh_from_db()
    assert (row.version, len(row.content.calls)) == (1, 2), "the original stands as it was"
    assert not SandboxSession.objects.exists()


def listing_then_done(body: Body) -> Any:
    """A model that lists the files once after what is there, and then answers."""
    name, _ = sensible_agent.asked_for(body)
    if name == "answer":
        return {"content": "It is all there."}
    if name != "step":
        return sensible_agent.reply_to(body)
    listed = any(
        call["function"]["name"] == "list_files"
        for message in body["messages"]
        for call in message.get("tool_calls") or []
    )
    call = {"function_name": "list_files", "arguments": "{}", "reasoning": "To see."}
    return {"thought": "I look.", "tool_calls": [] if listed else [call], "is_final": listed}


def test_the_instruction_reaches_the_model_and_every_request_is_written_down(by) -> None:
    row = make_conversation(content=one_turn())
    with OpenAIServer(listing_then_done) as server:
        branch = ask(row, by, call_id="call00001", endpoint=endpoint(server.base_url), instruction="Be quick about it.")
        branch = worked(branch)
        asked = [str(request.body["messages"]) for request in server.requests]
    assert asked
    assert all("Be quick about it." in text for text in asked)
    lines = list(branch.requests.all())
    assert [line.purpose for line in lines] == ["step", "step", "answer"]
    assert branch.tokens_in == sum(line.tokens_in for line in lines) > 0
    assert branch.cost == pytest.approx(sum(line.cost for line in lines))


def test_the_demo_model_regenerates_a_generated_conversation(by) -> None:
    item_pk = make_run(count=1, mode="multi_turn").items.get().pk
    building.work_item(item_pk)
    before = Conversation.objects.get().content
    before.turns[-1].answer = "Something the demo model never says."
    Conversation.objects.update(document=to_json(before))
    row = Conversation.objects.get()
    branch = worked(ask(row, by, call_id=before.calls[0].id))
    assert (branch.status, branch.error) == (STATUS.DONE, "")
    state = state_of(branch)
    assert len(state.turns) == len(before.turns), "as many turns as were planned"
    assert state.calls[0] == before.calls[0]
    ids = {call.id for call in before.calls}
    assert not ids & {call.id for call in state.calls[1:]}, "no call of the branch has the id of one of the original's"
    saved = branches.keep_branch(branch, by=by)
    assert (saved.version, saved.stale_count, saved.blocking_count) == (2, 0, 0)
    assert {call.provenance for call in saved.content.calls} == {Provenance.EXECUTED}


def test_from_a_user_message_the_turn_is_taken_anew(by) -> None:
    branch = worked(ask(make_conversation(), by, turn=1))
    state = state_of(branch)
    assert branch.status == STATUS.DONE
    assert [turn.user for turn in state.turns] == ["Copy a.txt to out.txt.", "What does it hold?"]
    assert state.turns[0] == file_walk().turns[0]
    assert "call00003" not in {call.id for call in state.calls}


def test_an_imported_conversation_is_gone_on_with_to_the_end_of_its_turn(by) -> None:
    content = file_walk(turns=[*file_walk().turns, Turn(user="And now?", answer="Nothing.")], planned_turns=None)
    files = {turn.user: turn for turn in content.turns}
    row = add_conversation(make_dataset(), content=content)
    # Nothing seeded its world: what was written in it is there, what was read from it is not.
    branch = worked(ask(row, by, turn=1))
    state = state_of(branch)
    assert branch.status == STATUS.DONE
    assert len(state.turns) == 2
    assert state.turns[0] == files["Copy a.txt to out.txt."]
    assert {note.code for note in state.notes} == {"replay_differs"}
    saved = branches.keep_branch(branch, by=by)
    assert saved.content.planned_turns is None


def test_a_changed_call_is_executed_on_the_way(by) -> None:
    row = make_conversation(content=one_turn())
    row = edits.edit_call(row, save=Save(version=1, by=by), call_id="call00001", arguments={"file_path": "b.txt"})
    branch = worked(ask(row, by, call_id="call00001"))
    state = state_of(branch)
    assert (state.calls[0].result, branch.renewed) == ("beta", ["call00001"])
    saved = branches.keep_branch(branch, by=by)
    assert saved.stale_count == 0
    assert saved.content.calls[0].provenance == Provenance.EDITED, "its arguments are still a person's"


def stopped_after(saves: int, monkeypatch: pytest.MonkeyPatch, *, then: Callable[[], None]) -> None:
    """Have something happen right after the ``saves``-th saved state."""
    count = iter(range(1, 1000))
    save = branches.save_branch_state

    def counting(branch: Branch, **values: Any) -> bool:
        held = save(branch, **values)
        if next(count) == saves:
            then()
        return held

    monkeypatch.setattr(branching, "save_branch_state", counting)


class Killed(BaseException):
    """What no handler of ours catches: the process is gone."""


def killed() -> None:
    raise Killed


def test_the_branch_of_a_killed_worker_is_taken_up_where_it_stood(by, monkeypatch) -> None:
    whole = worked(ask(make_conversation(), by, call_id="call00001"))
    Branch.objects.filter(pk=whole.pk).update(status=STATUS.DISCARDED)
    branch = ask(make_conversation(), by, call_id="call00001")
    Branch.objects.filter(pk=branch.pk).update(seed=whole.seed)
    stopped_after(2, monkeypatch, then=killed)
    with pytest.raises(Killed):
        work_branch(branch.pk)
    dead = fresh(branch)
    paid = dead.requests.count()
    assert dead.status == STATUS.RUNNING
    assert paid > 0
    assert branches.claim_branch(branch.pk) is None, "its lease still runs"
    Branch.objects.filter(pk=branch.pk).update(lease_until=timezone.now() - timedelta(seconds=1), sent_at=None)
    assert branches.take_branches_for_dispatch() == [branch.pk]
    monkeypatch.setattr(branching, "save_branch_state", branches.save_branch_state)
    done = worked(branch)
    assert done.status == STATUS.DONE
    assert without_times(state_of(done)) == without_times(state_of(whole)), "as if nobody had been killed"
    assert done.requests.count() == whole.requests.count(), "nothing was paid twice"


def without_times(content: Content) -> Content:
    for call in content.calls:
        call.duration_ms = None
    return content


def test_a_worker_that_shuts_down_puts_it_back(by, monkeypatch) -> None:
    branch = ask(make_conversation(), by, call_id="call00001")
    stopped_after(1, monkeypatch, then=work.stopping.set)
    assert worked(branch).status == STATUS.PENDING
    work.stopping.clear()
    assert branches.take_branches_for_dispatch() == [branch.pk]
    assert worked(branch).status == STATUS.DONE


def test_cancelled_it_stops_at_once_and_what_was_paid_is_kept(by, monkeypatch) -> None:
    branch = ask(make_conversation(), by, call_id="call00001")
    stopped_after(1, monkeypatch, then=lambda: branches.cancel_branch(fresh(branch), by=by))
    cancelled = worked(branch)
    assert cancelled.status == STATUS.CANCELLED
    paid = cancelled.requests.count()
    assert 0 < paid < 4
    with pytest.raises(NotPossible):
        branches.keep_branch(cancelled, by=by)


def test_an_endpoint_that_refuses_fails_it_with_the_reason_and_it_goes_on_later(by) -> None:
    row = make_conversation(content=one_turn())
    with OpenAIServer(listing_then_done, api_key="secret") as server:
        other = endpoint(server.base_url)
        failed = worked(ask(row, by, call_id="call00001", endpoint=other))
        assert failed.status == STATUS.FAILED
        assert "401" in failed.error
        other.api_key = "secret"
        other.save()
        again = branches.ask_again(failed, by=by)
        assert (again.seed, fresh(failed).status) == (failed.seed, STATUS.DISCARDED)
        assert worked(again).status == STATUS.DONE


def test_words_nobody_can_use_fail_it_and_another_try_makes_other_choices(by) -> None:
    with OpenAIServer(lambda _: {"nonsense": True}) as server:
        failed = worked(ask(make_conversation(), by, call_id="call00001", endpoint=endpoint(server.base_url)))
    assert (failed.status, failed.is_resumable) == (STATUS.FAILED, False)
    assert failed.requests.count() >= 3
    assert branches.ask_again(failed, by=by).seed != failed.seed


def test_the_task_works_it_once(by, settings, monkeypatch) -> None:
    settings.BROKER_URL = "redis://127.0.0.1:1"
    sent: list[dict[str, int]] = []
    monkeypatch.setattr(tasks.regenerate, "apply_async", lambda kwargs: sent.append(kwargs))
    branch = ask(make_conversation(), by, call_id="call00001")
    assert (tasks.dispatch_branches(), tasks.dispatch_branches()) == (1, 0)
    assert sent == [{"branch_pk": branch.pk}]
    tasks.regenerate(**sent[0])
    first = fresh(branch)
    tasks.regenerate(**sent[0])
    assert (first.status, fresh(branch).state) == (STATUS.DONE, first.state)
