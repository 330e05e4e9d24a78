"""Conversations as lists and their page show them, and the changes they take."""

import json
from datetime import datetime
from typing import Literal, Self

from pydantic import BaseModel, Field, model_validator

from generation.conversation import Conversation as Content
from studio.api.schemas.fields import Body, Index, JsonObject, Merge, Reason, Version
from studio.domain.edits import TextField
from studio.domain.findings import digest_of, waivers_that_hold
from studio.domain.reviews import obstacles
from studio.domain.rounds import round_of
from studio.domain.taggings import tags_seen
from studio.domain.verdicts import verdicts_seen
from studio.models import Conversation, Pair, PairVerdict, Revision, User, Waiver


class Claim(BaseModel):
    """Who is reviewing it now. It frees itself."""

    by: str
    until: datetime

    @classmethod
    def of(cls, row: Conversation) -> Self | None:
        """The live claim on a conversation, if there is one."""
        if not row.is_claimed or row.claim_until is None:
            return None
        return cls(by=str(row.claimed_by), until=row.claim_until)


class ConversationSummary(BaseModel):
    id: str
    dataset: str = Field(description="The id of its dataset, as are scenario and run.")
    scenario: str | None
    run: str | None
    version: int
    status: str = Field(description="needs_review, second_opinion, adjudication, approved, rejected or withheld.")
    mode: str
    pattern: str
    model: str
    excerpt: str = Field(description="The first words of the first user message.")
    tools_called: list[str]
    turn_count: int
    pair_count: int
    error_count: int
    stale_count: int = Field(description="Stale pairs and stale answers.")
    blocking_count: int
    warning_count: int
    is_edited: bool
    open_threads: int = Field(description="Threads of comments that nobody resolved.")
    tags: list[str]
    assigned_to: str | None = Field(description="The user name of who is given it first, and nobody else.")
    claim: Claim | None
    decided_by: str | None
    decided_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, row: Conversation) -> Self:
        """The conversation for a list; dataset, scenario, run and people are loaded."""
        return cls(
            **{name: getattr(row, name) for name in _SAME},
            id=row.pid,
            dataset=row.dataset.pid,
            scenario=row.scenario.pid if row.scenario else None,
            run=row.run.pid if row.run else None,
            tools_called=row.tool_names.split(),
            tags=[tag.name for tag in row.tags.all()],
            assigned_to=row.assigned_to.username if row.assigned_to else None,
            claim=Claim.of(row),
            decided_by=str(row.decided_by) if row.decided_by else None,
        )


_SAME = [
    name
    for name in ConversationSummary.model_fields
    if name not in ("id", "dataset", "scenario", "run", "tools_called", "tags", "assigned_to", "claim", "decided_by")
]


class VerdictShown(BaseModel):
    """What one person said of a pair."""

    by: str
    verdict: str
    tag: str
    comment: str

    @classmethod
    def of(cls, row: PairVerdict) -> Self:
        """The verdict; its reviewer is loaded."""
        return cls(by=str(row.reviewer), verdict=row.verdict, tag=row.tag, comment=row.comment)


class PairShown(BaseModel):
    """A call and what people said of it; its arguments and result stand in the document. Positions count from 0.

    ``verdict``, ``tag`` and ``comment`` are those that stand; while it is reviewed blind, none does.
    """

    call_id: str
    number: int
    turn: int
    step: int
    tool: str
    outcome: str
    error_type: str
    provenance: str
    stale: str = Field(description="Why its result is stale; empty when it is not.")
    verdict: str = Field(description="ok, wrong, or empty while unseen.")
    tag: str = Field(description="What is wrong, out of the dataset's `pair_tags`.")
    comment: str
    verdicts: list[VerdictShown] = Field(description="What each person said; while it is reviewed blind, you alone.")

    @classmethod
    def of(cls, row: Pair, *, verdicts: list[PairVerdict], is_hidden: bool) -> Self:
        """The pair, with the verdicts that may be seen."""
        columns = {name: getattr(row, name) for name in cls.model_fields if name != "verdicts"}
        if is_hidden:
            columns |= {"verdict": "", "tag": "", "comment": ""}
        return cls(**columns, verdicts=[VerdictShown.of(verdict) for verdict in verdicts])


class WaiverShown(BaseModel):
    id: str
    by: str | None
    reason: str
    at: datetime

    @classmethod
    def of(cls, row: Waiver) -> Self:
        """The waiver; who waived is loaded."""
        return cls(id=row.pid, by=str(row.by) if row.by else None, reason=row.reason, at=row.at)


class Finding(BaseModel):
    code: str
    severity: str
    message: str
    call_id: str | None
    turn: int | None
    id: str = Field(description="What a waiver names it by; it changes with the finding.")
    waiver: WaiverShown | None = Field(description="Why a lead lets it pass, if one does.")


class Round(BaseModel):
    """How far the review is."""

    approvals: int = Field(description="Approvals of what stands; of a blind double review, your own.")
    approvals_needed: int
    is_blind: bool = Field(
        description="Whether names, verdicts and decisions of others are hidden: it is reviewed blind."
    )


class ConversationDetail(ConversationSummary):
    document: JsonObject = Field(description="The whole conversation, in the shape that PATCH takes as `document`.")
    pairs: list[PairShown]
    findings: list[Finding]
    stale_answers: dict[str, str] = Field(description="Turn number, from 0, to why its answer is stale.")
    obstacles: list[str] = Field(description="What keeps it from being approved, one sentence each.")
    round: Round

    @classmethod
    def of(cls, row: Conversation, *, by: User) -> Self:  # type: ignore[override]  # a list shows everybody the same
        summary = ConversationSummary.of(row)
        stands = round_of(row, by=by)
        own, others = verdicts_seen(row, by=by, is_hidden=stands.is_hidden)
        said = {
            pair.call_id: [*([own[pair.call_id]] if pair.call_id in own else []), *others.get(pair.call_id, [])]
            for pair in row.pairs.all()
        }
        summary.tags = [tag.name for tag in tags_seen(row, by=by, is_hidden=stands.is_hidden)]
        waivers = waivers_that_hold(row)
        return cls(
            **{name: getattr(summary, name) for name in ConversationSummary.model_fields},
            document=json.loads(row.document),
            pairs=[
                PairShown.of(pair, verdicts=said[pair.call_id], is_hidden=stands.is_hidden) for pair in row.pairs.all()
            ],
            findings=[
                Finding(**found, id=key, waiver=WaiverShown.of(waivers[key]) if key in waivers else None)
                for found in row.findings
                for key in [digest_of(found)]
            ],
            stale_answers=row.stale_answers,
            obstacles=obstacles(row),
            round=Round(approvals=stands.given, approvals_needed=stands.needed, is_blind=stands.is_hidden),
        )


class TextEdit(Body):
    """Words: the system prompt, a turn's user message or answer, a step's thought or text, a call's reason."""

    field: TextField
    text: str
    turn: Index = 0
    step: Index = 0
    call_id: str = Field(default="", max_length=64, description="For the reason of a call.")


class ConversationPatch(Body):
    """The whole document, words, or both; each is one revision, all are saved or none."""

    version: Version
    merge: Merge = False
    document: Content | None = None
    texts: list[TextEdit] = Field(default_factory=list, max_length=200)
    reason: Reason = ""

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.document is None and not self.texts:
            raise ValueError("give a document, texts, or both")
        return self


class RevisionSummary(BaseModel):
    version: int
    summary: str
    reason: str
    author: str | None = Field(description="Null for the engine.")
    at: datetime

    @classmethod
    def of(cls, row: Revision) -> Self:
        """The revision for a list; its author is loaded."""
        author = str(row.author) if row.author else None
        return cls(version=row.version, summary=row.summary, reason=row.reason, author=author, at=row.at)


class RevisionDetail(RevisionSummary):
    document: JsonObject = Field(description="The conversation as it was after this change.")

    @classmethod
    def of(cls, row: Revision) -> Self:
        return cls(**RevisionSummary.of(row).model_dump(), document=json.loads(row.document))


Status = Literal["needs_review", "second_opinion", "adjudication", "approved", "rejected", "withheld"]
