"""Who holds a conversation, as its page shows it. Asks nothing of the conversation's content: open pages ask every few seconds."""

from dataclasses import dataclass

from studio.models import Conversation, User


@dataclass(frozen=True, kw_only=True)
class ClaimView:
    """``version`` is the one the page's forms speak of. ``holder`` is somebody else with a live claim."""

    version: int
    holder: User | None
    is_mine: bool
    is_waiting: bool

    @property
    def status(self) -> str:
        return "in_review" if self.is_mine or self.holder else ""


def show_claim(conversation: Conversation, *, by: User, version: int) -> ClaimView:
    """The claim as ``by`` sees it."""
    is_waiting = conversation.status in Conversation.Status.waiting()
    live = conversation.is_claimed and is_waiting
    return ClaimView(
        version=version,
        holder=conversation.claimed_by if live and conversation.claimed_by_id != by.pk else None,
        is_mine=live and conversation.claimed_by_id == by.pk,
        is_waiting=is_waiting,
    )
