"""How far reviewers agree, and how much each did: of a dataset, for its leads. What is reviewed blind just now is left out."""

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count, Q

from studio.models import Dataset, Review, Revision

Decision = Review.Decision


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Of ``pairs`` blind double reviews, in how many both decided the same. ``share`` and ``kappa`` (Cohen's, over approved and
    rejected) are None where they mean nothing: without any, and for kappa when chance alone would give full agreement."""

    pairs: int
    agreed: int
    share: float | None
    kappa: float | None


@dataclass(frozen=True, kw_only=True)
class Work:
    """What one person did: decisions that were not taken back, and conversations they edited."""

    reviewer: str
    approved: int
    rejected: int
    edited: int


def agreement_of(dataset: Dataset) -> Agreement:
    """How far the two reviewers of its blind double reviews agree."""
    second = Review.objects.filter(conversation__dataset=dataset, undone_at=None, counterpart__undone_at=None)
    counts = Counter(second.exclude(counterpart=None).values_list("counterpart__decision", "decision"))
    return agreement(counts)


def agreement(counts: Counter[tuple[str, str]]) -> Agreement:
    """The agreement of decisions counted as (first, second)."""
    pairs, agreed = counts.total(), sum(count for (one, other), count in counts.items() if one == other)
    if not pairs:
        return Agreement(pairs=0, agreed=0, share=None, kappa=None)
    share = agreed / pairs
    chance = 0.0
    for decision in {one for both in counts for one in both}:
        first = sum(count for (one, _), count in counts.items() if one == decision)
        then = sum(count for (_, other), count in counts.items() if other == decision)
        chance += (first / pairs) * (then / pairs)
    kappa = None if chance == 1 else (share - chance) / (1 - chance)
    return Agreement(pairs=pairs, agreed=agreed, share=share, kappa=kappa)


def work_of_reviewers(dataset: Dataset) -> list[Work]:
    """What each person did in the dataset, by name. Two queries."""
    open_to_all = Q(conversation__dataset=dataset, conversation__is_blind=False)
    decided = Review.objects.filter(open_to_all, undone_at=None).order_by().values_list("reviewer__username")
    counted = decided.annotate(
        approved=Count("pk", filter=Q(decision=Decision.APPROVED)),
        rejected=Count("pk", filter=Q(decision=Decision.REJECTED)),
    )
    decisions = {name: (approved, rejected) for name, approved, rejected in counted if name}
    saved = Revision.objects.filter(open_to_all, version__gt=1).order_by().values_list("author__username")
    edits = dict(saved.annotate(count=Count("conversation", distinct=True)))
    return [
        Work(reviewer=name, approved=approved, rejected=rejected, edited=edits.get(name, 0))
        for name in sorted({*decisions, *(name for name in edits if name)})
        for approved, rejected in [decisions.get(name, (0, 0))]
    ]
