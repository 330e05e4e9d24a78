"""A replay as the page shows it: how far it is, what it found, and on each card what came back instead of the recorded result."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.safestring import SafeString

from generation.conversation import Call
from studio.models import Conversation, Pair, Rerun
from studio.review.comparisons import SLOW
from studio.review.differences import Difference, compare
from studio.web.visible_text import show


@dataclass(frozen=True)
class Replayed:
    """What the last replay said of one pair. ``difference`` is there when another text came back and is still kept."""

    outcome: str
    difference: Difference | None

    @property
    def is_trouble(self) -> bool:
        return self.outcome != Pair.Replay.IDENTICAL

    @property
    def fails(self) -> bool:
        return self.outcome == Pair.Replay.FAILS


@dataclass(frozen=True)
class ReplayPanel:
    """The replay under way or the last one, for the rail. ``at`` is None when what stands was not replayed. ``repeated``: how many
    calls each replay makes again in an MCP server."""

    is_underway: bool
    is_running: bool
    is_slow: bool
    error: SafeString
    at: datetime | None
    identical: int
    differs: int
    fails: int
    repeated: int

    @property
    def differs_words(self) -> str:
        return f"{self.differs} differ{'s' if self.differs == 1 else ''}"

    @property
    def fails_words(self) -> str:
        return f"{self.fails} fail{'s' if self.fails == 1 else ''} now"


def show_replayed(
    replay: Rerun | None, *, call: Call, pair: Pair, volatile: Callable[[], Collection[str]]
) -> Replayed | None:
    """What became of this pair, or None when it was not replayed as it stands. ``volatile`` says which members of its result are."""
    if not pair.replay:
        return None
    difference = None
    if replay is not None and replay.status == Rerun.Status.DONE:
        found = next((result for result in replay.results if result["call_id"] == call.id), None)
        is_same = found is None or (pair.replay == Pair.Replay.IDENTICAL and not found["text"])
        difference = (
            None if found is None or is_same else compare(call.result or "", found["text"], volatile=volatile())
        )
    return Replayed(pair.replay, difference)


def show_panel(conversation: Conversation, replay: Rerun | None, *, repeated: int) -> ReplayPanel:
    """How the replay of this conversation stands."""
    is_underway = replay is not None and replay.status in (Rerun.Status.PENDING, Rerun.Status.RUNNING)
    waited = (timezone.now() - replay.created_at).total_seconds() if replay else 0.0
    differs, fails = conversation.replay_differs, conversation.replay_fails
    return ReplayPanel(
        is_underway=is_underway,
        is_running=replay is not None and replay.status == Rerun.Status.RUNNING,
        is_slow=replay is not None and replay.status == Rerun.Status.PENDING and waited > SLOW,
        error=show(replay.error if replay is not None and replay.status == Rerun.Status.FAILED else ""),
        at=conversation.replayed_at,
        identical=conversation.pair_count - differs - fails,
        differs=differs,
        fails=fails,
        repeated=repeated,
    )
