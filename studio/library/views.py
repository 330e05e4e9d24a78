"""The list of conversations; its URL carries every filter, the sort and the place."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from studio.domain.exports import export_query
from studio.domain.saved_views import default_view_of
from studio.domain.visibility import conversations_for
from studio.library.bulk import bar_of
from studio.library.excerpts import excerpts_of, titles_of
from studio.library.forms import FilterForm
from studio.library.saved import views_context
from studio.models import User
from studio.web.decorators import user_of
from studio.web.pagination import count_up_to, page_of

EVERYTHING = "?all=1"
"""The query of the list without any filter, for those whose list opens with a view of theirs."""


def conversation_list(request: HttpRequest) -> HttpResponse:
    """The page, or only its results for htmx. Without a query it opens with the view that the person chose for that."""
    user = user_of(request)
    is_part = request.headers.get("HX-Target") == "results"
    if not request.GET and (view := default_view_of(user)) and view.query:
        if not is_part:
            return redirect(f"{request.path}?{view.query}")
        response = _show(request, user, is_part=is_part)
        response["HX-Push-Url"] = request.path + EVERYTHING
        return response
    return _show(request, user, is_part=is_part)


def _show(request: HttpRequest, user: User, *, is_part: bool) -> HttpResponse:
    form = FilterForm(request.GET, user=user)
    rows = form.filters.narrow(conversations_for(user), by=user)
    listed = rows.light().select_related("dataset", "claimed_by", "assigned_to").prefetch_related("tags")
    page = page_of(listed, order=form.order.columns, query=request.GET)
    titles = titles_of(page.rows, q=form.filters.q)
    excerpts = excerpts_of(page.rows, q=form.filters.q)
    context: dict[str, Any] = {
        "form": form,
        "page": page,
        "rows": [(row, titles.get(row.pk), excerpts.get(row.pk)) for row in page.rows],
        "count": count_up_to(rows),
        "queue": f"?{form.query}" if form.query else "",
        "export": export_query(form.filters, by=user),
        "is_part": is_part,
        "bulk": bar_of(user, filters=form.filters),
        **views_context(form, user=user),
    }
    return render(request, "conversation_list.html#results" if is_part else "conversation_list.html", context)
