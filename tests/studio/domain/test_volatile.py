"""Volatile members: named per tool by admins, checked, and ignored by the next replay or rerun, of old conversations too."""

import pytest

from studio.domain import reruns
from studio.domain.errors import NotAllowed, Refused
from studio.domain.replays import ask_replay, last_replay
from studio.domain.volatile import name_volatile, volatile_of
from studio.models import Conversation, Rerun, Tool, User
from studio.rerunning import work_rerun
from tests.standins.studio_rows import file_walk, make_conversation, make_registry, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> User:
    return make_user(role=User.Role.ADMIN)


@pytest.fixture
def clocked() -> Conversation:
    """A conversation whose third call read another time than it would read now."""
    content = file_walk()
    content.turns[0].steps[1].calls[0].arguments["content"] = '{"at": 2, "by": "anna"}'
    content.turns[0].steps[1].calls[0].result = "Successfully wrote 23 bytes to out.txt"
    content.turns[1].steps[0].calls[0].result = '{"at": 1, "by": "anna"}'
    return make_conversation(content=content)


def outcomes(row: Conversation) -> list[str]:
    work_rerun(ask_replay(row, by=None).pk)
    return list(row.pairs.order_by("number").values_list("replay", flat=True))


def test_a_member_named_later_is_ignored_by_the_next_replay(clocked: Conversation, admin: User) -> None:
    assert outcomes(clocked) == ["identical", "identical", "differs"]
    name_volatile(Tool.objects.get(name="read_file"), names=["at"], by=admin)
    assert outcomes(clocked) == ["identical"] * 3
    name_volatile(Tool.objects.get(name="read_file"), names=[], by=admin)
    assert outcomes(clocked)[2] == "differs"


def test_what_came_back_is_kept_when_only_volatile_members_differ(clocked: Conversation, admin: User) -> None:
    name_volatile(Tool.objects.get(name="read_file"), names=["at"], by=admin)
    outcomes(clocked)
    replay = last_replay(clocked)
    assert replay is not None
    assert [result["text"] for result in replay.results] == ["", "", '{"at": 2, "by": "anna"}']


def test_a_rerun_goes_by_it_too(clocked: Conversation, admin: User) -> None:
    name_volatile(Tool.objects.get(name="read_file"), names=["at"], by=admin)
    rerun = reruns.ask_rerun(clocked, call_id=clocked.content.calls[2].id, by=admin)
    work_rerun(rerun.pk)
    assert Rerun.objects.get(pk=rerun.pk).results[0]["is_identical"]


def test_another_tools_and_another_registrys_names_are_none_of_its(clocked: Conversation, admin: User) -> None:
    name_volatile(Tool.objects.get(name="write_file"), names=["at"], by=admin)
    assert outcomes(clocked)[2] == "differs"
    assert "read_file" not in {name for name, members in volatile_of(clocked, clocked.content).items() if members}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("/items/at", "another notation"),
        ("$.items.at", "another notation"),
        ("items[].at", "no brackets"),
        ("items[0].at", "no brackets"),
        ("items..at", "nothing beside it"),
        ("at.", "nothing beside it"),
        ("", "has a name"),
        (" at", "a space"),
        ("a" * 201, "too long"),
    ],
)
def test_what_can_be_no_name_is_refused_with_its_place(admin: User, name: str, words: str) -> None:
    tool = Tool.objects.create(registry=make_registry(), name="clock")
    with pytest.raises(Refused) as refused:
        name_volatile(tool, names=["id", name], by=admin)
    assert words in refused.value.message
    assert [detail["pointer"] for detail in refused.value.details] == ["/1"]
    assert Tool.objects.get(pk=tool.pk).volatile == []


def test_names_that_look_odd_and_are_none_of_that_are_kept_once(admin: User) -> None:
    tool = Tool.objects.create(registry=make_registry(), name="clock")
    name_volatile(tool, names=["@type", "a/b", "$id", "items.created_at", "@type"], by=admin)
    assert Tool.objects.get(pk=tool.pk).volatile == ["@type", "a/b", "$id", "items.created_at"]


@pytest.mark.parametrize("role", [User.Role.ANNOTATOR, User.Role.LEAD])
def test_only_admins_may(role: str) -> None:
    tool = Tool.objects.create(registry=make_registry(), name="clock")
    with pytest.raises(NotAllowed):
        name_volatile(tool, names=["at"], by=make_user(role=role))


def test_too_many_are_refused(admin: User) -> None:
    tool = Tool.objects.create(registry=make_registry(), name="clock")
    with pytest.raises(Refused, match="at most 100"):
        name_volatile(tool, names=[f"m{number}" for number in range(101)], by=admin)
