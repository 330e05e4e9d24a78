"""The differences of a pair (key d): its replay against what is recorded, member by member, and what it became since version 1."""

import json

import pytest

from studio.domain.volatile import name_volatile
from studio.models import Pair, Tool, User
from studio.rerunning import work_rerun
from studio.review.difference_rows import IGNORED
from studio.review.differences import compare
from tests.standins.page_rows import make_user
from tests.standins.review_rows import store, two_reads
from tests.studio.review.conftest import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(monkeypatch):
    sent: list[int] = []
    monkeypatch.setattr("studio.tasks.send_rerun", sent.append)
    return sent


def shown(page: Page, number: int = 1) -> str:
    response = page.get(f"{page.call(number)}differences/", htmx=True)
    assert response.status_code == 200
    return response.content.decode()


def kinds(old: object, new: object, *volatile: str) -> list[str]:
    found = compare(json.dumps(old), json.dumps(new), volatile=volatile)
    return [row.kind for row in found.block.rows if not row.is_same]


def test_json_is_compared_by_its_members_whatever_their_order() -> None:
    assert kinds({"a": 1, "b": [1, 2]}, {"b": [1, 2, 3], "a": 1}) == ["added"]


def test_volatile_members_are_shown_as_ignored_and_are_not_counted() -> None:
    old = {"at": 1, "items": [{"id": 1, "at": 5, "name": "x"}]}
    new = {"at": 2, "items": [{"id": 2, "at": 6, "name": "y"}]}
    found = compare(json.dumps(old), json.dumps(new), volatile={"at", "items.id"})
    assert (found.block.changed, found.block.ignored) == (1, 3)
    assert found.block.words == "1 line differs, 3 ignored"
    assert {row.note for row in found.block.rows if row.kind == IGNORED} == {"volatile: ignored"}
    assert kinds(old, new, "items.at").count(IGNORED) == 1


def test_a_volatile_member_that_came_or_went_is_a_difference() -> None:
    assert kinds({"at": 1, "b": 1}, {"b": 1}, "at") == ["removed"]
    assert kinds({"b": 1}, {"at": 1, "b": 1}, "at") == ["added"]


def test_json_that_is_only_written_otherwise_is_shown_as_the_texts_they_are() -> None:
    found = compare('{"a": 1}', '{"a":1}')
    assert found.block.changed == 1


def test_a_long_result_is_compared_by_its_beginning_and_says_so() -> None:
    found = compare("x\n" * 60_000, "y\n" * 60_000)
    assert found.is_cut
    assert len(found.block.rows) <= 400


def test_a_pair_without_any_says_so(page):
    text = shown(page)
    assert "Not replayed as it stands, and no new result waits." in text
    assert "Nothing of it was changed since version 1." in text
    assert "hidden" not in text.split(">")[0]


def test_a_pair_whose_identical_rerun_was_dismissed_is_not_said_not_to_have_run(page, sent):
    page.post(f"{page.call(1)}rerun/")
    work_rerun(sent[0])
    rerun = page.fresh().reruns.get()
    assert rerun.results[0]["is_identical"]
    assert "no new result waits" not in shown(page)
    page.post(f"reruns/{rerun.pid}/discard/")
    text = shown(page)
    assert "Not replayed as it stands, and no new result waits." in text
    assert "run again as it stands" not in text


def test_an_edited_pair_is_shown_against_the_first_version(page):
    page.save_arguments(1, '{"file_path": "notes/c.txt"}')
    text = shown(page)
    assert "Since it was imported" in text
    assert "<del>file_path: &quot;notes/<mark>a</mark>.txt&quot;</del>" in text
    assert "Nothing of it was changed since version 1." in shown(page, 2)


def test_a_pair_that_was_added_by_hand_says_so(page):
    first = page.fresh().content.calls[0].id
    posted = {"place": "after", "tool": "read_file", "text": '{"file_path": "notes/c.txt"}', "version": 1}
    assert page.post(f"beside/{first}/add/", posted).status_code == 200
    assert "Added by hand: version 1 has no such pair." in shown(page, 2)


def test_a_replay_that_differs_is_open_on_the_page_and_one_that_does_not_is_asked_for(anna, sent):
    content = two_reads()
    content.calls[0].result = '{"at": 1, "text": "omega"}'
    page = Page(store(content), anna)
    page.post("replay/ask/")
    work_rerun(sent[0])
    text = page.get().content.decode()
    assert text.count("compared replayed") == 1
    assert text.count("data-differs") == 1
    assert 'data-do="next-difference"' in text
    assert "identical" in shown(page, 2)
    assert "2 lines differ" in shown(page, 1)


def test_an_identical_replay_shows_what_it_ignored(anna, sent):
    content = two_reads()
    content.calls[0].arguments = {"file_path": "made.json", "content": '{"at": 2}'}
    content.calls[0].tool = "write_file"
    content.calls[0].result = "Successfully wrote 9 bytes to made.json"
    content.calls[1].arguments, content.calls[1].result = {"file_path": "made.json"}, '{"at": 1}'
    page = Page(store(content), anna)
    name_volatile(Tool.objects.get(name="read_file"), names=["at"], by=make_user(User.Role.ADMIN))
    page.post("replay/ask/")
    work_rerun(sent[0])
    assert list(page.fresh().pairs.values_list("replay", flat=True)) == [Pair.Replay.IDENTICAL] * 2
    text = shown(page, 2)
    assert "1 ignored" in text
    assert "volatile: ignored" in text
    assert "data-differs" not in page.get().content.decode()


def test_no_such_call_is_not_found(page):
    assert page.get("calls/nothere/differences/", htmx=True).status_code == 404


def test_what_came_or_went_is_laid_out_like_payloads_are() -> None:
    found = compare('{"n": 0}', '{"n": 0, "issues": [{"key": "A-1", "labels": ["x", "y"]}, 7], "text": "one\\ntwo"}')
    assert [row.new for row in found.block.rows if row.kind == "added"] == [
        "issues:",
        "  - key: &quot;A-1&quot;",
        "    labels:",
        "      - &quot;x&quot;",
        "      - &quot;y&quot;",
        "  - 7",
        "text:",
        "  one",
        "  two",
    ]


@pytest.mark.parametrize("depth", [90, 150, 800, 5000])
def test_json_as_deep_as_it_likes_is_compared(depth: int) -> None:
    old, new = ("[" * depth + number + "]" * depth for number in "12")
    assert compare(old, new).block.changed >= 1
    assert compare(f'{{"a": {old}}}', '{"b": 1}').block.changed >= 1


def test_the_end_of_the_last_line_is_no_line_of_its_own() -> None:
    assert len(compare("omega\n", "alpha\n").block.rows) == 1
    assert len(compare("omega\n", "omega").block.rows) == 2


def test_a_pair_that_came_out_otherwise_is_flagged_and_counted(anna, sent):
    content = two_reads()
    content.calls[0].result = "omega"
    page = Page(store(content), anna)
    page.post("replay/ask/")
    work_rerun(sent[0])
    text = page.get().content.decode()
    assert 'id="pair-1-head" data-state="flagged"' in text
    assert 'id="pair-2-head" data-state="unseen"' in text
    assert "1 differs" in text
    assert "1 identical" in text
    assert "Nothing of it was changed" not in text
