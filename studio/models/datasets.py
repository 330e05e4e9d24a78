"""Datasets and the scenarios they are generated from."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from generation.plan import Mode, Pattern
from studio.models.fields import DocumentField, PidField


def _reject_reasons() -> list[str]:
    return ["Wrong tool", "Wrong arguments", "Answer not supported by results", "Unnatural request", "Off topic"]


def _pair_tags() -> list[str]:
    return ["Hallucinated argument", "Wrong tool", "Redundant call", "Misread result"]


class Dataset(models.Model):
    """What is reviewed and exported together, with its guidelines and policy.

    ``double_review_share`` is a percentage: so many conversations are reviewed twice, blind (``studio.domain.rounds`` draws them).
    """

    MAX_APPROVALS = 5

    pid = PidField()
    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    guidelines = models.TextField(blank=True)
    reject_reasons = DocumentField(default=_reject_reasons)
    pair_tags = DocumentField(default=_pair_tags)
    approvals_needed = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(MAX_APPROVALS)]
    )
    double_review_share = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(100)])
    author_may_approve = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(approvals_needed__gte=1, approvals_needed__lte=5),
                name="dataset_needs_1_to_5_approvals",
            ),
            models.CheckConstraint(
                condition=models.Q(double_review_share__lte=100), name="dataset_double_review_share_is_percentage"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Scenario(models.Model):
    """A situation to generate from. ``document`` is a ``generation.plan.Scenario``; ``digest`` keeps it once per dataset."""

    pid = PidField()
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="scenarios")
    digest = models.CharField(max_length=64)
    document = DocumentField()
    topic = models.CharField(max_length=300, blank=True)
    prompt = models.TextField()
    mode = models.CharField(max_length=16, blank=True, choices=[(mode.value, mode.value) for mode in Mode])
    pattern = models.CharField(
        max_length=24, blank=True, choices=[(pattern.value, pattern.value) for pattern in Pattern]
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["dataset", "digest"], name="scenario_once_per_dataset")]

    def __str__(self) -> str:
        return self.prompt[:80]
