"""The argument form while one types: drawn anew for a text of JSON, and checked. Neither changes anything."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from studio.domain.errors import Refused
from studio.review import argument_editor
from studio.review.answers import find_ref, load
from studio.review.sources import load_sources
from studio.web.decorators import user_of
from studio.web.visible_text import name_odd


@require_POST
def fields(request: HttpRequest, pid: str, call_id: str) -> HttpResponse:
    """The form for the text that was typed, with its violations; 422 with them alone when the text is no JSON object."""
    sources = load_sources(load(request, pid), by=user_of(request))
    subject = argument_editor.subject_of(sources, find_ref(sources, call_id))
    try:
        editor = argument_editor.redraw(sources, subject, request.POST)
    except Refused as error:
        return answer_violations(list(error.details or []), status=422)
    return render(request, "review/arguments/form.html", {"editor": editor})


@require_POST
def check(request: HttpRequest, pid: str, call_id: str) -> HttpResponse:
    """The violations of what was typed: ``{"violations": [{"pointer", "message"}]}``."""
    sources = load_sources(load(request, pid), by=user_of(request))
    subject = argument_editor.subject_of(sources, find_ref(sources, call_id))
    return answer_violations(argument_editor.check(sources, subject, request.POST))


def answer_violations(details: list[dict[str, str]], *, status: int = 200) -> JsonResponse:
    """``{"violations": [{"pointer", "message"}]}``, safe to be shown."""
    told = [{"pointer": detail["pointer"], "message": name_odd(detail["message"])} for detail in details]
    return JsonResponse({"violations": told}, status=status)
