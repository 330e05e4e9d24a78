"""Edits: each one revision, each saying what it made stale."""

from collections.abc import Callable

import pytest

from generation.conversation import Outcome, Provenance, to_document
from studio.domain import edits, reviews
from studio.domain.edits import ANSWER, LATER_RESULT, OWN_RESULT, USER
from studio.domain.errors import ClaimHeld, NotPossible, Refused, StaleVersion
from studio.domain.saving import Save
from studio.models import Conversation, User
from tests.standins.studio_rows import file_walk, make_call, make_conversation, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def by() -> User:
    return make_user()


@pytest.fixture
def row() -> Conversation:
    return make_conversation()


def stale_of(row: Conversation) -> dict[str, str]:
    return dict(row.pairs.exclude(stale="").values_list("call_id", "stale"))


def ask_for(path: str, *, row: Conversation, by: User, call_id: str = "call00001") -> Conversation:
    return edits.edit_call(row, save=Save(version=row.version, by=by), call_id=call_id, arguments={"file_path": path})


EDITS: dict[str, Callable[[Conversation, User], Conversation]] = {
    "arguments": lambda row, by: ask_for("b.txt", row=row, by=by),
    "tool": lambda row, by: edits.edit_call(
        row, save=Save(version=row.version, by=by), call_id="call00003", tool="list_files", arguments={}
    ),
    "result": lambda row, by: edits.edit_result(
        row, save=Save(version=row.version, by=by), call_id="call00003", result="new"
    ),
    "an error as result": lambda row, by: edits.edit_result(
        row,
        save=Save(version=row.version, by=by),
        call_id="call00003",
        result="Error (FileNotFound): gone",
        outcome=Outcome.TOOL_ERROR,
        error_type="FileNotFound",
    ),
    "system prompt": lambda row, by: edits.edit_text(
        row, save=Save(version=row.version, by=by), field="system_prompt", text="new"
    ),
    "user message": lambda row, by: edits.edit_text(
        row, save=Save(version=row.version, by=by), field="user", text="new", turn=1
    ),
    "answer": lambda row, by: edits.edit_text(
        row, save=Save(version=row.version, by=by), field="answer", text="new", turn=1
    ),
    "thought": lambda row, by: edits.edit_text(
        row, save=Save(version=row.version, by=by), field="thought", text="new", turn=0, step=1
    ),
    "text": lambda row, by: edits.edit_text(
        row, save=Save(version=row.version, by=by), field="text", text="new", step=0
    ),
    "a call's reason": lambda row, by: edits.edit_text(
        row, save=Save(version=row.version, by=by), field="reason", text="new", call_id="call00002"
    ),
}


@pytest.mark.parametrize("kind", EDITS)
def test_an_edit_is_one_revision_and_the_same_again_is_none(kind: str, row: Conversation, by: User) -> None:
    edited = EDITS[kind](row, by)
    assert (edited.version, edited.revisions.count()) == (2, 2)
    assert edited.revisions.first().author == by
    again = EDITS[kind](edited, by)
    assert (again.version, again.revisions.count()) == (2, 2)


@pytest.mark.parametrize("kind", EDITS)
def test_an_edit_of_a_decided_conversation_sends_it_back_to_review(kind: str, row: Conversation, by: User) -> None:
    reviews.approve(row, version=1, by=by)
    row.refresh_from_db()
    edited = EDITS[kind](row, by)
    assert (edited.status, edited.decided_by) == (Conversation.Status.NEEDS_REVIEW, None)


@pytest.mark.parametrize("kind", EDITS)
def test_nobody_edits_what_somebody_else_has_claimed(kind: str, row: Conversation, by: User) -> None:
    reviews.claim(row, by=make_user(name="Grace"))
    row.refresh_from_db()
    with pytest.raises(ClaimHeld, match="Grace"):
        EDITS[kind](row, by)


def test_an_edit_without_a_change_keeps_the_decision(row: Conversation, by: User) -> None:
    reviews.approve(row, version=1, by=by)
    row.refresh_from_db()
    ask_for("a.txt", row=row, by=by)
    edits.edit_text(row, save=Save(version=1, by=by), field="answer", text=row.content.turns[1].answer or "", turn=1)
    row.refresh_from_db()
    assert (row.status, row.version) == (Conversation.Status.APPROVED, 1)


def test_changed_arguments_make_their_result_the_later_ones_and_the_answers_stale(row: Conversation, by: User) -> None:
    edited = edits.edit_call(
        row, save=Save(version=1, by=by), call_id="call00002", arguments={"file_path": "other.txt", "content": "alpha"}
    )
    assert stale_of(edited) == {"call00002": OWN_RESULT, "call00003": LATER_RESULT}
    assert edited.stale_answers == {"0": ANSWER, "1": ANSWER}
    assert edited.stale_count == 4
    call = edited.content.pair("call00002").call
    assert call.provenance is Provenance.EDITED
    assert call.result == "Successfully wrote 5 bytes to out.txt"  # as it was, until it is run again


def test_a_change_in_a_later_turn_leaves_the_earlier_answer_alone(row: Conversation, by: User) -> None:
    edited = ask_for("a.txt", row=row, by=by, call_id="call00003")
    assert stale_of(edited) == {"call00003": OWN_RESULT}
    assert edited.stale_answers == {"1": ANSWER}


@pytest.mark.parametrize(
    ("arguments", "pointers"),
    [
        ({}, ["/file_path"]),
        ({"file_path": 5}, ["/file_path"]),
        ({"file_path": ""}, ["/file_path"]),
        ({"file_path": "a", "extra": 1}, [""]),
        (["a.txt"], [""]),
        (None, [""]),
        ({"file_path": float("nan")}, [""]),
    ],
)
def test_arguments_that_the_schema_refuses_are_not_saved(arguments, pointers, row: Conversation, by: User) -> None:
    with pytest.raises(Refused) as refused:
        edits.edit_call(row, save=Save(version=1, by=by), call_id="call00001", arguments=arguments)
    assert [detail["pointer"] for detail in refused.value.details] == pointers
    row.refresh_from_db()
    assert row.version == 1


def test_every_violation_is_named(row: Conversation, by: User) -> None:
    with pytest.raises(Refused) as refused:
        edits.edit_call(row, save=Save(version=1, by=by), call_id="call00002", arguments={"content": 5})
    assert {detail["pointer"] for detail in refused.value.details} == {"/file_path", "/content"}
    assert all(detail["message"] for detail in refused.value.details)


def test_arguments_keep_text_that_is_not_utf8(row: Conversation, by: User) -> None:
    edited = ask_for("a\ud83d\x00.txt", row=row, by=by)
    assert edited.content.pair("call00001").call.arguments == {"file_path": "a\ud83d\x00.txt"}


def test_a_tool_the_conversation_lacks_is_refused(row: Conversation, by: User) -> None:
    with pytest.raises(Refused, match="send_mail"):
        edits.edit_call(row, save=Save(version=1, by=by), call_id="call00001", tool="send_mail", arguments={})


def test_a_value_of_another_type_is_a_change_even_where_python_finds_them_equal(by: User) -> None:
    content = file_walk()
    tool = content.tools[0]
    content.tools[0] = tool.model_copy(update={"parameters": {"type": "object"}})
    content.turns[0].steps[0].calls[0].arguments = {"n": 1}
    row = make_conversation(content=content)
    edited = edits.edit_call(row, save=Save(version=1, by=by), call_id="call00001", arguments={"n": True})
    assert edited.version == 2
    assert edited.content.pair("call00001").call.arguments["n"] is True


def test_a_result_written_by_hand_is_marked_and_settles_its_own_staleness(row: Conversation, by: User) -> None:
    edited = ask_for("b.txt", row=row, by=by)
    written = edits.edit_result(edited, save=Save(version=2, by=by), call_id="call00001", result="beta")
    call = written.content.pair("call00001").call
    assert (call.provenance, call.result, call.duration_ms) == (Provenance.HAND_WRITTEN, "beta", None)
    assert stale_of(written) == {"call00002": LATER_RESULT, "call00003": LATER_RESULT}
    assert written.pairs.get(number=0).provenance == Provenance.HAND_WRITTEN


def test_a_rewritten_answer_is_fresh_and_saving_it_unchanged_settles_nothing(row: Conversation, by: User) -> None:
    edited = ask_for("a.txt", row=row, by=by, call_id="call00003")
    same = edits.edit_text(edited, save=Save(version=2, by=by), field="answer", text="It holds alpha.", turn=1)
    assert (same.version, same.stale_answers) == (2, {"1": ANSWER})
    fresh = edits.edit_text(edited, save=Save(version=2, by=by), field="answer", text="alpha.", turn=1)
    assert fresh.stale_answers == {}


def test_a_changed_question_makes_its_answer_stale(row: Conversation, by: User) -> None:
    edited = edits.edit_text(row, save=Save(version=1, by=by), field="user", text="Really?", turn=1)
    assert edited.stale_answers == {"1": USER}
    assert stale_of(edited) == {}


@pytest.mark.parametrize(
    ("field", "place"),
    [("answer", {"turn": 2}), ("answer", {"turn": -1}), ("thought", {"step": 9}), ("reason", {"call_id": "gone"})],
)
def test_a_part_that_is_not_there_is_refused(field, place, row: Conversation, by: User) -> None:
    with pytest.raises(NotPossible, match="Reload"):
        edits.edit_text(row, save=Save(version=1, by=by), field=field, text="x", **place)


@pytest.mark.parametrize("field", ["user", "answer"])
def test_a_question_or_answer_can_not_be_empty(field, row: Conversation, by: User) -> None:
    with pytest.raises(Refused, match="empty"):
        edits.edit_text(row, save=Save(version=1, by=by), field=field, text=" \n")


def test_a_call_that_is_gone_is_refused(row: Conversation, by: User) -> None:
    with pytest.raises(NotPossible, match="Reload"):
        ask_for("b.txt", row=row, by=by, call_id="gone")


def test_stale_parts_are_confirmed_with_a_reason_only(row: Conversation, by: User) -> None:
    edited = ask_for("b.txt", row=row, by=by)
    with pytest.raises(Refused, match="why"):
        edits.confirm_fresh(edited, version=2, by=by, reason="  ", everything=True)
    some = edits.confirm_fresh(edited, version=2, by=by, reason="same file", call_ids=["call00002"], turns=[0])
    assert stale_of(some) == {"call00001": OWN_RESULT, "call00003": LATER_RESULT}
    assert some.stale_answers == {"1": ANSWER}
    assert some.revisions.first().reason == "same file"


def test_the_result_of_a_changed_call_can_not_be_confirmed(row: Conversation, by: User) -> None:
    edited = ask_for("b.txt", row=row, by=by)
    with pytest.raises(NotPossible):
        edits.confirm_fresh(edited, version=2, by=by, reason="trust me", call_ids=["call00001"])
    rest = edits.confirm_fresh(edited, version=2, by=by, reason="trust me", everything=True)
    assert (stale_of(rest), rest.stale_answers) == ({"call00001": OWN_RESULT}, {})


def test_editing_an_earlier_call_does_not_make_a_changed_one_confirmable(row: Conversation, by: User) -> None:
    edited = ask_for("b.txt", row=row, by=by, call_id="call00003")
    edited = ask_for("b.txt", row=edited, by=by, call_id="call00001")
    assert stale_of(edited)["call00003"] == OWN_RESULT
    with pytest.raises(NotPossible):
        edits.confirm_fresh(edited, version=3, by=by, reason="x", call_ids=["call00003"])


class TestWholeDocument:
    def replace(self, row: Conversation, by: User, change: Callable) -> Conversation:
        content = row.content
        change(content)
        return edits.replace_content(row, save=Save(version=row.version, by=by), document=to_document(content))

    def test_the_same_document_is_no_revision(self, row: Conversation, by: User) -> None:
        assert self.replace(row, by, to_document).version == 1  # looks, and changes nothing

    def test_a_changed_call_is_stale_with_all_behind_it(self, row: Conversation, by: User) -> None:
        def change(content):
            content.pair("call00002").call.arguments["content"] = "beta"

        saved = self.replace(row, by, change)
        assert stale_of(saved) == {"call00002": OWN_RESULT, "call00003": LATER_RESULT}
        assert saved.stale_answers == {"0": ANSWER, "1": ANSWER}

    def test_a_removed_call_makes_those_behind_it_stale(self, row: Conversation, by: User) -> None:
        saved = self.replace(row, by, lambda content: content.turns[0].steps.pop(1))
        assert stale_of(saved) == {"call00003": LATER_RESULT}
        assert saved.stale_answers == {"0": ANSWER, "1": ANSWER}

    def test_a_removed_last_call_makes_its_answer_stale(self, row: Conversation, by: User) -> None:
        saved = self.replace(row, by, lambda content: content.turns[1].steps.clear())
        assert stale_of(saved) == {}
        assert saved.stale_answers == {"1": ANSWER}

    def test_calls_that_changed_places_are_stale(self, row: Conversation, by: User) -> None:
        saved = self.replace(row, by, lambda content: content.turns[0].steps.reverse())
        assert set(stale_of(saved)) == {"call00001", "call00002", "call00003"}

    def test_an_added_call_was_not_run(self, row: Conversation, by: User) -> None:
        added = make_call(7, "list_files", result="invented")
        saved = self.replace(row, by, lambda content: content.turns[1].steps[0].calls.append(added))
        assert stale_of(saved) == {"call00007": OWN_RESULT}
        assert saved.content.pair("call00007").call.provenance is Provenance.EDITED
        assert saved.stale_answers == {"1": ANSWER}

    def test_a_changed_result_is_hand_written_whatever_the_document_says(self, row: Conversation, by: User) -> None:
        def change(content):
            content.pair("call00003").call.result = "omega"
            content.pair("call00001").call.provenance = Provenance.HAND_WRITTEN

        saved = self.replace(row, by, change)
        assert saved.content.pair("call00003").call.provenance is Provenance.HAND_WRITTEN
        assert saved.content.pair("call00001").call.provenance is Provenance.EXECUTED
        assert (stale_of(saved), saved.stale_answers) == ({}, {"1": ANSWER})

    def test_rewritten_words_settle_or_unsettle_answers(self, row: Conversation, by: User) -> None:
        def ask(content):
            content.turns[0].user = "Please copy it."

        def answer(content):
            content.turns[0].answer = "Copied."

        asked = self.replace(row, by, ask)
        assert asked.stale_answers == {"0": USER}
        assert self.replace(asked, by, answer).stale_answers == {}

    @pytest.mark.parametrize("document", [None, [], "x", {"turns": 5}, {"unknown": 1}])
    def test_what_is_no_conversation_is_refused(self, document, row: Conversation, by: User) -> None:
        with pytest.raises(Refused):
            edits.replace_content(row, save=Save(version=1, by=by), document=document)

    def test_call_ids_that_stand_twice_are_refused(self, row: Conversation, by: User) -> None:
        with pytest.raises(Refused, match="twice"):
            self.replace(row, by, lambda content: setattr(content.pair("call00003").call, "id", "call00001"))

    def test_an_older_version_is_refused(self, row: Conversation, by: User) -> None:
        EDITS["answer"](row, by)
        with pytest.raises(StaleVersion):
            edits.replace_content(row, save=Save(version=1, by=by), document=to_document(file_walk(topic="new")))
