"""The API as Django mounts it: routers, docs, and what holds for every answer under ``/api/``."""

import functools
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import URLPattern, URLResolver, re_path
from ninja import NinjaAPI
from ninja.openapi.docs import Swagger
from ninja.operation import Operation

from studio.api.authentication import anybody
from studio.api.errors import handle_errors, refuse
from studio.api.routes import (
    branches,
    bulk,
    calls,
    claims,
    comments,
    conversations,
    datasets,
    decisions,
    endpoints,
    exports,
    fixtures,
    health,
    queue,
    registries,
    replays,
    reruns,
    revisions,
    runs,
    saved_views,
    scenarios,
    tags,
    tools,
)
from studio.api.wire import AsciiRenderer, BodyParser

DESCRIPTION = """
Send a token as `Authorization: Bearer <token>` (`manage.py create_token USER` makes one), or use the session of your browser.

Ids are opaque. Where a body or a query names a dataset or a registry, its slug does as well; an endpoint goes by its name.
A change of a conversation names the `version` it was made for; when somebody saved meanwhile it is refused with 409 `stale_version`,
and while somebody else reviews it with 409 `claim_held`. Lists come in pages: give `next` as `cursor` until it is null.

Every error is `{"code", "message", "details"}`. `details` of a 422 is a list of `{"in", "pointer", "message"}`, with JSON Pointers
into the body. Text may hold NUL and lone surrogates; answers are ASCII, escaped. A request holds at most 20 MiB.
"""

View = Callable[..., HttpResponseBase]


class Docs(Swagger):
    """Swagger UI from the wheel's files, without inline script or style."""

    template = "api/docs.html"


class StudioAPI(NinjaAPI):
    """Answers JSON under all its URLs, to strangers and for unknown paths and methods, too."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """The view's own name, for what generates clients."""
        return operation.view_func.__name__

    @property
    def urls(self) -> tuple[list[URLResolver | URLPattern], str, str]:
        patterns, application, namespace = super().urls
        patterns.append(re_path("", _nothing_here))
        for pattern in patterns:
            if isinstance(pattern, URLPattern):
                pattern.callback = _answering_in_json(pattern.callback)
        return patterns, application, namespace


def _nothing_here(request: HttpRequest) -> HttpResponseBase:
    return refuse(request, 404, "not_found", "There is nothing at this address: see /api/docs.")


def _answering_in_json(view: View) -> View:
    @functools.wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if _size_of(request) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 2**20
            return refuse(request, 413, "too_large", f"The body is larger than {limit} MiB: divide it.")
        try:
            response = view(request, *args, **kwargs)
        except Http404:
            return _nothing_here(request)
        if response.status_code == 405:
            refusal = refuse(request, 405, "method_not_allowed", f"{request.method} means nothing here.")
            refusal["Allow"] = ", ".join(sorted(response["Allow"].split(", ")))
            response = refusal
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    # Strangers get a 401 in JSON where they need to be known, not a redirect to the login page.
    login_not_required(answer)
    answer.csrf_exempt = True  # type: ignore[attr-defined]  # the session's authentication checks it
    return answer


def _size_of(request: HttpRequest) -> int:
    length = request.META.get("CONTENT_LENGTH") or "0"
    return int(length) if length.isdecimal() else 0


api = StudioAPI(
    title="Tracewright",
    version=settings.VERSION,
    description=DESCRIPTION,
    urls_namespace="api",
    docs=Docs({"docExpansion": "list", "defaultModelsExpandDepth": 0, "persistAuthorization": False}),
    auth=anybody(),
    renderer=AsciiRenderer(),
    parser=BodyParser(),
)
handle_errors(api)
api.add_router("", health.router)
api.add_router("/registries", registries.router)
api.add_router("/registries", tools.router)
api.add_router("/registries", fixtures.router)
api.add_router("/datasets", datasets.router)
api.add_router("/datasets", tags.of_datasets)
api.add_router("/scenarios", scenarios.router)
api.add_router("/endpoints", endpoints.router)
api.add_router("/runs", runs.router)
api.add_router("/conversations", conversations.router)
api.add_router("/conversations", calls.router)
api.add_router("/conversations", reruns.router)
api.add_router("/conversations", branches.router)
api.add_router("/conversations", decisions.router)
api.add_router("/conversations", claims.router)
api.add_router("/conversations", revisions.router)
api.add_router("/conversations", replays.router)
api.add_router("/conversations", comments.router)
api.add_router("/conversations", tags.of_conversations)
api.add_router("/mentions", comments.mentions)
api.add_router("/bulk-actions", bulk.router)
api.add_router("/queue", queue.router)
api.add_router("/views", saved_views.router)
api.add_router("/exports", exports.router)
