"""Who has a conversation's page open. A page says so with each renewal poll; whoever missed a few is not there any more."""

from datetime import timedelta

from django.utils import timezone

from studio.models import Conversation, Presence, User

RENEWED_S = 20
"""So often an open page says that it is."""
FORGOTTEN = timedelta(seconds=3 * RENEWED_S + 5)
"""Browsers call pages in the background late; one missed poll says nothing."""


def note_presence(conversation: Conversation, *, by: User, is_editing: bool = False) -> None:
    """``by`` looks at the conversation, or edits it. Who comes back after a while is there since now."""
    now = timezone.now()
    own = Presence.objects.filter(conversation=conversation, user=by)
    if not own.filter(seen_at__gte=now - FORGOTTEN).update(seen_at=now, is_editing=is_editing):
        row = Presence(conversation=conversation, user=by, since=now, seen_at=now, is_editing=is_editing)
        Presence.objects.bulk_create(
            [row],
            update_conflicts=True,
            unique_fields=["conversation", "user"],
            update_fields=["since", "seen_at", "is_editing"],
        )


def others_at(conversation: Conversation, *, by: User) -> list[Presence]:
    """Who else looks at it now, the longest first."""
    alive = conversation.presences.filter(seen_at__gte=timezone.now() - FORGOTTEN).exclude(user=by)
    return list(alive.select_related("user").order_by("since"))


def forget_absent() -> int:
    """Delete the rows of those who left (they are shown to nobody; this only tidies)."""
    return Presence.objects.filter(seen_at__lt=timezone.now() - FORGOTTEN).delete()[0]
