"""What came back when a call was run again, laid beside what is recorded."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.safestring import SafeString

from generation.conversation import Call, Outcome
from generation.conversation import Conversation as Content
from studio.domain.volatile import Volatile
from studio.models import Rerun
from studio.review.differences import Difference, compare
from studio.web.visible_text import show

SLOW = 8.0
"""Seconds after which a waiting rerun says that no worker has taken it."""


@dataclass(frozen=True)
class Compared:
    """One executed call: its result against the recorded one."""

    number: int
    tool: SafeString
    is_identical: bool
    is_error: bool
    difference: Difference | None


@dataclass(frozen=True)
class RerunView:
    """A rerun as its card shows it. ``own`` is the asked call, ``later`` those behind it, ``drift`` those before it."""

    url: str
    status: str
    is_slow: bool
    is_outdated: bool
    error: SafeString
    own: Compared | None
    later: list[Compared]
    drift: list[Compared]

    @property
    def count(self) -> int:
        return len(self.later) + 1

    @property
    def proofs(self) -> int:
        """How many earlier calls gave again what is recorded; 0 when one of them did not."""
        return self.own.number - 1 if self.own and not self.drift else 0

    @property
    def is_underway(self) -> bool:
        return self.status in (Rerun.Status.PENDING, Rerun.Status.RUNNING)


def show_rerun(
    rerun: Rerun, *, url: str, content: Content, version: int, volatile: Callable[[], Volatile]
) -> RerunView:
    """The rerun against the conversation's content as it stands. ``volatile`` is asked for when a result differs."""
    calls = {ref.call.id: (ref.number + 1, ref.call) for ref in content.pairs()}
    results = [_compared(result, calls, volatile) for result in rerun.results if result["call_id"] in calls]
    waited = (timezone.now() - rerun.created_at).total_seconds()
    return RerunView(
        url=url,
        status=rerun.status,
        is_slow=rerun.status == Rerun.Status.PENDING and waited > SLOW,
        is_outdated=rerun.version != version,
        error=show(rerun.error),
        own=results[0] if results else None,
        later=results[1:],
        drift=[_compared(result, calls, volatile) for result in rerun.drift if result["call_id"] in calls],
    )


def _compared(
    result: Mapping[str, Any], calls: Mapping[str, tuple[int, Call]], volatile: Callable[[], Volatile]
) -> Compared:
    number, call = calls[result["call_id"]]
    recorded, given = call.result or "", result["text"]
    difference = None
    if recorded != given or not result["is_identical"]:
        difference = compare(recorded, given, volatile=volatile().get(call.tool, frozenset()))
    return Compared(
        number=number,
        tool=show(call.tool),
        is_identical=result["is_identical"],
        is_error=result["outcome"] == Outcome.TOOL_ERROR,
        difference=difference,
    )
