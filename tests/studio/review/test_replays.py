"""Replaying from the page: asked, looked at until it is done, and what each card says then. The sandbox is real."""

import pytest

from studio.domain.replays import ask_replay
from studio.domain.reruns import claim_rerun, fail_rerun
from studio.models import Rerun
from studio.rerunning import work_rerun
from tests.standins.review_rows import store, two_reads
from tests.studio.review.conftest import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(monkeypatch):
    sent: list[int] = []
    monkeypatch.setattr("studio.tasks.send_rerun", sent.append)
    return sent


@pytest.fixture
def wrong_page(anna):
    """A conversation whose first result is not what the sandbox says."""
    content = two_reads()
    content.calls[0].result = "omega\n"
    return Page(store(content), anna)


def test_the_panel_asks_until_it_is_done_and_then_tells_the_page(page, sent):
    text = page.post("replay/ask/").content.decode()
    assert 'hx-trigger="load delay:600ms"' in text
    assert sent == [Rerun.objects.get().pk]
    work_rerun(sent[0])
    response = page.get("replay/", htmx=True)
    assert response["HX-Trigger-After-Settle"] == "review:saved"
    assert "All identical" in response.content.decode()
    assert "hx-trigger" not in response.content.decode()
    assert page.get().content.decode().count("replay identical") == 2


def test_a_pair_that_differs_shows_both_results(wrong_page, sent):
    wrong_page.post("replay/ask/")
    work_rerun(sent[0])
    text = wrong_page.get().content.decode()
    assert "replay differs" in text
    assert "<del>omega</del>" in text
    assert "<ins>alpha</ins>" in text
    assert wrong_page.fresh().content.calls[0].result == "omega\n"


def test_editing_the_call_takes_the_outcome_off(wrong_page, sent):
    wrong_page.post("replay/ask/")
    work_rerun(sent[0])
    wrong_page.save_arguments(1, '{"file_path": "notes/c.txt"}')
    text = wrong_page.get().content.decode()
    assert "replay differs" not in text
    assert "Not replayed as it stands" in text


def test_a_failure_says_why_and_can_be_tried_again(page, sent, anna):
    fail_rerun(claim_rerun(ask_replay(page.conversation, by=anna).pk), error="The tool service is <down>.")
    text = page.get().content.decode()
    assert "It could not be replayed. The tool service is &lt;down&gt;." in text
    assert "Replay again" in text


def test_one_can_stop_waiting(page, sent):
    page.post("replay/ask/")
    text = page.post("replay/stop/").content.decode()
    assert "Not replayed as it stands" in text
    work_rerun(sent[0])
    assert page.fresh().replayed_at is None


def test_without_htmx_it_leads_back(page, sent):
    assert page.post("replay/ask/", htmx=False)["Location"] == f"{page.url}#replay"


def writing(content, *names):
    """The conversation as if its tools ran in an MCP server, and those of these names could change something there."""
    reads = {"readOnlyHint": True}
    tools = [
        tool.model_copy(update={"component": "mcp", "annotations": {} if tool.name in names else reads})
        for tool in content.tools
    ]
    return content.model_copy(update={"tools": tools})


def test_the_panel_and_the_form_say_what_is_made_again_in_an_mcp_server(anna):
    page = Page(store(writing(two_reads(), "read_file")), anna)
    panel = "2 calls may change something in the MCP server"
    assert panel in page.get().content.decode()
    assert panel in page.get("replay/", htmx=True).content.decode()
    first = page.get(f"{page.call(1)}regenerate/", htmx=True).content.decode()
    assert "1 of the kept calls may change something in the MCP server" in first
    assert "it is made there again" in first
    both = page.get(f"{page.call(2)}regenerate/", htmx=True).content.decode()
    assert "2 of the kept calls may change something in the MCP server" in both
    assert "they are made there again" in both
    assert "MCP server" not in page.get("turns/0/regenerate/", htmx=True).content.decode(), "nothing is kept"


def test_of_tools_that_only_read_or_that_nothing_runs_no_word_is_said(anna, page):
    reading = Page(store(writing(two_reads(), "write_file")), anna)
    homeless = Page(store(writing(two_reads(), "read_file")), anna)
    homeless.conversation.toolset = None
    homeless.conversation.save()
    for one in (reading, homeless, page):
        assert "MCP server" not in one.get().content.decode()
        assert "MCP server" not in one.get(f"{one.call(2)}regenerate/", htmx=True).content.decode()
