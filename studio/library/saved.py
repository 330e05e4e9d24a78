"""Saved views above the list: shown, saved, renamed, shared, deleted, opened first."""

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from studio.domain import saved_views
from studio.library.forms import FilterForm
from studio.models import SavedView, User
from studio.web.decorators import user_of


def views_context(form: FilterForm, *, user: User) -> dict[str, Any]:
    """The views that ``user`` sees, the one whose filters are set, and whether ``user`` may change that."""
    views = list(saved_views.views_for(user))
    view = next((view for view in views if view.query == form.query), None)
    return {"views": views, "view": view, "may_change": view is not None and saved_views.may_change(view, by=user)}


@require_POST
def save_view(request: HttpRequest) -> HttpResponse:
    """Keep the filters of the list under a name."""
    view = saved_views.save_view(
        request.POST.get("name", ""),
        query=request.POST.get("query", ""),
        is_shared=bool(request.POST.get("is_shared")),
        by=user_of(request),
    )
    messages.success(request, f"Saved as “{view.name}”.")
    return _back(view)


@require_POST
def rename_view(request: HttpRequest, pid: str) -> HttpResponse:
    """Give a view another name."""
    view = _load(request, pid)
    saved_views.rename_view(view, name=request.POST.get("name", ""), by=user_of(request))
    return _back(view)


@require_POST
def share_view(request: HttpRequest, pid: str) -> HttpResponse:
    """Show a view to everybody, or to its owner alone."""
    view = _load(request, pid)
    saved_views.share_view(view, is_shared=bool(request.POST.get("is_shared")), by=user_of(request))
    return _back(view)


@require_POST
def default_view(request: HttpRequest, pid: str) -> HttpResponse:
    """Open the list with this view, or with all conversations again."""
    view = _load(request, pid)
    saved_views.set_default_view(view if request.POST.get("is_default") else None, by=user_of(request))
    return _back(view)


@require_POST
def delete_view(request: HttpRequest, pid: str) -> HttpResponse:
    """Take a view away."""
    view = _load(request, pid)
    saved_views.delete_view(view, by=user_of(request))
    messages.success(request, f"“{view.name}” is deleted.")
    return _back(view)


def _load(request: HttpRequest, pid: str) -> SavedView:
    return get_object_or_404(SavedView, Q(owner=user_of(request)) | Q(is_shared=True), pid=pid)


def _back(view: SavedView) -> HttpResponse:
    return redirect(f"{reverse('conversation_list')}?{view.query or 'all=1'}")
