"""The shell of every page: login, theme, keys, messages, live parts; and what works without scripts."""

from playwright.sync_api import Request, expect

from studio.models import Run, User
from tests.standins.browsing import Studio
from tests.standins.page_rows import (
    PASSWORD,
    make_conversation,
    make_run,
    make_user,
)


def test_the_login_is_accessible_and_lets_one_in(studio: Studio) -> None:
    make_user(username="mara")
    studio.open("/runs/")
    assert not studio.axe()
    studio.page.get_by_label("Username").fill("mara")
    studio.page.get_by_label("Password").fill(PASSWORD)
    studio.page.keyboard.press("Enter")
    expect(studio.page.get_by_role("heading", name="Runs")).to_be_visible()


def test_the_theme_is_chosen_by_hand_and_overrules_the_system(as_lead: Studio) -> None:
    page = as_lead.open("/settings/")
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    page.emulate_media(color_scheme="light")
    light = page.evaluate(ground)
    page.get_by_label("Dark").check()
    expect(page.locator("html[data-theme=dark]")).to_be_attached()
    page.wait_for_load_state()  # with its styles
    assert page.evaluate(ground) != light


def test_filters_swap_the_table_and_the_url_carries_them(as_lead: Studio) -> None:
    wanted = make_conversation(words="Feed the zebra")
    make_conversation(words="Something else")
    page = as_lead.open("/conversations/")
    rows = page.locator("#results tbody tr")
    expect(rows).to_have_count(2)
    page.keyboard.press("/")
    page.keyboard.type("zebra")
    expect(rows).to_have_count(1)
    status = page.get_by_label("status")
    status.select_option("needs_review")
    page.wait_for_url("**/conversations/?q=zebra&status=needs_review")
    expect(page.get_by_label("Search")).to_have_value("zebra")
    expect(rows.get_by_role("link")).to_have_attribute(
        "href", f"/conversations/{wanted.pid}/?q=zebra&status=needs_review"
    )
    page.reload()
    expect(rows).to_have_count(1)
    page.go_back()
    page.wait_for_url("**/conversations/?q=zebra")
    expect(status).to_have_value("")
    page.wait_for_load_state()
    page.go_back()
    expect(rows).to_have_count(2)


def test_typing_in_a_field_hijacks_no_key(as_lead: Studio) -> None:
    make_conversation()
    page = as_lead.open("/conversations/")
    page.get_by_label("Search").focus()
    page.keyboard.type("n?]")
    expect(page.get_by_label("Search")).to_have_value("n?]")
    assert "/conversations/" in page.url
    page.keyboard.press("Escape")
    expect(page.get_by_label("Search")).not_to_be_focused()


def test_the_question_mark_shows_and_hides_the_keys(as_lead: Studio) -> None:
    page = as_lead.open("/")
    sheet = page.locator("#keys")
    expect(sheet).to_be_hidden()
    page.keyboard.press("?")
    expect(sheet).to_be_visible()
    assert not as_lead.axe()
    page.keyboard.press("?")
    expect(sheet).to_be_hidden()


def test_one_key_starts_reviewing(as_annotator: Studio) -> None:
    conversation = make_conversation()
    as_annotator.open("/").keyboard.press("n")
    as_annotator.page.wait_for_url(f"**/conversations/{conversation.pid}/**")


def test_a_run_is_watched_while_it_goes_and_left_alone_when_it_ended(as_lead: Studio) -> None:
    run = make_run(count=2)
    page = as_lead.open(f"/runs/{run.pid}/")
    expect(page.get_by_text("None yet")).to_be_visible()
    make_conversation(run.dataset, run=run, words="Made just now")
    expect(page.get_by_role("link", name="Made just now")).to_be_visible()
    Run.objects.update(status=Run.Status.FINISHED)
    expect(page.locator("#progress[hx-get]")).to_have_count(0)
    expect(page.get_by_text("Finished")).to_be_visible()


def test_cancelling_asks_once_more_and_the_question_survives_the_polls(as_lead: Studio) -> None:
    run = make_run(count=2)
    page = as_lead.open(f"/runs/{run.pid}/")
    page.get_by_text("Cancel…").click()
    with page.expect_response(lambda answer: answer.url.endswith(f"/runs/{run.pid}/")):
        pass  # a poll comes by
    page.get_by_role("button", name="Cancel the run").click()
    expect(page.get_by_text("Cancelled")).to_be_visible()
    run.refresh_from_db()
    assert run.status == Run.Status.CANCELLED


def test_a_refusal_is_said_and_changes_nothing_on_the_page(as_lead: Studio) -> None:
    run = make_run()
    page = as_lead.open(f"/runs/{run.pid}/")
    page.route(f"**/runs/{run.pid}/", lambda _: None)  # no poll tells the page before somebody presses the button
    Run.objects.update(status=Run.Status.FINISHED)
    page.locator("#pause").click()
    expect(page.locator("#messages")).to_contain_text("Only a running run can be paused.")
    page.locator("#messages [data-dismiss]").click()
    expect(page.locator("#messages .message")).to_have_count(0)
    as_lead.forget("409")


def test_an_expired_login_leads_to_the_login_and_back(as_lead: Studio) -> None:
    make_conversation()
    page = as_lead.open("/conversations/?sort=oldest")
    as_lead.context.clear_cookies()
    page.get_by_label("status").select_option("approved", no_wait_after=True)
    page.wait_for_url("**/login/?next=/conversations/**")
    assert as_lead.user is not None
    page.get_by_label("Username").fill(as_lead.user.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/conversations/?sort=oldest")


def test_the_menu_of_a_phone_opens(as_lead: Studio) -> None:
    as_lead.page.set_viewport_size({"width": 390, "height": 844})
    page = as_lead.open("/")
    link = page.get_by_role("link", name="Runs", exact=True)
    expect(link).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    link.click()
    page.wait_for_url("**/runs/")


def test_everything_but_the_live_parts_works_without_scripts(studio: Studio) -> None:
    studio.log_in(role=User.Role.ADMIN)
    run = make_run(count=5)
    for status in ("approved", "rejected"):
        make_conversation(run.dataset, run=run, status=status)
    browser = studio.context.browser
    assert browser is not None
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies([{"name": c["name"], "value": c["value"], "url": studio.url} for c in studio.context.cookies()])
    page = context.new_page()
    page.goto(f"{studio.url}/conversations/")
    page.get_by_label("status").select_option("approved")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("#results tbody tr")).to_have_count(1)
    page.goto(f"{studio.url}/runs/{run.pid}/")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused", exact=True)).to_be_visible()
    context.close()


def test_a_page_is_light_at_first_and_lighter_after(as_lead: Studio) -> None:
    for _ in range(50):
        make_conversation()
    requests: list[Request] = []
    as_lead.page.on("requestfinished", lambda request: requests.append(request))
    sizes = []
    for _ in range(2):
        requests.clear()
        as_lead.open("/conversations/")
        as_lead.page.wait_for_load_state("networkidle")
        sizes.append(sum(request.sizes()["responseBodySize"] for request in requests))
    first, after = sizes
    assert 0 < first < 150_000
    assert 0 < after < 30_000
