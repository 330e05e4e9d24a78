"""Comments on the review page: threads below their pair and in the rail, mentions until they are read."""

import pytest
from django.test import Client

from studio.domain import comments
from studio.domain.edits import replace_content
from studio.domain.saving import Save
from studio.models import Comment, Conversation, Thread
from tests.standins.review_rows import store, two_reads
from tests.studio.review.conftest import Page


def test_a_comment_on_a_pair_answers_with_its_place_and_the_head_that_counts_it(page: Page) -> None:
    answer = page.post(f"{page.call(2)}comment/", {"text": "Why b?"})
    html = answer.content.decode()
    assert answer.status_code == 200
    assert 'id="comments-pair-2"' in html
    assert "Why b?" in html
    assert html.count('hx-swap-oob="outerHTML"') == 1
    assert "1 open thread" in html
    assert page.fresh().version == 1


def test_the_page_shows_threads_where_they_belong(page: Page, ben) -> None:
    comments.start_thread(page.conversation, text="On all of it", by=ben)
    comments.start_thread(page.conversation, text="On the second", by=ben, call_id=page.fresh().content.calls[1].id)
    html = page.get().content.decode()
    place = html.split('id="comments-pair-2"')[1].split("</section>")[0]
    rail = html.split('id="comments-conversation"')[1]
    assert "On the second" in place
    assert "On all of it" not in place
    assert "On all of it" in rail
    assert html.count("1 open thread") == 2  # the head and the minimap


def test_a_thread_whose_pair_was_removed_stays_in_the_rail(page: Page, ben) -> None:
    row = page.fresh()
    comments.start_thread(row, text="Is it needed?", by=ben, call_id=row.content.calls[0].id)
    content = row.content
    content.turns[0].steps[0].calls = []
    replace_content(row, save=Save(version=1, by=ben), document=content.model_dump(mode="json"))
    rail = page.get().content.decode().split('id="comments-conversation"')[1]
    assert "Is it needed?" in rail
    assert "On a pair that was removed since" in rail
    thread = Thread.objects.get()
    answer = page.post(f"threads/{thread.pid}/reply/", {"text": "No."})
    assert 'id="comments-conversation"' in answer.content.decode()


def test_hostile_words_stay_words_and_mentions_are_marked(page: Page, ben) -> None:
    comments.start_thread(page.conversation, text="<b>@anna</b>\x1b[31m", by=ben)
    html = page.get().content.decode()
    assert '&lt;b&gt;<span class="mention">@anna</span>&lt;/b&gt;<span class="odd">[ESC]</span>[31m' in html


def test_somebody_else_who_holds_it_keeps_nobody_from_commenting(page: Page, ben) -> None:
    Conversation.objects.filter(pk=page.conversation.pk).update(claimed_by=ben, claim_until="2100-01-01T00:00Z")
    assert page.post("comment/", {"text": "Hm."}).status_code == 200
    assert Comment.objects.get().text == "Hm."


def test_edit_delete_and_resolve_are_one_post_each(page: Page, ben) -> None:
    page.post("comment/", {"text": "Hm."})
    comment = Comment.objects.get()
    assert "Ha." in page.post(f"comments/{comment.pid}/edit/", {"text": "Ha."}).content.decode()
    assert "Resolved" in page.post(f"threads/{comment.thread.pid}/resolve/").content.decode()
    assert "Resolved" not in page.post(f"threads/{comment.thread.pid}/reopen/").content.decode()
    assert Page(page.conversation, ben).post(f"comments/{comment.pid}/delete/").status_code == 403
    assert page.post(f"comments/{comment.pid}/delete/").status_code == 200
    assert not Thread.objects.exists()


def test_without_a_script_one_lands_where_one_said_it(page: Page) -> None:
    answer = page.post(f"{page.call(2)}comment/", {"text": "Hm."}, htmx=False)
    assert (answer.status_code, answer["Location"]) == (302, f"{page.url}#comments-pair-2")


@pytest.mark.parametrize("text", ["", "  "])
def test_an_empty_comment_is_refused_and_swaps_nothing(page: Page, text: str) -> None:
    answer = page.post("comment/", {"text": text})
    assert (answer.status_code, answer["HX-Reswap"]) == (422, "none")


def test_a_thread_of_another_conversation_is_not_found(page: Page, ben) -> None:
    said = comments.start_thread(store(two_reads()), text="Hm.", by=ben)
    assert page.post(f"threads/{said.thread.pid}/reply/", {"text": "x"}).status_code == 404
    assert page.post(f"comments/{said.pid}/delete/").status_code == 404


def test_mentions_wait_on_the_dashboard_and_in_the_navigation_until_read(page: Page, anna, ben) -> None:
    said = comments.start_thread(page.conversation, text="@anna look", by=ben)
    link = f"{page.url}#thread-{said.thread.pid}"
    dashboard = page.client.get("/").content.decode()
    assert link in dashboard
    assert '1<span class="hidden-text"> unread</span>' in dashboard
    first = page.get().content.decode()
    assert "Mentions you" in first
    assert f'id="thread-{said.thread.pid}"' in first
    assert "Mentions you" not in page.get().content.decode()
    assert link not in page.client.get("/").content.decode()


def test_people_to_mention_are_all_but_oneself(page: Page, ben, lead) -> None:
    assert page.get("people/").json() == {"names": ["ben", "lena"]}


def test_the_list_counts_open_threads(page: Page, ben) -> None:
    comments.start_thread(page.conversation, text="Hm.", by=ben)
    client = Client()
    client.force_login(ben)
    assert "open threads" in client.get("/conversations/").content.decode()


def test_a_comment_that_is_too_long_is_refused_in_words_and_not_cut_while_it_is_pasted(page: Page) -> None:
    form = page.get().content.decode().split('class="comment-form"')[1].split("</form>")[0]
    assert "maxlength" not in form
    answer = page.post("comment/", {"text": "x" * (comments.MAX_TEXT + 1)})
    assert (answer.status_code, answer["HX-Reswap"]) == (422, "none")
    assert "at most 10,000 characters" in answer.content.decode()
