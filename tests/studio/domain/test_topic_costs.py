"""What asking models for topics and scenarios cost: written down whatever happens, and shown where costs are shown."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from generation.llm.client import LedgerLine
from studio.domain.topic_costs import TopicCost, add_topic_requests, topic_costs
from studio.management.topic_work import Tally
from studio.models import Endpoint, TopicRequest, User
from tests.standins import faults
from tests.standins.openai_server import OpenAIServer
from tests.standins.studio_rows import make_dataset, make_run, make_user
from tests.studio.api.callers import Caller
from tests.studio.commands.test_topic_commands import author

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def topics(tmp_path: Path) -> str:
    path = tmp_path / "topics.jsonl"
    path.write_text('{"path": ["Root", "RootA"]}\n{"path": ["Root", "RootB"]}\n', encoding="utf-8")
    return str(path)


def endpoint_of(server: OpenAIServer) -> Endpoint:
    return Endpoint.objects.create(name="author", base_url=server.base_url, model="m1", price_in=2.0, price_out=10.0)


def run(command: str, **options: Any) -> dict[str, Any]:
    out = StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.exit", lambda _: None)
        call_command(command, endpoint="author", stdout=out, stderr=StringIO(), **options)
    summary: dict[str, Any] = json.loads(out.getvalue().splitlines()[-1])
    return summary


def test_topics_and_scenarios_are_paid_for_by_name(tmp_path: Path, topics: str) -> None:
    with OpenAIServer(author) as server:
        endpoint_of(server)
        grown = run("generate_topics", prompt="Root", depth=1, degree=3, output=str(tmp_path / "new.jsonl"))
        written = run("generate_scenarios", topics=topics, registry="files", count=2, dataset="d")
    assert grown["llm_calls"] >= 1
    assert written["llm_calls"] >= 2
    scenarios, subtopics = topic_costs()
    for row, summary in ((subtopics, grown), (scenarios, written)):
        assert (row.llm_calls, row.tokens_in, row.tokens_out) == tuple(
            summary[name] for name in ("llm_calls", "tokens_in", "tokens_out")
        )
        assert row.cost == pytest.approx(summary["cost"], abs=1e-6)
        assert row.cost > 0
    assert (subtopics.purpose, subtopics.endpoint, subtopics.dataset) == ("subtopics", "author", "")
    assert (scenarios.purpose, scenarios.endpoint, scenarios.dataset) == ("scenario", "author", "d")
    assert set(TopicRequest.objects.values_list("model", "outcome")) == {("m1", "ok")}


def test_what_was_paid_before_the_endpoint_gave_up_is_written_down(topics: str) -> None:
    with OpenAIServer(author, faults=[None, faults.status(401, message="no more")]) as server:
        endpoint_of(server)
        with pytest.raises(CommandError, match="no more"):
            run("generate_scenarios", topics=topics, registry="files", count=2, dataset="d", concurrency=1)
    assert [row.llm_calls for row in topic_costs()] == [2]
    assert set(TopicRequest.objects.values_list("outcome", flat=True)) == {"ok", "rejected"}


def test_what_is_answered_after_the_end_is_written_down_at_once() -> None:
    tally = Tally(Endpoint.objects.create(name="slow", model="m"), dataset=make_dataset(slug="d"))
    tally(LedgerLine(purpose="scenario", model="m", cost=1.0))
    assert not TopicRequest.objects.exists()
    tally.close()
    tally(LedgerLine(purpose="scenario", model="m", cost=2.0))
    assert [row.cost for row in topic_costs()] == [3.0]
    assert tally.totals["llm_calls"] == 2


def paid() -> TopicCost:
    """Something that was paid for the scenarios of the dataset ``d``."""
    line = LedgerLine(purpose="scenario", model="m", tokens_in=1234, tokens_out=56, cost=0.4321)
    add_topic_requests(
        [line], endpoint=Endpoint.objects.create(name="author", model="m"), dataset=make_dataset(slug="d")
    )
    return TopicCost(
        endpoint="author", dataset="d", purpose="scenario", llm_calls=1, tokens_in=1234, tokens_out=56, cost=0.4321
    )


def test_pages_and_api_show_them() -> None:
    assert topic_costs() == []
    expected = paid()
    client = Client()
    client.force_login(make_user(role=User.Role.LEAD))
    mine, other = make_run(dataset=make_dataset(slug="d")), make_run()
    for url in ("/runs/", f"/runs/{mine.pid}/"):
        html = client.get(url).content.decode()
        assert "Topics and scenarios" in html
        assert "0.4321" in html
    assert "0.4321" not in client.get(f"/runs/{other.pid}/").content.decode()
    caller = Caller(make_user(role=User.Role.LEAD))
    assert caller.get("/endpoints/topic-costs").json() == [vars(expected)]
    assert Caller(make_user()).get("/endpoints/topic-costs").status_code == 403


def test_they_outlive_the_endpoint_and_the_dataset() -> None:
    paid()
    Endpoint.objects.filter(name="author").delete()
    make_dataset(slug="d").delete()
    assert [(row.endpoint, row.dataset, row.cost) for row in topic_costs()] == [("", "", 0.4321)]
