"""What people decided about conversations, and how they marked their pairs."""

from typing import Self

from django.db import models
from django.db.models import ExpressionWrapper, Q
from django.utils import timezone

from studio.models.conversations import Conversation, Pair
from studio.models.tags import Tag
from studio.models.team import User


def _seen_by(by: User) -> Q:
    """Not what others decided where the second of two blind reviews is still open; questions of others are seen."""
    asked = Q(decision=Review.Decision.SECOND_OPINION, stands=True)
    return Q(conversation__is_blind=False) | Q(reviewer=by) | asked


class ReviewQuerySet(models.QuerySet["Review"]):
    def visible_to(self, by: User) -> Self:
        """Those that ``by`` may see."""
        return self.filter(_seen_by(by))

    def with_visibility(self, by: User) -> Self:
        """All of them; ``is_visible`` says of each whether ``by`` may see it."""
        return self.annotate(is_visible=ExpressionWrapper(_seen_by(by), output_field=models.BooleanField()))


class Review(models.Model):
    """One decision of one person about one version. An undone one stays, marked.

    ``stands``: it counts in the conversation's round, as an approval among others or as a question that nobody answered yet.
    ``ended_by`` is the later decision that put an end to that; one without it was voided by an edit. ``counterpart`` is the
    first of two blind reviews, on the second. A lead's adjudication has ``chosen``, the decision that won, unless the lead
    took one of their own; ``restored_over`` is the version that a restored one replaced.
    """

    class Decision(models.TextChoices):
        APPROVED = "approved", "Approved"
        REJECTED = "rejected", "Rejected"
        SECOND_OPINION = "second_opinion", "Second opinion"
        SKIPPED = "skipped", "Skipped"

        @classmethod
        def final(cls) -> list[str]:
            return [cls.APPROVED.value, cls.REJECTED.value]

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="reviews")
    reviewer = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="reviews")
    decision = models.CharField(max_length=16, choices=Decision)
    previous_status = models.CharField(max_length=16)
    version = models.PositiveIntegerField()
    reason = models.CharField(max_length=500, blank=True)
    stands = models.BooleanField(default=False)
    ended_by = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="ended")
    counterpart = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    is_adjudication = models.BooleanField(default=False)
    chosen = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    restored_over = models.PositiveIntegerField(null=True, blank=True)
    at = models.DateTimeField(default=timezone.now)
    undone_at = models.DateTimeField(null=True, blank=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["reviewer", "-id"]),
            # Each claim asks whether one has decided on a conversation already.
            models.Index(fields=["conversation", "reviewer"], condition=Q(stands=True), name="review_that_stands"),
        ]

    def __str__(self) -> str:
        return f"{self.decision} v{self.version}"

    @property
    def is_void(self) -> bool:
        """Whether it counts no more though no later decision ended it: what it was about was edited or sent to review anew."""
        return not self.stands and self.ended_by_id is None and self.decision in self.Decision.final()


class PairVerdict(models.Model):
    """What one person said of one pair; what stands of it all is on the pair. A removed call's stay, for when it comes back."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="pair_verdicts")
    call_id = models.CharField(max_length=64)
    reviewer = models.ForeignKey(User, on_delete=models.CASCADE, related_name="pair_verdicts")
    verdict = models.CharField(max_length=8, choices=Pair.Verdict, blank=True, default=Pair.Verdict.UNSEEN)
    tag = models.CharField(max_length=80, blank=True)
    comment = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["conversation", "call_id", "reviewer"], name="verdict_once_per_person")
        ]

    def __str__(self) -> str:
        return f"{self.call_id} {self.verdict}"


class Tagging(models.Model):
    """What one person said of a tag while the conversation is reviewed blind: set, or taken off. ``studio.domain.taggings``
    says what of it stands; ``had`` is whether the conversation had the tag before anybody said so."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="taggings")
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="taggings")
    by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="taggings")
    is_set = models.BooleanField()
    had = models.BooleanField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [models.UniqueConstraint(fields=["conversation", "tag", "by"], name="tagging_once_per_person")]

    def __str__(self) -> str:
        return f"{self.tag_id} {'set' if self.is_set else 'off'}"
