"""Threads, mentions, tags and presence through the API."""

from studio.domain.presence import note_presence
from studio.models import Conversation
from tests.studio.api.callers import Caller
from tests.studio.api.conftest import AddConversation


def test_a_thread_is_begun_answered_settled_and_read(add: AddConversation, annotator: Caller, lead: Caller) -> None:
    conversation = add()
    url = f"/conversations/{conversation.pid}/threads"
    begun = annotator.post(url, {"text": "Why, @lea?", "call_id": "call00001"})
    assert begun.status_code == 201
    thread = begun.json()
    assert (thread["call_id"], thread["comments"][0]["mentions"]) == ("call00001", ["lea"])
    answered = lead.post(f"{url}/{thread['id']}/comments", {"text": "Because."})
    assert [said["by"] for said in answered.json()["comments"]] == ["ann", "lea"]
    settled = lead.post(f"{url}/{thread['id']}/resolve").json()
    assert settled["resolved_by"] == "lea"
    assert annotator.get(url).json()["items"] == [settled]
    assert annotator.get(f"/conversations/{conversation.pid}").json()["open_threads"] == 0
    assert annotator.post(f"{url}/{thread['id']}/reopen").json()["resolved_at"] is None
    assert annotator.get(f"/conversations/{conversation.pid}").json()["open_threads"] == 1


def test_comments_are_changed_and_deleted_by_their_author_alone(
    add: AddConversation, annotator: Caller, lead: Caller
) -> None:
    conversation = add()
    url = f"/conversations/{conversation.pid}"
    comment = annotator.post(f"{url}/threads", {"text": "Hm."}).json()["comments"][0]
    assert lead.patch(f"{url}/comments/{comment['id']}", {"text": "Ha."}).status_code == 403
    assert lead.delete(f"{url}/comments/{comment['id']}").status_code == 403
    changed = annotator.patch(f"{url}/comments/{comment['id']}", {"text": "Ha."}).json()
    assert changed["comments"][0]["text"] == "Ha."
    assert annotator.delete(f"{url}/comments/{comment['id']}").status_code == 204
    assert annotator.get(f"{url}/threads").json()["items"] == []


def test_a_pair_that_is_not_there_takes_no_thread(add: AddConversation, annotator: Caller) -> None:
    answer = annotator.post(f"/conversations/{add().pid}/threads", {"text": "Hm.", "call_id": "gone"})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_possible")


def test_mentions_wait_until_they_are_read(add: AddConversation, annotator: Caller, lead: Caller) -> None:
    conversation = add()
    annotator.post(f"/conversations/{conversation.pid}/threads", {"text": "@lea look"})
    (mention,) = lead.get("/mentions").json()["items"]
    assert (mention["conversation"], mention["comment"]["text"]) == (conversation.pid, "@lea look")
    assert annotator.get("/mentions").json()["items"] == []
    assert lead.post(f"/mentions/{conversation.pid}/read").status_code == 204
    assert lead.get("/mentions").json()["items"] == []


def test_leads_keep_the_tags_and_everybody_sets_them(add: AddConversation, annotator: Caller, lead: Caller) -> None:
    conversation = add()
    url = f"/datasets/{conversation.dataset.pid}/tags"
    assert annotator.post(url, {"name": "odd"}).status_code == 403
    odd = lead.post(url, {"name": "odd", "colour": "flagged"}).json()
    assert lead.post(url, {"name": "odd"}).status_code == 409
    great = lead.post(url, {"name": "great"}).json()
    assert lead.patch(f"{url}/{great['id']}", {"name": "very good"}).json()["name"] == "very good"
    assert [tag["name"] for tag in lead.post(f"{url}/{great['id']}/up").json()] == ["very good", "odd"]
    own = f"/conversations/{conversation.pid}/tags"
    assert annotator.post(own, {"name": "odd"}).json() == [odd]
    assert annotator.get(f"/conversations/{conversation.pid}").json()["tags"] == ["odd"]
    assert annotator.post(own, {"name": "new"}).status_code == 422
    assert annotator.post(own, {"name": "odd", "is_set": False}).json() == []
    assert lead.delete(f"{url}/{odd['id']}").status_code == 204
    assert [tag["name"] for tag in annotator.get(url).json()] == ["very good"]


def test_presence_names_nobody_while_it_is_blind(add: AddConversation, annotator: Caller, lead: Caller) -> None:
    conversation = add()
    assert lead.user is not None
    note_presence(conversation, by=lead.user)
    url = f"/conversations/{conversation.pid}/presence"
    assert [row["by"] for row in annotator.get(url).json()] == ["lea"]
    Conversation.objects.filter(pk=conversation.pk).update(is_blind=True)
    assert [row["by"] for row in annotator.get(url).json()] == [""]
