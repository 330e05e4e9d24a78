"""``/api/endpoints``: where model calls may go, for who makes runs. They are set up in the admin and by the environment."""

from django.http import HttpRequest
from ninja import Query, Router

from studio.api.authentication import leads
from studio.api.lookup import by_id
from studio.api.paging import Page, Paging, page_of
from studio.api.responses import answers
from studio.api.schemas.endpoints import EndpointShown, TopicCostShown
from studio.domain.topic_costs import topic_costs
from studio.models import Endpoint

router = Router(tags=["endpoints"])


@router.get("", response=answers(Page[EndpointShown]), auth=leads(to="see endpoints"))
def list_endpoints(request: HttpRequest, paging: Query[Paging]) -> Page[EndpointShown]:
    """All endpoints, the oldest first."""
    return page_of(Endpoint.objects.all(), paging=paging, show=EndpointShown.of, order=["pk"])


@router.get("/topic-costs", response=answers(list[TopicCostShown]), auth=leads(to="see endpoints"))
def list_topic_costs(request: HttpRequest) -> list[TopicCostShown]:
    """What asking models for topics and scenarios cost, which no run counts: by endpoint, dataset and purpose, the latest first."""
    return [TopicCostShown.of(row) for row in topic_costs()]


@router.get("/{id}", response=answers(EndpointShown), auth=leads(to="see endpoints"))
def get_endpoint(request: HttpRequest, id: str) -> EndpointShown:
    """One endpoint."""
    return EndpointShown.of(by_id(Endpoint.objects.all(), id, what="endpoint"))
