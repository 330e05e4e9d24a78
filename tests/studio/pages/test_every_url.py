"""Every URL asks for a login, but for those listed here with the reason."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

OPEN = {
    "login/": "how else would one come in",
    "admin/login/": "the admin's own login",
    "admin/": "sends to the admin's own login",
    "admin/logout/": "says goodbye to whoever asks",
    "admin/jsi18n/": "words of the admin's widgets, without any data",
    "admin/password_change/": "sends to the admin's own login",
    "admin/password_change/done/": "sends to the admin's own login",
    "favicon.ico": "sends to the icon, a file like those of the login page",
    "api/": "answers 401 in JSON, or is open by its own decision; its tests hold that",
}
VALUES = {"str": "x", "slug": "x", "int": "1", "path": "x", "uuid": "00000000-0000-0000-0000-000000000000"}


def _routes(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[str]:
    for entry in patterns:
        route = prefix + (str(entry.pattern) if isinstance(entry.pattern, RoutePattern) else "")
        if isinstance(entry, URLResolver):
            yield from _routes(entry.url_patterns, route)
        elif isinstance(entry.pattern, RoutePattern):
            for name, converter in entry.pattern.converters.items():
                kind = type(converter).__name__.removesuffix("Converter").lower().replace("string", "str")
                route = route.replace(f"<{kind}:{name}>", VALUES[kind]).replace(f"<{name}>", "x")
            yield route


ROUTES = sorted(set(_routes(get_resolver().url_patterns)))


@pytest.mark.django_db
@pytest.mark.parametrize("route", [route for route in ROUTES if route not in OPEN and not route.startswith("api/")])
def test_a_stranger_is_sent_to_the_login(client: Client, route: str) -> None:
    for ask in (client.get, client.post):
        response = ask(f"/{route}")
        assert response.status_code == 302, f"{route} answers {response.status_code} to a stranger"
        assert "login/" in response["Location"]


def test_the_walk_finds_the_studio() -> None:
    assert {"", "conversations/", "conversations/x/", "runs/x/cancel/", "settings/tokens/x/delete/"} <= set(ROUTES)
