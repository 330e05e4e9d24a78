"""Every page with text of tools, models and people that means harm: shown as text, marks for what nobody sees, nothing runs."""

import json
import re

import pytest
from django.test import Client
from playwright.sync_api import expect

from generation.conversation import Conversation as Content
from generation.conversation import Outcome, Step, Turn
from generation.tools import ToolDefinition
from studio.domain import branches, comments, edits, reviews, tags
from studio.domain.catalog import ensure_registry, freeze, put_tools
from studio.domain.conversations import add_conversation
from studio.domain.datasets import ensure_dataset
from studio.domain.endpoints import ensure_demo_endpoint
from studio.domain.saving import Save
from studio.models import Conversation, Rerun, User
from tests.standins.browsing import Studio
from tests.standins.review_rows import call

MARKUP = '<script>window.hacked=1</script><img src=x onerror="window.hacked=2"></textarea></title>'
UNSEEN = "\x1b[31m\u202eevil\u202c\u200b\u2066\U000e0041"
HOSTILE = f"{MARKUP}{UNSEEN}"
WORST = f"{HOSTILE}\x00\ud800 {{{{ 7*7 }}}}"
ODD_TOOL = "read\u200b_f\u0456le\u202e"
"""A tool name with a zero-width space, a Cyrillic letter and an override."""
ODD_NAME = "<b>x\u202e\u200by"
"""The name of a dataset and of a tag."""
RAW = re.compile("[\x00\x1b\u202e\u200b\u2066\U000e0041]")
"""What must never reach a page as it is."""


@pytest.fixture
def row(as_lead: Studio) -> Conversation:
    lead = as_lead.user
    assert lead is not None
    calls = [
        call(ODD_TOOL, {"file_path": HOSTILE, HOSTILE: [HOSTILE]}, WORST),
        call(ODD_TOOL, {}, json.dumps({HOSTILE: {"deep": HOSTILE}}), error=HOSTILE),
        call(ODD_TOOL, {"file_path": "x"}, "z" * 1_000_000),
    ]
    tools = [
        ToolDefinition(name="read_file", description=HOSTILE, parameters={"type": "object", "description": HOSTILE})
    ]
    turn = Turn(
        user=WORST, steps=[Step(thought=WORST, text=WORST, calls=[one]) for one in calls], answer=f"{WORST} 4711"
    )
    content = Content(system_prompt=WORST, tools=tools, turns=[turn], model=HOSTILE, topic=HOSTILE)
    registry = ensure_registry("hostile", name=HOSTILE, description=HOSTILE)
    put_tools(registry, tools=tools)
    dataset = ensure_dataset("hostile", name=ODD_NAME, guidelines=HOSTILE)
    row = add_conversation(dataset, content=content, toolset=freeze(registry))
    reviews.set_verdict(row, call_id=calls[0].id, verdict="wrong", by=lead)
    row = edits.edit_text(row, save=Save(version=1, by=lead, reason=HOSTILE), field="answer", text=f"{WORST} 4712")
    row = edits.edit_result(
        row,
        save=Save(version=2, by=lead, reason=HOSTILE),
        call_id=calls[1].id,
        result=WORST,
        outcome=Outcome.TOOL_ERROR,
        error_type=HOSTILE,
    )
    comments.start_thread(row, text=HOSTILE, by=lead, call_id=calls[0].id)
    comments.start_thread(row, text=WORST, by=lead)
    tags.set_tag(row, name=MARKUP[:20], by=lead)
    tags.set_tag(row, name=ODD_NAME, by=lead)
    came = {"call_id": calls[0].id, "text": f"{WORST}!", "outcome": "ok", "error_type": None, "duration_ms": 1}
    row.reruns.create(
        call_id=calls[0].id, version=row.version, status=Rerun.Status.DONE, results=[came | {"is_identical": False}]
    )
    _branch(row, lead)
    return row


def _branch(row: Conversation, by: User) -> None:
    """What was regenerated is as hostile, and lies beside the original."""
    asked = branches.ask_branch(row, turn=0, endpoint=ensure_demo_endpoint(), by=by)
    held = branches.claim_branch(asked.pk)
    assert held is not None
    content = row.content
    content.turns[0].steps[0].calls[0].result = f"{WORST}?"
    content.turns[0].answer = f"{WORST}?"
    assert branches.finish_branch(held, content=content)


PAGES = {
    "dashboard": "/",
    "list": "/conversations/",
    "list by words": "/conversations/?q=evil",
    "list by names": "/conversations/?dataset=hostile&tag=%3Cb%3Ex%E2%80%AE%E2%80%8By",
    "review": "/conversations/{pid}/",
    "arguments": "/conversations/{pid}/calls/{call}/edit/",
    "raw arguments": "/conversations/{pid}/calls/{call}/edit/?mode=raw",
    "result by hand": "/conversations/{pid}/calls/{call}/write-result/",
    "answer": "/conversations/{pid}/texts/answer-0/edit/",
    "sources": "/conversations/{pid}/turns/0/sources/",
    "whole result": "/conversations/{pid}/calls/{call}/result/whole/",
    "history": "/conversations/{pid}/history/",
    "history inline": "/conversations/{pid}/history/?from=1&to=3&layout=inline",
    "dataset": "/datasets/hostile/",
    "registries": "/registries/",
    "registry": "/registries/hostile/",
    "scenarios": "/scenarios/",
    "runs": "/runs/",
    "new run": "/runs/new/?dataset=hostile",
    "bulk actions": "/bulk/",
    "reason": "/conversations/{pid}/calls/{call}/reason/",
    "differences": "/conversations/{pid}/calls/{call}/differences/",
    "tool": "/registries/hostile/tools/read_file/",
    "exports": "/exports/?dataset=hostile&status=any",
    "team": "/team/",
    "admin's conversations": "/admin/studio/conversation/",
    "admin's registries": "/admin/studio/registry/",
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_shows_hostile_text_as_text(as_lead: Studio, row: Conversation, name: str) -> None:
    path = PAGES[name].format(pid=row.pid, call=row.content.calls[0].id)
    answer = as_lead.page.goto(f"{as_lead.url}{path}", wait_until="domcontentloaded", timeout=30_000)
    assert answer is not None
    assert answer.status in (200, 302), f"{path} answers {answer.status}"
    text = answer.text()
    assert "<script>window.hacked" not in text
    assert "<img src=x" not in text
    # A form field must hold the text as it is, or an edit would change it unseen.
    beside_fields = re.sub(r"<textarea.*?</textarea>|value=\"[^\"]*\"", "", text, flags=re.DOTALL)
    found = RAW.search(beside_fields)
    assert found is None, f"{found[0]!r} in …{beside_fields[max(found.start() - 200, 0) : found.end() + 20]!a}"
    assert as_lead.page.evaluate("window.hacked") is None


def test_the_review_page_shows_marks_and_a_megabyte_in_parts(as_lead: Studio, row: Conversation) -> None:
    page = as_lead.open(f"/conversations/{row.pid}/")
    expect(page.locator("#pair-1 .card-tool")).to_have_text("read[U+200B]_f\u0456le[U+202E]")
    expect(page.locator('#minimap a[href="#pair-1"]')).to_have_attribute(
        "title", re.compile(r"read\[U\+200B\]_f\u0456le\[U\+202E\]")
    )
    expect(page.locator("#pair-1-rerun ins").first).to_contain_text("[ESC]")
    expect(page.locator(".branch").first).to_contain_text("[U+202E]")
    page.locator("#text-answer-0").scroll_into_view_if_needed()
    expect(page.locator("#text-answer-0 .ungrounded", has_text="4712")).to_be_visible()
    side = page.locator("#pair-3 .side-result")
    side.get_by_role("link", name="Show all").click()
    expect(side).to_contain_text("100,000 of 1,000,000 characters")
    side.get_by_role("link", name="Show more").click()
    expect(side).to_contain_text("200,000 of 1,000,000 characters")
    assert page.evaluate("window.hacked") is None


def test_the_api_gives_every_character(as_lead: Studio, row: Conversation) -> None:
    client = Client()
    assert as_lead.user is not None
    client.force_login(as_lead.user)
    given = client.get(f"/api/conversations/{row.pid}").json()
    assert json.dumps(WORST)[1:-1] in json.dumps(given)
