"""Edits in place: the schema decides, nothing typed is lost, others' saves are shown."""

import json

from generation.conversation import Step, Turn
from studio.domain import reviews
from studio.domain.edits import edit_call, edit_text
from studio.domain.saving import Save
from studio.domain.structure import add_call, remove_call
from studio.models import Conversation, Revision
from studio.review.answers import after_save, load
from studio.review.sources import load_sources
from tests.standins.review_rows import call, person, store, two_reads


def typed(arguments: object, **more: object) -> dict[str, object]:
    return {"kind": "fields", "version": 1, "text": json.dumps(arguments), **more}


def arguments_of(row: Conversation, number: int):
    return row.content.calls[number - 1].arguments


def test_arguments_are_saved_from_fields_and_what_follows_is_stale(page):
    posted = typed({"file_path": "notes/c.txt"}, reason="typo")
    response = page.post(f"{page.call(1)}edit/", posted)
    row = page.fresh()
    assert response.status_code == 200
    assert arguments_of(row, 1) == {"file_path": "notes/c.txt"}
    assert row.stale_count == 3
    assert row.revisions.first().reason == "typo"
    text = response.content.decode()
    assert 'id="pair-1"' in text
    assert 'id="rail"' in text
    assert 'hx-swap-oob="outerHTML"' in text
    assert response["HX-Trigger-After-Settle"] == "review:saved"


def test_a_refused_value_stands_with_its_error_at_the_field(page):
    posted = typed({"file_path": ""}, reason="why")
    response = page.post(f"{page.call(1)}edit/", posted)
    text = response.content.decode()
    assert response.status_code == 422
    assert 'aria-invalid="true"' in text
    assert 'class="field-error"' in text
    assert 'value="why"' in text
    assert page.fresh().version == 1


def test_refused_raw_json_is_kept_as_typed(page):
    response = page.save_arguments(1, '{"file_path": 7, "extra": true}')
    text = response.content.decode()
    assert response.status_code == 422
    assert "/file_path" in text
    assert "&quot;extra&quot;: true" in text


def test_text_that_is_no_json_names_the_place(page):
    response = page.save_arguments(1, '{"file_path": }')
    assert response.status_code == 422
    assert "line 1, column 15" in response.content.decode()


def test_without_htmx_a_refusal_is_the_whole_page_and_a_save_redirects(page):
    refused = page.save_arguments(1, "[]", htmx=False)
    assert refused.status_code == 422
    assert b"<html" in refused.content
    saved = page.save_arguments(1, '{"file_path": "notes/c.txt"}', htmx=False)
    assert saved.status_code == 302
    assert saved["Location"] == f"{page.url}#pair-1"


def test_a_save_without_a_change_makes_no_revision(page):
    page.save_arguments(1, '{"file_path": "notes/a.txt"}')
    page.post("texts/answer-0/edit/", {"text": "a says alpha, b says beta.", "version": 1})
    assert Revision.objects.filter(conversation=page.conversation).count() == 1


def test_somebody_elses_save_is_shown_beside_what_was_typed(page, ben):
    edit_text(page.conversation, save=Save(version=1, by=ben), field="answer", text="Ben's answer")
    response = page.post("texts/answer-0/edit/", {"text": "Anna's answer", "version": 1, "reason": "better"})
    text = response.content.decode()
    assert response.status_code == 409
    for words in (
        "ben saved version 2 meanwhile",
        "Ben&#x27;s answer",
        "Anna&#x27;s answer",
        "Save mine onto version 2",
        "Take theirs, drop mine",
        'value="better"',
    ):
        assert words in text
    again = page.post("texts/answer-0/edit/", {"text": "Anna's answer", "version": 2})
    assert again.status_code == 200
    assert page.fresh().content.turns[0].answer == "Anna's answer"


def test_somebody_elses_save_of_the_same_arguments_is_a_conflict_too(page, ben):
    call_id = page.conversation.pairs.get(number=1).call_id
    edit_call(page.conversation, save=Save(version=1, by=ben), call_id=call_id, arguments={"file_path": "notes/a.txt"})
    response = page.save_arguments(2, '{"file_path": "notes/c.txt"}')
    text = response.content.decode()
    assert response.status_code == 409
    assert "You both changed <code>file_path</code>" in text
    assert "Save mine onto version 2" in text
    assert page.fresh().version == 2
    assert page.save_arguments(2, '{"file_path": "notes/c.txt"}', version=2).status_code == 200


def test_somebody_elses_save_of_another_part_is_merged_and_told(page, ben):
    edit_text(page.conversation, save=Save(version=1, by=ben), field="answer", text="Ben's answer")
    response = page.save_arguments(2, '{"file_path": "notes/c.txt"}')
    text = response.content.decode()
    assert response.status_code == 200
    assert "ben saved meanwhile" in text
    assert "Changed the answer of turn 1. Both changes stand in version 3." in text
    row = page.fresh()
    assert (row.content.turns[0].answer, arguments_of(row, 2)) == ("Ben's answer", {"file_path": "notes/c.txt"})


def test_a_save_sent_again_under_its_key_is_answered_and_makes_nothing_more(page, ben):
    typed_once = {"text": "Anna's answer", "version": 1, "key": "k1"}
    page.post("texts/answer-0/edit/", typed_once)
    Conversation.objects.update(claimed_by=None, claim_until=None)
    cleo = person("cleo")
    edit_text(page.fresh(), save=Save(version=2, by=cleo), field="answer", text="Cleo's answer")
    reviews.claim(page.fresh(), by=cleo)
    response = page.post("texts/answer-0/edit/", typed_once)
    assert response.status_code == 200
    assert "cleo saved meanwhile" in response.content.decode()
    assert (page.fresh().version, page.fresh().content.turns[0].answer) == (3, "Cleo's answer")


def test_words_are_saved_where_their_step_stands_now(page, ben):
    first = page.conversation.content.calls[0].id
    add_call(
        page.conversation, save=Save(version=1, by=ben), call_id=first, place="before", tool="list_files", arguments={}
    )
    typed_on_1 = {"text": "I read the second.", "version": 1, "part": "thought-0-1"}
    response = page.post("texts/thought-0-1/edit/", typed_on_1)
    assert response["HX-Retarget"] == "#thread"
    assert "ben saved meanwhile" in response.content.decode()
    thoughts = [step.thought for step in page.fresh().content.turns[0].steps]
    assert thoughts == ["", "I read notes/a.txt.", "I read the second.", "That is all."]


def test_what_is_typed_for_a_pair_that_was_removed_is_kept_on_the_page(page, ben):
    call_id = page.conversation.content.calls[1].id
    remove_call(page.conversation, save=Save(version=1, by=ben), call_id=call_id)
    response = page.post(f"calls/{call_id}/edit/", typed({"file_path": "notes/c.txt"}))
    assert (response.status_code, response["HX-Reswap"]) == (409, "none")
    assert "removed that pair meanwhile" in response.content.decode()


def test_ones_own_other_save_is_no_conflict(page):
    page.save_arguments(1, '{"file_path": "notes/c.txt"}')
    response = page.post("texts/user-0/edit/", {"text": "What does c say?", "version": 1})
    assert response.status_code == 200
    assert page.fresh().version == 3


def test_ones_own_save_of_the_same_part_in_another_tab_is_a_conflict(page):
    page.post("texts/answer-0/edit/", {"text": "First tab", "version": 1})
    assert page.post("texts/answer-0/edit/", {"text": "Second tab", "version": 1}).status_code == 409


def test_every_text_can_be_edited(page):
    for version, part in enumerate(("system_prompt", "user-0", "thought-0-0", "text-0-1", "answer-0"), start=1):
        response = page.post(f"texts/{part}/edit/", {"text": f"new {part}", "version": version})
        assert response.status_code == 200
    turn = page.fresh().content.turns[0]
    assert (turn.user, turn.steps[0].thought, turn.steps[1].text) == ("new user-0", "new thought-0-0", "new text-0-1")


def test_an_empty_answer_is_refused(page):
    response = page.post("texts/answer-0/edit/", {"text": "  ", "version": 1})
    assert response.status_code == 422
    assert 'role="alert"' in response.content.decode()


def test_a_result_by_hand_is_marked_as_such(page):
    page.post(
        f"{page.call(1)}write-result/",
        {"text": "no such file", "outcome": "tool_error", "error_type": "FileNotFound", "version": 1},
    )
    call = page.fresh().content.calls[0]
    assert (call.result, call.error_type, call.provenance.value) == ("no such file", "FileNotFound", "hand-written")
    assert "Hand-written" in page.get().content.decode()


def test_what_somebody_else_has_open_can_not_be_edited(page, ben):
    reviews.claim(page.conversation, by=ben)
    response = page.save_arguments(1, '{"file_path": "notes/c.txt"}')
    assert response.status_code == 409
    assert response["HX-Reswap"] == "none"
    assert page.fresh().version == 1


def test_an_edit_claims_the_conversation(page, anna):
    page.save_arguments(1, '{"file_path": "notes/c.txt"}')
    assert page.fresh().claimed_by == anna


def test_a_stale_answer_is_confirmed_with_a_reason_only(page):
    page.save_arguments(1, '{"file_path": "notes/c.txt"}')
    assert page.post("texts/answer-0/confirm/", {"version": 2}).status_code == 422
    page.post("texts/answer-0/confirm/", {"version": 2, "reason": "still true"})
    page.post(f"{page.call(2)}confirm/", {"version": 2, "reason": "another file"})
    row = page.fresh()
    assert row.stale_answers == {}
    assert list(row.pairs.exclude(stale="").values_list("number", flat=True)) == [0]
    assert page.post(f"{page.call(1)}confirm/", {"version": 4, "reason": "no"}).status_code == 409


def test_marks_toggle_and_leave_what_is_typed_in_the_card_alone(page):
    response = page.post(f"{page.call(1)}mark/", {"verdict": "ok"})
    text = response.content.decode()
    assert 'id="pair-1-head"' in text
    assert 'id="pair-1"' not in text
    assert page.conversation.pairs.get(number=0).verdict == "ok"
    page.post(f"{page.call(1)}mark/", {"verdict": "ok"})
    assert page.conversation.pairs.get(number=0).verdict == ""
    assert page.post(f"{page.call(1)}mark/", {"verdict": "splendid"}).status_code == 422


def test_a_comment_stays_when_the_mark_changes(page):
    page.post(f"{page.call(1)}comment/", {"text": "Look <here>"})
    page.post(f"{page.call(1)}mark/", {"verdict": "wrong"})
    assert "Look &lt;here&gt;" in page.get().content.decode()


def test_arguments_with_half_a_character_are_refused_in_words(page):
    response = page.save_arguments(1, '{"file_path": "\\ud800"}')
    assert response.status_code in (200, 422)


def test_everything_but_the_changed_call_is_confirmed_at_once(page):
    page.save_arguments(1, '{"file_path": "notes/c.txt"}')
    assert 'name="holds"' in page.get().content.decode()
    assert page.post("stale/confirm/", {"version": 2, "reason": "of a rejection"}).status_code == 422
    assert page.post("stale/confirm/", {"version": 2, "holds": "same notes"}, htmx=False).status_code == 302
    row = page.fresh()
    assert list(row.pairs.exclude(stale="").values_list("number", flat=True)) == [0]
    assert row.stale_answers == {}
    assert row.revisions.first().reason == "same notes"


def test_a_save_asks_as_many_queries_for_sixty_pairs_as_for_two(page, anna, django_assert_max_num_queries):
    steps = [Step(calls=[call("read_file", {"file_path": "notes/a.txt"}, "alpha\n")]) for _ in range(60)]
    page.conversation = store(two_reads().model_copy(update={"turns": [Turn(user="All", steps=steps, answer="Done")]}))
    page.url = f"/conversations/{page.conversation.pid}/"
    tail = f"{page.call(1)}edit/"
    with django_assert_max_num_queries(40) as queries:  # those of a transaction included
        assert page.post(tail, {"kind": "raw", "text": '{"file_path": "notes/b.txt"}', "version": 1}).status_code == 200
    assert page.fresh().stale_count == 61
    written = [query["sql"].split()[0] for query in queries if "studio_searchtext" in query["sql"]]
    assert written == ["UPDATE"]  # as an insertion PostgreSQL would index it twice
    with django_assert_max_num_queries(28):  # once it is claimed
        assert page.post(tail, {"kind": "raw", "text": '{"file_path": "notes/a.txt"}', "version": 2}).status_code == 200


def test_what_stands_beside_a_saved_conversation_is_not_read_again_unless_it_changed(page, anna, ben, rf):
    Conversation.objects.update(assigned_to=anna, claimed_by=anna)
    request = rf.post("/")
    request.user = anna
    before = load_sources(load(request, page.conversation.pid), by=anna)
    Conversation.objects.update(assigned_to=ben)
    saved = page.fresh()
    assert after_save(request, saved, before=before).conversation.assigned_to == ben
    assert saved.claimed_by is before.conversation.claimed_by
    assert saved.dataset is before.conversation.dataset
