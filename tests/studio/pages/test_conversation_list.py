"""The list of conversations: each filter, search, sort, and who sees what."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.utils import timezone

from generation.conversation import Conversation as Content
from studio.domain.claims import claim
from studio.domain.edits import edit_text
from studio.domain.orders import LISTED
from studio.domain.reviews import reject
from studio.domain.saved_views import save_view, set_default_view
from studio.domain.saving import Save
from studio.models import Conversation, Tag, User
from tests.standins.conversations import MULTI_TURN, SINGLE_TURN, TOOL_ERROR
from tests.standins.page_rows import make_conversation, make_dataset, make_run, make_user

Make = Callable[[], Conversation]


def _shown(client: Client, query: str = "") -> list[str]:
    response = client.get(f"/conversations/{query}")
    assert response.status_code == 200
    return [row.pid for row in response.context["page"].rows]


def _of_run() -> Conversation:
    run = make_run()
    return make_conversation(run.dataset, run=run)


_LATE = datetime(2001, 2, 3, 23, 59, tzinfo=UTC)


def _calling(**arguments: str) -> Content:
    content = SINGLE_TURN.model_copy(deep=True)
    call = content.calls[0]
    call.tool, call.arguments = "search_issues", arguments
    return content


def _repeating() -> Content:
    content = SINGLE_TURN.model_copy(deep=True)
    step = content.turns[0].steps[0]
    again = step.model_copy(deep=True)
    again.calls[0].id = "again0001"
    content.turns[0].steps.insert(1, again)
    return content


def _judged(verdict: str) -> Conversation:
    conversation = make_conversation()
    conversation.pairs.update(verdict=verdict)
    return conversation


def _edited(by: User) -> Conversation:
    conversation = make_conversation()
    return edit_text(conversation, save=Save(version=1, by=by), field="answer", text="Something better.", turn=0)


def _rejected(by: User) -> Conversation:
    conversation = make_conversation()
    reject(conversation, version=1, by=by, reason="Off topic")
    conversation.refresh_from_db()
    return conversation


def _claimed(by: User) -> Conversation:
    conversation = make_conversation()
    assert claim(conversation, by=by)
    return conversation


def _tagged() -> Conversation:
    conversation = make_conversation()
    conversation.tags.add(Tag.objects.create(dataset=conversation.dataset, name="dates"))
    return conversation


FILTERS: dict[str, Make] = {
    "?dataset=wanted": lambda: make_conversation(make_dataset(slug="wanted")),
    "?status=approved": lambda: make_conversation(status="approved"),
    "?tool=search_issues": lambda: make_conversation(content=MULTI_TURN),
    "?mode=multi_turn": lambda: make_conversation(content=MULTI_TURN),
    "?findings=blocking": lambda: make_conversation(blocking_count=1),
    "?findings=warning": lambda: make_conversation(warning_count=2),
    "?findings=any": lambda: make_conversation(warning_count=1),
    "?edited=on": lambda: make_conversation(is_edited=True),
    "?stale=on": lambda: make_conversation(stale_count=1),
    "?replay=differs": lambda: make_conversation(replay_differs=1),
    "?replay=fails": lambda: make_conversation(replay_fails=1),
    "?replay=identical": lambda: make_conversation(replayed_at=timezone.now()),
    "?status=in_review&status=approved": lambda: make_conversation(status="approved"),
    "?findings=none&status=rejected": lambda: make_conversation(status="rejected"),
    "?argument=query=printer": lambda: make_conversation(content=_calling(query="printer")),
    "?argument=printer&tool=search_issues": lambda: make_conversation(content=_calling(query="printer")),
    "?outcome=tool_error": lambda: make_conversation(content=TOOL_ERROR),
    "?error_type=FileNotFound&tool=read_file": lambda: make_conversation(content=TOOL_ERROR),
    "?verdict=wrong": lambda: _judged("wrong"),
    "?check=repeated_call": lambda: make_conversation(content=_repeating()),
    "?stale=yes": lambda: make_conversation(stale_count=1),
    "?edited_by=mara": lambda: _edited(make_user(username="mara")),
    "?reviewer=mara": lambda: _rejected(make_user(username="mara")),
    "?claimed_by=mara": lambda: _claimed(make_user(username="mara")),
    "?assigned_to=mara": lambda: make_conversation(assigned_to=make_user(username="mara")),
    "?tag=dates": _tagged,
    "?open_comments=yes": lambda: make_conversation(open_threads=1),
    "?pattern=parallel": lambda: make_conversation(pattern="parallel"),
    "?model=gpt": lambda: make_conversation(model="gpt"),
    "?pairs_min=7&pairs_max=7": lambda: make_conversation(pair_count=7),
    "?tokens_min=90000&tokens_max=90001": lambda: make_conversation(token_count=90001),
    "?created_from=2001-02-03&created_to=2001-02-03": lambda: make_conversation(created_at=_LATE),
    "?decided_from=2001-02-03T23:00:00Z&decided_to=2001-02-04T00:00:00Z": lambda: make_conversation(decided_at=_LATE),
    "?q=ZEBRA": lambda: make_conversation(words="Please feed the zebra at noon"),
    "?q=zebra&edited=on": lambda: make_conversation(words="A zebra, edited", is_edited=True),
}


@pytest.mark.parametrize("query", FILTERS)
def test_a_filter_shows_what_it_says_and_nothing_else(as_lead: Client, query: str) -> None:
    make_conversation(make_dataset(slug="other"), words="Something else altogether")
    make_run()  # registers search_issues, so that the filter knows it
    wanted = FILTERS[query]()
    assert _shown(as_lead, query) == [wanted.pid]
    api = as_lead.get(f"/api/conversations{query}").json()["items"]
    assert [row["id"] for row in api] == [wanted.pid]
    waits = wanted.status in wanted.Status.waiting() and not wanted.assigned_to and "claimed_by" not in query
    given = as_lead.get(f"/review/next/{query}")
    assert (given.status_code == 302 and f"/{wanted.pid}/" in given["Location"]) == waits


def test_the_filter_by_run_names_the_run_and_can_be_taken_off(as_lead: Client) -> None:
    make_conversation()
    wanted = _of_run()
    assert wanted.run is not None
    query = f"?run={wanted.run.pid}&edited=no"
    assert _shown(as_lead, query) == [wanted.pid]
    form = as_lead.get(f"/conversations/{query}").context["form"]
    (run,) = [chip for chip in form.chips if chip.name == "Run"]
    assert run.words.startswith(str(wanted.run.dataset))
    assert run.without == "edited=no"
    assert len(_shown(as_lead, f"?{run.without}")) == 2


def test_in_review_is_what_somebody_has_open(as_lead: Client) -> None:
    make_conversation()
    opened = make_conversation()
    person = make_user(username="mara")
    claim(opened, by=person)
    assert _shown(as_lead, "?status=in_review") == [opened.pid]
    page = as_lead.get("/conversations/").content.decode()
    assert "In review" in page
    assert "mara" in page


def test_the_worst_checks_come_first_when_asked(as_lead: Client) -> None:
    fine, warned, blocked = make_conversation(), make_conversation(warning_count=9), make_conversation(blocking_count=1)
    assert _shown(as_lead, "?sort=worst") == [blocked.pid, warned.pid, fine.pid]
    assert _shown(as_lead, "?sort=oldest") == [fine.pid, warned.pid, blocked.pid]
    assert _shown(as_lead) == [blocked.pid, warned.pid, fine.pid]


def test_a_filter_that_makes_no_sense_is_left_aside_and_named(as_lead: Client) -> None:
    make_conversation()
    query = "?status=nonsense&mode=%00&sort=x&after=zzz&findings=') OR 1=1&tokens_min=many&q=fine"
    make_conversation(words="Something fine")
    assert len(_shown(as_lead, query)) == 1
    page = as_lead.get(f"/conversations/{query}").content.decode()
    assert "no such value: Status, Checks, Mode, Tokens from." in page
    assert "no such value" not in as_lead.get("/conversations/?status=approved&q=fine").content.decode()
    assert len(_shown(as_lead, "?status=nonsense")) == 2


def test_annotators_do_not_learn_of_withheld_conversations(as_annotator: Client, as_lead: Client) -> None:
    withheld = make_conversation(status="withheld", words="Do not show me")
    assert _shown(as_lead, "?status=withheld") == [withheld.pid]
    assert _shown(as_annotator) == []
    assert "Withheld" not in as_annotator.get("/conversations/?status=withheld").content.decode()


def test_words_of_models_are_text_never_markup(as_lead: Client) -> None:
    make_conversation(words="<img src=x onerror=alert(1)> \u202e")
    page = as_lead.get("/conversations/").content.decode()
    assert "<img" not in page
    assert "&lt;img src=x" in page


def test_htmx_gets_the_table_alone(as_lead: Client) -> None:
    make_conversation()
    fragment = as_lead.get("/conversations/", headers={"HX-Request": "true", "HX-Target": "results"}).content.decode()
    assert fragment.lstrip().startswith("<section")
    assert 'id="results"' in fragment


def test_pages_keep_the_filters(as_lead: Client) -> None:
    dataset = make_dataset(slug="many")
    rows = [make_conversation(dataset) for _ in range(51)]
    response = as_lead.get("/conversations/?dataset=many&sort=oldest")
    after = response.context["page"].next
    assert f"?dataset=many&amp;sort=oldest&amp;after={after}" in response.content.decode()
    assert _shown(as_lead, f"?dataset=many&sort=oldest&after={after}") == [rows[-1].pid]


def test_an_empty_result_offers_the_way_out(as_lead: Client) -> None:
    make_conversation()
    assert "Clear filters" in as_lead.get("/conversations/?q=nothing-has-this").content.decode()


def test_the_row_shows_where_the_search_hit_escaped(as_lead: Client) -> None:
    make_conversation(content=_calling(query="<b>zebra</b> at noon \u202e and then"))
    page = as_lead.get("/conversations/?q=zebra+-lion").content.decode()
    assert "<mark>zebra</mark>" in page
    assert "<b>zebra" not in page
    assert "&lt;b&gt;" in page
    assert "\u202e" not in page


def test_what_the_title_shows_is_not_shown_again_but_another_place_is(as_lead: Client) -> None:
    make_conversation(words="Where is the zebra?", content=_calling(query="noon"))
    page = as_lead.get("/conversations/?q=zebra").content.decode()
    assert "Where is the zebra?" in page
    assert re.search(r">Where is the <mark>zebra</mark>\?\s*</a>", page)
    assert 'class="excerpt' not in page
    make_conversation(words="Where is the lion?", content=_calling(query="a lion at noon"))
    page = as_lead.get("/conversations/?q=lion").content.decode()
    [excerpt] = re.findall(r'class="excerpt[^>]*>(.*?)</span>', page, re.DOTALL)
    assert "<mark>lion</mark> at noon" in excerpt
    assert "Where is" not in excerpt


def test_the_row_shows_tags_assignee_and_open_comments(as_lead: Client) -> None:
    conversation = _tagged()
    Conversation.objects.filter(pk=conversation.pk).update(assigned_to=make_user(username="mara"), open_threads=3)
    page = as_lead.get("/conversations/").content.decode()
    for words in ("for mara", ">dates</span>", '3</span><span class="hidden-text"> open threads'):
        assert words in page


def test_every_sort_pages_through_everything_once(as_lead: Client) -> None:
    dataset = make_dataset(slug="many")
    rows = [make_conversation(dataset, warning_count=number % 3) for number in range(53)]
    for sort in LISTED:
        seen, query = [], f"?dataset=many&sort={sort}"
        while query:
            response = as_lead.get(f"/conversations/{query}")
            page = response.context["page"]
            seen += [row.pid for row in page.rows]
            query = f"?dataset=many&sort={sort}&after={page.next}" if page.next else ""
        assert sorted(seen) == sorted(row.pid for row in rows), sort


def test_the_list_opens_with_the_view_that_was_chosen_for_that(as_lead: Client, lead: User) -> None:
    wanted = make_conversation(is_edited=True)
    make_conversation()
    set_default_view(save_view("Edited", query="edited=yes", by=lead), by=lead)
    response = as_lead.get("/conversations/")
    assert response["Location"] == "/conversations/?edited=yes"
    assert _shown(as_lead, "?edited=yes") == [wanted.pid]
    assert len(_shown(as_lead, "?all=1")) == 2
    part = as_lead.get("/conversations/", headers={"HX-Request": "true", "HX-Target": "results"})
    assert part["HX-Push-Url"] == "/conversations/?all=1"
    assert len(part.context["page"].rows) == 2


def test_a_view_is_saved_renamed_shared_and_deleted_from_the_page(as_lead: Client, as_annotator: Client) -> None:
    make_conversation()
    saved = as_lead.post("/views/save/", {"name": "Mine", "query": "edited=no&sort=worst"})
    assert saved["Location"] == "/conversations/?edited=no&sort=worst"
    view = as_lead.get(saved["Location"]).context["view"]
    assert view.name == "Mine"
    assert as_annotator.post(f"/views/{view.pid}/default/", {"is_default": "yes"}).status_code == 404
    as_lead.post(f"/views/{view.pid}/rename/", {"name": "Theirs"})
    as_lead.post(f"/views/{view.pid}/share/", {"is_shared": "yes"})
    page = as_annotator.get("/conversations/?edited=no&sort=worst")
    assert ">Theirs<" in page.content.decode()
    assert not page.context["may_change"]
    assert as_annotator.post(f"/views/{view.pid}/delete/").status_code == 403
    as_lead.post(f"/views/{view.pid}/delete/")
    assert as_lead.get("/conversations/?edited=no&sort=worst").context["view"] is None
    assert as_lead.post("/views/save/", {"name": " ", "query": ""}).status_code == 422
