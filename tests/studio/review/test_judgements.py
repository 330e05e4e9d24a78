"""What a judge said stands in the rail, as advice and as hostile text."""

import pytest
from django.test import Client

from studio.models import Conversation, Endpoint, Judgement, User
from tests.standins.studio_rows import make_conversation, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def by(client: Client) -> User:
    user = make_user()
    client.force_login(user)
    return user


def _judged(conversation: Conversation, **values: object) -> None:
    endpoint = Endpoint.objects.create(name="judge", model="j")
    scores = [{"criterion": "task_solved", "score": 2, "reason": "<b>Call 3</b> fails"}]
    given = {"status": "done", "model": "j-1", "overall": 2.0, "scores": scores, "rubric": {}, "version": 1, **values}
    Judgement.objects.create(conversation=conversation, endpoint=endpoint, **given)


def test_scores_and_reasons_are_shown_as_text(client: Client, by: User) -> None:
    conversation = make_conversation()
    _judged(conversation)
    page = client.get(f"/conversations/{conversation.pid}/background/").content.decode()
    assert "j-1" in page
    assert "&lt;b&gt;Call 3&lt;/b&gt; fails" in page
    assert "<b>Call 3</b>" not in page


def test_an_opinion_of_an_older_version_says_so(client: Client, by: User) -> None:
    conversation = make_conversation()
    _judged(conversation, version=1)
    Conversation.objects.filter(pk=conversation.pk).update(version=2)
    assert "Of version 1" in client.get(f"/conversations/{conversation.pid}/background/").content.decode()


def test_one_under_way_is_not_shown(client: Client, by: User) -> None:
    conversation = make_conversation()
    _judged(conversation, status="running", overall=None)
    assert "j-1" not in client.get(f"/conversations/{conversation.pid}/background/").content.decode()
