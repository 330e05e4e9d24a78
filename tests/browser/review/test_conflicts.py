"""Two people, or two tabs, on one conversation: what fits is merged, what collides is shown, and nobody loses a word."""

import json

import pytest
from playwright.sync_api import Page, expect

from studio.domain import reviews
from studio.domain.edits import edit_call, edit_text
from studio.domain.saving import Save
from studio.domain.structure import add_call, remove_call
from studio.models import Conversation, User
from tests.standins.review_rows import call, person, reading, store, two_reads


@pytest.fixture
def conversation(transactional_db) -> Conversation:
    return store(two_reads())


@pytest.fixture
def ben(transactional_db) -> User:
    return person("ben")


@pytest.fixture
def pages(open_page, anna, ben, conversation) -> tuple[Page, Page]:
    path = f"/conversations/{conversation.pid}/"
    return open_page(anna, path), open_page(ben, path)


def fresh(conversation: Conversation) -> Conversation:
    return Conversation.objects.get(pk=conversation.pk)


def let_go() -> None:
    """The claim that a save took runs out."""
    Conversation.objects.update(claimed_by=None, claim_until=None)


def write_answer(page: Page, text: str) -> None:
    page.locator("#text-answer-0 [data-do=edit]").click()
    page.locator("#text-answer-0 textarea").fill(text)


def test_changes_of_different_parts_are_merged_and_both_are_told(pages, conversation):
    anna, ben = pages
    write_answer(anna, "Anna's answer")
    ben.keyboard.press("e")
    ben.get_by_label("file_path").fill("notes/c.txt")
    anna.keyboard.press("Control+s")
    expect(anna.locator("#text-answer-0 .words")).to_have_text("Anna's answer")
    let_go()
    ben.keyboard.press("Control+s")
    told = ben.locator("#pair-1 [data-meanwhile]")
    expect(told).to_contain_text("anna saved meanwhile: Changed the answer of turn 1. Both changes stand in version 3.")
    expect(ben.locator("#text-answer-0 .words")).to_have_text("Anna's answer")
    row = fresh(conversation)
    assert (row.content.turns[0].answer, row.content.calls[0].arguments) == (
        "Anna's answer",
        {"file_path": "notes/c.txt"},
    )
    assert set(row.stale_answers) == {"0"}


def two_arguments() -> Conversation:
    content = two_reads()
    content.turns[0].steps[0].calls = [call("write_file", {"file_path": "notes/a.txt", "content": "alpha"}, "Done.")]
    return store(content)


def test_members_that_collide_are_shown_and_the_others_are_merged(open_page, anna, ben):
    row = two_arguments()
    page = open_page(anna, f"/conversations/{row.pid}/")
    page.keyboard.press("e")
    page.get_by_label("file_path").fill("notes/mine.txt")
    theirs = {"file_path": "notes/theirs.txt", "content": "theirs"}
    edit_call(row, save=Save(version=1, by=ben), call_id=row.content.calls[0].id, arguments=theirs)
    page.keyboard.press("Control+s")
    conflict = page.locator("#pair-1 .conflict")
    expect(conflict).to_contain_text("ben saved version 2 meanwhile")
    expect(conflict).to_contain_text("You both changed file_path; everything else is merged below.")
    expect(conflict).to_contain_text("notes/theirs.txt")
    expect(page.get_by_label("file_path")).to_have_value("notes/mine.txt")
    expect(page.get_by_label("content", exact=True)).to_have_value("theirs")
    page.get_by_role("button", name="Save mine onto version 2").click()
    expect(page.locator("#pair-1 form.editor")).to_have_count(0)
    assert fresh(row).content.calls[0].arguments == {"file_path": "notes/mine.txt", "content": "theirs"}


def test_of_two_answers_theirs_can_be_taken(pages, conversation):
    anna, ben = pages
    write_answer(anna, "Anna's answer")
    write_answer(ben, "Ben's answer")
    anna.keyboard.press("Control+s")
    expect(anna.locator("#text-answer-0 .words")).to_have_text("Anna's answer")
    let_go()
    ben.keyboard.press("Control+s")
    expect(ben.locator("#text-answer-0 textarea")).to_have_value("Ben's answer")
    ben.get_by_text("Take theirs, drop mine").click()
    expect(ben.locator("#text-answer-0 .words")).to_have_text("Anna's answer")
    ben.reload()
    expect(ben.locator("#text-answer-0 .words")).to_have_text("Anna's answer")
    expect(ben.locator("form.editor")).to_have_count(0)
    assert fresh(conversation).version == 2


def test_of_two_answers_one_can_edit_on_from_what_was_typed(pages, conversation):
    anna, ben = pages
    write_answer(anna, "Anna's answer")
    write_answer(ben, "Ben's answer")
    anna.keyboard.press("Control+s")
    expect(anna.locator("#text-answer-0 .words")).to_have_text("Anna's answer")
    let_go()
    ben.keyboard.press("Control+s")
    field = ben.locator("#text-answer-0 textarea")
    expect(ben.locator("#text-answer-0 .conflict")).to_be_visible()
    field.fill("Ben's answer, and Anna's")
    ben.keyboard.press("Control+s")
    expect(ben.locator("#text-answer-0 .words")).to_have_text("Ben's answer, and Anna's")
    assert fresh(conversation).version == 3


def test_a_save_is_refused_while_somebody_else_holds_the_claim_and_goes_through_after(pages, conversation, ben):
    anna, _ = pages
    write_answer(anna, "Anna's answer")
    reviews.claim(conversation, by=ben)
    anna.keyboard.press("Control+s")
    expect(anna.locator("#messages")).to_contain_text("ben is reviewing this conversation")
    expect(anna.locator("#text-answer-0 textarea")).to_have_value("Anna's answer")
    anna.reload()
    expect(anna.locator("#text-answer-0 textarea")).to_have_value("Anna's answer")
    let_go()
    anna.locator("#text-answer-0 textarea").press("Control+s")
    expect(anna.locator("#text-answer-0 .words")).to_have_text("Anna's answer")


def test_what_is_being_typed_outlives_a_take_over(open_page, anna, conversation):
    page = open_page(anna, f"/conversations/{conversation.pid}/")
    page.keyboard.press("a")
    expect(page.locator("#pair-1-ok")).to_have_attribute("aria-pressed", "true")
    write_answer(page, "Half an answer")
    lead = open_page(person("lena", "lead"), f"/conversations/{conversation.pid}/")
    lead.get_by_role("button", name="Take over").click()
    expect(lead.locator("#claim")).to_contain_text("by you")
    page.locator("#text-answer-0 textarea").press("End")
    page.keyboard.type(", and the rest")
    page.keyboard.press("Control+s")
    expect(page.locator("#claim")).to_contain_text("lena is reviewing this conversation")
    expect(page.locator("#text-answer-0 textarea")).to_have_value("Half an answer, and the rest")
    reviews.release(conversation, by=User.objects.get(username="lena"))
    page.locator("#text-answer-0 textarea").press("Control+s")
    expect(page.locator("#text-answer-0 .words")).to_have_text("Half an answer, and the rest")


def test_words_come_back_to_their_step_when_one_was_put_before(pages, conversation, ben):
    anna, _ = pages
    anna.keyboard.press("t")
    anna.locator("#text-thought-0-1 [data-do=edit]").click()
    anna.locator("#text-thought-0-1 textarea").fill("I read the second.")
    first = conversation.content.calls[0].id
    add_call(conversation, save=Save(version=1, by=ben), call_id=first, place="before", tool="list_files", arguments={})
    anna.reload()
    expect(anna.locator("#text-thought-0-2 textarea")).to_have_value("I read the second.")
    anna.locator("#text-thought-0-2 textarea").press("Control+s")
    expect(anna.locator("#text-thought-0-2 .words")).to_have_text("I read the second.")
    thoughts = [step.thought for step in fresh(conversation).content.turns[0].steps]
    assert thoughts == ["", "I read notes/a.txt.", "I read the second.", "That is all."]


def test_the_page_follows_pairs_that_somebody_else_added(pages, conversation, ben):
    anna, _ = pages
    write_answer(anna, "Anna's answer")
    first = conversation.content.calls[0].id
    add_call(conversation, save=Save(version=1, by=ben), call_id=first, place="before", tool="list_files", arguments={})
    anna.keyboard.press("Control+s")
    expect(anna.locator("#pair-1 .card-tool")).to_have_text("list_files")
    expect(anna.locator("#thread > [data-meanwhile]")).to_contain_text("ben saved meanwhile: Added #1 list_files")
    expect(anna.locator("#text-answer-0 .words")).to_have_text("Anna's answer")
    expect(anna.locator("[data-minimap] a")).to_have_count(3)


def test_what_was_typed_for_a_removed_pair_is_there_to_be_copied(pages, conversation, ben):
    anna, _ = pages
    anna.keyboard.press("e")
    anna.get_by_label("file_path").fill("notes/c.txt")
    remove_call(conversation, save=Save(version=1, by=ben), call_id=conversation.content.calls[0].id)
    anna.keyboard.press("Control+s")
    expect(anna.locator("#messages")).to_contain_text("removed that pair meanwhile")
    expect(anna.get_by_label("file_path")).to_have_value("notes/c.txt")
    anna.reload()
    lost = anna.locator("#lost")
    expect(lost).to_contain_text("Arguments of #1, typed on version 1")
    assert json.loads(lost.locator("textarea").input_value()) == {"file_path": "notes/c.txt"}
    lost.get_by_role("button", name="Throw away").click()
    expect(lost).to_have_count(0)
    anna.reload()
    expect(anna.locator("#pair-1")).to_be_visible()
    expect(anna.locator("#lost")).to_have_count(0)


def test_two_tabs_of_one_person_keep_a_draft_each(open_page, anna, conversation):
    one = open_page(anna, f"/conversations/{conversation.pid}/#text-answer-0")
    write_answer(one, "First tab")
    other = one.context.new_page()
    other.goto(one.url)
    field = other.locator("#text-answer-0 textarea")
    expect(field).to_have_value("First tab")
    field.fill("Second tab")
    for page, text in ((one, "First tab"), (other, "Second tab")):
        page.reload()
        expect(page.locator("#text-answer-0 textarea")).to_have_value(text)
    one.locator("#text-answer-0 textarea").press("Control+s")
    expect(one.locator("#text-answer-0 .words")).to_have_text("First tab")
    expect(field).to_have_value("Second tab")
    field.press("Control+s")
    expect(other.locator("#text-answer-0 .conflict")).to_contain_text("anna saved version 2 meanwhile")
    expect(field).to_have_value("Second tab")


def test_a_save_of_a_later_turn_meets_one_of_an_earlier(open_page, anna, ben):
    content = two_reads()
    later = content.turns[0].model_copy(deep=True, update={"steps": reading("notes/c.txt"), "answer": "c says gamma."})
    content.turns.append(later)
    row = store(content)
    page = open_page(anna, f"/conversations/{row.pid}/")
    page.locator("#text-answer-1 [data-do=edit]").click()
    page.locator("#text-answer-1 textarea").fill("Gamma.")
    edit_text(row, save=Save(version=1, by=ben), field="answer", turn=0, text="Alpha and beta.")
    page.keyboard.press("Control+s")
    expect(page.locator("#text-answer-1 [data-meanwhile]")).to_be_visible()
    expect(page.locator("#text-answer-0 .words")).to_have_text("Alpha and beta.")
    assert [turn.answer for turn in fresh(row).content.turns] == ["Alpha and beta.", "Gamma."]
