"""What the dashboard says to do next, and to whom."""

import re

from django.test import Client

from studio.domain.reviews import claim, reject
from studio.models import Conversation, User
from tests.standins.page_rows import make_conversation, make_dataset, make_run, make_user


def test_it_counts_what_waits_for_me_and_leaves_out_what_others_have_open(as_annotator: Client) -> None:
    dataset = make_dataset()
    for _ in range(3):
        make_conversation(dataset)
    claim(make_conversation(dataset), by=make_user())
    page = as_annotator.get("/").content.decode()
    assert '<strong class="next-count">3</strong> conversations wait for a decision' in page
    assert "1 in review now" in page
    assert 'data-key="n"' in page


def test_what_i_have_open_is_offered_to_go_on(as_annotator: Client, annotator: User) -> None:
    conversation = make_conversation(words="The one I left open")
    claim(conversation, by=annotator)
    page = as_annotator.get("/").content.decode()
    assert "Open with you" in page
    assert f"/conversations/{conversation.pid}/" in page


def test_leads_hear_of_withheld_conversations_and_stopped_runs_and_annotators_do_not(
    as_lead: Client, as_annotator: Client
) -> None:
    make_conversation(status="withheld")
    make_run(status="stopped", stop_reason="401: the key is wrong")
    for client, hears in ((as_lead, True), (as_annotator, False)):
        page = client.get("/").content.decode()
        assert ("reaches no annotator" in page) is hears
        assert ("401: the key is wrong" in page) is hears


def test_decisions_lately_are_shown_with_reason_but_not_those_taken_back(as_annotator: Client) -> None:
    conversation = make_conversation(words="Somebody wants the impossible")
    review = reject(conversation, version=1, by=make_user(), reason="Unnatural request")
    assert "Unnatural request" in as_annotator.get("/").content.decode()
    review.undone_at = review.at
    review.save()
    assert "Unnatural request" not in as_annotator.get("/").content.decode()


def test_runs_under_way_are_polled_and_nothing_is_once_they_ended(as_annotator: Client) -> None:
    run = make_run(count=4)
    page = as_annotator.get("/").content.decode()
    assert 'hx-trigger="every 2s"' in page
    run.status = "finished"
    run.save()
    fragment = as_annotator.get("/", headers={"HX-Request": "true", "HX-Target": "running"}).content.decode()
    assert "every 2s" not in fragment
    assert "<html" not in fragment


def test_an_empty_studio_says_what_to_do_first(as_lead: Client) -> None:
    assert "import_tools" in as_lead.get("/").content.decode()


def test_the_numbers_of_a_dataset_add_up(as_lead: Client, as_annotator: Client) -> None:
    dataset = make_dataset()
    for status in Conversation.Status.values:
        make_conversation(dataset, status=status)
    for client in (as_lead, as_annotator):
        page = client.get("/").content.decode()
        row = page.split('aria-labelledby="datasets-title"')[1].split("<tbody>")[1].split("</tr>")[0]
        *parts, total = map(int, re.findall(r'<td class="number[^"]*">([\d,]+)</td>', row))
        assert sum(parts) == total > 0
