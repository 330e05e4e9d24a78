"""Queries nobody's page writes: hundreds of fields, cursors that nest. They are answered, and never by a crash."""

import base64

import pytest
from django.test import Client

from studio.domain import saved_views
from studio.domain.filters import Filters
from studio.models import Conversation, User
from tests.standins.review_rows import person, store, two_reads

MANY = "&".join(["status=approved", *[f"a{number}=1" for number in range(300)]])


@pytest.fixture
def anna(db: None) -> User:
    return person("anna")


@pytest.fixture
def client(anna: User) -> Client:
    client = Client()
    client.force_login(anna)
    return client


@pytest.mark.parametrize("tail", ["conversations/", "conversations/PID/", "conversations/PID/history/", "review/next/"])
def test_hundreds_of_fields_are_read_as_far_as_there_are_filters(client: Client, tail: str) -> None:
    url = f"/{tail.replace('PID', store(two_reads()).pid)}"
    assert client.get(f"{url}?{MANY}").status_code == 200
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{url}?{MANY}"}
    assert client.get(url, headers=headers).status_code == 200


def test_the_first_fields_hold(anna: User) -> None:
    assert Filters.read(MANY).given == {"status": ["approved"]}
    assert saved_views.save_view("Mine", query=MANY, by=anna).query == "status=approved"


def test_a_cursor_that_nests_begins_at_the_front(client: Client) -> None:
    row = store(two_reads())
    cursor = base64.urlsafe_b64encode(b"[" * 2400).decode()
    assert row.pid in client.get("/conversations/", {"after": cursor}).content.decode()


NOWHERE = ["x", "%00", "%ED%A0%80", "a%2Fb", "%E2%80%AE"]
PAGES = ["ID/", "PID/branches/ID/", "PID/reruns/ID/", "PID/calls/ID/show/", "PID/calls/ID/whole/"]
VERBS = [
    "calls/ID/mark/", "calls/ID/comment/", "calls/ID/confirm/", "beside/ID/remove/", "threads/ID/reply/", "threads/ID/resolve/",
    "comments/ID/edit/", "comments/ID/delete/", "waivers/ID/revoke/", "branches/ID/keep/", "reruns/ID/accept/",
]  # fmt: skip


@pytest.mark.parametrize("given", NOWHERE)
def test_an_id_that_none_can_be_is_none_there(given: str, db: None) -> None:
    row, lead = store(two_reads()), Client()
    lead.force_login(person("lena", "lead"))
    for page in PAGES:
        url = f"/conversations/{page.replace('PID', row.pid).replace('ID', given)}"
        assert lead.get(url).status_code == 404, url
    for verb in VERBS:
        url = f"/conversations/{row.pid}/{verb.replace('ID', given)}"
        answer = lead.post(url, {"text": "A word", "verdict": "ok", "version": "1", "reason": "Why"})
        assert answer.status_code in (404, 409), url
    assert lead.get(f"/review/next/?after={given}").status_code in (200, 302)
    assert lead.get(f"/bulk/{given}/").status_code == 404


@pytest.mark.parametrize("odd", ["\0", "a\0b"])
def test_a_nul_in_a_form_crashes_nothing(odd: str, db: None) -> None:
    row, lead = store(two_reads()), Client()
    lead.force_login(person("lena", "lead"))
    call = f"/conversations/{row.pid}/calls/{row.pairs.first().call_id}/"
    texts = dict.fromkeys(("text", "reason", "key", "endpoint", "tag", "tool", "place", "thought"), odd)
    for verb in ("edit", "write-result", "mark", "comment", "regenerate", "confirm"):
        assert lead.post(f"{call}{verb}/", {**texts, "version": "1"}).status_code < 500, verb
    for do in (f"assign:{odd}", f"tag:{odd}", odd):
        assert lead.post("/bulk/prepare/", {"do": do, "id": [row.pid, odd]}).status_code < 500, do


@pytest.mark.parametrize("odd", ["\0", "\ud800"])
def test_no_row_has_such_an_id(odd: str, db: None) -> None:
    assert not Conversation.objects.filter(pid=odd).exists()
    assert not Conversation.objects.filter(pid__in=[odd]).exists()
