"""While the second of two blind reviews is open, nothing gives the first away: neither pages, nor fragments, lists or API."""

import re

import pytest
from django.test import Client

from studio.domain import comments, edits, reviews, tags
from studio.domain.saving import Save
from studio.models import Conversation, Dataset, Tag, User
from tests.standins.review_rows import person
from tests.studio.api.callers import Caller
from tests.studio.review.conftest import Page

SECRETS = ("zoe", "preposterous", "Redundant call", "nonsense-mark", "thread-words")
"""The first reviewer's name, reason, tag, comment on the mark, comment in a thread."""


@pytest.fixture
def zoe(db: None) -> User:
    return person("zoe")


@pytest.fixture
def blind(conversation: Conversation, zoe: User) -> Conversation:
    """Zoe edited it, marked a pair wrong, said why, and rejected it; somebody else reviews it now."""
    Dataset.objects.update(double_review_share=100, pair_tags=["Redundant call", "Other"])
    row = edits.edit_text(conversation, save=Save(version=1, by=zoe), field="answer", turn=0, text="a says alpha.")
    call_id = row.pairs.get(number=0).call_id
    reviews.set_verdict(row, call_id=call_id, verdict="wrong", tag="Redundant call", comment="nonsense-mark", by=zoe)
    comments.start_thread(row, text="thread-words", by=zoe, call_id=call_id)
    reviews.reject(row, version=2, by=zoe, reason="preposterous")
    return Conversation.objects.get(pk=row.pk)


def urls_of(row: Conversation) -> list[str]:
    page = f"/conversations/{row.pid}/"
    call_id = row.pairs.get(number=0).call_id
    return [
        page,
        f"{page}thread/",
        f"{page}calls/{call_id}/show/",
        f"{page}history/",
        f"{page}history/?from=1&to=2",
        "/conversations/",
        "/",
        f"/datasets/{row.dataset.slug}/",
    ]


def api_of(row: Conversation) -> list[str]:
    path = f"/conversations/{row.pid}"
    return [f"{path}/threads", path, f"{path}/reviews", f"{path}/revisions", f"{path}/revisions/2", "/conversations"]


def seen(text: str) -> list[str]:
    return [secret for secret in SECRETS if secret in text]


@pytest.mark.parametrize("role", ["annotator", "lead"])
def test_no_page_says_what_the_first_reviewer_did(blind: Conversation, role: str) -> None:
    client, by = Client(), person("ben2", role)
    client.force_login(by)
    for url in urls_of(blind):
        response = client.get(url, headers={"HX-Request": "true"} if url.endswith("/show/") else {})
        assert response.status_code == 200, url
        words = response.content.decode()
        if url == "/conversations/" or url.startswith("/datasets/"):
            # Filters and a dataset's settings name all people and tags: what counts is what the table says.
            words = words.split("<tbody>")[1].split("</tbody>")[0] if "<tbody>" in words else ""
        assert seen(words) == [], url
    for query in (
        "q=preposterous",
        "q=thread-words",
        "q=nonsense-mark",
        "reviewer=zoe",
        "edited_by=zoe",
        "verdict=wrong",
    ):
        assert blind.pid not in client.get(f"/conversations/?{query}").content.decode(), query
    claimed = client.post(f"/conversations/{blind.pid}/claim/take/")
    assert claimed.status_code == 302
    renewed = client.post(f"/conversations/{blind.pid}/claim/renew/", {"version": 2})
    assert seen(renewed.content.decode()) == []


@pytest.mark.parametrize("role", ["annotator", "lead"])
def test_no_answer_of_the_api_does(blind: Conversation, role: str) -> None:
    caller = Caller(person("ben2", role))
    for path in api_of(blind):
        response = caller.get(path)
        assert response.status_code == 200, path
        assert seen(response.content.decode()) == [], path
    assert caller.get("/conversations", reviewer="zoe").json()["items"] == []
    assert caller.post("/queue/next").json()["id"] == blind.pid


@pytest.mark.parametrize("role", ["annotator", "lead"])
def test_the_tags_of_the_first_reviewer_are_seen_by_nobody_else(tagged: Conversation, zoe: User, role: str) -> None:
    client, by = Client(), person("ben2", role)
    client.force_login(by)
    assert _pressed(client, tagged) == []
    table = client.get("/conversations/").content.decode().split("<tbody>")[1].split("</tbody>")[0]
    assert "nonsense-tag" not in table
    assert tagged.pid not in client.get("/conversations/?tag=nonsense-tag").content.decode()
    assert "Nothing" in client.get("/review/next/?tag=nonsense-tag").content.decode()
    caller = Caller(by)
    assert caller.get(f"/conversations/{tagged.pid}").json()["tags"] == []
    assert caller.get("/conversations").json()["items"][0]["tags"] == []
    assert caller.get("/conversations", tag="nonsense-tag").json()["items"] == []
    set_by_ben = caller.post(f"/conversations/{tagged.pid}/tags", {"name": "other-tag"})
    assert [tag["name"] for tag in set_by_ben.json()] == ["other-tag"]
    assert _pressed(client, tagged) == ["other-tag"]
    of_zoe = Client()
    of_zoe.force_login(zoe)
    assert _pressed(of_zoe, tagged) == ["nonsense-tag"]
    assert Caller(zoe).get(f"/conversations/{tagged.pid}").json()["tags"] == ["nonsense-tag"]
    reviews.reject(Conversation.objects.get(pk=tagged.pk), version=2, by=by, reason="No.")
    assert caller.get(f"/conversations/{tagged.pid}").json()["tags"] == ["nonsense-tag", "other-tag"]
    assert tagged.pid in client.get("/conversations/?tag=nonsense-tag").content.decode()


@pytest.fixture
def tagged(blind: Conversation, zoe: User) -> Conversation:
    """The same, tagged by Zoe."""
    for name in ("nonsense-tag", "other-tag"):
        Tag.objects.create(dataset=blind.dataset, name=name, position=blind.dataset.tags.count())
    tags.set_tag(blind, name="nonsense-tag", by=zoe)
    return blind


def _pressed(client: Client, row: Conversation) -> list[str]:
    """The tags that the review page shows as set."""
    page = client.get(f"/conversations/{row.pid}/").content.decode()
    rail = page.split('id="tags"')[1].split("</section>")[0]
    return re.findall(r'value="([^"]*)"[^>]*aria-pressed="true"', rail)


def test_neither_does_a_conflict(blind: Conversation, ben: User) -> None:
    page = Page(blind, ben)
    response = page.post("texts/answer-0/edit/", {"text": "Mine.", "version": 1})
    assert response.status_code == 409
    assert seen(response.content.decode()) == []
    refused = page.post("decision/approve/", {"version": 1})
    assert refused.status_code == 409
    assert "Another reviewer saved version 2" in refused.content.decode()
    assert seen(refused.content.decode()) == []


def test_the_first_reviewer_sees_their_own_and_what_to_do(blind: Conversation, zoe: User) -> None:
    page = Page(blind, zoe)
    text = page.get().content.decode()
    assert "undo takes yours back" in text
    assert 'data-state="wrong"' in text
    for secret in ("preposterous", "thread-words"):
        assert secret in text
    assert "/decision/approve/" not in text
    assert "/review/undo/" in text


def test_the_second_reviewer_is_told_that_it_is_blind_and_marks_for_themselves(blind: Conversation, ben: User) -> None:
    page = Page(blind, ben)
    assert "Blind double review." in page.get().content.decode()
    head = page.post(f"{page.call(1)}mark/", {"verdict": "ok"}).content.decode()
    assert 'aria-pressed="true" id="pair-1-ok"' in head
    assert seen(head) == []
    assert blind.pair_verdicts.get(reviewer=ben).verdict == "ok"


def test_once_both_have_decided_everything_shows(blind: Conversation, ben: User) -> None:
    page = Page(blind, ben)
    page.post("decision/reject/", {"version": 2, "reason": "Off topic"})
    text = page.get().content.decode()
    for words in ("zoe: wrong (Redundant call)", "preposterous", "thread-words"):
        assert words in text
    shown = Caller(ben).get(f"/conversations/{blind.pid}").json()
    assert (shown["status"], shown["round"]["is_blind"]) == ("rejected", False)
    assert shown["pairs"][0]["verdicts"] == [
        {"by": "zoe", "verdict": "wrong", "tag": "Redundant call", "comment": "nonsense-mark"}
    ]
    assert shown["open_threads"] == 1 if "open_threads" in shown else blind.threads.count() == 1


def test_before_anybody_decided_the_marks_of_others_are_hidden_already(
    conversation: Conversation, zoe: User, ben: User
) -> None:
    Dataset.objects.update(double_review_share=100)
    call_id = conversation.pairs.get(number=0).call_id
    reviews.set_verdict(conversation, call_id=call_id, verdict="wrong", comment="nonsense-mark", by=zoe)
    assert seen(Page(conversation, ben).get().content.decode()) == []


def test_in_the_open_each_sees_what_the_others_said(conversation: Conversation, zoe: User, ben: User) -> None:
    call_id = conversation.pairs.get(number=0).call_id
    reviews.set_verdict(conversation, call_id=call_id, verdict="wrong", tag="Wrong tool", by=zoe)
    text = Page(conversation, ben).get().content.decode()
    assert "zoe: wrong (Wrong tool)" in text
    assert 'aria-pressed="true" id="pair-1-wrong"' not in text
    assert 'data-state="wrong"' in text


def test_a_mention_waits_until_it_is_over(conversation: Conversation, zoe: User, ben: User) -> None:
    Dataset.objects.update(double_review_share=100)
    comments.start_thread(conversation, text="@ben thread-words", by=zoe)
    reviews.approve(conversation, version=1, by=zoe)
    page = Page(conversation, ben)
    assert seen(page.client.get("/").content.decode()) == []
    assert Conversation.objects.get().open_threads == 0
    page.post("decision/approve/", {"version": 1})
    assert "thread-words" in page.client.get("/").content.decode()
    assert Conversation.objects.get().open_threads == 1


def test_an_export_for_inspection_gives_nothing_away(blind: Conversation, ben: User, lead: User) -> None:
    caller = Caller(lead)

    def exported() -> str:
        response = caller.get("/exports/stream", dataset="demo", format="native", status="any")
        assert response.status_code == 200
        return b"".join(response.streaming_content).decode()

    assert blind.pid in exported()
    assert seen(exported()) == []
    reviews.reject(blind, version=2, by=ben, reason="Off topic")
    assert seen(exported()) == ["zoe", "preposterous", "Redundant call", "nonsense-mark"]
