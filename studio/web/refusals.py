"""What a domain verb refuses, as an answer in the browser: its status, its words, and nothing lost.

htmx gets a message and no swap, so the page stays as it is; a plain request gets a page that leads back. A view that can
show the refusal at its field catches it itself and does so.
"""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from generation.errors import InvalidInput
from studio.domain.errors import DomainError, NotAllowed, Refused
from studio.web.middleware import GetResponse

OUT_OF_DATE = "This page is out of date: you logged in again meanwhile, or cookies are off. Reload it and try again."


class Refusals:
    """Turns DomainError and InvalidInput that a view let through into 403, 409 or 422."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, DomainError | InvalidInput):
            return refuse(request, str(exception), status=status_of(exception))
        return None


def status_of(error: DomainError | InvalidInput) -> int:
    """The HTTP status of a refusal."""
    if isinstance(error, NotAllowed):
        return 403
    return 422 if isinstance(error, Refused | InvalidInput) else 409


def refuse(request: HttpRequest, text: str, *, status: int) -> HttpResponse:
    """The refusal as a message to htmx, or as a page."""
    if getattr(request, "htmx", False):
        messages.error(request, text)
        return HttpResponse(status=status, headers={"HX-Reswap": "none"})
    return render(request, "refused.html", {"text": text, "status": status}, status=status)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001  # Django calls it so
    """CSRF_FAILURE_VIEW: says what to do; the reason is Django's and helps nobody here."""
    return refuse(request, OUT_OF_DATE, status=403)
