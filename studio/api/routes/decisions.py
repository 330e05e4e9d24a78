"""Approve, reject, pass on, settle, waive, confirm: what people decide about one version of a conversation."""

from django.db import transaction
from django.http import HttpRequest
from ninja import Query, Router

from studio.api.authentication import leads, person
from studio.api.conversation_rows import conversation_row, show_conversation
from studio.api.errors import place
from studio.api.lookup import by_id
from studio.api.paging import Page, Paging, page_of
from studio.api.responses import answers
from studio.api.schemas.conversations import ConversationDetail
from studio.api.schemas.reviews import (
    Adjudication,
    Approval,
    Rejection,
    ReviewShown,
    SecondOpinion,
    StaleConfirmation,
    WaiverIn,
)
from studio.domain import reviews
from studio.domain.adjudication import adjudicate
from studio.domain.edits import confirm_fresh
from studio.domain.errors import Refused
from studio.domain.waivers import revoke_waiver, waive
from studio.models import Conversation

router = Router(tags=["reviews"])


@router.post("/{id}/approve", response=answers(ConversationDetail, conflicts=True))
def approve_conversation(request: HttpRequest, id: str, body: Approval) -> ConversationDetail:
    """Approve this version for export; 409 with what stands in the way."""
    conversation = conversation_row(request, id)
    reviews.approve(conversation, version=body.version, by=person(request))
    return show_conversation(conversation, by=person(request))


@router.post("/{id}/reject", response=answers(ConversationDetail, conflicts=True))
def reject_conversation(request: HttpRequest, id: str, body: Rejection) -> ConversationDetail:
    """Reject this version, and say why."""
    conversation = conversation_row(request, id)
    reviews.reject(conversation, version=body.version, by=person(request), reason=body.reason)
    return show_conversation(conversation, by=person(request))


@router.post("/{id}/second-opinion", response=answers(ConversationDetail, conflicts=True))
def ask_second_opinion(request: HttpRequest, id: str, body: SecondOpinion) -> ConversationDetail:
    """Pass it on to somebody else's judgement."""
    conversation = conversation_row(request, id)
    reviews.ask_second_opinion(conversation, version=body.version, by=person(request), reason=body.reason)
    return show_conversation(conversation, by=person(request))


@router.get("/{id}/reviews", response=answers(Page[ReviewShown]))
def list_reviews(request: HttpRequest, id: str, paging: Query[Paging]) -> Page[ReviewShown]:
    """Its decisions that were not taken back, the newest first. While it is reviewed blind, you see your own."""
    rows = conversation_row(request, id).reviews.visible_to(person(request)).filter(undone_at=None)
    return page_of(rows.select_related("reviewer"), paging=paging, show=ReviewShown.of)


@router.post(
    "/{id}/adjudicate", response=answers(ConversationDetail, conflicts=True), auth=leads(to="settle disagreements")
)
def adjudicate_conversation(request: HttpRequest, id: str, body: Adjudication) -> ConversationDetail:
    """Settle a disagreement: choose one of the decisions that stand, or decide yourself about the version that stands."""
    conversation, by = conversation_row(request, id), person(request)
    adjudicate(
        conversation, version=body.version, by=by, reason=body.reason, choice=body.review, decision=body.decision or ""
    )
    return show_conversation(conversation, by=by)


@router.post("/{id}/waivers", response=answers(ConversationDetail, conflicts=True), auth=leads(to="waive findings"))
def waive_finding(request: HttpRequest, id: str, body: WaiverIn) -> ConversationDetail:
    """Let one blocking finding pass, and say why. It holds while that very finding stands; what is stale can't be waived."""
    conversation, by = conversation_row(request, id), person(request)
    waive(conversation, version=body.version, finding=body.finding, by=by, reason=body.reason)
    return show_conversation(conversation, by=by)


@router.delete(
    "/{id}/waivers/{waiver_id}", response=answers(ConversationDetail, conflicts=True), auth=leads(to="revoke waivers")
)
def revoke_finding_waiver(request: HttpRequest, id: str, waiver_id: str) -> ConversationDetail:
    """Take a waiver back: the finding blocks again."""
    conversation, by = conversation_row(request, id), person(request)
    revoke_waiver(by_id(conversation.waivers.all(), waiver_id, what="waiver"), by=by)
    return show_conversation(conversation, by=by)


@router.post("/{id}/confirm-stale", response=answers(ConversationDetail, conflicts=True))
def confirm_stale(request: HttpRequest, id: str, body: StaleConfirmation) -> ConversationDetail:
    """Say that stale results or answers still hold, and why. The result of a changed call can't be confirmed: it is run
    again or written."""
    with transaction.atomic():
        conversation = conversation_row(request, id, locked=True)
        _require_stale(conversation, body)
        by = person(request)
        return show_conversation(confirm_fresh(conversation, by=by, **body.model_dump()), by=by)


def _require_stale(conversation: Conversation, body: StaleConfirmation) -> None:
    reviews.require_version(conversation, version=body.version)
    stale = set(conversation.pairs.exclude(stale="").values_list("call_id", flat=True))
    details = [
        *(
            place(f"/call_ids/{at}", "It is not stale.")
            for at, call_id in enumerate(body.call_ids)
            if call_id not in stale
        ),
        *(
            place(f"/turns/{at}", "Its answer is not stale.")
            for at, turn in enumerate(body.turns)
            if str(turn) not in conversation.stale_answers
        ),
    ]
    if details:
        raise Refused("Some of these are not stale.", details=details)
