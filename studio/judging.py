"""Works one judgement: ask the judge model, write down its scores."""

import structlog

from generation.errors import EngineError
from generation.judge import Rubric, judge
from generation.llm.client import LedgerLine
from studio.domain.judgements import claim_judgement, fail_judgement, finish_judgement
from studio.wiring import model_endpoint

log = structlog.get_logger(__name__)


def work_judgement(judgement_pk: int) -> None:
    """Judge if it waits; the scores, or why there are none, are written under its token."""
    judgement = claim_judgement(judgement_pk)
    if judgement is None:
        return
    ledger: list[LedgerLine] = []
    try:
        llm = model_endpoint(judgement.endpoint).client(ledger.append)
        rubric = Rubric.model_validate(judgement.rubric)
        scores = judge(judgement.conversation.content, llm=llm, rubric=rubric)
    except EngineError as error:
        fail_judgement(judgement, error=str(error), ledger=ledger)
    except Exception as error:
        log.exception("judgement_broke", judgement=judgement.pid)
        fail_judgement(judgement, error=f"Internal error: {type(error).__name__}: {error}", ledger=ledger)
    else:
        finish_judgement(judgement, scores=scores, model=llm.model, ledger=ledger)
