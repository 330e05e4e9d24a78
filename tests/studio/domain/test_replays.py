"""Replays: every call from a clean sandbox, what became of each result, and when that is forgotten. The sandbox is real."""

import pytest

from studio.domain import edits, replays, reruns, reviews
from studio.domain.errors import NotPossible
from studio.domain.saving import Save
from studio.models import Conversation, Rerun
from studio.rerunning import work_rerun
from tests.standins.studio_rows import file_walk, make_call, make_conversation, make_user

pytestmark = pytest.mark.django_db


def replayed(row: Conversation) -> Conversation:
    work_rerun(replays.ask_replay(row, by=None).pk)
    return Conversation.objects.get(pk=row.pk)


def outcomes(row: Conversation) -> list[str]:
    return list(row.pairs.order_by("number").values_list("replay", flat=True))


def doctored(number: int, **members: object) -> Conversation:
    """The file walk, whose recorded call ``number`` says something else than the sandbox does."""
    content = file_walk()
    content.calls[number].__dict__.update(members)
    return make_conversation(content=content)


def test_what_comes_back_the_same_is_identical() -> None:
    row = replayed(make_conversation())
    assert outcomes(row) == ["identical"] * 3
    assert (row.replay_differs, row.replay_fails, row.replay_version) == (0, 0, 1)
    assert row.replayed_at is not None
    assert (row.version, row.revisions.count()) == (1, 1)


def test_what_comes_back_otherwise_differs_and_its_text_is_kept() -> None:
    row = replayed(doctored(0, result="something else"))
    assert outcomes(row) == ["differs", "identical", "identical"]
    assert row.replay_differs == 1
    results = replays.last_replay(row).results
    assert [result["text"] for result in results] == ["alpha", "", ""]


def test_what_worked_and_fails_now_is_said_to_fail() -> None:
    row = replayed(doctored(0, arguments={"file_path": "gone.txt"}))
    assert outcomes(row)[0] == "fails"
    assert (row.replay_differs, row.replay_fails) == (0, 1)


def test_members_that_the_tool_calls_volatile_may_differ() -> None:
    content = file_walk()
    content.tools = [tool.model_copy(update={"volatile": ["at"]}) for tool in content.tools]
    content.turns[0].steps[1].calls[0].arguments["content"] = '{"at": 2}'
    content.turns[1].steps[0].calls[0].result = '{"at": 1}'
    row = replayed(make_conversation(content=content))
    assert outcomes(row)[2] == "identical"


def test_a_changed_call_forgets_the_replay_and_changed_words_do_not() -> None:
    by = make_user()
    row = replayed(make_conversation())
    row = edits.edit_text(row, save=Save(version=1, by=by), field="answer", turn=0, text="Copied.")
    assert row.replayed_at is not None
    assert outcomes(row) == ["identical"] * 3
    row = edits.edit_call(row, save=Save(version=2, by=by), call_id="call00001", arguments={"file_path": "b.txt"})
    assert (row.replayed_at, row.replay_version) == (None, None)
    assert outcomes(row) == [""] * 3


def test_a_replay_for_another_version_is_kept_nowhere() -> None:
    row, by = make_conversation(), make_user()
    rerun = reruns.claim_rerun(replays.ask_replay(row, by=by).pk)
    edits.edit_text(row, save=Save(version=1, by=by), field="answer", turn=0, text="Copied.")
    assert not replays.finish_replay(rerun, results=[{"call_id": "call00001", "replay": "differs"}])
    row.refresh_from_db()
    assert (row.replayed_at, outcomes(row)) == (None, [""] * 3)


def test_one_under_way_is_not_asked_for_twice_and_a_stopped_one_brings_nothing() -> None:
    row, by = make_conversation(), make_user()
    first = replays.ask_replay(row, by=by)
    assert replays.ask_replay(row, by=make_user()) == first
    claimed = reruns.claim_rerun(first.pk)
    replays.stop_replay(row)
    assert not replays.finish_replay(claimed, results=[{"call_id": "call00001", "replay": "identical"}])
    assert replays.last_replay(row) is None
    assert outcomes(row) == [""] * 3


def test_a_replay_is_nothing_to_accept_and_disturbs_no_rerun() -> None:
    row, by = make_conversation(), make_user()
    rerun = reruns.ask_rerun(row, call_id="call00001", by=by)
    row = replayed(row)
    assert Rerun.objects.get(pk=rerun.pk).status == Rerun.Status.PENDING
    with pytest.raises(NotPossible):
        reruns.accept_rerun(replays.last_replay(row), by=by)


def test_who_only_looks_may_replay_what_somebody_else_reviews() -> None:
    row = make_conversation()
    reviews.claim(row, by=make_user())
    row.refresh_from_db()
    assert replays.ask_replay(row, by=make_user()).status == Rerun.Status.PENDING


def test_there_is_nothing_to_replay_without_a_call() -> None:
    content = file_walk()
    for turn in content.turns:
        turn.steps = []
    with pytest.raises(NotPossible):
        replays.ask_replay(make_conversation(content=content), by=None)


def test_a_lost_replay_is_sent_again_like_any_rerun() -> None:
    row = make_conversation(content=file_walk(turns=file_walk().turns[:1]))
    rerun = replays.ask_replay(row, by=None)
    Rerun.objects.filter(pk=rerun.pk).update(created_at="2020-01-01T00:00:00Z")
    assert reruns.take_reruns_for_dispatch() == [rerun.pk]


def test_a_call_without_a_result_differs_from_what_it_gives() -> None:
    content = file_walk()
    content.turns[1].steps[0].calls.append(make_call(4, "read_file", result=None, file_path="b.txt"))
    assert outcomes(replayed(make_conversation(content=content))) == ["identical"] * 3 + ["differs"]
