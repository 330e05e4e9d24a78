"""The one exception handler: every refusal becomes ``{"code", "message", "details"}`` with its status.

``details`` of a 422 is a list of ``{"in", "pointer", "message"}`` with JSON Pointers into the body (or the parameter's name); of a
409 what stands in the way; otherwise null.
"""

from collections.abc import Sequence
from typing import Any

import structlog
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import RawPostDataException, UnreadablePostError
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from pydantic import BaseModel, Field

from generation.errors import InvalidInput
from studio.api.wire import AsciiRenderer
from studio.domain.errors import DomainError, NotAllowed, Refused

log = structlog.get_logger(__name__)


class Error(BaseModel):
    """Any refusal."""

    code: str = Field(description="A stable word for programs.")
    message: str = Field(description="One or two sentences for people.")
    details: Any = Field(
        description="422: a list of {in, pointer, message}. 409: what stands in the way. Otherwise null."
    )


class CsrfFailed(NotAllowed):
    code = "csrf_failed"


class Unusable(DomainError):
    """The request itself can't be read: status 400."""


def place(pointer: str, message: str, *, within: str = "body") -> dict[str, str]:
    """One entry of the details of a 422."""
    return {"in": within, "pointer": pointer, "message": message}


def moved(error: Refused, *, under: str) -> Refused:
    """The refusal with its pointers as seen from the whole body, where the refused value stands at ``under``."""
    details = [{**detail, "pointer": under + detail["pointer"]} for detail in error.details or []]
    return Refused(error.message, details=details)


def handle_errors(api: NinjaAPI) -> None:
    """Answer every exception of ``api`` here."""
    for kind in (Exception, Http404, HttpError, ValidationError):
        api.add_exception_handler(kind, answer)


def answer(request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
    """The error that an exception becomes."""
    if isinstance(error, type):
        error = error()
    status, code, message, details = _error_of(error)
    if status == 500:
        log.error("api_broke", method=request.method, path=request.path, exc_info=error)
    response = refuse(request, status, code, message, details)
    if status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="Tracewright"'
    return response


def refuse(request: HttpRequest, status: int, code: str, message: str, details: Any = None) -> HttpResponse:
    """The answer of a refusal."""
    body = {"code": code, "message": message, "details": details}
    text = AsciiRenderer().render(request, body, response_status=status)
    return HttpResponse(text, status=status, content_type="application/json")


def _error_of(error: Exception) -> tuple[int, str, str, Any]:
    if isinstance(error, ValidationError):
        return 422, Refused.code, "The request breaks its schema.", [_place_of(problem) for problem in error.errors]
    if isinstance(error, DomainError | InvalidInput):
        return _refusal(error)
    if isinstance(error, Http404):
        return 404, "not_found", str(error) or "There is nothing here.", None
    if isinstance(error, AuthenticationError):
        return 401, "unauthenticated", "Send a token as 'Authorization: Bearer …', or log in.", None
    if isinstance(error, RequestDataTooBig):
        return 413, "too_large", str(error), None
    if isinstance(error, HttpError) and error.status_code == 400:
        return 400, "malformed_json", f"The body is no JSON: {error.__cause__ or error.message}.", None
    if isinstance(error, RawPostDataException | MultiPartParserError | UnreadablePostError):
        return 400, "malformed_body", "The body can't be read: send JSON with Content-Type: application/json.", None
    return 500, "internal_error", "The studio failed at this. It was logged; nothing was half done.", None


def _refusal(error: DomainError | InvalidInput) -> tuple[int, str, str, Any]:
    if isinstance(error, InvalidInput):
        return 422, Refused.code, str(error), []
    if isinstance(error, Refused):
        return 422, error.code, error.message, [{"in": "body", **detail} for detail in error.details or []]
    status = {NotAllowed: 403, CsrfFailed: 403, Unusable: 400}.get(type(error), 409)
    return status, error.code, error.message, error.details


_QUERY_MODELS = ("filters", "paging", "query", "options")


def _place_of(problem: dict[str, Any]) -> dict[str, str]:
    location: Sequence[str | int] = problem["loc"]
    within = str(location[0])
    # Behind "body" stands the name of the view's parameter, and before some query parameters that of their model.
    parts = location[2:] if within == "body" or location[1] in _QUERY_MODELS else location[1:]
    pointer = "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)
    return place(pointer, problem["msg"].removeprefix("Value error, "), within=within)
