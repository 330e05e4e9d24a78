"""The page as a whole: who may see it, what it costs, where the queue leads."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from generation.conversation import Step, Turn
from studio.domain import reviews
from studio.models import Conversation
from tests.standins.review_rows import call, store, two_reads

FILES = "notes/a.txt"


def test_shows_thought_arguments_result_and_answer_of_each_pair(page):
    text = page.get().content.decode()
    for words in ("I read notes/a.txt.", "read_file", "41 ms", "alpha", "a says alpha, b says beta.", "Be brief."):
        assert words in text
    assert text.count('class="card"') == 2


def test_sends_strangers_to_the_login(conversation):
    response = Client().get(f"/conversations/{conversation.pid}/")
    assert response.status_code == 302
    assert "/login/" in response["Location"]


@pytest.mark.parametrize("tail", ["", "calls/nothing/edit/", "texts/answer-7/edit/", "texts/secret/edit/"])
def test_answers_404_for_what_is_not_there(page, tail):
    url = page.url + tail if tail else "/conversations/nonexistent1/"
    assert page.client.get(url).status_code == 404


def test_asks_as_many_queries_for_sixty_pairs_as_for_two(page, anna, django_assert_max_num_queries):
    steps = [Step(calls=[call("read_file", {"file_path": FILES}, "alpha\n")]) for _ in range(60)]
    page.conversation = store(two_reads().model_copy(update={"turns": [Turn(user="All", steps=steps, answer="Done")]}))
    reviews.skip(page.conversation, by=anna)
    with django_assert_max_num_queries(12):
        response = page.client.get(f"/conversations/{page.conversation.pid}/")
    assert response.content.count(b'class="card"') == 60


def test_next_claims_the_oldest_waiting_conversation(page, anna):
    later = store(two_reads(user="Later"))
    response = page.client.get("/review/next/")
    assert response["Location"] == page.url
    assert page.fresh().claimed_by == anna
    assert not Conversation.objects.get(pk=later.pk).claimed_by


def test_next_keeps_to_its_dataset_and_says_so_in_the_url(page):
    other = store(two_reads(), slug="other")
    response = page.client.get("/review/next/?dataset=other")
    assert response["Location"] == f"/conversations/{other.pid}/?dataset=other"


def test_next_passes_over_what_somebody_else_has_open(page, ben):
    reviews.claim(page.conversation, by=ben)
    response = page.client.get("/review/next/")
    assert response.status_code == 200
    assert "1 conversation is being reviewed" in response.content.decode()


def test_an_empty_queue_says_what_to_do_next(page, anna):
    reviews.approve(page.conversation, version=1, by=anna)
    text = page.client.get("/review/next/").content.decode()
    assert "Nothing waits for review" in text
    assert "Export what is approved" in text


def test_an_empty_part_of_the_queue_leads_to_the_rest(page):
    text = page.client.get("/review/next/?dataset=none").content.decode()
    assert "Review the others" in text


def test_previous_and_next_follow_the_list_within_its_filter(page):
    store(two_reads(), slug="other")
    newest = store(two_reads())
    text = page.get("?dataset=demo").content.decode()
    for way in ("next", "previous"):
        assert f"{page.url}{way}/?dataset=demo" in text
    assert page.get("previous/?dataset=demo")["Location"] == f"/conversations/{newest.pid}/?dataset=demo"
    ended = page.client.get(f"{page.url}next/?dataset=demo", follow=True)
    assert ended.redirect_chain == [(f"{page.url}?dataset=demo", 302)]
    assert "This is the last conversation of the list." in ended.content.decode()


def test_says_who_holds_the_claim_and_lets_only_leads_take_over(page, ben, lead):
    reviews.claim(page.conversation, by=ben)
    text = page.get().content.decode()
    assert "ben is reviewing this conversation" in text
    assert "claim/take/" not in text
    assert page.post("claim/take/").status_code == 403
    page.client.force_login(lead)
    assert "claim/take/" in page.get().content.decode()
    assert page.post("claim/take/", htmx=False).status_code == 302
    assert page.fresh().claimed_by == lead


def test_the_open_page_renews_ones_own_claim_only(page, anna, ben):
    reviews.claim(page.conversation, by=anna)
    old = timezone.now() + timedelta(seconds=5)
    Conversation.objects.update(claim_until=old)
    page.post("claim/renew/", {"version": 1})
    assert page.fresh().claim_until > old
    reviews.release(page.conversation, by=anna)
    reviews.claim(page.conversation, by=ben)
    assert "ben is reviewing" in page.post("claim/renew/", {"version": 1}).content.decode()
    assert page.fresh().claimed_by == ben


def test_the_open_page_learns_of_a_version_saved_meanwhile(page):
    page.save_arguments(1, '{"file_path": "notes/c.txt"}')
    assert "Version 2 was saved meanwhile" in page.post("claim/renew/", {"version": 1}).content.decode()


def test_what_was_withheld_is_known_to_leads_only(page, lead):
    Conversation.objects.update(status=Conversation.Status.WITHHELD)
    assert page.get().status_code == 404
    assert page.post("texts/answer-0/edit/", {"text": "x", "version": 1}).status_code == 404
    page.client.force_login(lead)
    assert page.get().status_code == 200


def test_of_its_pairs_the_page_tells_htmx_nothing(page):
    """One listener answers for them (review-requests.js): htmx would go through thousands of links and buttons when a page opens."""
    card = page.get().content.decode().split('id="pair-1"')[1].split("</article>")[0]
    assert "hx-" not in card
    assert card.count("data-to") == 8


def test_what_is_empty_has_the_same_print_everywhere(page):
    text = page.get().content.decode()
    places = re.findall(r'class="comments is-empty" id="comments-pair-\d" .* data-print="(\w+)"', text)
    assert len(places) == 2
    assert len(set(places)) == 1
    unsaid = re.findall(r'id="text-text-0-\d" .* data-print="(\w+)"[^>]* hidden>', text)
    assert len(unsaid) == 2
    assert len(set(unsaid)) == 1
