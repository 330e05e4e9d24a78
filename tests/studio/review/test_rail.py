"""The rail and the page around it: nothing said twice, nothing offered that can't be done, nothing lost without a script."""

import pytest
from django.urls import reverse

from studio.domain import reviews
from studio.domain.tags import set_tag
from studio.models import Tag, User
from tests.standins.review_rows import person


def test_what_stands_in_the_way_of_approval_is_said_once(page):
    page.save_arguments(1, '{"file_path": "notes/c.txt"}')
    text = page.post("decision/approve/", {"version": 2}).content.decode()
    assert text.count("must be run again") == 1
    assert 'role="alert" aria-label="Before it can be approved"' in text


def test_another_refusal_is_said_beside_what_stands_in_the_way(page):
    page.save_arguments(1, '{"file_path": "notes/c.txt"}')
    text = page.post("decision/reject/", {"version": 2, "reason": ""}).content.decode()
    assert "Say why it is rejected." in text
    assert "must be run again" in text


def test_what_is_decided_is_not_skipped(page):
    skip = reverse("skip", args=[page.conversation.pid])
    assert skip in page.get().content.decode()
    reviews.reject(page.conversation, version=1, by=person("ben"), reason="Off topic")
    assert skip not in page.get().content.decode()


def test_without_a_script_an_editor_opens_where_its_pair_is(page):
    text = page.get().content.decode()
    assert 'edit/#pair-2"' in text
    assert 'edit/#text-answer-0"' in text


@pytest.mark.parametrize("role", ["annotator", "lead"])
def test_held_by_somebody_else_only_the_tags_it_has_are_shown(page, ben, role):
    conversation = page.conversation
    for name in ("greetings", "dates"):
        Tag.objects.create(dataset=conversation.dataset, name=name)
    reviews.claim(conversation, by=ben)
    User.objects.filter(username="anna").update(role=role)
    assert 'aria-labelledby="rail-tags" hidden' in page.get().content.decode()
    set_tag(conversation, name="dates", by=ben)
    text = page.get().content.decode()
    assert 'aria-labelledby="rail-tags">' in text
    assert ("dates" in text, "greetings" in text) == (True, False)
