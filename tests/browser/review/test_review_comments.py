"""Talking on the review page by keyboard: comments, mentions, tags; two people and two tabs on one conversation."""

import re
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from studio.domain import comments, tags
from studio.domain.claims import claim
from studio.models import Comment, Conversation, Mention, Presence
from tests.standins.review_rows import person, store, two_reads

POLL = "htmx.trigger(document.body, 'claim:lost')"
"""What the page does by itself every 20 seconds."""


@pytest.fixture
def conversation(transactional_db):
    return store(two_reads())


@pytest.fixture
def path(conversation):
    return f"/conversations/{conversation.pid}/"


def test_a_mention_is_written_read_and_answered_by_keyboard(open_page, anna, conversation, path):
    ben = person("ben")
    person("bea")
    page = open_page(anna, path)
    keys = page.keyboard
    keys.press("j")
    keys.press("c")
    field = page.get_by_label("Comment on #2", exact=True)
    expect(field).to_be_focused()
    keys.type("Why, @b")
    options = page.get_by_role("listbox", name="People to mention").get_by_role("option")
    expect(options).to_have_text(["bea", "ben"])
    expect(field).to_have_attribute("aria-expanded", "true")
    keys.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", re.compile("-1$"))
    keys.press("Enter")
    expect(field).to_have_value("Why, @ben ")
    expect(field).not_to_have_attribute("role", "combobox")
    keys.type("b?")
    keys.press("Control+Enter")
    expect(page.locator("#comments-pair-2 .comment")).to_contain_text("Why, @ben b?")
    expect(page.locator("#pair-2-head")).to_contain_text("1 open thread")
    expect(page.locator('[data-minimap] a[href="#pair-2"]')).to_have_attribute("data-threads", "1")
    expect(page.locator("#pair-2")).to_be_focused()
    row = Conversation.objects.get(pk=conversation.pk)
    assert (row.version, row.status, row.open_threads) == (1, "needs_review", 1)

    bens = open_page(ben, "/")
    expect(bens.get_by_role("link", name="Mentions 1 unread")).to_be_visible()
    bens.get_by_role("link", name="Why, @ben b?").click()
    thread = bens.locator(f"#thread-{Comment.objects.get().thread.pid}")
    expect(thread).to_be_in_viewport()
    expect(thread).to_contain_text("Mentions you")
    expect(bens.locator("#pair-2")).to_have_class(re.compile("is-active"))
    assert Mention.objects.get().read_at is not None
    thread.get_by_text("Reply", exact=False).first.press("Enter")
    bens.keyboard.type("Because.")
    bens.keyboard.press("Control+Enter")
    expect(thread.locator(".comment")).to_have_count(2)


def test_escape_closes_the_list_of_names_then_leaves_the_field_then_closes_the_form(open_page, anna, path):
    person("ben")
    page = open_page(anna, path)
    keys = page.keyboard
    keys.press("c")
    field = page.locator("#comments-pair-1-text")
    expect(field).to_be_focused()
    keys.type("@be")
    expect(page.get_by_role("listbox")).to_be_visible()
    keys.press("Escape")
    expect(page.get_by_role("listbox")).to_have_count(0)
    expect(field).to_be_focused()
    keys.press("Escape")
    expect(page.locator("#pair-1")).to_be_focused()
    expect(field).to_be_visible()
    keys.press("Escape")
    expect(field).to_be_hidden()


def test_a_comment_that_was_not_sent_is_there_after_a_reload(open_page, anna, path):
    page = open_page(anna, path)
    page.keyboard.press("C")
    field = page.locator("#comments-conversation-text")
    expect(field).to_be_focused()
    page.keyboard.type("Half a thought")
    page.reload()
    expect(field).to_be_visible()
    expect(field).to_have_value("Half a thought")


def test_where_no_pair_is_active_the_key_means_the_conversation(open_page, anna, path):
    page = open_page(anna, f"{path}#text-answer-0")
    expect(page.locator("#text-answer-0")).to_have_class(re.compile("is-active"))
    page.keyboard.press("c")
    expect(page.locator("#comments-conversation-text")).to_be_focused()


def test_numbers_are_tags_until_one_rejects(open_page, anna, conversation, path):
    lead = person("lena", "lead")
    for name in ("great", "odd"):
        tags.add_tag(conversation.dataset, name=name, by=lead)
    page = open_page(anna, path)
    page.keyboard.press("2")
    odd = page.locator("#tags").get_by_role("button", name="odd")
    expect(odd).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("2")
    expect(odd).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("1")
    expect(page.locator("#tags").get_by_role("button", name="great")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Control+Backspace")
    expect(page.locator("#reject-panel")).to_have_attribute("open", "")
    page.keyboard.press("2")
    page.wait_for_url("**/review/next/**")
    row = Conversation.objects.get(pk=conversation.pk)
    assert row.status == "rejected"
    assert [tag.name for tag in row.tags.all()] == ["great"]


def test_save_and_run_again_is_one_key(open_page, anna, conversation, path):
    page = open_page(anna, path)
    page.keyboard.press("e")
    page.get_by_label("file_path").fill("notes/c.txt")
    page.keyboard.press("Control+Shift+Enter")
    expect(page.locator("#pair-1 .rerun.is-open")).to_be_visible()
    row = Conversation.objects.get(pk=conversation.pk)
    assert row.content.calls[0].arguments == {"file_path": "notes/c.txt"}
    assert row.reruns.get().call_id == row.content.calls[0].id


def test_a_lead_takes_over_by_key(open_page, anna, conversation, path):
    lead = person("lena", "lead")
    claim(conversation, by=anna)
    page = open_page(lead, path)
    expect(page.locator("#claim")).to_contain_text("anna is reviewing this conversation")
    page.keyboard.press("T")
    expect(page.locator("#claim")).to_contain_text("by you")
    assert Conversation.objects.get(pk=conversation.pk).claimed_by == lead


def test_two_people_see_each_other(open_page, anna, path):
    page = open_page(anna, path)
    _wait_until(page, lambda: Presence.objects.filter(user__username="anna").exists())
    bens = open_page(person("ben"), path)
    expect(bens.locator(".presence")).to_contain_text("anna")
    bens.keyboard.press("e")
    expect(bens.locator("form.editor")).to_be_visible()
    bens.evaluate(POLL)
    _wait_until(page, lambda: Presence.objects.filter(user__username="ben", is_editing=True).exists())
    page.evaluate(POLL)
    expect(page.locator(".presence")).to_contain_text("editing")
    expect(page.locator(".presence")).to_contain_text("ben")


def test_a_claim_that_frees_itself_makes_the_page_editable_and_loses_nothing(open_page, anna, conversation, path):
    claim(conversation, by=person("ben"))
    page = open_page(anna, path)
    expect(page.locator("#pair-1 > footer [data-do=edit]")).to_be_hidden()
    expect(page.locator("#approve")).to_have_count(0)
    page.keyboard.press("c")
    page.keyboard.type("Waiting for ben")
    page.evaluate("window.stillHere = true")
    Conversation.objects.filter(pk=conversation.pk).update(claim_until=timezone.now() - timedelta(seconds=1))
    page.evaluate(POLL)
    expect(page.locator("#messages")).to_contain_text("Nobody else is reviewing it any more")
    expect(page.locator("#approve")).to_be_visible()
    expect(page.locator("#pair-1 > footer [data-do=edit]")).to_be_visible()
    expect(page.locator("#comments-pair-1-text")).to_have_value("Waiting for ben")
    expect(page.locator("#comments-pair-1-text")).to_be_focused()
    assert page.evaluate("window.stillHere") is True


def test_two_tabs_of_one_person_know_each_other_and_show_what_was_saved(open_page, anna, path):
    page = open_page(anna, path)
    note = page.locator("[data-other-tab]")
    expect(note).to_be_hidden()
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator("[data-other-tab]")).to_be_visible()
    expect(note).to_be_visible()
    other.keyboard.press("e")
    other.get_by_label("file_path").fill("notes/c.txt")
    other.keyboard.press("Control+s")
    expect(page.locator("#pair-1")).to_contain_text("notes/c.txt")
    expect(page.locator('#decision [name="version"]')).to_have_value("2")
    expect(page.locator("#claim")).not_to_contain_text("was saved meanwhile")
    other.close()
    expect(note).to_be_hidden()


def test_what_is_said_or_tagged_in_one_tab_shows_in_the_other(open_page, anna, conversation, path):
    tags.add_tag(conversation.dataset, name="odd", by=person("lena", "lead"))
    page = open_page(anna, path)
    other = page.context.new_page()
    other.goto(page.url)
    expect(page.locator("[data-other-tab]")).to_be_visible()
    page.keyboard.press("C")
    page.keyboard.type("Half a thought")
    other.keyboard.press("1")
    expect(page.locator("#tags").get_by_role("button", name="odd")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#comments-conversation-text")).to_have_value("Half a thought")
    other.keyboard.press("j")
    other.keyboard.press("c")
    other.keyboard.type("Why b?")
    other.keyboard.press("Control+Enter")
    expect(page.locator("#comments-pair-2")).to_contain_text("Why b?")


def test_the_poll_takes_nobodys_focus(open_page, anna, path):
    page = open_page(anna, path)
    page.get_by_role("link", name="Dashboard").focus()
    settled = "document.addEventListener('htmx:afterSettle', () => done(), { once: true })"
    page.evaluate(f"() => new Promise((done) => {{ {settled}; {POLL}; }})")
    expect(page.get_by_role("link", name="Dashboard")).to_be_focused()
    page.evaluate(f"() => new Promise((done) => {{ {settled}; htmx.trigger(document, 'review:saved'); }})")
    expect(page.get_by_role("link", name="Dashboard")).to_be_focused()


def test_a_form_that_was_closed_with_words_in_it_stays_closed(open_page, anna, path):
    page = open_page(anna, path)
    page.keyboard.press("c")
    page.keyboard.type("Later")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    field = page.locator("#comments-pair-1-text")
    expect(field).to_be_hidden()
    page.keyboard.press("x")
    expect(page.locator("#pair-1-wrong")).to_have_attribute("aria-pressed", "true")
    expect(field).to_be_hidden()
    page.keyboard.press("c")
    expect(field).to_have_value("Later")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_nothing_serious_with_threads_open(open_page, anna, conversation, path, width, scheme):
    lead = person("lena", "lead")
    tags.set_tag(conversation, name="great", by=lead)
    tags.add_tag(conversation.dataset, name="odd", by=lead, colour="flagged")
    comments.start_thread(conversation, text="All of it? " * 30, by=lead)
    said = comments.start_thread(conversation, text="@anna why b?", by=lead, call_id=conversation.content.calls[0].id)
    comments.reply(said.thread, text="Because", by=anna)
    settled = comments.start_thread(conversation, text="Old", by=anna, call_id=conversation.content.calls[1].id)
    comments.resolve(settled.thread, by=lead)
    page = open_page(anna, path, viewport={"width": width, "height": 900}, color_scheme=scheme)
    for summary in page.locator("#comments-pair-1 summary:visible").all():
        summary.press("Enter")
    page.locator("#comments-pair-1 .comment-reply textarea").press_sequentially("@l")
    expect(page.get_by_role("listbox")).to_be_visible()
    found = [
        f"{one['id']}: {one['nodes'][0]['html'][:200]}"
        for one in Axe().run(page).response["violations"]
        if one["impact"] in ("serious", "critical")
    ]
    assert found == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def _wait_until(page, is_so):
    for _ in range(600):
        if is_so():
            return
        page.wait_for_timeout(50)
    raise AssertionError("It did not become so.")
