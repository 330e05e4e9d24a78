"""The list of tags on a dataset's page: leads add, rename, colour, order and delete them."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from studio.domain import tags
from studio.models import Dataset, Tag
from studio.web.decorators import leads_only, user_of


@require_POST
@leads_only("change a dataset's tags")
def add(request: HttpRequest, slug: str) -> HttpResponse:
    """A new tag at the end of the list."""
    dataset = get_object_or_404(Dataset, slug=slug)
    colour = request.POST.get("colour", tags.Colour.PLAIN)
    tags.add_tag(dataset, name=request.POST.get("name", ""), colour=colour, by=user_of(request))
    return _back(slug)


@require_POST
@leads_only("change a dataset's tags")
def change(request: HttpRequest, slug: str, tag_pid: str) -> HttpResponse:
    """Its name and colour."""
    posted = request.POST
    tags.change_tag(_find(slug, tag_pid), name=posted.get("name"), colour=posted.get("colour"), by=user_of(request))
    messages.success(request, "Saved.")
    return _back(slug)


@require_POST
@leads_only("change a dataset's tags")
def move_up(request: HttpRequest, slug: str, tag_pid: str) -> HttpResponse:
    """One place up, and so to another key."""
    tags.raise_tag(_find(slug, tag_pid), by=user_of(request))
    return _back(slug)


@require_POST
@leads_only("change a dataset's tags")
def remove(request: HttpRequest, slug: str, tag_pid: str) -> HttpResponse:
    """It goes, from every conversation that has it as well."""
    tags.remove_tag(_find(slug, tag_pid), by=user_of(request))
    return _back(slug)


def _find(slug: str, pid: str) -> Tag:
    return get_object_or_404(Tag, dataset__slug=slug, pid=pid)


def _back(slug: str) -> HttpResponse:
    response = redirect("dataset_detail", slug=slug)
    response["Location"] += "#tags"
    return response
