"""HTMX on both ways, solved once: expired logins, redirects, messages, Vary. Knows no page and no product word."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme

GetResponse = Callable[[HttpRequest], HttpResponseBase]

REDIRECTS = frozenset({301, 302, 303, 307, 308})


class LoginRequired(LoginRequiredMiddleware):
    """Sends to the login, and back to the page one was on: a fragment's or a form's own URL is no page to come back to."""

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> Any:
        if request.method in ("GET", "HEAD") and not _is_htmx(request):
            return super().handle_no_permission(request, view_func)
        return redirect_to_login(_page_of(request), str(self.get_login_url(view_func)))


class HtmxResponses:
    """Redirects become HX-Redirect, waiting messages ride along out of band, and caches keep page and fragment apart."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        patch_vary_headers(response, ["HX-Request"])
        if not _is_htmx(request):
            return response
        if response.status_code in REDIRECTS:
            response["HX-Redirect"] = response["Location"]
            del response["Location"]
            response.status_code = 200
        elif isinstance(response, HttpResponse) and _takes_messages(response):
            _add_messages(request, response)
        return response


def _is_htmx(request: HttpRequest) -> bool:
    return bool(getattr(request, "htmx", False))


def _page_of(request: HttpRequest) -> str:
    """The page the request was made on, as a path of this site; "/" when that is unknown."""
    url = request.headers.get("HX-Current-URL") or request.headers.get("Referer") or "/"
    if not url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure()):
        return "/"
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path or "/"


def _takes_messages(response: HttpResponseBase) -> bool:
    """Whether htmx would read this body: a whole page brings its own messages, and a 204 or a stream has no room for any."""
    is_html = response.get("Content-Type", "").startswith("text/html")
    leaves = any(header in response for header in ("HX-Redirect", "HX-Refresh", "HX-Location"))
    return is_html and not leaves and response.status_code != 204 and not isinstance(response, StreamingHttpResponse)


def _add_messages(request: HttpRequest, response: HttpResponse) -> None:
    if b"<html" in response.content[:512]:
        return
    waiting = get_messages(request)
    if not len(waiting):
        return
    response.write(render_to_string("components/messages_out_of_band.html", {"messages": waiting}, request))
    if "Content-Length" in response:
        response["Content-Length"] = str(len(response.content))
