"""Studio: the running studio as a test in the browser uses it. Held: an answer that comes late."""

from dataclasses import dataclass
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import APIResponse, BrowserContext, Page, Route

from studio.models import User
from tests.standins.page_rows import make_user

SERIOUS = ("serious", "critical")


@dataclass
class Studio:
    """``problems`` is what the browser complained of so far; a test fails at its end when any is left."""

    url: str
    context: BrowserContext
    page: Page
    problems: list[str]
    user: User | None = None

    def log_in(self, user: User | None = None, *, role: str = User.Role.ANNOTATOR) -> User:
        """Give the browser the session of ``user``, or of a new one with this role."""
        self.user = user or make_user(role)
        client = Client()
        client.force_login(self.user)
        value = client.cookies[settings.SESSION_COOKIE_NAME].value
        self.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": self.url}])
        return self.user

    def open(self, path: str) -> Page:
        """Go to a path of the studio and wait until its scripts have run."""
        self.page.goto(f"{self.url}{path}")
        self.page.locator("html[data-js]").wait_for()
        return self.page

    def forget(self, words: str) -> None:
        """Take the problems that hold ``words`` off the list; there must be one, or the test provoked nothing."""
        expected = [problem for problem in self.problems if words in problem]
        assert expected, f"Nothing in the browser said {words!r}: {self.problems}"
        for problem in expected:
            self.problems.remove(problem)

    def axe(self) -> list[str]:
        """The serious accessibility findings on the page as it stands, one line each."""
        found: list[dict[str, Any]] = Axe().run(self.page).response["violations"]
        return [
            f"{finding['id']}: {node['target']} {node['failureSummary']}"
            for finding in found
            if finding["impact"] in SERIOUS
            for node in finding["nodes"]
        ]

    def overflow(self) -> int:
        """By how many pixels the page is wider than its window."""
        width: int = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        return max(width, 0)


class Held:
    """The first answer to requests of this pattern: made when it is asked for, handed over when the test says so."""

    def __init__(self, page: Page, pattern: str) -> None:
        self._page = page
        self._route: Route | None = None
        self._answer: APIResponse | None = None
        page.route(pattern, self._hold)

    def _hold(self, route: Route) -> None:
        if self._route is not None:
            route.continue_()
            return
        self._route = route
        self._answer = route.fetch()

    def wait(self) -> None:
        """Until the studio has answered."""
        while self._answer is None:
            self._page.wait_for_timeout(20)

    def let_go(self) -> None:
        self.wait()
        assert self._route is not None
        self._route.fulfill(response=self._answer)
