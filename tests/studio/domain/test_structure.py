"""Pairs, steps and turns added, removed and moved: one revision each, undone by restoring the one before."""

import re
from collections.abc import Callable

import pytest

from generation.conversation import Conversation as Content
from generation.conversation import Provenance
from studio.domain import edits, history, reruns, reviews, structure
from studio.domain.consequences import ANSWER, LATER_RESULT, OWN_RESULT
from studio.domain.errors import ClaimHeld, NotPossible, Refused
from studio.domain.saving import Save
from studio.models import Conversation, User
from studio.rerunning import work_rerun
from tests.standins.studio_rows import file_walk, make_call, make_conversation, make_user

pytestmark = pytest.mark.django_db

Verb = Callable[[Conversation, User], Conversation]


@pytest.fixture
def by() -> User:
    return make_user()


@pytest.fixture
def row() -> Conversation:
    """Turn 1: #1 with #2 beside it, #3; turn 2: #4."""
    content = file_walk()
    content.turns[0].steps[0].calls.append(make_call(9, "list_files", result="a.txt\nb.txt\nc.txt"))
    return make_conversation(content=content)


def stale_of(row: Conversation) -> dict[str, str]:
    return dict(row.pairs.exclude(stale="").values_list("call_id", "stale"))


def shape(content: Content) -> list[list[list[str]]]:
    """The last digit of each call's id, by step and turn; ``?`` for an id that was made here."""
    return [
        [[call.id[-1] if call.id.startswith("call0000") else "?" for call in step.calls] for step in turn.steps]
        for turn in content.turns
    ]


def add(row: Conversation, by: User, place: structure.Place, call_id: str = "call00001", **more) -> Conversation:
    more = {"tool": "list_files", "arguments": {}, "thought": "I look around."} | more
    return structure.add_call(row, save=Save(version=row.version, by=by), call_id=call_id, place=place, **more)


VERBS: dict[str, tuple[Verb, list[list[list[str]]]]] = {
    "add beside": (lambda row, by: add(row, by, "beside"), [[["1", "?", "9"], ["2"]], [["3"]]]),
    "add before": (lambda row, by: add(row, by, "before"), [[["?"], ["1", "9"], ["2"]], [["3"]]]),
    "add after": (lambda row, by: add(row, by, "after"), [[["1", "9"], ["?"], ["2"]], [["3"]]]),
    "remove": (
        lambda row, by: structure.remove_call(row, save=Save(version=1, by=by), call_id="call00001"),
        [[["9"], ["2"]], [["3"]]],
    ),
    "remove the only one": (
        lambda row, by: structure.remove_call(row, save=Save(version=1, by=by), call_id="call00002"),
        [[["1", "9"]], [["3"]]],
    ),
    "remove step": (
        lambda row, by: structure.remove_call(row, save=Save(version=1, by=by), call_id="call00009", whole_step=True),
        [[["2"]], [["3"]]],
    ),
    "move down": (
        lambda row, by: structure.move_call(row, save=Save(version=1, by=by), call_id="call00001", way="down"),
        [[["9", "1"], ["2"]], [["3"]]],
    ),
    "move step up": (
        lambda row, by: structure.move_call(
            row, save=Save(version=1, by=by), call_id="call00002", way="up", whole_step=True
        ),
        [[["2"], ["1", "9"]], [["3"]]],
    ),
    "split": (
        lambda row, by: structure.split_step(row, save=Save(version=1, by=by), call_id="call00009"),
        [[["1"], ["9"], ["2"]], [["3"]]],
    ),
    "join": (
        lambda row, by: structure.join_step(row, save=Save(version=1, by=by), call_id="call00002"),
        [[["1", "9", "2"]], [["3"]]],
    ),
    "remove turn": (
        lambda row, by: structure.remove_turn(row, save=Save(version=1, by=by), turn=1),
        [[["1", "9"], ["2"]]],
    ),
}


@pytest.mark.parametrize("name", VERBS)
def test_each_is_one_revision(name: str, row: Conversation, by: User) -> None:
    verb, expected = VERBS[name]
    saved = verb(row, by)
    assert shape(saved.content) == expected
    assert (saved.version, saved.revisions.count(), saved.revisions.first().author) == (2, 2, by)
    assert list(saved.pairs.values_list("call_id", flat=True)) == [call.id for call in saved.content.calls]


@pytest.mark.parametrize("name", VERBS)
def test_each_is_undone_from_the_history(name: str, row: Conversation, by: User) -> None:
    saved = VERBS[name][0](row, by)
    restored = history.restore_revision(saved, version=2, revision=1, by=by)
    assert restored.document == row.document
    assert (stale_of(restored), restored.stale_answers) == ({}, {})


@pytest.mark.parametrize("name", VERBS)
def test_nobody_changes_what_somebody_else_has_claimed(name: str, row: Conversation, by: User) -> None:
    reviews.claim(row, by=make_user(name="Grace"))
    row.refresh_from_db()
    with pytest.raises(ClaimHeld, match="Grace"):
        VERBS[name][0](row, by)


@pytest.mark.parametrize(
    ("name", "stale", "answers"),
    [
        ("add after", {"call00002": LATER_RESULT, "call00003": LATER_RESULT}, [0, 1]),
        ("remove the only one", {"call00003": LATER_RESULT}, [0, 1]),
        ("move down", dict.fromkeys(["call00001", "call00009", "call00002", "call00003"], LATER_RESULT), [0, 1]),
        ("split", {}, []),
        ("join", {}, []),
        ("remove turn", {}, []),
    ],
)
def test_what_follows_is_stale(
    name: str, stale: dict[str, str], answers: list[int], row: Conversation, by: User
) -> None:
    saved = VERBS[name][0](row, by)
    found = {call_id: why for call_id, why in stale_of(saved).items() if why != OWN_RESULT}
    assert found == stale
    assert saved.stale_answers == {str(turn): ANSWER for turn in answers}


def test_an_added_call_was_not_run_and_blocks_approval_until_it_is(row: Conversation, by: User) -> None:
    saved = add(row, by, "after", "call00002", tool="read_file", arguments={"file_path": "b.txt"})
    [call] = [call for call in saved.content.calls if not call.id.startswith("call0")]
    assert (call.result, call.provenance) == (None, Provenance.EDITED)
    assert re.fullmatch(r"[A-Za-z0-9]{9}", call.id)
    assert saved.content.turns[0].steps[2].thought == "I look around."
    with pytest.raises(NotPossible):
        reviews.approve(saved, version=2, by=by)
    rerun = reruns.ask_rerun(saved, call_id=call.id, by=by)
    work_rerun(rerun.pk)
    rerun.refresh_from_db()
    accepted = reruns.accept_rerun(rerun, by=by)
    ran = accepted.content.pair(call.id).call
    assert (ran.result, ran.provenance) == ("beta", Provenance.EDITED)
    assert stale_of(accepted) == {}


def test_the_schema_decides_about_a_new_call_too(row: Conversation, by: User) -> None:
    with pytest.raises(Refused) as refused:
        add(row, by, "after", tool="read_file", arguments={})
    assert [detail["pointer"] for detail in refused.value.details] == ["/file_path"]
    with pytest.raises(Refused, match="send_mail"):
        add(row, by, "after", tool="send_mail")


def test_a_first_call_goes_into_a_turn_that_has_none(by: User) -> None:
    content = file_walk()
    content.turns[1].steps = []
    row = make_conversation(content=content)
    saved = structure.add_call(row, save=Save(version=1, by=by), turn=1, tool="list_files", arguments={})
    assert [[call.tool for call in step.calls] for step in saved.content.turns[1].steps] == [["list_files"]]


def test_joined_steps_keep_both_thoughts(row: Conversation, by: User) -> None:
    saved = VERBS["join"][0](row, by)
    assert saved.content.turns[0].steps[0].thought == "I read it.\n\nI write it."


@pytest.mark.parametrize(
    "verb",
    [
        lambda row, by: structure.move_call(row, save=Save(version=1, by=by), call_id="call00001", way="up"),
        lambda row, by: structure.move_call(row, save=Save(version=1, by=by), call_id="call00009", way="down"),
        lambda row, by: structure.move_call(
            row, save=Save(version=1, by=by), call_id="call00001", way="up", whole_step=True
        ),
        lambda row, by: structure.move_call(
            row, save=Save(version=1, by=by), call_id="call00002", way="down", whole_step=True
        ),
        lambda row, by: structure.split_step(row, save=Save(version=1, by=by), call_id="call00001"),
        lambda row, by: structure.join_step(row, save=Save(version=1, by=by), call_id="call00001"),
        lambda row, by: structure.remove_turn(row, save=Save(version=1, by=by), turn=0),
        lambda row, by: structure.remove_turn(row, save=Save(version=1, by=by), turn=5),
        lambda row, by: structure.remove_call(row, save=Save(version=1, by=by), call_id="gone"),
        lambda row, by: add(row, by, "after", "gone"),
        lambda row, by: structure.add_call(row, save=Save(version=1, by=by), turn=7, tool="list_files", arguments={}),
    ],
)
def test_what_can_not_be_is_refused(verb: Verb, row: Conversation, by: User) -> None:
    with pytest.raises(NotPossible):
        verb(row, by)
    row.refresh_from_db()
    assert row.version == 1


def test_the_only_turn_stays(by: User) -> None:
    content = file_walk()
    content.turns.pop()
    with pytest.raises(NotPossible, match="one turn"):
        structure.remove_turn(make_conversation(content=content), save=Save(version=1, by=by), turn=0)


def test_nothing_goes_behind_the_step_that_closes_a_turn(by: User) -> None:
    content = file_walk()
    content.turns[1].steps.append(content.turns[1].steps[0].model_copy(update={"calls": [], "thought": "Done."}))
    row = make_conversation(content=content)
    with pytest.raises(NotPossible):
        structure.move_call(row, save=Save(version=1, by=by), call_id="call00003", way="down", whole_step=True)


@pytest.mark.parametrize(
    ("change", "summary"),
    [
        ({"arguments": {"file_path": "b.txt"}}, "Changed arguments of #1 read_file"),
        ({"tool": "list_files", "arguments": {}}, "Changed #1 from read_file to list_files, with other arguments"),
        ({"tool": "delete_file", "arguments": {"file_path": "a.txt"}}, "Changed #1 from read_file to delete_file"),
    ],
)
def test_the_history_says_what_of_a_call_was_changed(change, summary: str, row: Conversation, by: User) -> None:
    saved = edits.edit_call(row, save=Save(version=1, by=by), call_id="call00001", **change)
    assert saved.revisions.first().summary == summary
