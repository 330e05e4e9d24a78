"""Conversations with their pairs and revisions.

The content is one canonical JSON document on the row, with a version; the other columns are derived from it for lists.
Pairs mirror the calls, and hold what people said of them; a document rebuilds them, by call id.
"""

from datetime import datetime, timedelta
from typing import Any, Self

from django.db import models
from django.db.models import F, Func, Q
from django.db.models.lookups import In
from django.utils import timezone

from generation.conversation import Conversation as Content
from generation.conversation import Outcome, Provenance, from_json
from generation.plan import TOOLLESS
from studio.models.catalog import ToolSet
from studio.models.datasets import Dataset, Scenario
from studio.models.fields import DocumentField, PidField
from studio.models.runs import Item, Run
from studio.models.tags import Tag
from studio.models.team import User

CLAIM = timedelta(minutes=10)
"""How long a claim lives unless the open page, or a save, renews it."""


class InOrder(Func):
    """A column as it is, but that SQLite looks up no index for it: rows are gone through in the order that is asked for.

    It would take any index for a comparison, find half of the table by it, and sort that for one row.
    """

    template = "%(expressions)s"
    arity = 1

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="+%(expressions)s", **context)


class RowCondition(Func):
    """A condition on a row as SQL that both databases take, for what each claim asks: Django would take milliseconds to put the
    same together. ``{row}`` is the row's table; behind ``{plain}``, SQLite looks up no index for a column (``InOrder``)."""

    arity = 1
    output_field = models.BooleanField()

    def __init__(self, sql: str, *values: Any) -> None:
        super().__init__(F("pk"))
        self.sql, self.values = sql, values

    def as_sql(self, compiler: Any, connection: Any, *_: Any, **__: Any) -> Any:
        key, _ = compiler.compile(self.source_expressions[0])
        sql = self.sql.format(row=key.rpartition(".")[0], plain="+" if connection.vendor == "sqlite" else "")
        return f"({sql})", [
            connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value
            for value in self.values
        ]


class AmongThose(In):
    """``In`` of a subquery, for rows in an order of theirs: what the subquery gives is read once, and each row is looked for in it.

    PostgreSQL would join the two and sort the outcome, half of the table for one page, because it can't know how many there are.
    """

    def as_postgresql(self, compiler: Any, connection: Any) -> Any:
        sql, parameters = self.as_sql(compiler, connection)
        return f"({sql}) IS TRUE", parameters  # what is no condition by itself is not made a join


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def light(self) -> Self:
        """Without the documents, for lists."""
        return self.defer("document")

    def claimable(self, *, by: User) -> Self:
        """What ``by`` may take next: waiting for a decision that ``by`` has not taken yet, nobody else has it open, and it is
        nobody else's to review."""
        return self.filter(
            # Whoever left keeps nothing from the others, nor does who has had their say: others have to give the second one.
            # Subqueries, no joins: claims are conditional updates of this one table.
            RowCondition(
                "({plain}{row}.claimed_by_id IS NULL OR {row}.claim_until < %s OR {row}.claimed_by_id = %s)"
                " AND ({plain}{row}.assigned_to_id IS NULL OR {row}.assigned_to_id = %s"
                " OR {row}.assigned_to_id IN (SELECT u.id FROM studio_user u WHERE NOT u.is_active)"
                " OR EXISTS (SELECT 1 FROM studio_review r WHERE r.conversation_id = {row}.id"
                " AND r.reviewer_id = {row}.assigned_to_id AND r.stands))"
                " AND NOT EXISTS (SELECT 1 FROM studio_review r WHERE r.conversation_id = {row}.id"
                " AND r.reviewer_id = %s AND r.stands)"
                " AND {plain}{row}.status IN (%s, %s)",
                *(timezone.now(), by.pk, by.pk, by.pk, *Conversation.Status.waiting()),
            )
        )

    def approvable(self, *, by: User) -> Self:
        """Without what ``by`` edited where the author of an edit may not approve it."""
        return self.filter(
            RowCondition(
                "NOT EXISTS (SELECT 1 FROM studio_revision r JOIN studio_dataset d ON d.id = {row}.dataset_id"
                " WHERE r.conversation_id = {row}.id AND r.author_id = %s AND r.version > 1 AND NOT d.author_may_approve)",
                by.pk,
            )
        )

    def in_review(self) -> Self:
        return self.filter(status__in=Conversation.Status.waiting(), claim_until__gte=timezone.now())


class Conversation(models.Model):
    """A generated or imported conversation on its way through review.

    "In review" is no stored status: it is a waiting conversation that somebody holds a live claim on, so an abandoned claim
    frees itself. ``withheld`` failed a blocking check when it was generated and is not sent to annotators; what needs
    ``adjudication`` waits for leads only.
    """

    class Status(models.TextChoices):
        NEEDS_REVIEW = "needs_review", "Needs review"
        SECOND_OPINION = "second_opinion", "Needs second opinion"
        APPROVED = "approved", "Approved"
        REJECTED = "rejected", "Rejected"
        ADJUDICATION = "adjudication", "Needs adjudication"
        WITHHELD = "withheld", "Withheld"

        @classmethod
        def waiting(cls) -> list[str]:
            return [cls.NEEDS_REVIEW.value, cls.SECOND_OPINION.value]

    pid = PidField()
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="conversations")
    scenario = models.ForeignKey(
        Scenario, null=True, blank=True, on_delete=models.SET_NULL, related_name="conversations"
    )
    run = models.ForeignKey(Run, null=True, blank=True, on_delete=models.SET_NULL, related_name="conversations")
    item = models.OneToOneField(Item, null=True, blank=True, on_delete=models.SET_NULL, related_name="conversation")
    toolset = models.ForeignKey(ToolSet, null=True, blank=True, on_delete=models.PROTECT, related_name="conversations")

    version = models.PositiveIntegerField(default=1)
    status = models.CharField(max_length=16, choices=Status, default=Status.NEEDS_REVIEW)
    is_blind = models.BooleanField(
        default=False,
        help_text="The first of two blind reviews is given: nobody else sees what its reviewer said until the other is.",
    )

    # Derived from the document on every save.
    mode = models.CharField(max_length=16)
    pattern = models.CharField(max_length=24, blank=True)
    model = models.CharField(max_length=120, blank=True)
    excerpt = models.CharField(max_length=200, blank=True)
    tool_names = models.TextField(blank=True, help_text="Names of the tools called, each between spaces.")
    turn_count = models.PositiveIntegerField(default=0)
    pair_count = models.PositiveIntegerField(default=0)
    token_count = models.PositiveIntegerField(default=0, help_text="As estimated, of what is said and returned.")
    error_count = models.PositiveIntegerField(default=0)
    stale_count = models.PositiveIntegerField(default=0, help_text="Stale pairs and stale answers.")
    blocking_count = models.PositiveIntegerField(default=0, help_text="Blocking findings that nobody waived.")
    warning_count = models.PositiveIntegerField(default=0)
    is_edited = models.BooleanField(default=False)

    # What the last replay of the calls that stand gave; empty when they changed since.
    replayed_at = models.DateTimeField(null=True, blank=True)
    replay_version = models.PositiveIntegerField(null=True, blank=True, help_text="The version that was replayed.")
    replay_differs = models.PositiveIntegerField(default=0, help_text="Pairs whose result differs now.")
    replay_fails = models.PositiveIntegerField(default=0, help_text="Pairs that fail now and did not.")

    assigned_to = models.ForeignKey(
        User,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="assigned",
        help_text="Who is given it first; the queue gives it to nobody else.",
    )
    tags = models.ManyToManyField(Tag, blank=True, related_name="conversations")
    open_threads = models.PositiveIntegerField(default=0, help_text="Threads of comments that nobody resolved.")

    claimed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="claims")
    claim_until = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="decided")
    decided_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    imported_as = models.CharField(
        max_length=64, blank=True, help_text="Digest of the document as it came in; empty for what was made here."
    )

    # Last, because SQLite reads a row from its front: a list that looks at the columns above must not read through these.
    findings = DocumentField(default=list)
    stale_answers = DocumentField(default=dict, help_text="Turn number to the reason its answer is stale.")
    document = models.TextField()

    objects = ConversationQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["dataset", "imported_as"], condition=~Q(imported_as=""), name="imported_once_into_a_dataset"
            )
        ]
        indexes = [
            models.Index(fields=["dataset", "status", "id"]),
            models.Index(fields=["status", "id"]),
            models.Index(fields=["run", "id"]),
            # What lists and the queue sort by.
            models.Index(fields=["blocking_count", "warning_count", "id"]),
            models.Index(fields=["updated_at", "id"]),
            models.Index(fields=["stale_count", "id"]),
            models.Index(fields=["pair_count", "id"]),
            models.Index(fields=["token_count", "id"]),
            models.Index(fields=["scenario", "id"]),
            # What is rare among many: filters name those rows first.
            models.Index(fields=["mode"]),
            models.Index(fields=["pattern"]),
            models.Index(fields=["model"]),
            models.Index(fields=["created_at"]),
            models.Index(fields=["decided_at"]),
            models.Index(fields=["claim_until"]),
            models.Index("id", condition=Q(is_edited=True), name="edited"),
            models.Index("id", condition=Q(error_count__gt=0), name="with_errors"),
            models.Index("id", condition=Q(open_threads__gt=0), name="with_open_threads"),
            models.Index("id", condition=Q(replay_differs__gt=0), name="replay_differs"),
            models.Index("id", condition=Q(replay_fails__gt=0), name="replay_fails"),
        ]

    def __str__(self) -> str:
        return str(self.pid)

    @property
    def content(self) -> Content:
        """The document as the engine's shape, freshly read."""
        return from_json(self.document)

    @property
    def calls_tools(self) -> bool:
        """Whether it is of a mode in which tools are called at all."""
        return self.mode not in TOOLLESS

    @property
    def is_claimed(self) -> bool:
        return self.claimed_by_id is not None and self.claim_until is not None and self.claim_until >= timezone.now()


class Pair(models.Model):
    """A call and its result as lists and the review page need them; ``number`` counts from 0 over the conversation."""

    class Verdict(models.TextChoices):
        UNSEEN = "", "Unseen"
        OK = "ok", "Ok"
        WRONG = "wrong", "Wrong"

    class Replay(models.TextChoices):
        NONE = "", "Not replayed"
        IDENTICAL = "identical", "Identical"
        DIFFERS = "differs", "Differs"
        FAILS = "fails", "Fails now"

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="pairs")
    call_id = models.CharField(max_length=64)
    number = models.PositiveIntegerField()
    turn = models.PositiveIntegerField()
    step = models.PositiveIntegerField()
    tool = models.CharField(max_length=64)
    outcome = models.CharField(
        max_length=12, blank=True, choices=[(outcome.value, outcome.value) for outcome in Outcome]
    )
    error_type = models.CharField(max_length=80, blank=True)
    provenance = models.CharField(max_length=16, choices=[(item.value, item.value) for item in Provenance])
    stale = models.CharField(max_length=200, blank=True, help_text="Why it is stale; empty when it is not.")
    # What stands of what people said; ``studio.domain.verdicts`` says which.
    verdict = models.CharField(max_length=8, choices=Verdict, blank=True, default=Verdict.UNSEEN)
    tag = models.CharField(max_length=80, blank=True)
    comment = models.TextField(blank=True)
    replay = models.CharField(max_length=12, choices=Replay, blank=True, default=Replay.NONE)

    class Meta:
        ordering = ["conversation", "number"]
        constraints = [models.UniqueConstraint(fields=["conversation", "call_id"], name="pair_once_per_conversation")]
        indexes = [models.Index(fields=["tool", "conversation"])]

    def __str__(self) -> str:
        return f"#{self.number + 1} {self.tool}"


class Revision(models.Model):
    """A conversation as it was after one saved change. Version 1 is how it was generated or imported.

    ``stale`` (call id to reason) and ``stale_answers`` (turn to reason) say what was stale then; null: saved before that was kept.
    ``key`` is what the page called this save; sent again because its answer was lost, it is known by that.
    """

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="revisions")
    version = models.PositiveIntegerField()
    document = models.TextField()
    summary = models.CharField(max_length=200)
    reason = models.CharField(max_length=500, blank=True)
    stale = DocumentField(null=True, blank=True, default=None)
    stale_answers = DocumentField(null=True, blank=True, default=None)
    author = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="revisions")
    key = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["conversation", "-version"]
        constraints = [models.UniqueConstraint(fields=["conversation", "version"], name="revision_once_per_version")]

    def __str__(self) -> str:
        return f"{self.conversation_id} v{self.version}"


class Rerun(models.Model):
    """A request to run a call again, and what came back. Nothing changes in the conversation until it is accepted.

    One without ``call_id`` is a replay (``studio.domain.replays``): every call is run, and there is nothing to accept.

    ``results``: one object per pair from the asked one on, ``{"call_id", "text", "outcome", "error_type", "duration_ms",
    "is_identical"}``, executed for version ``version`` of the conversation in a rebuilt sandbox. ``drift`` lists the earlier
    calls (same shape) whose replayed result differs from the recorded one.
    """

    class Status(models.TextChoices):
        PENDING = "pending", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        ACCEPTED = "accepted", "Accepted"
        DISCARDED = "discarded", "Discarded"

    pid = PidField()
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="reruns")
    call_id = models.CharField(max_length=64, blank=True)
    version = models.PositiveIntegerField()
    status = models.CharField(max_length=12, choices=Status, default=Status.PENDING)
    results = DocumentField(default=list)
    drift = DocumentField(default=list)
    error = models.TextField(blank=True)
    token = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    requested_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="reruns")
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.call_id} {self.status}"
