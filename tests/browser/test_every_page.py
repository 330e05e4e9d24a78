"""Every page there is, by a wide window in the dark and on a phone in the light: accessible, whole, without a complaint."""

import pytest
from playwright.sync_api import Page

from studio.models import User
from tests.standins.browsing import Studio
from tests.standins.every_page import ADMIN, ANNOTATOR, LEAD, PAGES, PEOPLE, STRANGER, PageOf, admin_pages, furnish

KEYLESS = """() => {
  const seen = (element) => element.getClientRects().length && element.checkVisibility({ visibilityProperty: true });
  const holders = (element) => [element, ...(element.labels ?? []), ...("labels" in element ? [element.parentElement] : [])];
  const shows = (element) => holders(element).some((holder) => [...holder.querySelectorAll("kbd")].some(seen));
  const isElsewhere = (element) => element.closest("[data-stop]:not(.is-active), [data-scope]:not(:focus-within)");
  const isMeant = (element) => !isElsewhere(element) && !element.matches("[data-while-typing]:has(kbd)");
  return [...document.querySelectorAll("[aria-keyshortcuts]")]
    .filter((element) => seen(element) && isMeant(element) && !shows(element))
    .map((element) => element.outerHTML.slice(0, 160));
}"""
"""What has a key and doesn't show it. Keys of pairs are meant for the active one and only shown there,
those of a comment while the focus is in it, those of a button beside a field while one types in it."""


def _look(studio: Studio, page_of: PageOf, rows: dict[str, object], *, is_wide: bool) -> list[str]:
    page, path = studio.page, page_of.path(rows)
    answer = page.goto(f"{studio.url}{path}")
    assert answer is not None
    if _is_ours(page_of):
        page.locator("html[data-js]").wait_for()
    refusal = f"the server responded with a status of {page_of.status}"
    found = [problem for problem in studio.problems if refusal not in problem]
    found += studio.axe() + _skeleton(page)
    studio.problems.clear()  # axe reads the admin's style sheets in a way that its policy refuses
    if answer.status != page_of.status:
        found.append(f"answered {answer.status}")
    if is_wide:
        found += [f"shows no key: {html}" for html in page.evaluate(KEYLESS)]
        page.set_viewport_size({"width": 1024, "height": 768})
    if studio.overflow():
        found.append(f"is {studio.overflow()} px too wide")
    if is_wide:
        page.set_viewport_size({"width": 1440, "height": 900})
    return [f"{page_of} {'wide' if is_wide else 'narrow'}: {finding}" for finding in found]


def _is_ours(page_of: PageOf) -> bool:
    """Whether the page is drawn by the studio's own templates and scripts, not by the admin's or those of the API's docs."""
    return not page_of.url.startswith(("admin:", "api:"))


def _skeleton(page: Page) -> list[str]:
    counts = {"main": page.locator("main, [role=main]").count(), "h1": page.locator("h1").count()}
    return [f"has {count} {name}" for name, count in counts.items() if count != 1] + ["has no title"] * (
        not page.title()
    )


@pytest.mark.parametrize("role", [STRANGER, ANNOTATOR, LEAD, ADMIN])
def test_every_page_is_whole(studio: Studio, role: str) -> None:
    rows = furnish()
    if role:
        studio.log_in(User.objects.get(username=PEOPLE[role]))
    pages = [page_of for page_of in [*PAGES, *admin_pages()] if page_of.role == role]
    assert pages
    found = []
    for theme, width, height in (("dark", 1440, 900), ("light", 390, 844)):
        User.objects.update(theme=theme)
        studio.page.emulate_media(color_scheme=theme)
        studio.page.set_viewport_size({"width": width, "height": height})
        for page_of in pages:
            found += _look(studio, page_of, rows, is_wide=width == 1440)
    assert not found, "\n".join(found)
