"""Datasets and scenarios."""

from datetime import datetime
from typing import Annotated, Any, Self

from django.db.models import Count, F, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from pydantic import BaseModel, Field

from studio.api.schemas.fields import Body, JsonObject, Patch, Plain, Reference, Slug, Title
from studio.models import Conversation, Dataset, Scenario, Settlement

MAX_SCENARIOS = 10_000
RejectReasons = Annotated[list[Annotated[Plain, Field(min_length=1, max_length=200)]], Field(max_length=50)]


PairTags = Annotated[list[Annotated[Plain, Field(min_length=1, max_length=80)]], Field(max_length=50)]
Approvals = Annotated[
    int, Field(strict=True, ge=1, le=Dataset.MAX_APPROVALS, description="So many people approve the same version.")
]
Share = Annotated[
    int,
    Field(
        strict=True, ge=0, le=100, description="So many percent are reviewed by two people who don't see each other."
    ),
]


class DatasetShown(BaseModel):
    id: str
    slug: str
    name: str
    description: str
    guidelines: str
    reject_reasons: list[str]
    pair_tags: list[str] = Field(description="What may be wrong with a pair.")
    approvals_needed: int
    double_review_share: int = Field(description="Percentage of conversations reviewed twice, blind.")
    author_may_approve: bool = Field(description="Whether whoever edited a conversation may approve it.")
    settling: int = Field(description="Waiting conversations that a changed policy has not reached yet.")
    scenario_count: int
    conversation_count: int = Field(description="Conversations in review or decided; withheld ones are not counted.")
    created_at: datetime

    @classmethod
    def rows(cls) -> QuerySet[Dataset]:
        """The datasets as ``of`` needs them."""
        withheld = Conversation.Status.WITHHELD
        return Dataset.objects.annotate(
            scenario_count=_count(Scenario.objects.all()),
            settling=Coalesce(
                Subquery(
                    Settlement.objects.filter(dataset=OuterRef("pk"), finished_at=None).values(
                        left=F("total") - F("done")
                    )
                ),
                0,
            ),
            conversation_count=_count(Conversation.objects.exclude(status=withheld)),
        )

    @classmethod
    def of(cls, row: Dataset) -> Self:
        """The dataset, a row of ``rows``."""
        return cls(
            id=row.pid,
            slug=row.slug,
            name=row.name,
            description=row.description,
            guidelines=row.guidelines,
            reject_reasons=row.reject_reasons,
            pair_tags=row.pair_tags,
            approvals_needed=row.approvals_needed,
            double_review_share=row.double_review_share,
            author_may_approve=row.author_may_approve,
            settling=max(row.settling, 0),  # type: ignore[attr-defined]  # annotated by rows()
            scenario_count=row.scenario_count,  # type: ignore[attr-defined]  # annotated by rows()
            conversation_count=row.conversation_count,  # type: ignore[attr-defined]  # annotated by rows()
            created_at=row.created_at,
        )


class DatasetCreate(Body):
    slug: Slug
    name: Title = Field(default="", min_length=0)
    description: Plain = ""
    guidelines: Plain = ""


class DatasetPatch(Patch):
    name: Title = ""
    description: Plain = ""
    guidelines: Plain = ""
    reject_reasons: RejectReasons = Field(default_factory=list)
    pair_tags: PairTags = Field(default_factory=list)
    approvals_needed: Approvals = 1
    double_review_share: Share = 0
    author_may_approve: bool = Field(default=True, strict=True)


class ReviewerShown(BaseModel):
    reviewer: str
    approved: int
    rejected: int
    edited: int = Field(description="Conversations of which they saved a change.")


class AgreementShown(BaseModel):
    """How far the reviewers of a dataset agree. What is reviewed blind just now is left out."""

    double_reviews: int
    agreed: int
    share: float | None = Field(description="Null without any double review.")
    kappa: float | None = Field(
        description="Cohen's, over approved and rejected; null where chance alone agrees fully."
    )
    reviewers: list[ReviewerShown]


class ScenarioShown(BaseModel):
    id: str
    dataset: str = Field(description="The id of its dataset.")
    document: JsonObject
    created_at: datetime

    @classmethod
    def of(cls, row: Scenario) -> Self:
        """The scenario; its dataset is loaded."""
        return cls(id=row.pid, dataset=row.dataset.pid, document=row.document, created_at=row.created_at)


class ScenariosCreate(Body):
    """Each scenario is an object with at least a ``prompt``, or the prompt alone."""

    dataset: Reference
    scenarios: list[Any] = Field(min_length=1, max_length=MAX_SCENARIOS)


class RefusedScenario(BaseModel):
    number: int = Field(description="Its place among what was sent, from 1.")
    reason: str


class ScenariosCreated(BaseModel):
    added: int
    known: int = Field(description="Scenarios that stood in the dataset already.")
    ids: list[str] = Field(description="Of those added and known, in the order sent; the same one twice is one.")
    refused: list[RefusedScenario]


def _count(rows: QuerySet[Any]) -> Any:
    # A subquery each: joining two relations would multiply their rows.
    counted = rows.filter(dataset=OuterRef("pk")).order_by().values("dataset").annotate(count=Count("pk"))
    return Coalesce(Subquery(counted.values("count"), output_field=IntegerField()), 0)
