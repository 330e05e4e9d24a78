"""HTMX on both ways: expired logins, redirects, messages, Vary."""

import pytest
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django_htmx.middleware import HtmxDetails

from studio.models import User
from studio.web.middleware import HtmxResponses
from tests.standins.page_rows import make_run, make_user

HTMX = {"HX-Request": "true"}


@pytest.fixture
def client_of_lead(db: None) -> Client:
    client = Client()
    client.force_login(make_user(User.Role.LEAD))
    return client


def test_an_expired_login_sends_htmx_to_the_login_and_back_to_its_page(client: Client, db: None) -> None:
    here = "http://testserver/runs/?after=abc"
    response = client.get("/runs/x/", headers={**HTMX, "HX-Current-URL": here})
    assert response.status_code == 200
    assert response["HX-Redirect"] == "/login/?next=/runs/%3Fafter%3Dabc"
    assert "Location" not in response


def test_an_expired_login_sends_a_form_back_to_the_page_it_stood_on(client: Client, db: None) -> None:
    response = client.post("/runs/x/cancel/", headers={"Referer": "http://testserver/runs/x/"})
    assert response["Location"] == "/login/?next=/runs/x/"


@pytest.mark.parametrize("elsewhere", ["http://evil.example/runs/", "javascript:alert(1)", ""])
def test_an_expired_login_never_leads_to_another_site(client: Client, db: None, elsewhere: str) -> None:
    response = client.post("/runs/x/cancel/", headers={"Referer": elsewhere})
    assert response["Location"] == "/login/?next=/"


def test_a_redirect_becomes_one_that_htmx_follows_as_a_page(client_of_lead: Client) -> None:
    response = client_of_lead.post("/settings/theme/choose/", {"theme": "dark"}, headers=HTMX)
    assert (response.status_code, response["HX-Redirect"]) == (200, "/settings/")


def test_caches_keep_page_and_fragment_apart(client_of_lead: Client) -> None:
    assert "HX-Request" in client_of_lead.get("/conversations/")["Vary"]
    assert "HX-Request" in client_of_lead.get("/conversations/", headers={**HTMX, "HX-Target": "results"})["Vary"]


def _answer(rf: RequestFactory, body: HttpResponse, *, is_htmx: bool = True) -> str:
    request = rf.get("/", headers=HTMX if is_htmx else {})
    request.htmx = HtmxDetails(request)  # type: ignore[attr-defined]  # what django_htmx's middleware sets

    def view(request: HttpRequest) -> HttpResponse:
        messages.success(request, "Saved <b>it</b>")
        return body

    def with_messages(request: HttpRequest) -> HttpResponse:
        request._messages = messages.storage.default_storage(request)  # type: ignore[attr-defined]  # Django's own name
        return view(request)

    request.session = {}  # type: ignore[assignment]  # enough of a session for the messages
    response = HtmxResponses(with_messages)(request)
    assert isinstance(response, HttpResponse)
    return response.content.decode()


def test_messages_ride_along_with_a_fragment(rf: RequestFactory) -> None:
    body = _answer(rf, HttpResponse("<p>fragment</p>"))
    assert body.startswith("<p>fragment</p>")
    assert 'hx-swap-oob="beforeend:#messages"' in body
    assert "Saved &lt;b&gt;it&lt;/b&gt;" in body


@pytest.mark.parametrize(
    "response",
    [
        HttpResponse("<!doctype html><html><body>page</body></html>"),
        HttpResponse(status=204),
        HttpResponse("{}", content_type="application/json"),
        HttpResponse("", headers={"HX-Refresh": "true"}),
    ],
    ids=["page", "no content", "json", "refresh"],
)
def test_messages_wait_where_there_is_no_room_for_them(rf: RequestFactory, response: HttpResponse) -> None:
    assert "hx-swap-oob" not in _answer(rf, response)


def test_messages_are_left_to_the_page_without_htmx(rf: RequestFactory) -> None:
    assert "hx-swap-oob" not in _answer(rf, HttpResponse("<p>fragment</p>"), is_htmx=False)


def test_a_refusal_is_a_message_to_htmx_and_swaps_nothing(client_of_lead: Client) -> None:
    run = make_run(status="finished")
    response = client_of_lead.post(f"/runs/{run.pid}/pause/", headers=HTMX)
    assert response.status_code == 409
    assert response["HX-Reswap"] == "none"
    assert "Only a running run can be paused." in response.content.decode()


def test_a_refusal_is_a_page_without_htmx(client_of_lead: Client) -> None:
    run = make_run(status="finished")
    response = client_of_lead.post(f"/runs/{run.pid}/pause/")
    assert response.status_code == 409
    assert "<html" in response.content.decode()
    assert "Only a running run can be paused." in response.content.decode()


def test_an_out_of_date_page_is_told_to_reload() -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post("/login/", {"username": "x"}, headers=HTMX)
    assert response.status_code == 403
    assert "out of date" in response.content.decode()
    assert response["HX-Reswap"] == "none"
