"""Pages of several people on the review page, each in a browser context of their own. Every console error, uncaught exception and refused policy fails the test it happens in."""

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page

from studio.models import User
from tests.browser.conftest import PATIENCE_MS
from tests.standins.review_rows import person


@pytest.fixture
def anna(transactional_db: None) -> User:
    return person("anna")


@pytest.fixture
def expected() -> tuple[str, ...]:
    """What a browser may complain of. It reports each 4xx; those are answers here, not faults."""
    return ("the server responded with a status of 4",)


@pytest.fixture
def open_page(
    transactional_db: None, live_server, chromium: Browser, expected: tuple[str, ...]
) -> Iterator[Callable[..., Page]]:
    """Opens a page for somebody in a browser context of their own."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_for(user: User, path: str, **options: object) -> Page:
        client = Client()
        client.force_login(user)
        context = chromium.new_context(**{"viewport": {"width": 1440, "height": 900}, **options})
        contexts.append(context)
        cookie = client.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(live_server.url + path)
        return page

    yield open_for
    for context in contexts:
        for page in context.pages:
            page.goto("about:blank")  # polls end here, before the database is emptied
        context.close()
    assert [text for text in complaints if not any(words in text for words in expected)] == []
