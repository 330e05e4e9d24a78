"""Every list asks the database as often for three rows as for one."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from studio.domain.bulk import prepare_bulk, start_bulk, work_at_once
from studio.domain.reviews import reject
from studio.domain.team import issue_token
from studio.models import Conversation, Item, Run, Scenario, User
from tests.standins.page_rows import (
    make_conversation,
    make_dataset,
    make_registry,
    make_run,
    make_scenario,
    make_user,
)

Grow = Callable[[User], object]


def _decided(user: User) -> None:
    conversation = make_conversation(make_dataset())
    reject(conversation, version=conversation.version, by=user, reason="Off topic")


def _in_review(user: User) -> None:
    conversation = make_conversation(make_dataset())
    conversation.claimed_by = make_user()
    conversation.claim_until = conversation.created_at.replace(year=conversation.created_at.year + 1)
    conversation.save()


def _in_dataset(user: User) -> None:
    dataset = make_dataset(slug="one")
    make_conversation(dataset, run=make_run(dataset))


def _in_run(user: User) -> None:
    run = Run.objects.filter(dataset__slug="one").first() or make_run(make_dataset(slug="one"), count=3)
    make_conversation(run.dataset, run=run)
    pending = run.items.filter(status=Item.Status.PENDING).first()
    assert pending is not None
    run.items.filter(pk=pending.pk).update(status=Item.Status.FAILED, error="No reply fitted")


def _in_scenario(user: User) -> None:
    dataset = make_dataset(slug="one")
    make_conversation(dataset, scenario=make_scenario(dataset, prompt="The one"))


def _done_in_bulk(user: User) -> None:
    rows = Conversation.objects.filter(pk=make_conversation().pk)
    work_at_once(start_bulk(prepare_bulk(rows, kind="assign", by=user, assignee=make_user()), by=user))


LISTS: dict[str, tuple[str, Grow]] = {
    "dashboard, decided": ("/", _decided),
    "dashboard, running": ("/", lambda _: make_run()),
    "conversations": ("/conversations/", _in_review),
    "conversations, filtered": ("/conversations/?dataset=one&tool=read_file&findings=none", _in_dataset),
    "bulk actions": ("/bulk/", _done_in_bulk),
    "runs": ("/runs/", lambda _: make_run(by=make_user())),
    "run": ("/runs/{run}/", _in_run),
    "dataset": ("/datasets/one/", _in_dataset),
    "scenarios": ("/scenarios/", lambda _: make_scenario(make_dataset())),
    "scenario": ("/scenarios/{scenario}/", _in_scenario),
    "registries": ("/registries/", lambda _: make_registry()),
    "team": ("/team/", _decided),
    "tokens": ("/settings/", lambda user: issue_token(user)),
    "exports": ("/exports/?dataset=one", lambda _: make_conversation(make_dataset(slug="one"), status="approved")),
}


@pytest.mark.parametrize("name", LISTS)
def test_three_rows_cost_the_queries_of_one(as_lead: Client, lead: User, name: str) -> None:
    url, grow = LISTS[name]
    grow(lead)
    one = _count(as_lead, url)
    grow(lead)
    grow(lead)
    assert _count(as_lead, url) == one


def _count(client: Client, url: str) -> int:
    run, scenario = Run.objects.first(), Scenario.objects.filter(prompt="The one").first()
    address = url.format(run=run.pid if run else "", scenario=scenario.pid if scenario else "")
    with CaptureQueriesContext(connection) as queries:
        response = client.get(address)
    assert response.status_code == 200
    return len(queries)
