"""Pairs added, moved, removed and run by keyboard alone, and every other part of a conversation edited by it."""

import re
import time

import pytest
from playwright.sync_api import Page, expect

from studio.models import Conversation, Rerun
from studio.rerunning import work_rerun
from tests.standins.review_rows import call, person, reading, store, two_reads


def parallel_reads() -> Conversation:
    """#1 and #2 in one step, #3 in the next."""
    content = two_reads()
    content.turns[0].steps[0].calls.append(call("list_files", {}, "notes/a.txt"))
    return content


@pytest.fixture
def conversation(transactional_db) -> Conversation:
    return store(parallel_reads())


@pytest.fixture
def page(open_page, anna, conversation) -> Page:
    return open_page(anna, f"/conversations/{conversation.pid}/")


def tools(conversation: Conversation) -> list[list[str]]:
    content = Conversation.objects.get(pk=conversation.pk).content
    return [[call.tool for call in step.calls] for step in content.turns[0].steps if step.calls]


def open_menu(page: Page, stop: str) -> None:
    page.keyboard.press("m")
    expect(page.locator(f"{stop} [data-menu] button").first).to_be_focused()


def work_what_was_asked(within: float = 30.0) -> None:
    deadline = time.monotonic() + within
    while not (pending := Rerun.objects.filter(status=Rerun.Status.PENDING).first()):
        assert time.monotonic() < deadline, "no rerun was asked for"
        time.sleep(0.05)
    work_rerun(pending.pk)


def test_a_pair_is_added_run_and_accepted(page, conversation):
    open_menu(page, "#pair-1")
    page.keyboard.press("a")
    form = page.locator("#pair-1-more form.editor")
    expect(form.get_by_label("file_path", exact=True)).to_be_focused()
    form.get_by_label("Thought of the new step").fill("I look at c as well.")
    form.get_by_label("file_path", exact=True).fill("")
    page.keyboard.press("Control+s")
    expect(form.locator(".field-error").first).to_be_visible()
    expect(form.get_by_label("Thought of the new step")).to_have_value("I look at c as well.")
    form.get_by_label("file_path", exact=True).fill("notes/c.txt")
    page.keyboard.press("Control+s")
    expect(page.locator("#pair-3")).to_have_class(re.compile("is-active"))
    expect(page.locator("#pair-3")).to_contain_text("Not run yet")
    expect(page.locator("[data-minimap] a")).to_have_count(4)
    expect(page.locator(".obstacles")).to_contain_text("was called, but never answered")
    assert tools(conversation) == [["read_file", "list_files"], ["read_file"], ["read_file"]]
    page.keyboard.press("r")
    expect(page.locator("#pair-3-rerun")).to_contain_text("Asked to run again")
    work_what_was_asked()
    expect(page.locator("#pair-3-accept")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#pair-3 .side-result")).to_contain_text("gamma")
    row = Conversation.objects.get(pk=conversation.pk)
    assert row.content.turns[0].steps[1].thought == "I look at c as well."
    assert not row.pairs.exclude(stale="").exists()


def test_a_parallel_call_of_another_tool_is_added(page, conversation):
    open_menu(page, "#pair-1")
    page.keyboard.press("a")
    form = page.locator("#pair-1-more form.editor")
    form.get_by_label("Where").select_option("beside")
    expect(form.get_by_label("Thought of the new step")).to_be_hidden()
    form.locator("select[name=tool]").select_option("list_files")
    expect(form.get_by_label("file_path", exact=True)).to_have_count(0)
    page.keyboard.press("Control+s")
    expect(page.locator("[data-minimap] a")).to_have_count(4)
    assert tools(conversation) == [["read_file", "list_files", "list_files"], ["read_file"]]


@pytest.mark.parametrize(
    ("at", "letter", "expected", "active"),
    [
        (1, "d", [["list_files", "read_file"], ["read_file"]], "#pair-2"),
        (2, "u", [["list_files", "read_file"], ["read_file"]], "#pair-1"),
        (3, "U", [["read_file"], ["read_file", "list_files"]], "#pair-1"),
        (2, "s", [["read_file"], ["list_files"], ["read_file"]], "#pair-2"),
        (3, "j", [["read_file", "list_files", "read_file"]], "#pair-3"),
        (2, "x", [["read_file"], ["read_file"]], "#pair-2"),
        (1, "X", [["read_file"]], "#pair-1"),
    ],
)
def test_pairs_and_steps_are_moved_and_removed(page, conversation, at, letter, expected, active):
    for _ in range(at - 1):
        page.keyboard.press("j")
    expect(page.locator(f"#pair-{at}")).to_have_class(re.compile("is-active"))
    open_menu(page, f"#pair-{at}")
    page.keyboard.press(letter)
    expect(page.locator("#rail .history")).to_contain_text("v2")
    expect(page.locator(active)).to_be_focused()
    assert tools(conversation) == expected
    assert Conversation.objects.get(pk=conversation.pk).version == 2


def test_what_was_removed_is_restored_from_the_history(page, conversation):
    open_menu(page, "#pair-1")
    page.keyboard.press("x")
    expect(page.locator("#messages")).to_contain_text("Removed #1 read_file. The history has it: restore version 1")
    page.keyboard.press("h")
    page.wait_for_url("**/history/**")
    page.get_by_role("button", name="Restore v1 as v3").click()
    page.wait_for_url(re.compile(rf"/conversations/{conversation.pid}/"))
    assert tools(conversation) == [["read_file", "list_files"], ["read_file"]]


def test_the_menu_offers_only_what_can_be_done_and_closes(page):
    open_menu(page, "#pair-1")
    menu = page.locator("#pair-1-more")
    expect(menu.get_by_role("button", name="Move pair down")).to_be_visible()
    expect(menu.get_by_role("button", name="Move pair up")).to_have_count(0)
    expect(page.locator("#pair-1 .card-foot [data-do=structure]")).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    expect(menu.get_by_role("button", name="Move pair down")).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu.locator("button")).to_have_count(0)
    expect(page.locator("#pair-1")).to_be_focused()
    page.keyboard.press("a")
    expect(page.locator("#pair-1-ok")).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize(
    ("stop", "letter", "part", "where"),
    [
        ("#pair-1", "t", "thought-0-0", lambda turn, _: turn.steps[0].thought),
        ("#pair-1", "w", "text-0-0", lambda turn, _: turn.steps[0].text),
        ("#pair-1", "m", "user-0", lambda turn, _: turn.user),
        ("#text-answer-0", "m", "user-0", lambda turn, _: turn.user),
        ("#text-answer-0", "p", "system_prompt", lambda _, content: content.system_prompt),
    ],
)
def test_the_words_around_are_edited_by_keyboard(open_page, anna, conversation, stop, letter, part, where):
    page = open_page(anna, f"/conversations/{conversation.pid}/{stop}")
    open_menu(page, stop)
    page.keyboard.press(letter)
    field = page.locator(f"#text-{part} textarea")
    expect(field).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("New words")
    page.keyboard.press("Control+s")
    expect(page.locator(f"#text-{part} form")).to_have_count(0)
    expect(page.locator(f"#text-{part} .words")).to_have_text("New words")
    content = Conversation.objects.get(pk=conversation.pk).content
    assert where(content.turns[0], content) == "New words"


def test_tool_result_and_answer_are_edited_by_keyboard(page, conversation):
    keys = page.keyboard
    keys.press("e")
    form = page.locator("#pair-1 form.editor")
    expect(form.get_by_label("file_path", exact=True)).to_be_focused()
    keys.press("Shift+Tab")
    while not form.locator("select[name=tool]").evaluate("field => field === document.activeElement"):
        keys.press("Shift+Tab")
    keys.press("d")  # delete_file: more letters count as one word only when they follow fast
    keys.press("Control+s")
    expect(page.locator("#pair-1 .card-tool")).to_have_text("delete_file")
    keys.press("w")
    expect(page.locator("#pair-1 textarea[name=text]")).to_be_focused()
    keys.press("Control+a")
    keys.type("notes")
    keys.press("Control+s")
    expect(page.locator("#pair-1 .side-result .payload")).to_have_text("notes")
    for _ in range(3):
        keys.press("j")
    keys.press("e")
    expect(page.locator("#text-answer-0 textarea")).to_be_focused()
    keys.press("Control+a")
    keys.type("An answer")
    keys.press("Control+s")
    expect(page.locator("#text-answer-0 .words")).to_have_text("An answer")
    row = Conversation.objects.get(pk=conversation.pk)
    assert [revision.summary for revision in row.revisions.all()][:3] == [
        "Changed the answer of turn 1",
        "Wrote the result of #1 delete_file by hand",
        "Changed #1 from read_file to delete_file",
    ]


def test_the_last_turn_is_removed_and_a_missing_answer_written(open_page):
    content = two_reads()
    content.turns.append(content.turns[0].model_copy(update={"user": "And c?", "steps": [], "answer": None}))
    row = store(content)
    # Without an answer it is withheld, for leads to see to.
    page = open_page(person("lena", "lead"), f"/conversations/{row.pid}/#text-answer-1")
    expect(page.locator("#text-answer-1")).to_contain_text("This turn has no answer.")
    page.keyboard.press("e")
    expect(page.locator("#text-answer-1 textarea")).to_be_focused()
    page.keyboard.type("c says gamma.")
    page.keyboard.press("Control+s")
    expect(page.locator("#text-answer-1 .words")).to_have_text("c says gamma.")
    open_menu(page, "#text-answer-1")
    page.keyboard.press("a")
    page.locator("#turn-2-more").get_by_label("file_path", exact=True).fill("notes/c.txt")
    page.keyboard.press("Control+s")
    expect(page.locator("#turn-2 #pair-3")).to_contain_text("Not run yet")
    page.goto(f"{page.url.split('#')[0]}#text-answer-1")
    page.reload()
    open_menu(page, "#text-answer-1")
    page.keyboard.press("x")
    expect(page.locator("#turn-2")).to_have_count(0)
    assert [turn.user for turn in Conversation.objects.get(pk=row.pk).content.turns] == [content.turns[0].user]


def test_what_is_typed_elsewhere_comes_back_after_a_move(page, conversation):
    page.locator("#text-answer-0 [data-do=edit]").click()
    page.locator("#text-answer-0 textarea").fill("Half an answer")
    page.locator("#pair-3 [data-do=edit]").click()
    page.locator("#pair-3").get_by_label("file_path", exact=True).fill("notes/c.txt")
    page.locator("#pair-1").click(position={"x": 5, "y": 5})
    open_menu(page, "#pair-1")
    page.keyboard.press("x")
    expect(page.locator("#pair-2").get_by_label("file_path", exact=True)).to_have_value("notes/c.txt")
    expect(page.locator("#text-answer-0 textarea")).to_have_value("Half an answer")
    page.locator("#pair-2").get_by_label("file_path", exact=True).press("Control+s")
    expect(page.locator("#pair-2 .side").first).to_contain_text("notes/c.txt")


def test_a_new_pair_half_typed_survives_a_reload(page):
    open_menu(page, "#pair-1")
    page.keyboard.press("a")
    page.locator("#pair-1-more").get_by_label("file_path", exact=True).fill("notes/c.txt")
    page.reload()
    expect(page.locator("#pair-1-more").get_by_label("file_path", exact=True)).to_have_value("notes/c.txt")


def test_a_conversation_of_somebody_else_offers_no_menu(open_page, anna, conversation):
    from_other = parallel_reads()
    from_other.turns[0].steps = reading("notes/a.txt")
    row = store(from_other)
    Conversation.objects.filter(pk=row.pk).update(claimed_by=anna, claim_until="2999-01-01T00:00Z")
    page = open_page(person("ben"), f"/conversations/{row.pid}/")
    expect(page.locator("#claim")).to_contain_text("anna is reviewing")
    page.keyboard.press("m")
    expect(page.locator("[data-do=structure]").first).to_be_hidden()
    expect(page.locator("[data-menu]")).to_have_count(0)
