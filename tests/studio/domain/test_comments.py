"""Threads of comments: who may do what, what is counted, who is told."""

import pytest

from studio.domain import comments
from studio.domain.comments import split_mentions, unread_mentions
from studio.domain.errors import NotAllowed, NotPossible, Refused
from studio.models import Comment, Conversation, Thread, User
from tests.standins.review_rows import person, store, two_reads


@pytest.fixture
def conversation(db: None) -> Conversation:
    return store(two_reads())


@pytest.fixture
def anna(db: None) -> User:
    return person("anna")


@pytest.fixture
def ben(db: None) -> User:
    return person("ben")


def _open_threads(conversation: Conversation) -> int:
    return Conversation.objects.get(pk=conversation.pk).open_threads


def test_a_thread_is_said_answered_settled_and_opened_again(conversation, anna, ben) -> None:
    first = comments.start_thread(conversation, text=" Why b? \r\n\x00 ", by=anna)
    comments.start_thread(conversation, text="And here?", by=anna, call_id=conversation.content.calls[0].id)
    assert first.text == "Why b? \n\ufffd"
    assert _open_threads(conversation) == 2
    comments.resolve(first.thread, by=ben)
    comments.resolve(first.thread, by=anna)
    assert _open_threads(conversation) == 1
    assert Thread.objects.get(pk=first.thread_id).resolved_by == ben
    comments.reply(first.thread, text="No.", by=ben)
    assert _open_threads(conversation) == 2
    assert [said.text for said in first.thread.comments.all()] == [first.text, "No."]
    comments.resolve(first.thread, by=ben)
    comments.reopen(first.thread, by=anna)
    assert _open_threads(conversation) == 2


def test_comments_change_no_version(conversation, anna) -> None:
    before = Conversation.objects.values("version", "document", "updated_at").get(pk=conversation.pk)
    comments.start_thread(conversation, text="Hm.", by=anna)
    assert Conversation.objects.values("version", "document", "updated_at").get(pk=conversation.pk) == before
    assert conversation.revisions.count() == 1


def test_only_its_author_changes_or_deletes_a_comment(conversation, anna, ben) -> None:
    said = comments.start_thread(conversation, text="Hm.", by=anna)
    with pytest.raises(NotAllowed, match="Only its author may change"):
        comments.edit_comment(said, text="Ha.", by=ben)
    with pytest.raises(NotAllowed, match="Only its author may delete"):
        comments.delete_comment(said, by=ben)
    comments.edit_comment(said, text="Ha.", by=anna)
    kept = Comment.objects.get(pk=said.pk)
    assert kept.text == "Ha."
    assert kept.edited_at is not None


def test_the_same_words_again_are_no_edit(conversation, anna) -> None:
    said = comments.start_thread(conversation, text="Hm.", by=anna)
    comments.edit_comment(said, text="Hm. ", by=anna)
    assert Comment.objects.get(pk=said.pk).edited_at is None


def test_a_thread_goes_with_its_last_comment(conversation, anna, ben) -> None:
    said = comments.start_thread(conversation, text="Hm.", by=anna)
    thread = said.thread
    answer = comments.reply(thread, text="Yes?", by=ben)
    comments.delete_comment(said, by=anna)
    assert Thread.objects.filter(pk=thread.pk).exists()
    comments.delete_comment(answer, by=ben)
    assert not Thread.objects.filter(pk=thread.pk).exists()
    assert _open_threads(conversation) == 0
    with pytest.raises(NotPossible, match="its last comment was deleted"):
        comments.reply(thread, text="Late.", by=anna)


@pytest.mark.parametrize(("text", "words"), [("  ", "Write something"), ("a" * 10_001, "at most 10,000 characters")])
def test_what_is_no_comment_is_refused(conversation, anna, text: str, words: str) -> None:
    with pytest.raises(Refused, match=words):
        comments.start_thread(conversation, text=text, by=anna)
    assert _open_threads(conversation) == 0


def test_no_thread_on_a_pair_that_is_not_there(conversation, anna) -> None:
    with pytest.raises(NotPossible, match="not in the conversation any more"):
        comments.start_thread(conversation, text="Hm.", by=anna, call_id="gone")


def test_who_is_mentioned_is_told_until_they_read_it(conversation, anna, ben) -> None:
    said = comments.start_thread(conversation, text="@ben look, and @anna and @nobody too, @ben.", by=anna)
    assert [mention.user for mention in said.mentions.all()] == [ben]
    assert unread_mentions(ben).count() == 1
    assert unread_mentions(anna).count() == 0
    assert comments.mark_read(conversation, by=ben) == ({said.thread_id}, 0)
    assert unread_mentions(ben).count() == 0
    assert comments.mark_read(conversation, by=ben) == (set(), 0)


def test_an_edit_tells_the_newly_mentioned_and_spares_who_is_not_meant(conversation, anna, ben) -> None:
    cleo = person("cleo")
    said = comments.start_thread(conversation, text="@ben look", by=anna)
    comments.mark_read(conversation, by=ben)
    comments.edit_comment(said, text="@ben and @cleo look", by=anna)
    assert unread_mentions(ben).count() == 0
    assert unread_mentions(cleo).count() == 1
    comments.edit_comment(said, text="@ben look", by=anna)
    assert unread_mentions(cleo).count() == 0


def test_nobody_is_sent_to_what_they_may_not_see(conversation, anna) -> None:
    lead = person("lena", "lead")
    cleo = person("cleo")
    comments.start_thread(conversation, text="@cleo look", by=lead)
    Conversation.objects.filter(pk=conversation.pk).update(status=Conversation.Status.WITHHELD)
    withheld = Conversation.objects.get(pk=conversation.pk)
    said = comments.start_thread(withheld, text="@anna @lena look", by=person("lisa", "lead"))
    assert [mention.user for mention in said.mentions.all()] == [lead]
    assert unread_mentions(cleo).count() == 0


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("@anna", ["@anna"]),
        ("ask @anna.", ["@anna"]),
        ("(@anna.b)", ["@anna.b"]),
        ("@anna.b.", ["@anna.b"]),
        ("mail anna@anna.b", []),
        ("@annabel", []),
        ("@@anna", []),
    ],
)
def test_a_mention_is_the_longest_name_after_an_at(text: str, found: list[str]) -> None:
    pieces = split_mentions(text, {"anna", "anna.b"})
    assert [piece for piece, is_name in pieces if is_name] == found
    assert "".join(piece for piece, _ in pieces) == text


def test_a_comment_that_is_gone_is_not_changed_in_silence(conversation, anna) -> None:
    said = comments.start_thread(conversation, text="Hm.", by=anna)
    comments.delete_comment(Comment.objects.get(pk=said.pk), by=anna)
    with pytest.raises(NotPossible, match="not there any more"):
        comments.edit_comment(said, text="Ha.", by=anna)
