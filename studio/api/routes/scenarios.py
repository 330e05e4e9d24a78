"""``/api/scenarios``: put into a dataset in bulk by leads, read by everybody."""

from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router

from generation.conversation import canonical_json
from generation.formats.scenario_files import read_scenarios
from studio.api.authentication import leads
from studio.api.errors import place
from studio.api.lookup import asked_for, referred_to
from studio.api.paging import Page, Paging, page_of
from studio.api.responses import answers
from studio.api.schemas.datasets import RefusedScenario, ScenariosCreate, ScenariosCreated, ScenarioShown
from studio.domain.datasets import add_scenarios
from studio.domain.errors import Refused
from studio.models import Dataset, Scenario

router = Router(tags=["scenarios"])


@router.get("", response=answers(Page[ScenarioShown]))
def list_scenarios(
    request: HttpRequest, paging: Query[Paging], dataset: Annotated[str, Query()]
) -> Page[ScenarioShown]:
    """The scenarios of a `dataset` (id or slug), in the order they came."""
    found = asked_for(Dataset.objects.all(), dataset, what="dataset")
    rows = Scenario.objects.filter(dataset=found).select_related("dataset")
    return page_of(rows, paging=paging, show=ScenarioShown.of, order=["pk"])


@router.post("", response=answers(ScenariosCreated), auth=leads(to="import scenarios"))
def create_scenarios(request: HttpRequest, body: ScenariosCreate) -> ScenariosCreated:
    """Put scenarios into a dataset. Those that can't be used are refused by number and the others are kept; the same ones
    again add nothing."""
    dataset = referred_to(Dataset.objects.all(), body.dataset, what="dataset")
    read = read_scenarios(canonical_json(body.scenarios), name="The list")
    if not read.scenarios:
        details = [place(f"/scenarios/{one.number - 1}", one.reason) for one in read.refused]
        raise Refused("None of these scenarios can be used.", details=details)
    added = add_scenarios(dataset, scenarios=read.scenarios)
    return ScenariosCreated(
        added=added.new,
        known=added.known,
        ids=[row.pid for row in added.all],
        refused=[RefusedScenario(number=one.number, reason=one.reason) for one in read.refused],
    )
