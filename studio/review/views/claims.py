"""Claims: renewed by the open page, which so says that somebody looks; taken over by leads."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from studio.domain import reviews
from studio.domain.claims import require_claim
from studio.domain.errors import ClaimHeld
from studio.domain.presence import note_presence, others_at
from studio.domain.rounds import is_hidden
from studio.review.answers import load, load_light, rail_context
from studio.review.claim import show_claim
from studio.review.queue import queue_of
from studio.review.saving import posted_version
from studio.review.sources import load_sources
from studio.web.decorators import user_of


@require_POST
def renew(request: HttpRequest, pid: str) -> HttpResponse:
    """Keep one's own claim alive, and say what changed meanwhile: who holds it now, who looks, which version stands.

    ``held``: the page shows that somebody else holds it; the whole rail comes when nobody does any more, or when the page asks.
    """
    conversation, by = load_light(request, pid), user_of(request)
    if conversation.claimed_by_id == by.pk:
        reviews.claim(conversation, by=by)
        conversation = load_light(request, pid)
    note_presence(conversation, by=by, is_editing="editing" in request.POST)
    if "whole" in request.POST:
        return _whole_rail(request, pid)
    seen = show_claim(conversation, by=by, version=posted_version(request.POST.get("version")))
    if "held" in request.POST and seen.holder is None:
        messages.info(request, "Nobody else is reviewing it any more: you can edit and decide now.")
        return _whole_rail(request, pid, version=seen.version)
    context = {
        "rail": seen,
        "conversation": conversation,
        "queue": queue_of(request),
        "others": others_at(conversation, by=by),
        "is_hidden": is_hidden(conversation),
    }
    return render(request, "review/claim.html", context)


def _whole_rail(request: HttpRequest, pid: str, *, version: int | None = None) -> HttpResponse:
    sources = load_sources(load(request, pid), by=user_of(request))
    response = render(request, "review/rail.html", rail_context(request, sources, version=version))
    response["HX-Retarget"], response["HX-Reswap"] = "#rail", "outerHTML"
    return response


@require_POST
def take(request: HttpRequest, pid: str) -> HttpResponse:
    """Claim a free conversation, or as a lead one that somebody else holds. Raises NotAllowed for others."""
    conversation, by = load(request, pid), user_of(request)
    if not reviews.claim(conversation, by=by):
        if conversation.status not in conversation.Status.waiting():
            raise ClaimHeld(str(conversation.decided_by or "Somebody"))
        if by.is_lead or conversation.is_claimed:
            reviews.take_over(conversation, by=by)
        else:
            require_claim(conversation, by=by)
    return redirect(f"{request.path.removesuffix('claim/take/')}{queue_of(request).query}")
