"""What the tests of the review page begin with: two annotators, a lead, a conversation of two reads."""

import pytest
from django.test import Client

from studio.models import Conversation, User
from tests.standins.review_rows import person, store, two_reads


@pytest.fixture
def anna(db: None) -> User:
    return person("anna")


@pytest.fixture
def ben(db: None) -> User:
    return person("ben")


@pytest.fixture
def lead(db: None) -> User:
    return person("lena", "lead")


@pytest.fixture
def conversation(db: None) -> Conversation:
    return store(two_reads())


class Page:
    """The review page of one conversation as somebody uses it; ``htmx`` asks for fragments."""

    def __init__(self, conversation: Conversation, user: User) -> None:
        self.client = Client()
        self.client.force_login(user)
        self.conversation = conversation
        self.url = f"/conversations/{conversation.pid}/"

    def get(self, tail: str = "", *, htmx: bool = False):
        return self.client.get(self.url + tail, headers=self._headers(htmx))

    def post(self, tail: str, data: dict[str, object] | None = None, *, htmx: bool = True):
        return self.client.post(self.url + tail, data or {}, headers=self._headers(htmx))

    def call(self, number: int) -> str:
        """The URL tail of the call of this number, from 1."""
        return f"calls/{self.conversation.pairs.get(number=number - 1).call_id}/"

    def save_arguments(self, number: int, arguments: str, *, version: int = 1, htmx: bool = True):
        return self.post(f"{self.call(number)}edit/", {"kind": "raw", "text": arguments, "version": version}, htmx=htmx)

    def fresh(self) -> Conversation:
        return Conversation.objects.get(pk=self.conversation.pk)

    def _headers(self, htmx: bool) -> dict[str, str]:
        return {"HX-Request": "true", "HX-Current-URL": f"http://testserver{self.url}"} if htmx else {}


@pytest.fixture
def page(conversation: Conversation, anna: User) -> Page:
    return Page(conversation, anna)
