"""Bulk actions: prepared by the bar of the list, started on their own page, worked in sight, stopped, undone as a whole."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from studio.domain import bulk
from studio.domain.filters import Filters
from studio.library.bulk import asked_of, meant_by, named
from studio.models import BulkAction, BulkEntry, Conversation
from studio.tasks import begin_bulk
from studio.web.decorators import user_of
from studio.web.pagination import page_of

NAMED_REASONS = 20
Kind = BulkAction.Kind


@dataclass(frozen=True)
class Reason:
    """Why ``count`` conversations were left out or kept; ``rows`` are the first of them."""

    note: str
    count: int
    rows: list[Conversation]

    @property
    def more(self) -> int:
        return self.count - len(self.rows)


@require_POST
def bulk_prepare(request: HttpRequest) -> HttpResponse:
    """Freeze what is selected and say what would happen to it; nothing does yet."""
    user = user_of(request)
    rows, scope = meant_by(request.POST, user=user)
    asked: dict[str, Any] = asked_of(request.POST)
    action = bulk.prepare_bulk(
        rows, by=user, scope=scope, query=Filters.read(request.POST.get("query", "")).query, **asked
    )
    return redirect("bulk_action", action.pid)


@require_safe
def bulk_list(request: HttpRequest) -> HttpResponse:
    """What was done in bulk, the latest first."""
    user = user_of(request)
    rows = bulk.bulk_actions_for(user).exclude(status=BulkAction.Status.PREPARED)
    page = page_of(rows, order=["-pk"], query=request.GET)
    return render(request, "library/bulk_list.html", {"page": page})


@require_safe
def bulk_action(request: HttpRequest, pid: str) -> HttpResponse:
    """One action: what it would change and what not, how far it is, or what became of it."""
    action = _load(request, pid)
    template = "library/bulk_action.html"
    if request.headers.get("HX-Target") == "bulk":
        template += "#bulk"
    return render(request, template, _context(request, action))


@require_POST
def bulk_start(request: HttpRequest, pid: str) -> HttpResponse:
    """Let it begin."""
    begin_bulk(bulk.start_bulk(_load(request, pid), by=user_of(request)))
    return redirect("bulk_action", pid)


@require_POST
def bulk_stop(request: HttpRequest, pid: str) -> HttpResponse:
    """No further; what is done stays done."""
    bulk.stop_bulk(_load(request, pid), by=user_of(request))
    return redirect("bulk_action", pid)


@require_POST
def bulk_discard(request: HttpRequest, pid: str) -> HttpResponse:
    """Forget what was only prepared, and go back to the list."""
    action = _load(request, pid)
    bulk.discard_bulk(action, by=user_of(request))
    return redirect(f"{reverse('conversation_list')}{_query(action)}")


@require_POST
def bulk_undo(request: HttpRequest, pid: str) -> HttpResponse:
    """Put everything back that nobody changed since."""
    begin_bulk(bulk.undo_bulk(_load(request, pid), by=user_of(request)))
    return redirect("bulk_action", pid)


def _query(action: BulkAction) -> str:
    return f"?{action.query}" if action.query else ""


def _load(request: HttpRequest, pid: str) -> BulkAction:
    return get_object_or_404(bulk.bulk_actions_for(user_of(request)), pid=pid)


def _context(request: HttpRequest, action: BulkAction) -> dict[str, Any]:
    by = user_of(request)
    done = action.undone + action.kept if action.undone_at else action.changed + action.left_out
    return {
        "action": action,
        "query": _query(action),
        "verb": "Change" if action.kind in (Kind.TAG, Kind.UNTAG) else action.get_kind_display(),
        "done": done,
        "of": action.changed if action.undone_at else action.total,
        "rest": action.total - action.left_out,
        "untouched": action.total - action.changed - action.left_out,
        "left_out": _reasons(action, BulkEntry.Outcome.LEFT_OUT),
        "kept": _reasons(action, BulkEntry.Outcome.KEPT) if action.kept else [],
        "is_mine": action.requested_by_id == by.pk,
    }


def _reasons(action: BulkAction, outcome: str) -> list[Reason]:
    if action.is_underway:
        return []  # it is asked for every second, and they still change
    found = bulk.reasons_of(action, outcome)[:NAMED_REASONS]
    return [Reason(note, count, named(action, outcome, note)) for note, count in found]
