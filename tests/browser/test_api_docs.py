"""The API's docs in a real browser: they draw, the policy refuses nothing, and one's session can try a route out."""

from playwright.sync_api import expect

from tests.standins.browsing import Studio


def test_the_docs_draw_and_a_route_can_be_tried_out(as_lead: Studio) -> None:
    page = as_lead.page
    page.goto(f"{as_lead.url}/api/docs")
    expect(page.locator(".opblock").nth(40)).to_be_attached()
    route = page.locator("#operations-queue-claim_next_conversation")
    route.locator(".opblock-summary").click()
    route.locator(".try-out__btn").click()
    route.locator(".execute").click()
    status = route.locator(".live-responses-table .response-col_status")
    status.filter(has_text="204").wait_for()
