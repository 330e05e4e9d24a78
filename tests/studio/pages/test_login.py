"""Coming in and going out."""

import pytest
from django.test import Client

from tests.standins.page_rows import PASSWORD, make_user


@pytest.mark.django_db
def test_one_logs_in_and_comes_back_to_the_page_one_wanted(client: Client) -> None:
    make_user(username="mara")
    page = client.get("/login/?next=/runs/").content.decode()
    assert 'name="next" value="/runs/"' in page
    response = client.post("/login/", {"username": "mara", "password": PASSWORD, "next": "/runs/"})
    assert response["Location"] == "/runs/"


@pytest.mark.django_db
def test_a_wrong_password_is_told_on_the_page(client: Client) -> None:
    make_user(username="mara")
    page = client.post("/login/", {"username": "mara", "password": "wrong"}).content.decode()
    assert 'role="alert"' in page
    assert "correct username and password" in page


@pytest.mark.django_db
def test_nobody_registers_themselves(client: Client) -> None:
    for path in ("/register/", "/signup/", "/accounts/", "/login/new/"):
        assert client.get(path).status_code in (302, 404)
    assert "register" not in client.get("/login/").content.decode().lower()


def test_logging_out_takes_a_post(as_annotator: Client) -> None:
    assert as_annotator.get("/logout/").status_code == 405
    assert as_annotator.post("/logout/")["Location"] == "/login/"
    assert as_annotator.get("/").status_code == 302
