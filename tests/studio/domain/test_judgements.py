"""Judging: asked for once, done in its own task, deciding nothing."""

import pytest
from django.test import override_settings

from generation.errors import InvalidInput
from generation.judge import DEFAULT_RUBRIC
from studio.building import work_item
from studio.domain.endpoints import ensure_demo_endpoint
from studio.domain.judgements import ask_judgements, claim_judgement, take_judgements_for_dispatch
from studio.judging import work_judgement
from studio.models import Conversation, Endpoint, Judgement, Run
from tests.standins.openai_server import OpenAIServer
from tests.standins.studio_rows import make_conversation, make_run

pytestmark = pytest.mark.django_db
SCORES = {
    "scores": [{"criterion": criterion.name, "score": 4, "reason": "r"} for criterion in DEFAULT_RUBRIC.criteria],
    "summary": "Fine.",
}


def _endpoint(url: str) -> Endpoint:
    return Endpoint.objects.create(name="judge", base_url=url, model="judge-1", price_in=10)


def test_scores_are_written_down_and_the_status_stays() -> None:
    conversation = make_conversation()
    with OpenAIServer(lambda _: SCORES) as server:
        ask_judgements([conversation], endpoint=_endpoint(server.base_url))
        work_judgement(Judgement.objects.get().pk)
    done = Judgement.objects.get()
    assert (done.status, done.overall, done.summary, done.model) == ("done", 4.0, "Fine.", "judge-1")
    assert done.tokens_in > 0
    assert done.cost > 0
    conversation.refresh_from_db()
    assert (conversation.status, conversation.version) == (Conversation.Status.NEEDS_REVIEW, 1)


def test_a_version_is_judged_once_by_an_endpoint() -> None:
    conversation = make_conversation()
    endpoint = _endpoint("http://127.0.0.1:9/v1")
    assert ask_judgements([conversation], endpoint=endpoint) == 1
    assert ask_judgements([conversation], endpoint=endpoint) == 0


def test_an_unusable_reply_fails_the_judgement_and_nothing_else() -> None:
    conversation = make_conversation()
    with OpenAIServer(lambda _: {"scores": [], "summary": ""}) as server:
        ask_judgements([conversation], endpoint=_endpoint(server.base_url))
        work_judgement(Judgement.objects.get().pk)
    failed = Judgement.objects.get()
    assert failed.status == Judgement.Status.FAILED
    assert "each criterion once" in failed.error
    assert failed.tokens_in > 0, "what was paid is kept"


def test_the_demo_model_is_no_judge() -> None:
    with pytest.raises(InvalidInput, match="can't judge"):
        ask_judgements([make_conversation()], endpoint=ensure_demo_endpoint())


def test_only_so_many_are_sent_at_once_and_each_once() -> None:
    endpoint = _endpoint("http://127.0.0.1:9/v1")
    ask_judgements([make_conversation() for _ in range(5)], endpoint=endpoint)
    first = take_judgements_for_dispatch(at_once=3)
    assert len(first) == 3
    assert take_judgements_for_dispatch(at_once=3) == []
    assert claim_judgement(first[0]) is not None
    assert claim_judgement(first[0]) is None


@override_settings(SPIN_ENDPOINT="")
def test_a_run_with_a_judge_asks_for_each_conversation_it_made() -> None:
    run = make_run(judge=_endpoint("http://127.0.0.1:9/v1"), prompt="Somebody wants to know what a.txt says.")
    work_item(run.items.get().pk)
    assert Judgement.objects.get().conversation.run == run


def test_a_run_with_the_demo_model_as_its_judge_is_refused_at_once() -> None:
    with pytest.raises(InvalidInput, match="can't judge"):
        make_run(judge=ensure_demo_endpoint())
    assert not Run.objects.exists()
