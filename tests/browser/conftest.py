"""The studio in a real Chromium. Every test here also fails on an error in the console, a script's exception, a refusal
by the Content-Security-Policy, and a 5xx: whatever the test itself looks at."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, expect, sync_playwright

from studio.models import User
from tests.standins.browsing import Studio

PATIENCE_MS = 30_000  # browser, studio and other tests share few cores
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

expect.set_options(timeout=15_000)  # less than the 20 s after which the review page looks by itself


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.service("chromium"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests of this process; each test gets a context of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """Cookies and storage of one test, at 1440 x 900."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


@pytest.fixture
def problems(context: BrowserContext) -> list[str]:
    """What went wrong in the browser. A test that provokes something takes it out again, by name."""
    found: list[str] = []

    def watch(page: Page) -> None:
        page.on("console", lambda line: found.append(f"console: {line.text}") if _is_complaint(line) else None)
        page.on("pageerror", lambda error: found.append(f"exception: {error}"))
        page.on("response", lambda answer: found.append(_failure(answer)) if answer.status >= 500 else None)

    context.on("page", watch)
    return found


@pytest.fixture
def studio(
    transactional_db: None, live_server: object, context: BrowserContext, problems: list[str]
) -> Iterator[Studio]:
    """The studio behind a live server, with one open page and nobody logged in."""
    page = context.new_page()
    yield Studio(url=str(live_server), context=context, page=page, problems=problems)
    page.goto("about:blank")  # polls end here, before the database is emptied
    assert not problems, "The browser complained:\n" + "\n".join(problems)


@pytest.fixture
def as_lead(studio: Studio) -> Studio:
    """The studio with a lead logged in."""
    studio.log_in(role=User.Role.LEAD)
    return studio


@pytest.fixture
def as_annotator(studio: Studio) -> Studio:
    """The studio with an annotator logged in."""
    studio.log_in(role=User.Role.ANNOTATOR)
    return studio


def _is_complaint(line: ConsoleMessage) -> bool:
    return line.type == "error"


def _failure(answer: Response) -> str:
    return f"{answer.status} from {answer.request.method} {answer.url}"
