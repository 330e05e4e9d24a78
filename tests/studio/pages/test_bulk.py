"""Bulk actions as pages: the bar, the question before, the outcome, the list; without a script."""

import re

import pytest
from django.test import Client

from studio.domain.bulk import work_batch
from studio.models import BulkAction, Conversation, Tag, User
from tests.standins.bulk_rows import many
from tests.standins.page_rows import make_conversation, make_dataset, make_user


def _send(client: Client, do: str, *rows: Conversation, **more: str) -> str:
    """Press a button of the bar; the URL of the action that was prepared."""
    response = client.post("/bulk/prepare/", {"do": do, "id": [row.pid for row in rows], **more})
    assert response.status_code == 302, response.content.decode()
    return str(response["Location"])


def _start(client: Client, page: str) -> str:
    response = client.post(f"{page}start/", follow=True)
    assert response.status_code == 200
    return response.content.decode()


def test_what_would_happen_is_said_before_anything_does(as_lead: Client) -> None:
    rows = [make_conversation(words="Fine"), make_conversation(words="Gone wrong", status="rejected")]
    page = _send(as_lead, "reject:Wrong tool", *rows)
    text = as_lead.get(page).content.decode()
    assert "Reject: Wrong tool" in text
    assert "Nothing is changed yet" in text
    assert re.search(r"Will change</dt><dd>1<", text)
    assert "It is rejected already." in text
    assert "Gone wrong" in text
    assert Conversation.objects.filter(status="rejected").count() == 1


def test_it_is_done_shown_listed_and_undone(as_lead: Client) -> None:
    rows = [make_conversation(), make_conversation()]
    page = _send(as_lead, "reject", *rows, reason="Nobody asks so")
    text = _start(as_lead, page)
    assert re.search(r"Changed</dt><dd>2<", text)
    assert set(Conversation.objects.values_list("status", flat=True)) == {"rejected"}
    assert "Nobody asks so" in as_lead.get("/bulk/").content.decode()
    undone = as_lead.post(f"{page}undo/", follow=True).content.decode()
    assert "It was undone" in undone
    assert set(Conversation.objects.values_list("status", flat=True)) == {"needs_review"}


def test_it_can_be_dropped(as_lead: Client) -> None:
    page = _send(as_lead, "reject:No", make_conversation())
    assert as_lead.post(f"{page}discard/")["Location"] == "/conversations/"
    assert as_lead.get(page).status_code == 404


def test_all_that_pass_the_filters_of_the_list_are_meant(as_lead: Client) -> None:
    wanted = make_conversation(make_dataset(slug="wanted"))
    make_conversation(make_dataset(slug="other"))
    page = _send(as_lead, "assign:" + _name(as_lead), everything="on", query="dataset=wanted&sort=oldest")
    assert "All with dataset wanted" in as_lead.get(page).content.decode()
    _start(as_lead, page)
    assert list(Conversation.objects.exclude(assigned_to=None)) == [wanted]


def _name(client: Client) -> str:
    return str(User.objects.get(pk=client.session["_auth_user_id"]).username)


def test_the_bar_carries_the_filters_of_the_list_it_stands_below(as_lead: Client) -> None:
    make_conversation(make_dataset(slug="wanted"))
    text = as_lead.get("/conversations/?dataset=wanted&sort=worst").content.decode()
    assert 'name="query" value="dataset=wanted"' in text
    assert 'data-count="1"' in text


def test_annotators_tag_and_take_for_themselves_and_see_no_more(as_annotator: Client, as_lead: Client) -> None:
    row = make_conversation()
    Tag.objects.create(dataset=row.dataset, name="odd")
    other = make_user(username="mara")
    bar = as_annotator.get("/conversations/").content.decode()
    assert 'value="tag:odd"' in bar
    assert f'value="assign:{other.username}"' not in bar
    assert 'value="approve"' not in bar
    for do in ("reject:No", "approve", "reopen", "assign:mara"):
        assert as_annotator.post("/bulk/prepare/", {"do": do, "id": [row.pid]}).status_code == 403
    _start(as_annotator, _send(as_annotator, "tag:odd", row))
    assert row.tags.get().name == "odd"
    of_lead = _send(as_lead, "tag:odd", row)
    assert as_annotator.get(of_lead).status_code == 404
    assert as_annotator.post(f"{of_lead}undo/").status_code == 404


def test_what_was_selected_on_other_pages_of_the_list_is_meant_too(as_lead: Client) -> None:
    rows = many(1200)
    page = _send(as_lead, "assign:" + _name(as_lead), rows[0], elsewhere=" ".join(row.pid for row in rows[:1100]))
    assert re.search(r"Will change</dt><dd>1,100<", as_lead.get(page).content.decode())


def test_what_is_withheld_can_not_be_named_by_annotators(as_annotator: Client) -> None:
    withheld = make_conversation(status="withheld")
    response = as_annotator.post("/bulk/prepare/", {"do": f"assign:{_name(as_annotator)}", "id": [withheld.pid]})
    assert response.status_code == 422
    assert "Select conversations first" in response.content.decode()


def test_enter_without_a_script_asks_for_nothing(as_lead: Client) -> None:
    row = make_conversation()
    bar = as_lead.get("/conversations/").content.decode().split('id="bulk"')[1]
    first = bar[bar.index("<button") :].split(">")[0]
    assert 'name="do" value=""' in first
    response = as_lead.post("/bulk/prepare/", {"do": "", "id": [row.pid]})
    assert response.status_code == 422
    assert "press one of the buttons" in response.content.decode()


@pytest.mark.parametrize("do", ["delete", "assign:nobody-here", "tag:", "reject"])
def test_what_makes_no_sense_is_a_sentence(as_lead: Client, do: str) -> None:
    response = as_lead.post("/bulk/prepare/", {"do": do, "id": [make_conversation().pid]})
    assert response.status_code == 422
    assert not BulkAction.objects.exists()


def test_a_large_one_is_left_to_a_worker_and_shows_how_far_it_is(as_lead: Client) -> None:
    many(41)
    page = _send(as_lead, "reject:No", everything="on")
    text = _start(as_lead, page)
    assert "Under way" in text
    assert "hx-get" in text.split('id="bulk"')[1].split(">")[0]
    fragment = as_lead.get(page, headers={"HX-Request": "true", "HX-Target": "bulk"}).content.decode()
    assert fragment.lstrip().startswith("<div")
    assert Conversation.objects.filter(status="rejected").count() == 0  # there is no worker in this test
    assert as_lead.post(f"{page}undo/").status_code == 409


def test_a_running_one_is_stopped_and_says_what_it_did_and_what_it_did_not(as_lead: Client) -> None:
    many(150)
    page = _send(as_lead, "reject:No", everything="on")
    assert f'action="{page}stop/"' in _start(as_lead, page)
    work_batch(BulkAction.objects.get().pk)
    text = as_lead.post(f"{page}stop/", follow=True).content.decode()
    assert re.search(r"<h2[^>]*>Stopped</h2>", text)
    assert re.search(r"Changed</dt><dd>100<", text)
    assert re.search(r"Not reached</dt><dd>50<", text)
    assert "Undo all 100" in text
    assert "hx-get" not in text.split('id="bulk"')[1].split(">")[0]
    assert as_lead.post(f"{page}stop/").status_code == 409
    assert "It was undone" not in text
    assert "Being undone" in as_lead.post(f"{page}undo/", follow=True).content.decode()


def test_the_reasons_offered_are_those_of_the_dataset_in_sight(as_lead: Client) -> None:
    one, two = make_dataset(slug="one"), make_dataset(slug="two")
    one.reject_reasons, two.reject_reasons = ["Too long"], ["Too short"]
    one.save()
    two.save()
    make_conversation(one)
    assert 'value="reject:Too short"' not in as_lead.get("/conversations/?dataset=one").content.decode()
    whole = as_lead.get("/conversations/").content.decode()
    assert 'value="reject:Too long"' in whole
    assert 'value="reject:Too short"' in whole


def test_hostile_words_are_text(as_lead: Client) -> None:
    row = make_conversation(words="<img src=x> \u202e", status="rejected")
    other = make_conversation()
    page = _send(as_lead, "reject:<b>\u202e</b>", row, other)
    text = as_lead.get(page).content.decode()
    assert "<img src=x>" not in text
    assert "<b>\u202e" not in text
    assert "\u202e" not in text.split("<main")[1]


def test_the_history_of_each_conversation_tells_of_it(as_lead: Client, as_annotator: Client) -> None:
    row = make_conversation()
    Tag.objects.create(dataset=row.dataset, name="odd")
    tagged = _send(as_lead, "tag:odd", row)
    _start(as_lead, tagged)
    rejected = _send(as_lead, "reject:Off topic", row)
    _start(as_lead, rejected)
    history = _history(as_lead, row)
    assert f'<a href="{tagged}">Set the tag “odd”</a>' in history
    assert "Off topic" in history
    assert history.count("in bulk") == 2
    as_lead.post(f"{rejected}undo/")
    assert "undone" in _history(as_lead, row)
    of_annotator = _history(as_annotator, row)
    assert "Set the tag “odd”" in of_annotator
    assert tagged not in of_annotator


def _history(client: Client, row: Conversation) -> str:
    page = client.get(f"/conversations/{row.pid}/").content.decode()
    decisions = page.split('id="rail-history"')[1].split("</section>")[0]
    return decisions + client.get(f"/conversations/{row.pid}/background/").content.decode()


def test_the_page_says_to_whom_it_is_assigned(as_lead: Client) -> None:
    row = make_conversation()
    Conversation.objects.filter(pk=row.pk).update(assigned_to=make_user(username="mara"))
    assert "assigned to mara" in as_lead.get(f"/conversations/{row.pid}/").content.decode()
