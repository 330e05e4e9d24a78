"""The history of a conversation: its revisions, what differs between two of them, and restoring one."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from generation.conversation import from_json
from studio.domain import history, reviews
from studio.domain.errors import ClaimHeld, DomainError, StaleVersion
from studio.domain.rounds import hide_authors, is_hidden
from studio.models import Conversation, Revision
from studio.review.answers import load
from studio.review.history import show_differences
from studio.review.queue import queue_of
from studio.review.saving import posted_version
from studio.web.decorators import user_of
from studio.web.refusals import status_of

LISTED = 200


@require_safe
def show(request: HttpRequest, pid: str) -> HttpResponse:
    """The revisions beside the differences of two: by default what the last change changed."""
    return _page(request, load(request, pid))


@require_POST
def restore(request: HttpRequest, pid: str) -> HttpResponse:
    """Make a revision the next version, and go back to the conversation; when somebody saved meanwhile, say who and keep the reason."""
    conversation, by = load(request, pid), user_of(request)
    version, revision = posted_version(request.POST.get("version")), posted_version(request.POST.get("revision"))
    reason = request.POST.get("reason", "")
    try:
        saved = history.restore_revision(conversation, version=version, revision=revision, by=by, reason=reason)
    except (StaleVersion, ClaimHeld) as error:
        return _page(request, load(request, pid), error=error, reason=reason, chosen=revision)
    reviews.claim_saved(saved, by=by)
    if saved.version == conversation.version:
        messages.info(request, f"Version {revision} is what stands already.")
    else:
        messages.success(request, f"Restored version {revision} as version {saved.version}.")
    return redirect(f"{reverse('conversation_review', args=[pid])}{queue_of(request).query}")


def _page(
    request: HttpRequest,
    conversation: Conversation,
    *,
    error: DomainError | None = None,
    reason: str = "",
    chosen: int = 0,
) -> HttpResponse:
    rows = conversation.revisions.select_related("author").defer("document", "stale", "stale_answers")
    new = _number(request, "to", chosen or conversation.version)
    old = _number(request, "from", max(new - 1, 1))
    both = {row.version: row for row in conversation.revisions.select_related("author").filter(version__in=[old, new])}
    listed = list(rows[:LISTED])
    if is_hidden(conversation):
        hide_authors([*listed, *both.values()], by=user_of(request))
    layout = "inline" if request.GET.get("layout") == "inline" else "side"
    context = {
        "conversation": conversation,
        "queue": queue_of(request),
        "revisions": listed,
        "older": both.get(old),
        "newer": both.get(new),
        "differences": _differences(both.get(old), both.get(new)),
        "earlier": _neighbour(rows.filter(version__lt=new)),
        "later": _neighbour(rows.filter(version__gt=new).order_by("version")),
        "layout": layout,
        "other_layout": "side" if layout == "inline" else "inline",
        "kept": [item for item in request.GET.items() if item[0] not in ("from", "to", "layout")],
        "error": error,
        "reason": reason,
    }
    return render(request, "review/history.html", context, status=status_of(error) if error else 200)


def _differences(old: Revision | None, new: Revision | None) -> object:
    if old is None or new is None or old.version == new.version:
        return None
    return show_differences(from_json(old.document), from_json(new.document))


def _neighbour(rows: QuerySet[Revision]) -> int | None:
    return rows.values_list("version", flat=True).first()


def _number(request: HttpRequest, name: str, default: int) -> int:
    return posted_version(request.GET.get(name)) or default
