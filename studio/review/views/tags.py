"""Tags of a conversation: set and taken off."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from studio.domain import reviews, tags
from studio.review.answers import is_htmx, load, rail_context
from studio.review.queue import queue_of
from studio.review.sources import load_sources
from studio.web.decorators import user_of


@require_POST
def tag(request: HttpRequest, pid: str) -> HttpResponse:
    """``on`` is the name of a tag to set, ``off`` of one to take off. Answers with the rail's tags."""
    conversation, by = load(request, pid), user_of(request)
    is_set = "on" in request.POST
    tags.set_tag(conversation, name=request.POST.get("on" if is_set else "off", ""), by=by, is_set=is_set)
    reviews.claim(conversation, by=by)
    sources = load_sources(load(request, pid), by=by)
    if not is_htmx(request):
        return redirect(f"{sources.url}{queue_of(request).query}#tags")
    return render(request, "review/tags.html", rail_context(request, sources))
