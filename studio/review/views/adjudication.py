"""Adjudication, for leads: what waits to be settled, and one conversation with what people decided about it."""

from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from studio.domain import adjudication
from studio.domain.errors import DomainError, NotAllowed, NotPossible, Refused
from studio.models import Conversation, Review, User
from studio.review.adjudication import Dispute
from studio.review.answers import load
from studio.review.rail import obstacle_words
from studio.review.saving import posted_version
from studio.web.decorators import leads_only, user_of
from studio.web.pagination import count_up_to, page_of
from studio.web.refusals import status_of


@require_safe
@leads_only("settle disagreements")
def adjudication_list(request: HttpRequest) -> HttpResponse:
    """What waits for a lead, the longest waiting first."""
    by = user_of(request)
    rows = adjudication.to_adjudicate(by)
    decided = Review.objects.filter(stands=True).select_related("reviewer").order_by("pk")
    shown = (
        rows.light()
        .select_related("dataset", "claimed_by")
        .prefetch_related(Prefetch("reviews", decided, to_attr="standing"))
    )
    page = page_of(shown, order=["updated_at", "pk"], query=request.GET)
    context = {"page": page, "count": count_up_to(rows), "first": adjudication.next_dispute(by)}
    return render(request, "adjudication_list.html", context)


@require_safe
@leads_only("settle disagreements")
def adjudicate(request: HttpRequest, pid: str) -> HttpResponse:
    """Both decisions, both versions and both people's marks, and the form that settles it."""
    return _page(request, load(request, pid))


@require_POST
@leads_only("settle disagreements")
def settle(request: HttpRequest, pid: str) -> HttpResponse:
    """Settle it and go on to the next; what stands in the way is said, and the reason and the choice are kept."""
    conversation, by = load(request, pid), user_of(request)
    choice = request.POST.get("choice", "")
    picked = {"choice": int(choice)} if choice.isdecimal() and len(choice) < 16 else {"decision": choice}
    try:
        review = adjudication.adjudicate(
            conversation,
            version=posted_version(request.POST.get("version")),
            by=by,
            reason=request.POST.get("reason", ""),
            **picked,
        )
    except NotAllowed:
        raise
    except DomainError as error:
        return _page(request, load(request, pid), error=error)
    messages.success(request, f"Settled: {review.get_decision_display().lower()}.")
    following = adjudication.next_dispute(by)
    return redirect(reverse("adjudicate", args=[following.pid]) if following else reverse("adjudication_list"))


@require_POST
@leads_only("settle disagreements")
def renew(request: HttpRequest, pid: str) -> HttpResponse:
    """Claim it, or keep one's claim alive; who holds it, or settled it, is said."""
    conversation, by = load(request, pid), user_of(request)
    if adjudication.claim_dispute(conversation, by=by):
        conversation = load(request, pid)
    return render(request, "adjudicate.html#dispute_claim", {**_claim(conversation, by=by), "is_renewed": True})


@require_POST
@leads_only("settle disagreements")
def take(request: HttpRequest, pid: str) -> HttpResponse:
    """Take it over from whoever is at it; what was typed stays in the form."""
    conversation = load(request, pid)
    try:
        adjudication.take_dispute(conversation, by=user_of(request))
    except NotPossible as error:
        return _page(request, load(request, pid), error=error)
    return _page(request, load(request, pid))


def _page(request: HttpRequest, conversation: Conversation, *, error: DomainError | None = None) -> HttpResponse:
    by = user_of(request)
    following = adjudication.next_dispute(by, after=conversation)
    context = {
        "conversation": conversation,
        "dispute": Dispute(conversation),
        **_claim(conversation, by=by),
        "obstacles": obstacle_words(conversation),
        "others": adjudication.to_adjudicate(by).exclude(pk=conversation.pk).count(),
        "following": following.pid if following else None,
        "has_decisions": by.reviews.filter(undone_at=None).exists(),
        "error": error,
        "is_reason_missing": isinstance(error, Refused) and not request.POST.get("reason", "").strip(),
        "reason": request.POST.get("reason", ""),
        "choice": request.POST.get("choice", ""),
        "version": posted_version(request.POST.get("version")) if error else conversation.version,
    }
    return render(request, "adjudicate.html", context, status=status_of(error) if error else 200)


def _claim(conversation: Conversation, *, by: User) -> dict[str, Any]:
    holder = conversation.claimed_by if conversation.is_claimed and conversation.claimed_by_id != by.pk else None
    is_open = conversation.status == Conversation.Status.ADJUDICATION
    return {"conversation": conversation, "is_open": is_open, "holder": holder if is_open else None}
