"""People who look at pages, each with a client of their own."""

import pytest
from django.test import Client

from studio.models import User
from tests.standins.page_rows import make_user


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def annotator(db: None) -> User:
    return make_user(User.Role.ANNOTATOR)


@pytest.fixture
def lead(db: None) -> User:
    return make_user(User.Role.LEAD)


@pytest.fixture
def admin(db: None) -> User:
    return make_user(User.Role.ADMIN)


@pytest.fixture
def as_annotator(annotator: User) -> Client:
    return _client(annotator)


@pytest.fixture
def as_lead(lead: User) -> Client:
    return _client(lead)


@pytest.fixture
def as_admin(admin: User) -> Client:
    return _client(admin)
