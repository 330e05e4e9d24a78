"""Who may know of which conversation: what was withheld at generation is for leads, everything else for everybody."""

from studio.models import Conversation, User
from studio.models.conversations import ConversationQuerySet


def conversations_for(user: User) -> ConversationQuerySet:
    """The conversations ``user`` may know of, to be narrowed further."""
    rows = Conversation.objects.all()
    return rows if user.is_lead else rows.exclude(status=Conversation.Status.WITHHELD)
