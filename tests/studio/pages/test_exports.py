"""Exports: what goes out, why others don't, and the file itself."""

import json
from typing import Any

import pytest
from django.http import StreamingHttpResponse
from django.test import Client
from django.utils.html import escape
from django.utils.http import urlencode

from generation.formats.presets import PRESETS
from studio.models import Tag
from tests.standins.conversations import MULTI_TURN
from tests.standins.page_rows import make_conversation, make_dataset

FORM: dict[str, Any] = {
    "dataset": "one",
    "preset": "openai",
    "status": "approved",
    "thoughts": "none",
    "tools": "all",
    "share": 0,
    "system": "on",
}


def _lines(client: Client, **changes: Any) -> list[dict[str, Any]]:
    response = client.get(f"/exports/download/?{urlencode(FORM | changes)}")
    assert isinstance(response, StreamingHttpResponse)
    assert response.status_code == 200
    return [json.loads(line) for line in response.getvalue().splitlines()]


def test_only_approved_conversations_go_out(as_annotator: Client) -> None:
    dataset = make_dataset(slug="one")
    make_conversation(dataset, words="Approved words", status="approved")
    for status in ("needs_review", "rejected", "second_opinion", "withheld"):
        make_conversation(dataset, status=status)
    make_conversation(make_dataset(slug="two"), status="approved")
    (line,) = _lines(as_annotator)
    assert "Approved words" in [message["content"] for message in line["messages"]]


def test_the_page_says_how_many_go_out_and_where_the_others_stand(as_lead: Client) -> None:
    dataset = make_dataset(slug="one")
    for status in ("approved", "approved", "rejected", "withheld"):
        make_conversation(dataset, status=status)
    response = as_lead.get("/exports/?dataset=one")
    outcome = response.context["outcome"]
    assert outcome.chosen == 2
    assert outcome.left == [("rejected", 1), ("withheld", 1)]
    assert json.loads(outcome.first)["messages"]
    assert "2 conversations in this export" in response.content.decode()


def test_annotators_do_not_learn_of_withheld_ones_here_either(as_annotator: Client) -> None:
    make_conversation(make_dataset(slug="one"), status="withheld")
    assert as_annotator.get("/exports/?dataset=one").context["outcome"].left == []


@pytest.mark.parametrize("status", ["any", "rejected", "withheld"])
def test_anything_but_approved_is_for_leads(as_annotator: Client, as_lead: Client, status: str) -> None:
    make_conversation(make_dataset(slug="one"), status="rejected" if status == "any" else status)
    assert as_annotator.get(f"/exports/download/?{urlencode(FORM | {'status': status})}").status_code == 422
    assert len(_lines(as_lead, status=status)) == 1


@pytest.mark.parametrize("preset", PRESETS)
def test_every_format_can_be_downloaded_and_reads_back(as_lead: Client, preset: str) -> None:
    make_conversation(make_dataset(slug="one"), status="approved", content=MULTI_TURN)
    (line,) = _lines(as_lead, preset=preset)
    assert PRESETS[preset].read(line).turns


def test_the_options_reach_the_lines(as_lead: Client) -> None:
    make_conversation(make_dataset(slug="one"), status="approved")
    (whole,) = _lines(as_lead)
    (lean,) = _lines(as_lead, tools="called", system="")
    assert whole["messages"][0]["role"] == "system"
    assert lean["messages"][0]["role"] == "user"
    assert len(lean["tools"]) < len(whole["tools"])


def test_the_two_parts_hold_everything_once(as_lead: Client) -> None:
    dataset = make_dataset(slug="one")
    words = {f"Question {number}" for number in range(12)}
    for text in words:
        make_conversation(dataset, words=text, status="approved")
    parts = [_lines(as_lead, share=50, part=part, system="") for part in ("train", "validation")]
    found = [line["messages"][0]["content"] for part in parts for line in part]
    assert sorted(found) == sorted(words)
    assert all(parts)


def test_a_conversation_that_does_not_fit_the_format_is_named_with_its_reason(as_lead: Client) -> None:
    dataset = make_dataset(slug="one")
    bad = MULTI_TURN.model_copy(update={"turns": [MULTI_TURN.turns[0].model_copy(update={"answer": None})]})
    broken = make_conversation(dataset, content=bad, status="approved")
    make_conversation(dataset, status="approved")
    outcome = as_lead.get("/exports/?dataset=one").context["outcome"]
    assert [refusal.id for refusal in outcome.refusals] == [broken.pid]
    assert outcome.refusals[0].reason
    assert len(_lines(as_lead)) == 1


@pytest.mark.parametrize("wrong", [{"preset": "csv"}, {"share": 200}, {"dataset": "nowhere"}, {"thoughts": "loud"}])
def test_a_choice_that_is_none_is_refused_at_its_field(as_lead: Client, wrong: dict[str, Any]) -> None:
    make_dataset(slug="one")
    response = as_lead.get(f"/exports/?{urlencode(FORM | wrong)}")
    assert response.status_code == 422
    assert list(response.context["form"].errors) == list(wrong)


def test_an_empty_studio_says_what_comes_first(as_lead: Client) -> None:
    assert "Nothing to export yet" in as_lead.get("/exports/").content.decode()


def test_the_verdicts_reach_the_lines_as_weights(as_lead: Client) -> None:
    row = make_conversation(make_dataset(slug="one"), status="approved", content=MULTI_TURN)
    row.pairs.filter(number=1).update(verdict="wrong")
    (line,) = _lines(as_lead, weights="on")
    assert [message["weight"] for message in line["messages"] if message["role"] == "assistant"] == [1, 0, 1, 1, 1]
    (plain,) = _lines(as_lead)
    assert not any("weight" in message for message in plain["messages"])


def test_weights_for_a_format_without_them_are_refused_at_their_field(as_lead: Client) -> None:
    make_dataset(slug="one")
    response = as_lead.get(f"/exports/?{urlencode(FORM | {'preset': 'trl', 'weights': 'on'})}")
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["weights"]


def test_what_a_list_shows_is_exported_by_its_link(as_annotator: Client) -> None:
    dataset = make_dataset(slug="one")
    kept = make_conversation(dataset, words="Kept words", status="approved")
    make_conversation(dataset, words="Other words", status="approved")
    waiting = make_conversation(dataset, words="Waiting words", status="needs_review")
    tag = Tag.objects.create(dataset=dataset, name="a & b")
    for row in (kept, waiting):
        row.tags.add(tag)
    listed = as_annotator.get("/conversations/", {"dataset": "one", "tag": "a & b", "sort": "oldest"})
    link = f"/exports/?{listed.context['export']}"
    assert escape(link) in listed.content.decode()
    page = as_annotator.get(link)
    assert page.status_code == 200
    assert "Only those with" in page.content.decode()
    outcome = page.context["outcome"]
    assert (outcome.chosen, outcome.left) == (1, [("needs_review", 1)])
    assert "Kept words" in outcome.first
    download = as_annotator.get(f"/exports/download/?{page.context['query']}")
    assert isinstance(download, StreamingHttpResponse)
    (line,) = download.getvalue().splitlines()
    assert b"Kept words" in line


@pytest.mark.parametrize(
    ("query", "for_lead", "for_annotator"),
    [
        ("tool=read_file", "", ""),
        ("dataset=one", "dataset=one&status=approved", "dataset=one&status=approved"),
        ("dataset=one&status=rejected", "dataset=one&status=rejected", ""),
        ("dataset=one&status=in_review", "", ""),
        ("dataset=one&status=approved&status=rejected", "", ""),
        ("dataset=one&stale=no", *["dataset=one&status=approved&filter=stale%3Dno"] * 2),
    ],
)
def test_a_list_links_to_the_export_of_what_its_reader_may_export(
    query: str, for_lead: str, for_annotator: str, as_lead: Client, as_annotator: Client
) -> None:
    make_conversation(make_dataset(slug="one"))
    for client, expected in ((as_lead, for_lead), (as_annotator, for_annotator)):
        page = client.get(f"/conversations/?{query}")
        assert page.context["export"] == expected
        assert ("/exports/?" in page.content.decode()) is bool(expected)


@pytest.mark.parametrize(
    "query", ["tag", "colour=red", "stale=perhaps", "tool=a&tool=b", "status=rejected", "a=1&" * 200]
)
def test_a_filter_that_can_not_be_followed_exports_nothing(query: str, as_lead: Client) -> None:
    """A list leaves it aside and shows more; an export of more would be believed."""
    make_conversation(make_dataset(slug="one"), status="approved")
    page = as_lead.get("/exports/", FORM | {"filter": query})
    assert page.status_code == 422
    assert page.context["outcome"] is None
    assert "filter" in page.content.decode()
    assert as_lead.get("/exports/download/", FORM | {"filter": query}).status_code == 422
