"""Comments: threads on a conversation or on one of its pairs, and who is mentioned in them.

Comments are no part of the content: they change no version, and whoever may read a conversation may comment on it, whoever
holds it. Every verb here keeps ``Conversation.open_threads``.
"""

import re
from collections.abc import Collection

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from studio.domain.errors import NotAllowed, NotPossible, Refused
from studio.domain.search import index_again
from studio.domain.visibility import conversations_for
from studio.models import Comment, Conversation, Mention, Thread, User
from studio.models.fields import plain_text

MAX_TEXT = 10_000
MENTION = re.compile(r"(?<![\w@.+-])@([\w@.+-]{1,150})")
"""Signs that a user name may have (Django's rule); a full stop or the like at the end may belong to the sentence."""


def threads_for(conversation: Conversation, user: User) -> QuerySet[Thread]:
    """The threads of a conversation that ``user`` may see, oldest first."""
    return _visible(Thread.objects.filter(conversation=conversation), user)


def start_thread(conversation: Conversation, *, text: str, by: User, call_id: str = "") -> Comment:
    """Begin a thread on a pair, or without ``call_id`` on the conversation. Raises Refused, NotPossible without such a pair."""
    if call_id and not conversation.pairs.filter(call_id=plain_text(call_id)).exists():
        raise NotPossible("That call is not in the conversation any more. Reload the page.")
    clean = _clean(text)
    with transaction.atomic():
        _lock(conversation)
        thread = Thread.objects.create(conversation=conversation, call_id=call_id)
        comment = _say(thread, clean, by)
        recount(conversation)
    return comment


def reply(thread: Thread, *, text: str, by: User) -> Comment:
    """Add a comment to a thread; a resolved one is open again. Raises Refused."""
    clean = _clean(text)
    with transaction.atomic():
        _lock(thread.conversation)
        if not Thread.objects.filter(pk=thread.pk).update(resolved_at=None, resolved_by=None):
            raise NotPossible("That thread is not there any more: its last comment was deleted. Begin a new one.")
        comment = _say(thread, clean, by)
        recount(thread.conversation)
    return comment


@transaction.atomic
def edit_comment(comment: Comment, *, text: str, by: User) -> Comment:
    """Change one's own comment. Who is newly mentioned is told; who is not mentioned any more has it taken off their list."""
    _require_own(comment, by, to="change")
    clean = _clean(text)
    if clean == comment.text:
        return comment
    # Whoever saves the conversation at once would else have their words overwritten in the search.
    _lock(comment.thread.conversation)
    comment.text, comment.edited_at = clean, timezone.now()
    if not Comment.objects.filter(pk=comment.pk).update(text=clean, edited_at=comment.edited_at):
        raise NotPossible("That comment is not there any more: you deleted it meanwhile. Write it as a new one.")
    _mention(comment)
    index_again(comment.thread.conversation)
    return comment


@transaction.atomic
def delete_comment(comment: Comment, *, by: User) -> None:
    """Delete one's own comment; with its last comment the thread goes."""
    _require_own(comment, by, to="delete")
    thread = comment.thread
    _lock(thread.conversation)
    comment.delete()
    if not thread.comments.exists():
        thread.delete()
    recount(thread.conversation)
    index_again(thread.conversation)


@transaction.atomic
def resolve(thread: Thread, *, by: User) -> None:
    """Say that a thread is settled. One that is already keeps who settled it."""
    _lock(thread.conversation)
    Thread.objects.filter(pk=thread.pk, resolved_at=None).update(resolved_at=timezone.now(), resolved_by=by)
    recount(thread.conversation)


@transaction.atomic
def reopen(thread: Thread, *, by: User) -> None:
    """Say that it is not settled after all."""
    del by  # everybody who sees it may
    _lock(thread.conversation)
    Thread.objects.filter(pk=thread.pk).update(resolved_at=None, resolved_by=None)
    recount(thread.conversation)


def people_to_mention(conversation: Conversation) -> QuerySet[User]:
    """Who may be mentioned there: everybody who can open it, by name."""
    people = User.objects.filter(is_active=True)
    if conversation.status == Conversation.Status.WITHHELD:
        people = people.filter(Q(is_superuser=True) | Q(role__in=[User.Role.LEAD, User.Role.ADMIN]))
    return people.order_by("username")


def unread_mentions(user: User) -> QuerySet[Mention]:
    """What ``user`` was mentioned in and has not read, newest first, as far as they may see it now."""
    threads = _visible(Thread.objects.filter(conversation__in=conversations_for(user)), user)
    return user.mentions.filter(read_at=None, comment__thread__in=threads)


def mark_read(conversation: Conversation, *, by: User) -> tuple[set[int], int]:
    """Note that ``by`` read what mentions them there; returns the primary keys of the threads that were unread, and how many
    mentions elsewhere still are."""
    unread = list(unread_mentions(by).values_list("pk", "comment__thread", "comment__thread__conversation"))
    here = {pk: thread for pk, thread, there in unread if there == conversation.pk}
    if here:
        Mention.objects.filter(pk__in=here).update(read_at=timezone.now())
    return set(here.values()), len(unread) - len(here)


def split_mentions(text: str, names: Collection[str]) -> list[tuple[str, bool]]:
    """The text in pieces, each with whether it is a mention of one of ``names`` ("@anna").

    Of "@anna." the longest reading that is a name counts: "anna." or else "anna".
    """
    pieces: list[tuple[str, bool]] = []
    end = 0
    for match in MENTION.finditer(text):
        name = match.group(1)
        while name and name not in names:
            name = name[:-1] if name[-1] in "@.+-_" else ""
        if name:
            pieces += [(text[end : match.start()], False), (f"@{name}", True)]
            end = match.start() + 1 + len(name)
    return [piece for piece in [*pieces, (text[end:], False)] if piece[0]]


def _visible(threads: QuerySet[Thread], user: User) -> QuerySet[Thread]:
    """Those of ``threads`` that ``user`` may see; every list, count and mark of threads comes through here.

    While the second of two blind reviews is open, those are the ones in which nobody else has written.
    """
    of_others = Exists(Comment.objects.filter(thread=OuterRef("pk")).exclude(author=user))
    return threads.exclude(Q(conversation__is_blind=True) & Q(of_others))


def _lock(conversation: Conversation) -> None:
    # Two who write at once would each count without the other's thread.
    Conversation.objects.select_for_update(of=("self",)).light().get(pk=conversation.pk)


def recount(conversation: Conversation) -> None:
    """Bring ``open_threads`` up to date. In a blind review it says nothing: a count would give others away."""
    is_blind = Conversation.objects.filter(pk=conversation.pk, is_blind=True).exists()
    count = 0 if is_blind else Thread.objects.filter(conversation=conversation, resolved_at=None).count()
    Conversation.objects.filter(pk=conversation.pk).exclude(open_threads=count).update(open_threads=count)
    conversation.open_threads = count


def _clean(text: str) -> str:
    clean = plain_text(text.replace("\r\n", "\n").strip())
    if not clean:
        raise Refused("Write something.", details=[{"pointer": "/text", "message": "Write something."}])
    if len(clean) > MAX_TEXT:
        message = f"A comment has at most {MAX_TEXT:,} characters; this has {len(clean):,}. Shorten it."
        raise Refused(message, details=[{"pointer": "/text", "message": message}])
    return clean


def _say(thread: Thread, text: str, by: User) -> Comment:
    comment = Comment.objects.create(thread=thread, author=by, text=text)
    _mention(comment)
    index_again(thread.conversation)
    return comment


def _mention(comment: Comment) -> None:
    people: dict[str, int] = {}
    if "@" in comment.text:
        people = dict(people_to_mention(comment.thread.conversation).values_list("username", "pk"))
    named = {people[piece[1:]] for piece, is_name in split_mentions(comment.text, people) if is_name} - {
        comment.author_id
    }
    comment.mentions.exclude(user__in=named).delete()
    Mention.objects.bulk_create((Mention(comment=comment, user_id=pk) for pk in named), ignore_conflicts=True)


def _require_own(comment: Comment, by: User, *, to: str) -> None:
    if comment.author_id != by.pk:
        raise NotAllowed(f"Only its author may {to} a comment.")
