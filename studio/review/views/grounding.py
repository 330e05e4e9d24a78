"""Where the literals of an answer come from, asked for when the answer is seen: over megabytes of results it takes its time."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from studio.review.answers import load
from studio.review.grounding import show_grounded


@require_GET
def show(request: HttpRequest, pid: str, turn: int) -> HttpResponse:
    """The words of the turn's answer with their sources."""
    content = load(request, pid).content
    if turn >= len(content.turns) or content.turns[turn].answer is None:
        raise Http404("No such answer.")
    return HttpResponse(show_grounded(content, turn))
