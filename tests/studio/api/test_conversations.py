"""Conversations: found, paged, read whole, changed against a version."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from generation.conversation import to_document
from studio.domain import reviews
from studio.models import Conversation, Dataset, Review
from tests.standins.conversations import CASES, MULTI_TURN, PARALLEL, TOOL_ERROR
from tests.studio.api.callers import Caller
from tests.studio.api.conftest import AddConversation


def _pages(caller: Caller, path: str, **query: Any) -> list[Any]:
    """All items of a list, page by page."""
    found: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        page = caller.get(path, **query, **({"cursor": cursor} if cursor else {})).json()
        assert 0 < len(page["items"]) <= query.get("limit", 50)
        found += page["items"]
        cursor = page["next"]
    return found


@pytest.mark.parametrize("name", CASES)
def test_a_conversation_comes_out_as_it_went_in(annotator: Caller, add: AddConversation, name: str) -> None:
    conversation = add(CASES[name])
    shown = annotator.get(f"/conversations/{conversation.pid}").json()
    assert shown["document"] == to_document(CASES[name])
    assert [pair["call_id"] for pair in shown["pairs"]] == [call.id for call in CASES[name].calls]
    assert (shown["version"], shown["status"], shown["obstacles"], shown["claim"]) == (1, conversation.status, [], None)
    assert shown["created_at"].endswith("Z")


def test_any_character_survives_the_way_out_and_in(annotator: Caller, add: AddConversation) -> None:
    conversation = add(system_prompt="a\x00b\ud800c")
    path = f"/conversations/{conversation.pid}"
    response = annotator.get(path)
    assert response.content.isascii()
    document = response.json()["document"]
    assert document["system_prompt"] == "a\x00b\ud800c"
    document["turns"][0]["answer"] = "\udfff\x00!"
    saved = annotator.patch(path, {"version": 1, "document": document})
    assert saved.status_code == 200
    assert saved.json()["document"] == document


def test_what_keeps_it_from_approval_is_shown(annotator: Caller, add: AddConversation) -> None:
    conversation = add()
    body = {"version": 1, "arguments": {"file_path": "c.txt"}}
    shown = annotator.patch(f"/conversations/{conversation.pid}/calls/call00001", body).json()
    assert (shown["stale_count"], len(shown["obstacles"])) == (3, 1)
    assert shown["stale_answers"].keys() == {"0"}
    assert [bool(pair["stale"]) for pair in shown["pairs"]] == [True, True]


def test_pages_hold_every_row_once_while_rows_come_and_go(annotator: Caller, add: AddConversation) -> None:
    pids = [add().pid for _ in range(7)]
    assert [row["id"] for row in _pages(annotator, "/conversations", limit=3)] == pids[::-1]
    assert [row["id"] for row in _pages(annotator, "/conversations", limit=7)] == pids[::-1]
    first = annotator.get("/conversations", limit=3).json()
    add()
    Conversation.objects.filter(pid__in=[pids[-1], pids[3]]).delete()
    rest = annotator.get("/conversations", limit=50, cursor=first["next"]).json()
    assert [row["id"] for row in rest["items"]] == [pids[2], pids[1], pids[0]]
    assert rest["next"] is None


def test_pages_of_the_other_direction_have_cursors_of_their_own(annotator: Caller, add: AddConversation) -> None:
    pids = [add().pid for _ in range(4)]
    assert [row["id"] for row in _pages(annotator, "/conversations", limit=2, sort="oldest")] == pids
    newest_first = annotator.get("/conversations", limit=2).json()["next"]
    response = annotator.get("/conversations", limit=2, sort="oldest", cursor=newest_first)
    assert response.status_code == 422
    assert response.json()["details"][0]["pointer"] == "/cursor"


@pytest.mark.parametrize("cursor", ["nonsense", "LXBrOjE5OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "é", "\x00", "LXBrOg"])
def test_a_cursor_of_nobody_is_refused(annotator: Caller, cursor: str) -> None:
    assert annotator.get("/conversations", cursor=cursor).status_code == 422


def test_the_list_asks_as_much_for_three_as_for_one(
    annotator: Caller, add: AddConversation, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    add()
    with django_assert_num_queries(4):  # the token, its use, the rows, their tags
        assert len(annotator.get("/conversations").json()["items"]) == 1
    add(MULTI_TURN)
    reviews.claim(add(), by=annotator.user)  # type: ignore[arg-type]  # it is somebody
    with django_assert_num_queries(4):
        assert len(annotator.get("/conversations").json()["items"]) == 3


def test_one_conversation_asks_as_much_with_three_calls_as_with_two(
    annotator: Caller, add: AddConversation, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for content in (PARALLEL, MULTI_TURN):
        path = f"/conversations/{add(content).pid}"
        # The token, its use, whether it may be seen, the row, its pairs and tags; the decisions, verdicts and branches that stand.
        with django_assert_num_queries(9):
            annotator.get(path)


def test_filters_narrow(annotator: Caller, lead: Caller, add: AddConversation, dataset: Dataset) -> None:
    plain, several, failed, done = add(), add(MULTI_TURN), add(TOOL_ERROR), add(status="approved")
    reviews.claim(several, by=annotator.user)  # type: ignore[arg-type]  # it is somebody
    Conversation.objects.filter(pk=done.pk).update(created_at=timezone.now() - timedelta(days=9))
    for by, decision in ((lead.user, "approved"), (annotator.user, "skipped")):
        Review.objects.create(conversation=done, reviewer=by, decision=decision, previous_status="", version=1)
    Conversation.objects.update(warning_count=0)
    Conversation.objects.filter(pk=plain.pk).update(warning_count=1, is_edited=True, stale_count=2)
    waiting = {plain.pid, several.pid, failed.pid}
    yesterday = (timezone.now() - timedelta(days=1)).isoformat()
    cases: list[tuple[dict[str, Any], set[str]]] = [
        ({"dataset": "trips"}, waiting | {done.pid}),
        ({"dataset": dataset.pid, "mode": "multi_turn"}, {several.pid}),
        ({"tool": "current_time"}, {several.pid}),
        ({"tool": "time"}, set()),
        ({"pattern": "parallel"}, {plain.pid, done.pid}),
        ({"status": "approved"}, {done.pid}),
        ({"status": ["approved", "needs_review"]}, waiting | {done.pid}),
        ({"outcome": "tool_error"}, {failed.pid}),
        ({"outcome": "ok", "mode": "single_turn"}, {plain.pid, done.pid}),
        ({"stale": True}, {plain.pid}),
        ({"edited": True}, {plain.pid}),
        ({"findings": "warning"}, {plain.pid}),
        ({"findings": "blocking"}, set()),
        ({"status": "in_review"}, {several.pid}),
        ({"claimed_by": "me"}, {several.pid}),
        ({"claimed_by": "lea"}, set()),
        ({"reviewer": "lea"}, {done.pid}),
        ({"reviewer": "me"}, set()),
        ({"created_from": yesterday}, waiting),
        ({"created_to": yesterday}, {done.pid}),
        ({"q": "GONE"}, {failed.pid}),
    ]
    for query, expected in cases:
        found = {row["id"] for row in annotator.get("/conversations", **query).json()["items"]}
        assert found == expected, query


def test_a_filter_by_what_is_not_there_is_not_found(annotator: Caller) -> None:
    for query in ({"dataset": "nothing"}, {"run": "zzzzzzzzzzzz"}, {"scenario": "x"}):
        assert annotator.get("/conversations", **query).status_code == 404
    assert annotator.get("/conversations", tool="a\x00b").status_code == 422


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00"])
def test_a_time_beyond_all_calendars_is_refused(annotator: Caller, time: str) -> None:
    for name in ("created_from", "created_to", "decided_from", "decided_to"):
        assert annotator.get("/conversations", **{name: time}).status_code == 422


def test_words_are_changed_together_or_not_at_all(annotator: Caller, add: AddConversation) -> None:
    conversation = add()
    path = f"/conversations/{conversation.pid}"
    texts = [
        {"field": "user", "text": "Read a and b."},
        {"field": "answer", "text": "Both."},
        {"field": "thought", "text": "Two."},
        {"field": "reason", "call_id": "call00002", "text": "b, too"},
    ]
    saved = annotator.patch(path, {"version": 1, "texts": texts, "reason": "Shorter"}).json()
    turn = saved["document"]["turns"][0]
    assert (turn["user"], turn["answer"], turn["steps"][0]["thought"]) == ("Read a and b.", "Both.", "Two.")
    assert turn["steps"][0]["calls"][1]["reason"] == "b, too"
    assert (saved["version"], saved["stale_answers"]) == (5, {})
    refused = annotator.patch(path, {"version": 5, "texts": [{**texts[0], "text": "New"}, {**texts[1], "text": " "}]})
    assert refused.status_code == 422
    assert [entry["pointer"] for entry in refused.json()["details"]] == ["/texts/1/text"]
    assert annotator.get(path).json()["version"] == 5


def test_a_part_that_is_not_there_is_a_conflict(annotator: Caller, add: AddConversation) -> None:
    path = f"/conversations/{add().pid}"
    response = annotator.patch(path, {"version": 1, "texts": [{"field": "answer", "turn": 9, "text": "x"}]})
    assert (response.status_code, response.json()["code"]) == (409, "not_possible")


def test_a_document_is_replaced_and_what_rested_on_it_is_stale(annotator: Caller, add: AddConversation) -> None:
    conversation = add()
    document = to_document(PARALLEL)
    document["turns"][0]["steps"][0]["calls"][1]["arguments"] = {"file_path": "c.txt"}
    saved = annotator.patch(f"/conversations/{conversation.pid}", {"version": 1, "document": document}).json()
    assert [bool(pair["stale"]) for pair in saved["pairs"]] == [False, True]
    assert saved["pairs"][1]["provenance"] == "edited"


def test_a_document_that_is_none_is_pointed_at(annotator: Caller, add: AddConversation) -> None:
    path = f"/conversations/{add().pid}"
    document = to_document(PARALLEL)
    del document["turns"][0]["user"]
    response = annotator.patch(path, {"version": 1, "document": document})
    assert [entry["pointer"] for entry in response.json()["details"]] == ["/document/turns/0/user"]
    twice = to_document(PARALLEL)
    twice["turns"][0]["steps"][0]["calls"][1]["id"] = "call00001"
    assert annotator.patch(path, {"version": 1, "document": twice}).status_code == 422
    assert annotator.patch(path, {"version": 1}).status_code == 422


def test_who_saves_on_an_old_version_is_told_which_stands(
    annotator: Caller, lead: Caller, add: AddConversation
) -> None:
    path = f"/conversations/{add().pid}"
    edit = {"field": "answer", "text": "Mine."}
    assert lead.patch(path, {"version": 1, "texts": [edit]}).status_code == 200
    response = annotator.patch(path, {"version": 1, "texts": [edit]})
    assert (response.status_code, response.json()["code"]) == (409, "stale_version")
    assert response.json()["details"] == {"current_version": 2}
    assert "lea" in response.json()["message"]


def test_revisions_tell_who_did_what_and_keep_each_document(annotator: Caller, add: AddConversation) -> None:
    path = f"/conversations/{add().pid}"
    for version in (1, 2):
        edit = {"field": "answer", "text": f"Answer {version}."}
        annotator.patch(path, {"version": version, "texts": [edit], "reason": "Better"})
    listed = _pages(annotator, f"{path}/revisions", limit=2)
    assert [(row["version"], row["author"], row["reason"]) for row in listed] == [
        (3, "ann", "Better"),
        (2, "ann", "Better"),
        (1, None, ""),
    ]
    first = annotator.get(f"{path}/revisions/1").json()
    assert first["document"] == to_document(PARALLEL)
    assert annotator.get(f"{path}/revisions/4").status_code == 404
    assert annotator.get(f"{path}/revisions/{2**40}").status_code == 422


def test_revisions_are_listed_with_as_many_queries_for_three_as_for_one(
    annotator: Caller, add: AddConversation, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    path = f"/conversations/{add().pid}"
    with django_assert_num_queries(4):  # the token, its use, the conversation, the rows
        annotator.get(f"{path}/revisions")
    for version in (1, 2):
        annotator.patch(path, {"version": version, "texts": [{"field": "answer", "text": f"{version}"}]})
    with django_assert_num_queries(4):
        assert len(annotator.get(f"{path}/revisions").json()["items"]) == 3
