"""The conversations that who asks may know of, loaded as the answers need them. Any other is a 404."""

from django.db.models import Prefetch
from django.http import HttpRequest

from studio.api.authentication import person
from studio.api.lookup import by_id
from studio.api.schemas.conversations import ConversationDetail
from studio.domain.visibility import conversations_for
from studio.models import Conversation, Pair, User
from studio.models.conversations import ConversationQuerySet

_RELATED = ("dataset", "scenario", "run", "claimed_by", "decided_by", "assigned_to")
_UNSHOWN = (
    "scenario__document",
    "scenario__prompt",
    "run__config",
    "dataset__guidelines",
    "dataset__reject_reasons",
    "dataset__pair_tags",
)


def conversation_rows(request: HttpRequest) -> ConversationQuerySet:
    """All of them, with what a list shows and without the documents."""
    return (
        conversations_for(person(request))
        .select_related(*_RELATED)
        .prefetch_related("tags")
        .defer("document", *_UNSHOWN)
    )


def conversation_row(request: HttpRequest, pid: str, *, locked: bool = False) -> Conversation:
    """The one of this id. ``locked``: until the transaction ends nobody else saves it. Raises Http404."""
    rows = conversations_for(person(request)).select_related("claimed_by", "dataset")
    return by_id(rows.select_for_update(of=("self",)) if locked else rows, pid, what="conversation")


def show_conversation(conversation: Conversation, *, by: User) -> ConversationDetail:
    """The conversation as it now stands, whole, as far as ``by`` may see it."""
    rows = Conversation.objects.select_related(*_RELATED).defer(*_UNSHOWN)
    pairs = Prefetch("pairs", Pair.objects.order_by("number"))
    return ConversationDetail.of(rows.prefetch_related(pairs, "tags").get(pk=conversation.pk), by=by)
