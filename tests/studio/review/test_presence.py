"""Who else is looking, and a claim that ends while one does: what the renewal poll answers."""

from datetime import timedelta

import pytest
from django.utils import timezone

from studio.domain.claims import claim
from studio.models import Conversation, Presence
from tests.studio.review.conftest import Page


@pytest.fixture
def bens(page: Page, ben) -> Page:
    return Page(page.conversation, ben)


def test_two_people_on_one_page_see_each_other(page: Page, bens: Page) -> None:
    page.get("background/")
    html = bens.get("background/").content.decode()
    assert 'aria-label="Who else is looking"' in html
    assert "anna" in html.split('class="presence"')[1].split("</ul>")[0]
    told = page.post("claim/renew/", {"version": 1}).content.decode()
    assert "ben" in told.split('class="presence"')[1]
    assert "looking" in told


def test_the_poll_says_that_somebody_edits(page: Page, bens: Page) -> None:
    bens.post("claim/renew/", {"version": 1, "editing": "1"})
    assert "editing" in page.post("claim/renew/", {"version": 1}).content.decode()
    bens.post("claim/renew/", {"version": 1})
    assert "editing" not in page.post("claim/renew/", {"version": 1}).content.decode()


def test_the_poll_reads_nothing_of_the_content(page: Page, bens: Page, ben, django_assert_max_num_queries) -> None:
    page.get("background/")
    with django_assert_max_num_queries(7) as asked:
        bens.post("claim/renew/", {"version": 1})
    claim(page.conversation, by=ben)
    with django_assert_max_num_queries(9) as asked_by_holder:
        bens.post("claim/renew/", {"version": 1})
    text = " ".join(query["sql"] for query in [*asked.captured_queries, *asked_by_holder.captured_queries])
    assert "studio_conversation" in text
    assert '"document"' not in text
    assert "studio_pair" not in text


def test_who_stopped_polling_is_not_shown(page: Page, bens: Page) -> None:
    bens.get("background/")
    Presence.objects.update(seen_at=timezone.now() - timedelta(minutes=2))
    assert 'class="presence"' not in page.post("claim/renew/", {"version": 1}).content.decode()


def test_names_are_kept_to_themselves_while_it_is_reviewed_blind(page: Page, bens: Page) -> None:
    Conversation.objects.filter(pk=page.conversation.pk).update(is_blind=True)
    bens.get("background/")
    told = page.post("claim/renew/", {"version": 1}).content.decode()
    assert "Somebody else" in told
    assert "ben" not in told.split('class="presence"')[1]


def test_a_claim_that_ended_brings_the_rail_to_decide_with(page: Page, ben) -> None:
    claim(page.conversation, by=ben)
    held = page.post("claim/renew/", {"version": 1, "held": "1"})
    assert "HX-Retarget" not in held
    assert "data-held" in held.content.decode()
    Conversation.objects.update(claim_until=timezone.now() - timedelta(seconds=1))
    freed = page.post("claim/renew/", {"version": 1, "held": "1"})
    assert freed["HX-Retarget"] == "#rail"
    html = freed.content.decode()
    assert 'id="approve"' in html
    assert "Nobody else is reviewing it any more" in html


def test_a_save_in_another_tab_brings_the_version_that_stands(page: Page) -> None:
    page.save_arguments(1, '{"file_path": "notes/c.txt"}')
    html = page.post("claim/renew/", {"version": 1, "whole": "1"}).content.decode()
    assert 'name="version" value="2"' in html
    assert "was saved meanwhile" not in html
