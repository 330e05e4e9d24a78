"""Decisions: what leads on, what stands in the way, what can be taken back."""

from studio.domain import reviews
from studio.domain.edits import edit_text
from studio.domain.saving import Save
from studio.models import Conversation, Dataset, Review
from tests.standins.review_rows import store, two_reads

Status = Conversation.Status


def test_approving_goes_on_to_the_next_of_the_same_queue(page):
    response = page.post("decision/approve/", {"version": 1, "queue": "?dataset=demo"}, htmx=False)
    assert page.fresh().status == Status.APPROVED
    assert response["Location"] == f"/review/next/?dataset=demo&after={page.conversation.pid}"


def test_htmx_is_told_to_go_on(page):
    response = page.post("decision/approve/", {"version": 1})
    assert response["HX-Redirect"].startswith("/review/next/")


def test_stale_parts_keep_it_from_approval_and_are_named(page):
    page.save_arguments(1, '{"file_path": "notes/c.txt"}')
    response = page.post("decision/approve/", {"version": 2})
    text = response.content.decode()
    assert response.status_code == 409
    assert 'id="rail"' in text
    assert "stale parts" in text
    assert 'href="#pair-2"' in text
    assert page.fresh().status == Status.NEEDS_REVIEW


def test_what_was_not_seen_is_not_approved(page, ben):
    edit_text(page.conversation, save=Save(version=1, by=ben), field="answer", text="Ben's answer")
    response = page.post("decision/approve/", {"version": 1})
    text = response.content.decode()
    assert response.status_code == 409
    assert "ben saved version 2 meanwhile" in text
    assert 'name="version" value="1"' in text
    assert page.post("decision/approve/", {"version": 1}).status_code == 409


def test_rejecting_takes_a_reason_of_the_dataset_as_the_page_showed_it(page):
    assert 'name="chosen" value="Wrong arguments"' in page.get().content.decode()
    # A lead orders them anew while the page is open.
    Dataset.objects.update(reject_reasons=["Rude", "Too long", "Wrong arguments"])
    page.post("decision/reject/", {"version": 1, "chosen": "Wrong arguments", "reason": ""})
    assert page.fresh().status == Status.REJECTED
    assert Review.objects.get().reason == "Wrong arguments"


def test_rejecting_takes_free_words_and_refuses_none(page):
    assert page.post("decision/reject/", {"version": 1, "reason": " "}).status_code == 422
    assert page.post("decision/reject/", {"version": 1, "chosen": "", "reason": ""}).status_code == 422
    page.post("decision/reject/", {"version": 1, "reason": "Not what we want"})
    assert Review.objects.get().reason == "Not what we want"


def test_a_second_opinion_carries_a_note(page):
    page.post("decision/second-opinion/", {"version": 1, "note": "Is alpha right?"})
    assert page.fresh().status == Status.SECOND_OPINION
    assert "Is alpha right?" in page.get().content.decode()


def test_who_asks_for_a_second_opinion_stands_with_the_decision(page, anna):
    page.post("decision/second-opinion/", {"version": 1, "note": "Is alpha right?"})
    decision = page.get().content.decode().partition('id="rail-checks"')[0]
    assert "anna asks for a second opinion</strong>: “Is alpha right?”" in decision
    reviews.undo(anna)
    assert "asks for a second opinion" not in page.get().content.decode()


def test_skipping_releases_and_comes_round_last(page, anna):
    other = store(two_reads())
    page.client.get("/review/next/")
    response = page.post("decision/skip/", {"version": 1}, htmx=False)
    assert page.client.get(response["Location"])["Location"] == f"/conversations/{other.pid}/"
    assert page.fresh().claimed_by is None


def test_undo_brings_the_last_one_back(page, anna):
    page.post("decision/approve/", {"version": 1})
    response = page.client.post("/review/undo/")
    assert response["Location"] == page.url
    row = page.fresh()
    assert (row.status, row.claimed_by) == (Status.NEEDS_REVIEW, anna)
    assert page.client.post("/review/undo/")["Location"] == "/review/next/"


def test_nobody_decides_what_somebody_else_reviews(page, ben):
    reviews.claim(page.conversation, by=ben)
    for verb in ("approve", "reject", "second-opinion"):
        assert page.post(f"decision/{verb}/", {"version": 1, "reason": "x"}).status_code == 409
    assert page.fresh().status == Status.NEEDS_REVIEW


def test_decisions_are_posted(page):
    for tail in ("decision/approve/", "decision/skip/", "claim/take/", f"{page.call(1)}mark/", f"{page.call(1)}rerun/"):
        assert page.get(tail).status_code == 405


def test_the_rail_lists_who_changed_what_and_why(page):
    page.post("texts/answer-0/edit/", {"text": "New", "version": 1, "reason": "clearer"})
    told = page.get("background/").content.decode()
    assert "Changed the answer of turn 1" in told
    assert "“clearer”" in told
    text = page.get().content.decode()
    assert "Every number of an answer stands in a result." in text
