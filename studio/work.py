"""Work under a token, of whatever kind: its lease and its sandbox sessions are kept while it goes on, and what it costs is written down.

Owns no ending: who works an item, a branch or a rerun says in one domain call what came of it.
"""

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from django.conf import settings

from generation.conversation import Conversation as Content
from generation.llm.client import LedgerLine
from generation.sandbox.session import Session
from studio.domain.sessions import forget_session, note_session
from studio.heartbeat import heartbeat, stopping
from studio.models import Item


class LeaseLost(Exception):
    """Somebody else works it now, or it was ended: stop, and write nothing."""


class Stopping(Exception):
    """This process is about to end: put the work back."""


class Work:
    """One thing under way. ``with`` holds its token.

    ``save`` keeps the state with what it cost since the last time, and says whether the token still holds; ``settle`` writes
    down the cost alone. What asks no model needs neither.
    """

    def __init__(
        self,
        token: str,
        *,
        save: Callable[[Content, Sequence[LedgerLine]], bool] | None = None,
        settle: Callable[[Sequence[LedgerLine]], None] | None = None,
        item: Item | None = None,
    ) -> None:
        self._token = token
        self._save = save
        self._settle = settle
        self._item = item
        self._lines: list[LedgerLine] = []
        self._sessions: list[str] = []

    def __enter__(self) -> Self:
        heartbeat.hold(self._token)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        heartbeat.drop(self._token, self._sessions)
        self.settle()

    def spent(self, line: LedgerLine) -> None:
        """Note a request to the model, to be written down with the next state."""
        self._lines.append(line)

    def report(self, content: Content) -> None:
        """Save the state. Raises LeaseLost, and Stopping when this process shall end."""
        assert self._save is not None
        lines = list(self._lines)
        held = self._save(content, lines)
        del self._lines[: len(lines)]
        if not held:
            raise LeaseLost
        if stopping.is_set():
            raise Stopping

    def settle(self) -> None:
        """Write down what was spent and not yet saved."""
        if self._settle is None or not self._lines:
            return
        lines = list(self._lines)
        self._settle(lines)
        del self._lines[: len(lines)]

    def opened(self, session_id: str) -> None:
        """Write a session down before it is used."""
        note_session(session_id, endpoint=settings.SPIN_ENDPOINT, item=self._item)
        self._sessions.append(session_id)
        heartbeat.hold_session(session_id)

    def closed(self, session: Session) -> None:
        """Strike its sessions off when nothing of them is left in the service."""
        if session.is_clean:
            for session_id in self._sessions:
                forget_session(session_id)
