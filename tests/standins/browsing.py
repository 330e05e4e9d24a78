"""Studio: the running studio as a test in the browser uses it."""

from dataclasses import dataclass
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, Page

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
