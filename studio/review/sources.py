"""What the review page is made of: a conversation's parsed document and the rows beside it, each read once, when it is first asked for."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from urllib.parse import quote

from django.urls import reverse

from generation.conversation import Call, from_json
from generation.conversation import Conversation as Content
from generation.sandbox.client import MCP
from studio.domain.branches import open_branch
from studio.domain.findings import waivers_that_hold
from studio.domain.rounds import Round, round_of
from studio.domain.verdicts import verdicts_seen
from studio.domain.volatile import Volatile, volatile_of
from studio.models import Branch, Conversation, Pair, PairVerdict, Rerun, Review, User, Waiver
from studio.review.comments import Comments, ThreadView, comments_of_conversation, show_threads
from studio.review.findings import FindingView, show_finding
from studio.review.pair_differences import First
from studio.review.payloads import Room, room_for


@dataclass
class Sources:
    """What the presentation is made of: the parsed document and the rows beside it, as far as ``by`` may see them. Rows are read
    when they are asked for: a save needs none of them.

    ``unread``: the threads that mention ``by`` for the first time.
    """

    conversation: Conversation
    content: Content
    by: User
    unread: Collection[int] = ()

    @cached_property
    def _decisions(self) -> list[Review]:
        rows = self.conversation.reviews.filter(undone_at=None)
        return list(rows.select_related("reviewer", "bulk_entry").with_visibility(self.by))

    @cached_property
    def round(self) -> Round:
        stands = [review for review in self._decisions if review.stands]
        return round_of(self.conversation, by=self.by, stands=stands)

    @property
    def reviews(self) -> Sequence[Review]:
        """The decisions that were not undone, the latest first."""
        return [review for review in self._decisions if review.is_visible]  # type: ignore[attr-defined]  # with_visibility

    @cached_property
    def _verdicts(self) -> tuple[dict[str, PairVerdict], dict[str, list[PairVerdict]]]:
        return verdicts_seen(self.conversation, by=self.by, is_hidden=self.round.is_hidden)

    @property
    def own(self) -> Mapping[str, PairVerdict]:
        """What ``by`` said of the pairs."""
        return self._verdicts[0]

    @property
    def others(self) -> Mapping[str, list[PairVerdict]]:
        """What everybody else said of them."""
        return self._verdicts[1]

    @cached_property
    def pairs(self) -> Mapping[str, Pair]:
        """Their verdict is one's own or else what stands."""
        pairs = {pair.call_id: pair for pair in self.conversation.pairs.all()}
        for call_id, pair in pairs.items():
            mine = self.own.get(call_id) or PairVerdict()
            pair.verdict = mine.verdict or ("" if self.round.is_hidden else pair.verdict)
            pair.comment = mine.comment if self.round.is_hidden else pair.comment
        return pairs

    @cached_property
    def reruns(self) -> Mapping[str, Rerun]:
        """Those that are still open."""
        shown = [Rerun.Status.PENDING, Rerun.Status.RUNNING, Rerun.Status.DONE, Rerun.Status.FAILED]
        return {rerun.call_id: rerun for rerun in self.conversation.reruns.filter(status__in=shown).order_by("pk")}

    def call_url(self, call_id: str, *, place: str = "calls") -> str:
        """Where a call's part of the page is; what it is asked for comes behind."""
        return f"{self.url}{place}/{quote(call_id, safe='', errors='replace')}/"

    @cached_property
    def url(self) -> str:
        """Where the conversation's page is; its parts' URLs begin with it."""
        return reverse("conversation_review", args=[self.conversation.pid])

    @cached_property
    def room(self) -> Room:
        """How much of each payload is shown."""
        return room_for(self.content)

    @cached_property
    def branch(self) -> Branch | None:
        """The branch that nobody decided on yet."""
        return open_branch(self.conversation)

    @cached_property
    def threads(self) -> Mapping[str, list[ThreadView]]:
        """Threads of comments by call id, "" for those on the conversation."""
        return show_threads(self.conversation, by=self.by, unread=self.unread)

    @cached_property
    def volatile(self) -> Volatile:
        """The members of each tool's results that differ from run to run."""
        return volatile_of(self.conversation, self.content)

    def repeated(self, calls: Iterable[Call]) -> int:
        """How many of these calls may change something in an MCP server: it can't be rebuilt, so each replay makes them there again."""
        if self.conversation.toolset_id is None:  # then no server is known, and nothing runs
            return 0
        tools = {tool.name for tool in self.content.tools if tool.component == MCP and not tool.only_reads}
        return sum(call.tool in tools for call in calls)

    @cached_property
    def first(self) -> First:
        """What the conversation was when it came to be."""
        if self.conversation.version == 1:
            return First("", self.content)
        row = self.conversation.revisions.get(version=1)
        return First(row.summary.lower(), from_json(row.document))

    @property
    def comments(self) -> Comments:
        """What is shown in the rail: threads on the conversation, and those whose pair was removed."""
        there = {call.id for call in self.content.calls}
        orphans = [
            replace(thread, is_orphan=True)
            for id, own in self.threads.items()
            if id and id not in there
            for thread in own
        ]
        return comments_of_conversation(self.conversation, threads=[*self.threads.get("", []), *orphans])

    @cached_property
    def findings(self) -> list[FindingView]:
        numbers = {ref.call.id: ref.number + 1 for ref in self.content.pairs()}
        return [show_finding(raw, numbers, self.waivers) for raw in self.conversation.findings]

    @cached_property
    def waivers(self) -> Mapping[str, Waiver]:
        """By the digest of the finding they let pass."""
        return waivers_that_hold(self.conversation)


def load_sources(conversation: Conversation, *, by: User) -> Sources:
    """Parse the document, once."""
    return Sources(conversation=conversation, content=conversation.content, by=by)
