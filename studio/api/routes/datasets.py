"""``/api/datasets``: everybody reads, leads edit."""

from dataclasses import asdict

from django.http import HttpRequest
from ninja import Query, Router
from ninja.responses import Status

from studio.api.authentication import leads, person
from studio.api.lookup import by_id
from studio.api.paging import Page, Paging, page_of
from studio.api.responses import answers
from studio.api.schemas.datasets import AgreementShown, DatasetCreate, DatasetPatch, DatasetShown, ReviewerShown
from studio.domain import datasets as edits
from studio.domain.agreement import agreement_of, work_of_reviewers
from studio.domain.policies import change_policy
from studio.models import Dataset
from studio.tasks import send_settlement

router = Router(tags=["datasets"])


@router.get("", response=answers(Page[DatasetShown]))
def list_datasets(request: HttpRequest, paging: Query[Paging]) -> Page[DatasetShown]:
    """All datasets, the oldest first."""
    return page_of(DatasetShown.rows(), paging=paging, show=DatasetShown.of, order=["pk"])


@router.post("", response=answers(DatasetShown, status=201, conflicts=True), auth=leads(to="make datasets"))
def create_dataset(request: HttpRequest, body: DatasetCreate) -> Status[DatasetShown]:
    """A new dataset; 409 when its slug is taken."""
    dataset = edits.create_dataset(
        body.slug, name=body.name or body.slug, description=body.description, guidelines=body.guidelines
    )
    return Status(201, _show(dataset))


@router.get("/{id}", response=answers(DatasetShown))
def get_dataset(request: HttpRequest, id: str) -> DatasetShown:
    """One dataset."""
    return DatasetShown.of(by_id(DatasetShown.rows(), id, what="dataset"))


@router.patch("/{id}", response=answers(DatasetShown), auth=leads(to="edit datasets"))
def change_dataset(request: HttpRequest, id: str, body: DatasetPatch) -> DatasetShown:
    """Change name, description, guidelines, the reasons and tags that are offered, or how it is reviewed.

    What waits is brought up to that: a few conversations when this answers, many by a worker (`settling` counts down)."""
    dataset = by_id(Dataset.objects.all(), id, what="dataset")
    changed = change_policy(dataset, by=person(request), **body.changes())
    send_settlement(changed)
    return _show(changed)


@router.get("/{id}/agreement", response=answers(AgreementShown), auth=leads(to="see how reviewers agree"))
def get_agreement(request: HttpRequest, id: str) -> AgreementShown:
    """How far its reviewers agree where two reviewed blind, and how much each did."""
    dataset = by_id(Dataset.objects.all(), id, what="dataset")
    found = agreement_of(dataset)
    people = [ReviewerShown(**asdict(work)) for work in work_of_reviewers(dataset)]
    return AgreementShown(
        double_reviews=found.pairs, agreed=found.agreed, share=found.share, kappa=found.kappa, reviewers=people
    )


def _show(dataset: Dataset) -> DatasetShown:
    return DatasetShown.of(DatasetShown.rows().get(pk=dataset.pk))
