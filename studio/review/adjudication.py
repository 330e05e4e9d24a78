"""The adjudication page: two people's decisions, versions and pair verdicts side by side. Every text leaves here as trusted HTML."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from django.utils.safestring import SafeString

from generation.conversation import Conversation as Content
from generation.conversation import from_json
from studio.domain.adjudication import sides
from studio.models import Conversation, PairVerdict, Review
from studio.review.history import Differences, show_differences
from studio.web.visible_text import show


@dataclass(frozen=True)
class Said:
    """One person's verdict on a pair."""

    verdict: str
    tag: SafeString
    comment: SafeString


@dataclass(frozen=True)
class Marked:
    """A pair that somebody marked; a place in ``said`` for each side."""

    number: int | None
    tool: SafeString
    said: list[Said | None]

    @property
    def differs(self) -> bool:
        return len({said.verdict if said else "" for said in self.said}) > 1


@dataclass(frozen=True)
class Comparison:
    """What differs between two versions."""

    old: int
    new: int
    differences: Differences


class Dispute:
    """One conversation to settle. ``sides`` are the decisions that stand against each other, the earliest first."""

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        self.sides = sides(conversation)
        wanted = {side.version for side in self.sides} | {conversation.version}
        rows = conversation.revisions.filter(version__in=wanted).values_list("version", "document")
        self._documents = dict(rows)
        self._documents.setdefault(conversation.version, conversation.document)

    @property
    def why(self) -> str:
        """What they disagree about, in one sentence."""
        kinds = {side.decision for side in self.sides}
        if kinds == {Review.Decision.SECOND_OPINION}:
            return "Two people passed it on: nobody has decided it."
        if len(kinds) > 1:
            return "They decided differently."
        return "They decided alike, but about different contents."

    @cached_property
    def comparisons(self) -> list[Comparison]:
        """From version to version, from the earliest that was decided about to the one that stands; equal ones left out."""
        versions = sorted({side.version for side in self.sides} | {self.conversation.version})
        found = []
        for old, new in pairwise(versions):
            if self._documents.get(old) != self._documents.get(new):
                found.append(Comparison(old, new, show_differences(self._content(old), self._content(new))))
        return found

    @cached_property
    def marked(self) -> list[Marked]:
        """The pairs that any of the sides marked, in the order of the newest version."""
        people = [side.reviewer_id for side in self.sides]
        rows: dict[str, dict[int, PairVerdict]] = {}
        for row in self.conversation.pair_verdicts.filter(reviewer__in=people):
            rows.setdefault(row.call_id, {})[row.reviewer_id] = row
        places: dict[str, tuple[int, str]] = {}
        for version in sorted(self._documents):
            places |= {ref.call.id: (ref.number + 1, ref.call.tool) for ref in self._content(version).pairs()}
        found = []
        for call_id, said in rows.items():
            number, tool = places.get(call_id, (None, call_id))
            found.append(Marked(number, show(tool), [_said(said.get(pk or 0)) for pk in people]))
        return sorted(found, key=lambda pair: (pair.number is None, pair.number or 0))

    @property
    def has_stood_since(self) -> bool:
        """Whether what stands is none of the versions that were decided about."""
        standing = self._documents[self.conversation.version]
        return all(self._documents.get(side.version) != standing for side in self.sides)

    def _content(self, version: int) -> Content:
        return from_json(self._documents[version])


def _said(row: PairVerdict | None) -> Said | None:
    return None if row is None else Said(row.verdict, show(row.tag), show(row.comment))
