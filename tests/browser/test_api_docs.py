"""The API's docs in a real browser: they draw, the policy refuses nothing, and one's session can try a route out."""

from playwright.sync_api import expect

from tests.standins.browsing import Studio


def test_the_docs_draw_and_a_route_can_be_tried_out(as_lead: Studio) -> None:
    page = as_lead.page
    page.set_default_timeout(120_000)  # a script that is not ours draws a hundred routes
    page.goto(f"{as_lead.url}/api/docs")
    expect(page.locator(".opblock").nth(40)).to_be_attached(timeout=120_000)
    route = page.locator("#operations-queue-claim_next_conversation")
    route.locator(".opblock-summary").click()
    route.locator(".try-out__btn").click()
    route.locator(".execute").click()
    status = route.locator(".live-responses-table .response-col_status")
    status.filter(has_text="204").wait_for()
