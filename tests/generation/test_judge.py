"""A model's scores, checked before they are believed."""

import pytest

from generation.conversation import Call, Conversation, Outcome, Step, Turn
from generation.errors import LLMMalformed
from generation.judge import DEFAULT_RUBRIC, Criterion, Judgement, Rubric, Score, judge, overall
from generation.llm.scripted import ScriptedLLM
from generation.tools import ToolDefinition

CALL = Call(id="aaaaaaaaa", tool="read", arguments={"path": "x"}, result="42", outcome=Outcome.OK)
CONVERSATION = Conversation(
    tools=[ToolDefinition(name="read")],
    turns=[Turn(user="What is in x?", steps=[Step(calls=[CALL])], answer="It says 42.")],
)
NAMES = [criterion.name for criterion in DEFAULT_RUBRIC.criteria]


def _reply(names: list[str], score: int = 4) -> dict[str, object]:
    return {"scores": [{"criterion": name, "score": score, "reason": "r"} for name in names], "summary": "s"}


def test_scores_come_in_the_rubrics_order() -> None:
    llm = ScriptedLLM([("judge", _reply(NAMES[::-1]))])
    assert [score.criterion for score in judge(CONVERSATION, llm=llm).scores] == NAMES


def test_the_judge_sees_the_results_and_the_rubric() -> None:
    llm = ScriptedLLM([("judge", _reply(NAMES))])
    judge(CONVERSATION, llm=llm)
    said = " ".join(message["content"] for message in llm.requests[0].messages)
    assert "42" in said
    assert all(criterion.question in said for criterion in DEFAULT_RUBRIC.criteria)


@pytest.mark.parametrize("names", [NAMES[:-1], [*NAMES, NAMES[0]], [*NAMES[:-1], "other"]])
def test_a_missing_doubled_or_foreign_criterion_is_malformed(names: list[str]) -> None:
    with pytest.raises(LLMMalformed):
        judge(CONVERSATION, llm=ScriptedLLM([("judge", _reply(names))]))


def test_the_overall_score_is_the_weighted_mean() -> None:
    rubric = Rubric(criteria=[Criterion(name="a", question="?", weight=3), Criterion(name="b", question="?")])
    scores = [Score(criterion="a", score=5), Score(criterion="b", score=1)]
    assert overall(Judgement(scores=scores), rubric) == 4.0


def test_two_criteria_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="name of its own"):
        Rubric(criteria=[Criterion(name="a", question="?"), Criterion(name="a", question="!")])
