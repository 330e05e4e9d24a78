"""One's own password: changed by whoever knows it, in this browser; the others are logged out; guessing it slows down."""

import pytest
from django.contrib.auth import get_user
from django.test import Client

from studio.domain.attempts import FREE
from studio.models import User
from tests.standins.page_rows import PASSWORD, make_user

pytestmark = pytest.mark.django_db

URL = "/settings/password/"
NEW = "a far better one"


@pytest.fixture
def mara() -> User:
    return make_user(username="mara")


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def change(client: Client, *, old: str = PASSWORD, new: str = NEW, again: str = ""):
    return client.post(URL, {"old_password": old, "new_password1": new, "new_password2": again or new})


def test_it_is_changed_and_every_other_browser_is_logged_out(mara: User) -> None:
    here, elsewhere = client_of(mara), client_of(mara)
    assert URL in here.get("/settings/").content.decode()
    page = change(here)
    assert page["Location"] == "/settings/"
    settings = here.get("/settings/").content.decode()
    assert "Your password is changed. Every other browser is logged out." in settings
    assert get_user(elsewhere).is_anonymous
    assert elsewhere.get("/settings/")["Location"].startswith("/login/")
    assert Client().login(username="mara", password=NEW)
    assert not Client().login(username="mara", password=PASSWORD)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"old": "wrong"}, "Your old password was entered incorrectly."),
        ({"new": "short1"}, "This password is too short."),
        ({"new": "password123"}, "This password is too common."),
        ({"again": "another one"}, "password fields didn"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_changes(mara: User, values: dict[str, str], words: str) -> None:
    client = client_of(mara)
    response = change(client, **values)
    assert response.status_code == 422
    text = response.content.decode()
    assert words in text
    assert 'class="field-error"' in text
    for password in (PASSWORD, NEW, *values.values()):
        assert f'value="{password}"' not in text
    mara.refresh_from_db()
    assert mara.check_password(PASSWORD)


def test_guessing_the_old_one_slows_down_even_the_right_one(mara: User) -> None:
    client = client_of(mara)
    for _ in range(FREE):
        assert "Too many" not in change(client, old="wrong").content.decode()
    refused = change(client)
    assert refused.status_code == 422
    assert "Too many wrong passwords: wait 1 s" in refused.content.decode()
    mara.refresh_from_db()
    assert mara.check_password(PASSWORD)


def test_it_is_for_those_who_are_logged_in() -> None:
    assert Client().get(URL)["Location"].startswith("/login/")
    assert change(Client()).status_code == 302
